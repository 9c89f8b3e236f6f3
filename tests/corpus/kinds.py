"""The kinds of strategies that neutrality and dominance are tested with, and what each must do by itself."""

from collections.abc import Callable
from typing import Any, NamedTuple

from freqtrade.strategy import IStrategy

from tests.corpus.backtests import Played
from tests.support import kinds_of_entries as entries
from tests.support import kinds_of_exits as exits
from tests.support import kinds_of_stops as stops
from tests.support.kinds_base import Plain

FEWEST_TRADES = 10
Proof = Callable[[list[dict[str, Any]]], bool]


class Kind(NamedTuple):
    """A kind of strategy.

    Attributes:
        strategy: the class.
        proof: True if its trades alone show what it is a kind of.
    """

    strategy: type[IStrategy]
    proof: Proof

    def shows(self, played: Played) -> bool:
        """Return True if the backtest shows what this is a kind of."""
        return len(played.trades) >= FEWEST_TRADES and self.proof(played.trades)


def left_by(reason: str) -> Proof:
    """Return a proof that trades were left for a reason."""
    return lambda trades: sum(trade["exit_reason"] == reason for trade in trades) >= 3


def orders(side: str, fewest: int) -> Proof:
    """Return a proof that trades have several orders of a side."""
    return lambda trades: (
        sum(sum(order["ft_order_side"] == side for order in trade["orders"]) >= fewest for trade in trades) >= 3
    )


def both_sides(trades: list[dict[str, Any]]) -> bool:
    """Return True if both sides were traded at three times leverage."""
    return {(bool(trade["is_short"]), trade["leverage"]) for trade in trades} == {(False, 3.0), (True, 3.0)}


def stakes(trades: list[dict[str, Any]]) -> bool:
    """Return True if the stakes are those of the callback."""
    return len({round(trade["stake_amount"]) // 10 for trade in trades}) > 5


def even_hours(trades: list[dict[str, Any]]) -> bool:
    """Return True if every entry was confirmed by its hour."""
    return all(trade["open_timestamp"] // 3_600_000 % 2 == 0 for trade in trades)


SIGNAL, STOP, TRAIL, ROI = map(left_by, ("exit_signal", "stop_loss", "trailing_stop_loss", "roi"))

KINDS = (
    Kind(Plain, SIGNAL),
    Kind(stops.OwnStop, TRAIL),
    Kind(stops.OwnStopFromOpen, TRAIL),
    Kind(stops.OwnStopByAge, TRAIL),
    Kind(stops.OwnStopAfterFill, orders("buy", 2)),
    Kind(stops.CountsItsCalls, TRAIL),
    Kind(stops.StopSwitchedOff, STOP),
    Kind(stops.Trailing, TRAIL),
    Kind(stops.TrailingPositive, TRAIL),
    Kind(stops.TrailingOffset, TRAIL),
    Kind(stops.TrailingAndOwnStop, TRAIL),
    Kind(exits.OwnExit, left_by("own_profit")),
    Kind(exits.CountsItsExits, left_by("own_count")),
    Kind(exits.ProfitOnly, SIGNAL),
    Kind(exits.NoExitSignal, ROI),
    Kind(exits.Roi, ROI),
    Kind(exits.OwnRoi, ROI),
    Kind(exits.ConfirmsExits, TRAIL),
    Kind(exits.LimitPrices, SIGNAL),
    Kind(entries.AveragesDown, orders("buy", 2)),
    Kind(entries.AveragingOff, lambda trades: not orders("buy", 2)(trades)),
    Kind(entries.SellsParts, orders("sell", 2)),
    Kind(entries.OldConfirm, even_hours),
    Kind(entries.OldStake, stakes),
    Kind(entries.OldNames, left_by("own_sell")),
    Kind(entries.Informative, SIGNAL),
    Kind(entries.FewStartupCandles, SIGNAL),
    Kind(entries.Shorts, both_sides),
    Kind(entries.ShortsTrailing, both_sides),
)
