"""Metrics are started with a bot, ended with it, and concern no stop, whatever happens to them."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ccxt
import pytest
from freqtrade.exceptions import DDosProtection, InsufficientFundsError, InvalidOrderException, TemporaryError
from freqtrade.exceptions import OperationalException as Refused

from robustop_plugin.audit.counting import CountingSink
from robustop_plugin.bridge.metrics.orders import conflict_of, count_orders
from robustop_plugin.bridge.metrics.watch import Watch, WatchedStops
from robustop_plugin.metrics.catalogue import vocabulary
from robustop_plugin.metrics.counters import Counters
from tests.support.bot import free_port
from tests.support.bots import Bot
from tests.support.fault_injection import refuse
from tests.support.hand_candles import BLOCK, Hand, block
from tests.support.host import Host
from tests.support.prometheus import scraped, value

PERCENT = {"kind": "percent", "percent": 10.0}


@pytest.fixture
def port() -> int:
    """Return a port that is free."""
    return free_port()


@pytest.fixture
def started(host: Host, port: int) -> Iterator[Any]:
    """Yield a bot's strategy that serves metrics, and end it."""
    strategy = host.start(Hand, runmode="dry_run", robustop=with_metrics(port))
    yield strategy
    strategy.ft_bot_cleanup()


def with_metrics(port: int) -> dict[str, Any]:
    """Return a block that serves metrics."""
    return {**block(PERCENT), "metrics": {"enabled": True, "port": port}}


def test_a_bot_serves_its_metrics(started: Any, port: int) -> None:
    """At the address of the settings; one loop is one."""
    assert value(scraped(port), "robustop_loops_total") == 0
    started.analyze([])
    found = scraped(port)
    assert value(found, "robustop_loops_total") == 1
    assert 0 <= value(found, "robustop_loop_age_seconds") < 60


def test_the_end_of_a_bot_frees_the_port(host: Host, port: int) -> None:
    """Twice, as in two reads of the configuration; the orders of the exchange are counted no longer."""
    for _ in range(2):
        strategy = host.start(Hand, runmode="dry_run", robustop=with_metrics(port))
        assert scraped(port)
        strategy.ft_bot_cleanup()
        assert not scraped(port)
        assert "create_order" not in vars(host.exchange)


@pytest.mark.parametrize("runmode", ["backtest", "hyperopt"])
def test_nothing_in_a_backtest(host: Host, port: int, runmode: str) -> None:
    """No server, and nothing is put around the stops."""
    strategy = host.start(Hand, runmode=runmode, robustop=with_metrics(port))
    assert not scraped(port)
    assert not isinstance(strategy._robustop_stops, WatchedStops)
    assert strategy._robustop.recorder.others == ()


def test_a_port_in_use_is_said_once(host: Host, port: int, caplog: pytest.LogCaptureFixture) -> None:
    """The bot starts without metrics."""
    with socket.create_server(("127.0.0.1", port)):
        strategy = host.start(Hand, runmode="dry_run", robustop=with_metrics(port))
        strategy.analyze([])
        strategy.ft_bot_cleanup()
    said = [record.getMessage() for record in caplog.records if "there are no metrics" in record.getMessage()]
    assert len(said) == 1
    assert f"127.0.0.1:{port}" in said[0]
    assert not isinstance(strategy._robustop_stops, WatchedStops)
    assert [text for text in strategy.dp._msg_queue if "there are no metrics" in str(text)]


def test_without_the_package_a_bot_does_not_start(host: Host, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says what to install; a backtest needs no package, and neither does a bot without metrics."""
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(Refused, match=r'pip install "robustop\[metrics\]"'):
        host.start(Hand, runmode="dry_run", robustop=with_metrics(port))
    host.start(Hand, runmode="backtest", robustop=with_metrics(port))
    host.start(Hand, runmode="dry_run", robustop=block(PERCENT))


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("broken", ["state", "note"])
def test_metrics_that_fail_change_no_stop(
    host: Host, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """The stop moves, and its record is written, whatever is counted of it."""
    bot = Bot(host, tmp_path / "audit.jsonl", robustop={**BLOCK, "metrics": {"enabled": True, "port": port}})
    monkeypatch.setattr(Watch, broken, refuse)
    monkeypatch.setattr(CountingSink, "write", refuse)
    trade = bot.bought()
    assert bot.look(trade, 102.0) == []
    assert trade.stop_loss == pytest.approx(100.15)
    assert bot.records("action", "new_stop") == [("initial", 98.0), ("move", 100.15)]
    bot.strategy.ft_bot_cleanup()


def failed(kind: type[Exception], cause: Exception) -> Exception:
    """Return an error as Freqtrade raises it."""
    error = kind("no")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "conflict"),
    [
        (failed(InvalidOrderException, ccxt.InvalidOrder("no")), "refused"),
        (failed(InsufficientFundsError, ccxt.InsufficientFunds("no")), "refused"),
        (failed(TemporaryError, ccxt.ExchangeError("no")), "refused"),
        (failed(DDosProtection, ccxt.DDoSProtection("no")), "refused"),
        (failed(TemporaryError, ccxt.RateLimitExceeded("no")), "refused"),
        (failed(TemporaryError, ccxt.RequestTimeout("no")), "lost"),
        (failed(TemporaryError, ccxt.ExchangeNotAvailable("no")), "lost"),
    ],
)
def test_refused_or_lost(error: Exception, conflict: str) -> None:
    """An order without an answer may be at the exchange; every other failure is a refusal, and is raised as it was."""
    assert conflict_of(error) == conflict

    class Exchange:
        def create_order(self, **_: Any) -> None:
            raise error

        create_stoploss = create_order

    exchange = Exchange()
    build = {"version": "1", "freqtrade": "2", "strategy": "S", "mode": "live"}
    counters = Counters(vocabulary((), (), build))
    end = count_orders(exchange, counters)
    with pytest.raises(type(error)) as raised:
        exchange.create_order(pair="A/USDT")
    assert raised.value is error
    assert counters.counts("robustop_orders_total") == {("stop",): 0.0, ("other",): 1.0}
    assert counters.counts("robustop_order_conflicts_total")[conflict,] == 1
    end()
    assert vars(exchange) == {}
