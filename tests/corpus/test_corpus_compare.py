"""The comparisons of the corpus notice what they are for."""

from typing import Any

import pytest

from tests.corpus.backtests import Entry, Played, Stop
from tests.corpus.compare import dominance, neutrality

LONG: Entry = ("BTC/USDT", 0, False)
SHORT: Entry = ("BTC/USDT", 0, True)


def trade(**over: Any) -> dict[str, Any]:
    """Return an exported trade."""
    order = {"order_id": "1", "ft_order_side": "buy", "safe_price": 100.0}
    fields = {"trade_id": 1, "pair": "BTC/USDT", "open_timestamp": 0, "is_short": False, "stop_loss_abs": 90.0}
    return {**fields, "stop_loss_ratio": -0.1, "stop_loss_pct": -10.0, "orders": [order], **over}


def played(*trades: dict[str, Any]) -> Played:
    """Return a backtest with these trades."""
    return Played(list(trades), {}, {})


def stops(entry: Entry, *prices: float, fills: int = 1) -> Played:
    """Return a backtest in which a trade had these stops, one per candle."""
    return Played([], {entry: {when: Stop(price, fills) for when, price in enumerate(prices)}}, {})


def test_the_same_trades_are_neutral() -> None:
    """Running numbers do not count, and another ratio for the same stop is counted apart."""
    verdict = neutrality(played(trade(), trade()), played(trade(trade_id=7), trade(stop_loss_ratio=-0.10001)))
    assert verdict.good
    assert "1 with another ratio" in verdict.detail


@pytest.mark.parametrize(
    "other",
    [
        {"stop_loss_abs": 90.1},
        {"open_timestamp": 1},
        {"orders": [{"order_id": "1", "ft_order_side": "buy", "safe_price": 100.1}]},
        {"orders": []},
        {"exit_reason": "roi"},
    ],
)
def test_any_other_field_is_a_difference(other: dict[str, Any]) -> None:
    """Each field of a trade and of its orders is compared, on both sides."""
    assert not neutrality(played(trade()), played(trade(**other))).good
    assert not neutrality(played(trade(**other)), played(trade())).good


def test_a_missing_trade_is_a_difference() -> None:
    """A trade made on one side only is named."""
    verdict = neutrality(played(trade(), trade(pair="ETH/USDT")), played(trade()))
    assert not verdict.good
    assert "ETH/USDT" in verdict.detail


@pytest.mark.parametrize(("entry", "tighter", "looser"), [(LONG, 91.0, 89.0), (SHORT, 89.0, 91.0)])
def test_a_looser_stop_is_found_on_either_side(entry: Entry, tighter: float, looser: float) -> None:
    """Tighter and equal stops are good, and one looser stop is not."""
    alone = stops(entry, 90.0, 90.0)
    assert dominance(alone, stops(entry, 90.0, tighter)).good
    assert dominance(alone, stops(entry, 90.0, tighter)).tighter == 1
    assert not dominance(alone, stops(entry, 90.0, looser)).good


def test_a_looser_stop_after_a_later_fill_is_counted_apart() -> None:
    """It is no violation, and it is reported."""
    verdict = dominance(stops(LONG, 90.0, 90.0, fills=2), stops(LONG, 90.0, 89.0, fills=2))
    assert verdict.good
    assert verdict.after_fills == 1
    assert "1 looser or later after fills" in verdict.detail


def test_candles_of_one_side_only_are_not_compared() -> None:
    """Only candles at which the same trade is open in both count."""
    verdict = dominance(stops(LONG, 90.0), stops(LONG, 91.0, 80.0))
    assert verdict.good
    assert "1 candles of 1 trades" in verdict.detail
    assert dominance(stops(LONG, 90.0), stops(SHORT, 80.0)).detail.startswith("0 candles of 0 trades")


def closed(when: int, fills: int = 2, reason: str = "exit_signal") -> Played:
    """Return a backtest with a trade that closed at a time."""
    order = {"order_id": "1", "ft_order_side": "buy", "safe_price": 100.0}
    return played(trade(close_timestamp=when, exit_reason=reason, orders=[order] * fills))


def test_a_later_exit_is_found() -> None:
    """An earlier exit is good, a later one is not, but for trades with a fill in between."""
    assert dominance(closed(5), closed(5)).good
    assert dominance(closed(5), closed(4)).good
    assert not dominance(closed(5), closed(6)).good
    assert dominance(closed(5, fills=3), closed(6)).good
    assert dominance(closed(5, fills=3), closed(6)).after_fills == 1
    assert dominance(closed(5, reason="force_exit"), closed(6)).good
