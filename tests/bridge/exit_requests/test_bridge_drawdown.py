"""Portfolio drawdown: measured from the peak over all positions; then entries stay refused until a resume.

A backtest starts with 2000; one position is 10 units bought at 100, so that one in price is half a percent.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import ExitType
from freqtrade.persistence import LocalTrade, Trade

from robustop_plugin.bridge.exit_requests.drawdown import PortfolioDrawdown, profit_at
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings import load_settings
from tests.bridge.exit_requests.test_bridge_council import Vetoes
from tests.support.bots import Bot
from tests.support.hand_candles import PAIR, Candle, Hand, at, block
from tests.support.host import Host, Played, run
from tests.support.trades import bought, in_database

LIMITED = {**block({"kind": "percent", "percent": 9.0}), "max_drawdown_percent": 2.5}
WALLET = {"dry_run_wallet": 2000, "robustop": LIMITED}
EXIT = "robustop_max_drawdown"


def candle(opening: float, low: float | None = None) -> Candle:
    """Return a candle that closes at its open."""
    return opening, opening + 0.01, opening - 0.01 if low is None else low, opening


def played(host: Host, *openings: float, strategy: type[Hand] = Hand, **over: Any) -> Played:
    """Backtest candles with these opens."""
    return host.play(strategy, [candle(price) for price in openings], **{**WALLET, **over})


@pytest.mark.parametrize("strategy", [Hand, Vetoes])
def test_the_fall_closes_the_position_at_the_open_that_makes_it(host: Host, strategy: type[Hand]) -> None:
    """At 95.01 the loss is 2.495 percent, at 95 exactly 2.5: the position exits there, despite a veto."""
    trade = played(host, 100.0, 97.0, 95.01, 95.0, 99.0, strategy=strategy).trade
    assert (trade.close_rate, trade.exit_reason) == (95.0, EXIT)


def test_the_fall_is_measured_from_the_peak(host: Host) -> None:
    """From 2040 at a price of 104, a loss of 51 is the limit: 98.91 is still allowed, 98.9 is not."""
    trade = played(host, 100.0, 104.0, 98.91, 98.9, 99.0).trade
    assert (trade.close_rate, trade.exit_reason) == (98.9, EXIT)


def test_a_high_inside_a_candle_is_no_peak(host: Host) -> None:
    """Only opens count: a high of 104 between two of them does not."""
    rows: list[Candle] = [(100.0, 104.0, 99.9, 100.0), candle(98.9), candle(98.9)]
    assert host.play(Hand, rows, **WALLET).trade.exit_reason == "force_exit"


def test_entries_are_refused_to_the_end_of_the_backtest(host: Host) -> None:
    """A signal after the drawdown is refused with the reason, though the price has long recovered."""
    rows = [candle(price) for price in (100.0, 97.0, 95.0, 99.0, 105.0, 110.0)]
    after = host.play(Hand, rows, signals=(0, 4), **WALLET)
    assert after.trade.exit_reason == EXIT
    (refused,) = after.of("refused")
    assert refused["reason"].startswith("drawdown (2.50 % from the peak of 2000.00 to 1950.00; 2.5 % is allowed)")


def test_losses_that_are_realised_count(host: Host) -> None:
    """The stop at 91 has lost 4.5 percent: nothing is open, and the next entry is refused."""
    rows = [candle(100.0), candle(99.0, low=90.0), candle(99.0), candle(99.0), candle(99.0)]
    after = host.play(Hand, rows, signals=(0, 3), **WALLET)
    assert (after.trade.close_rate, after.trade.exit_reason) == (91.0, "stop_loss")
    assert len(after.of("refused")) == 1


def test_the_next_backtest_of_the_same_strategy_starts_anew(host: Host) -> None:
    """As in hyperopt with one worker: neither halt nor peak carry over from the first run."""
    backtesting = host.backtesting(Hand, **WALLET)
    first = run(backtesting, [candle(price) for price in (100.0, 108.0, 100.0, 99.0)])
    second = run(backtesting, [candle(price) for price in (100.0, 96.0, 95.01, 99.0)])
    third = run(backtesting, [candle(price) for price in (100.0, 96.0, 95.0, 99.0)])
    reasons = [(played.trade.close_rate, played.trade.exit_reason) for played in (first, second, third)]
    assert reasons == [(100.0, EXIT), (99.0, "force_exit"), (95.0, EXIT)]


def test_a_limit_of_one_pair_is_refused() -> None:
    """There is one portfolio; a pair may repeat the same limit or omit it, but not set another."""
    with pytest.raises(InvalidSettings, match=r"robustop\.pairs\.HAND/USDT\.max_drawdown_percent was 5\.0.*whole port"):
        load_settings({**LIMITED, "pairs": {PAIR: {"max_drawdown_percent": 5.0}}})
    load_settings({**LIMITED, "pairs": {PAIR: {"max_drawdown_percent": 2.5}, "A/B": {"anchor": "candle"}}})


@pytest.mark.parametrize("is_short", [False, True])
@pytest.mark.parametrize("price", [80.0, 100.0, 123.45])
def test_the_profit_of_a_trade_is_the_host_s(host: Host, price: float, is_short: bool) -> None:
    """Computed in floats, it equals Freqtrade's slower result, fees and funding included."""
    over = {"fee_open": 0.001, "fee_close": 0.0004, "is_short": is_short, "leverage": 3.0, "trading_mode": "futures"}
    trade = bought(host.backtesting(Hand), **over)
    trade.funding_fees = -1.25
    assert profit_at(trade, price) == pytest.approx(trade.calc_profit(price))


def test_prices_of_one_moment_are_judged_together(host: Host) -> None:
    """One falls by 100 while the other rises by 100: taken together, nothing has fallen."""
    backtesting = host.backtesting(Hand)
    LocalTrade.reset_trades()
    trades = [bought(backtesting, trade_id=number) for number in (1, 2)]
    for trade in trades:
        LocalTrade.add_bt_trade(trade)
    portfolio = PortfolioDrawdown(2.5, lambda: 2000.0, OpenTrades(), simulated=True)
    for moment, prices in enumerate([(100.0, 100.0), (90.0, 110.0), (99.0, 96.1), (98.0, 97.1)]):
        assert [portfolio.on_backtest_price(*seen, at(moment)) for seen in zip(trades, prices, strict=True)] == [
            None,
            None,
        ]
    # The second has no candle at the next moment: the check runs as soon as that is over.
    assert portfolio.on_backtest_price(trades[0], 97.5, at(4)) is None
    fallen = portfolio.on_backtest_price(trades[0], 97.5, at(5))
    assert fallen is not None
    assert fallen.startswith("2.70 % from the peak of 2000.00 to 1946.00")


@pytest.fixture
def limited(host: Host, database: None, tmp_path: Path) -> Bot:
    """Return a bot with the limit, and with its trade database in memory."""
    return Bot(host, tmp_path / "audit", **WALLET)


def test_a_bot_closes_all_its_positions(limited: Bot) -> None:
    """Two positions have lost 25 each since the peak: both exit, each at its next check."""
    first, second = limited.bought(), in_database(stop_loss=91.0)
    for number, price in enumerate((100.0, 100.0, 97.51, 97.5), start=1):
        assert limited.look(first, price, number) == []
        assert limited.look(second, price, number) == []
    assert limited.look(first, 97.5, 5) == [(ExitType.EMERGENCY_EXIT, EXIT)]
    assert limited.look(second, 99.0, 5) == [(ExitType.EMERGENCY_EXIT, EXIT)]
    assert (EXIT,) in limited.records("reason")


def test_what_a_trade_has_earned_before_the_limit_was_set_is_no_fall(limited: Bot) -> None:
    """A first start measures from the current portfolio value: past losses do not count."""
    gone = in_database(is_open=False, close_profit_abs=-500.0)
    assert not gone.is_open
    trade = limited.bought()
    assert limited.look(trade, 99.0) == []
    assert limited.look(trade, 98.99, 2) == []
    assert Trade.get_total_closed_profit() == -500.0


def test_an_error_in_the_sum_leaves_the_stop_in_force(limited: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unreadable balance is reported; engines and stops continue, and nothing is closed."""
    trade = limited.bought()
    forced = limited.strategy._robustop.exit_requests
    monkeypatch.setattr(forced._source._portfolio, "_balance", {}.__getitem__)
    assert limited.look(trade, 109.5) == []
    assert trade.stop_loss == 100.15
    assert limited.strategy._robustop.errors.failures > 0
    assert (
        limited.strategy.confirm_trade_entry(
            PAIR, "market", 1.0, 100.0, "GTC", at(2) + timedelta(seconds=1), None, "long"
        )
        is False
    )
