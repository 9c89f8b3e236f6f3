"""What a bot checks at start if its stops are to rest on the exchange."""

import logging
from typing import Any

import pytest
from freqtrade.exceptions import OperationalException

from robustop_plugin.bridge.facts.exchange_stop import ExchangeStop, exchange_stop_of
from tests.support.hand_candles import Hand
from tests.support.host import Host
from tests.support.selling_strategies import Sells

ORDERS = {"entry": "limit", "exit": "market", "stoploss": "limit", "stoploss_on_exchange": True}
SPOT, FUTURES = "spot", "futures"

# Read by hand from Freqtrade 2026.9's options: whether it can, whether a stop blocks the coins, and whether a stop
# that is to be a market order is one.
EXCHANGES = [
    ("binance", SPOT, True, True, False),
    ("binance", FUTURES, True, False, True),
    ("bingx", SPOT, True, True, True),
    ("bitget", SPOT, True, False, True),
    ("bitget", FUTURES, True, False, True),
    ("bybit", SPOT, False, True, False),
    ("bybit", FUTURES, True, False, True),
    ("gate", SPOT, True, True, False),
    ("gateio", FUTURES, True, False, False),
    ("htx", SPOT, True, True, False),
    ("hyperliquid", SPOT, False, True, False),
    ("hyperliquid", FUTURES, True, False, False),
    ("kraken", SPOT, True, True, True),
    ("kucoin", SPOT, True, True, True),
    ("okx", SPOT, True, True, True),
    ("okx", FUTURES, True, False, True),
    ("bitvavo", SPOT, False, True, False),
    ("unheard of", SPOT, False, True, False),
]


class Bare:
    """The two attributes of a strategy that decide how its stops rest."""

    def __init__(self, exchange: str, mode: str, **orders: Any) -> None:
        """Take the exchange and the order types."""
        self.config = {"runmode": "live", "trading_mode": mode, "exchange": {"name": exchange}}
        self.order_types = {**ORDERS, **orders}


def found(exchange: str, mode: str, **orders: Any) -> ExchangeStop:
    """Return how stops rest on an exchange."""
    stop = exchange_stop_of(Bare(exchange, mode, **orders))
    assert stop is not None
    return stop


@pytest.mark.parametrize(("exchange", "mode", "possible", "blocks", "market"), EXCHANGES)
def test_every_exchange_that_freqtrade_lists(
    exchange: str, mode: str, possible: bool, blocks: bool, market: bool
) -> None:
    """The options of Freqtrade's class count, without a connection."""
    stop = found(exchange, mode, stoploss="market")
    assert stop.is_possible is possible
    if possible:
        assert (stop.blocks_coins, stop.limit_ratio is None) == (blocks, market)


def test_the_price_at_which_an_order_is_filled() -> None:
    """A limit order is filled at its limit at worst, on the losing side of the stop; a market order at the stop."""
    stop = found("binance", SPOT, stoploss_on_exchange_limit_ratio=0.98)
    assert (stop.worst_price(1, 100.0), stop.worst_price(-1, 100.0)) == (98.0, 102.0)
    assert found("binance", SPOT).limit_ratio == 0.99
    assert found("okx", FUTURES, stoploss="market").worst_price(1, 100.0) == 100.0


@pytest.mark.parametrize(("kind", "expected"), [(None, True), ("last", True), ("mark", False), ("index", False)])
def test_the_price_that_triggers(kind: str | None, expected: bool) -> None:
    """Only the strategy's own choice says that it is another price than the last one."""
    orders = {} if kind is None else {"stoploss_price_type": kind}
    assert found("binance", FUTURES, **orders).triggers_on_last is expected


def test_not_on_the_exchange() -> None:
    """A bot that checks its stops, and a backtest, have none there."""
    assert exchange_stop_of(Bare("binance", SPOT, stoploss_on_exchange=False)) is None
    backtest = Bare("binance", SPOT)
    backtest.config["runmode"] = "backtest"
    assert exchange_stop_of(backtest) is None


def refused(host: Host, strategy: type, **over: Any) -> str:
    """Return why a live bot does not start; empty if it does."""
    try:
        host.start(strategy, **{"runmode": "live", "order_types": ORDERS, **over})
    except OperationalException as error:
        return str(error)
    return ""


def test_an_exchange_that_cannot(host: Host) -> None:
    """It is refused by name."""
    exchange = {**host.base["exchange"], "_ft_has_params": {"stoploss_on_exchange": False}}
    message = refused(host, Hand, exchange=exchange)
    assert "Freqtrade cannot place stop orders on binance in this trading mode; set it to False" in message


@pytest.mark.parametrize(("ratio", "expected"), [(0.99, False), (0.999, False), (1.0, True), (1.01, True), (0.0, True)])
def test_a_limit_without_room(host: Host, ratio: float, expected: bool) -> None:
    """A limit at the stop price would rest at the slightest slippage."""
    orders = {**ORDERS, "stoploss_on_exchange_limit_ratio": ratio}
    message = refused(host, Hand, order_types=orders)
    assert ("order_types.stoploss_on_exchange_limit_ratio was" in message) is expected
    assert bool(message) is expected


def test_what_a_gap_would_do_is_said(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """The start names the room and what happens beyond it."""
    caplog.set_level(logging.INFO)
    orders = {**ORDERS, "stoploss_on_exchange_limit_ratio": 0.985}
    assert refused(host, Hand, order_types=orders) == ""
    assert "with the limit 1.5 % beyond the stop: if the price jumps farther than that, the order rests" in caplog.text


@pytest.mark.parametrize(
    ("strategy", "orders", "blocks", "expected"),
    [
        (Sells, {"exit": "limit"}, True, True),
        (Sells, {"exit": "market"}, True, False),
        (Sells, {"exit": "limit"}, False, False),
        (Sells, {"exit": "limit", "stoploss_on_exchange": False}, True, False),
        (Hand, {"exit": "limit"}, True, False),
    ],
    ids=["refused", "at market", "not blocking", "bot checks", "no parts"],
)
@pytest.mark.parametrize("mode", ["live", "dry_run"])
def test_partial_exits_that_would_rest(
    host: Host,
    strategy: type,
    orders: dict[str, Any],
    blocks: bool,
    expected: bool,
    mode: str,
) -> None:
    """A resting partial exit leaves the position without a stop where a stop order blocks the coins."""
    exchange = {**host.base["exchange"], "_ft_has_params": {"stoploss_blocks_assets": blocks}}
    message = refused(host, strategy, runmode=mode, order_types={**ORDERS, **orders}, exchange=exchange)
    assert ('order_types.exit was "limit" with partial exits and a stop on the exchange' in message) is expected
    assert bool(message) is expected
