"""All kinds of trades: short, leveraged, near liquidation, with exact costs, anchored at closes."""

from typing import Any

import pytest
from freqtrade.enums import TradingMode

from tests.support.hand_candles import BLOCK, Candle, Hand, at, block
from tests.support.host import Host
from tests.support.trades import bought

ANCHORED = {**BLOCK, "anchor": "candle"}
FIVE_PERCENT = {"kind": "percent", "percent": 5.0}
RISING: list[Candle] = [(100.0, 100.4, 99.6, 100.0), (100.0, 104.5, 99.9, 104.0), (104.0, 104.2, 103.0, 103.5)]


def looked_at(host: Host, candles: list[Candle], robustop: dict[str, Any], **trade: Any) -> Any:
    """Return a trade bought at 100 that Freqtrade has processed candle by candle."""
    backtesting = host.backtesting(Hand, robustop=robustop)
    held = bought(backtesting, **trade)
    for number, (rate, high, low, _) in enumerate(candles, start=1):
        backtesting.strategy.should_exit(held, rate, at(number), enter=False, exit_=False, low=low, high=high)
    return held


@pytest.mark.parametrize("leverage", [1.0, 3.0, 5.0])
@pytest.mark.parametrize(("short", "first", "then"), [(False, 98.0, 102.0), (True, 102.0, 98.0)])
def test_both_sides_walk_the_same_steps(host: Host, short: bool, first: float, then: float, leverage: float) -> None:
    """Two percent away is a span of 2; two spans lock the first, up or down, whatever the leverage."""
    side = -1 if short else 1
    quiet, moved = (100.0, 100.5, 99.5, 100.0), (100.0, 100.5 if short else 104.2, 95.8 if short else 99.5, 100.0)
    trade = {"is_short": short, "leverage": leverage}
    assert looked_at(host, [quiet], BLOCK, **trade).stop_loss == first
    held = looked_at(host, [quiet, moved], BLOCK, **trade)
    assert held.stop_loss == then
    assert side * (held.stop_loss - 100.0) > 0


@pytest.mark.parametrize(("short", "liquidation", "stop"), [(False, 96.333, 96.35), (True, 103.667, 103.65)])
def test_the_initial_stop_stays_inside_liquidation(host: Host, short: bool, liquidation: float, stop: float) -> None:
    """A stop at 5 percent is moved to one tick inside the liquidation price, rounded toward the market."""
    held = looked_at(host, [], block(FIVE_PERCENT), is_short=short, liquidation_price=liquidation)
    assert held.stop_loss == stop


def test_exact_breakeven_covers_both_fees(host: Host) -> None:
    """Bought at 100.1 with the fee, sold for 99.9 percent of the price: nothing is lost at 100.2003 and above."""
    exact = {**BLOCK, "breakeven": {"mode": "exact", "slippage_percent": 0.0}}
    held = looked_at(host, [(100.0, 102.5, 99.5, 102.0)], exact, fee_open=0.001, fee_close=0.001)
    assert held.stop_loss == 100.21


def test_exact_breakeven_covers_funding(host: Host) -> None:
    """Ten contracts that have paid 3 in funding need 0.3 more each, and the slippage on top."""
    exact = {**BLOCK, "breakeven": {"mode": "exact", "slippage_percent": 0.1}}
    backtesting = host.backtesting(Hand, robustop=exact)
    held = bought(backtesting, trading_mode=TradingMode.FUTURES)
    held.funding_fees = -3.0
    backtesting.strategy.should_exit(held, 100.0, at(1), enter=False, exit_=False, low=99.5, high=102.5)
    assert held.stop_loss == 100.41  # 100.3 and a thousandth of it is 100.4003


def test_anchored_stops_wait_for_the_close(host: Host) -> None:
    """Two spans inside a candle move nothing; the next open does, from that candle's high."""
    assert looked_at(host, RISING[:2], ANCHORED).stop_loss == 98.0
    played = host.play(Hand, RISING, robustop=ANCHORED)
    (move,) = played.of("move")
    assert (move["time"], move["price"], move["new_stop"]) == (at(2).timestamp(), 104.0, 102.0)


def test_an_anchored_level_that_the_open_has_passed_is_an_exit(host: Host) -> None:
    """The close asks for a stop at 102, the next candle opens at 101: exit at the open."""
    played = host.play(Hand, [*RISING[:2], (101.0, 101.5, 100.5, 101.0), (101.0,) * 4], robustop=ANCHORED)
    assert (played.trade.exit_reason, played.trade.close_rate) == ("trailing_stop_loss", 101.0)


def test_an_anchored_stop_is_hit_inside_the_candle(host: Host) -> None:
    """The stop of the last close is checked by Freqtrade, at the stop's own price."""
    played = host.play(Hand, [*RISING, (103.5, 103.6, 101.0, 101.5), (101.0,) * 4], robustop=ANCHORED)
    assert (played.trade.exit_reason, played.trade.close_rate) == ("trailing_stop_loss", 102.0)
