"""Compares a strategy's backtest with robustop to its backtest alone."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.corpus.backtests import Entry, Played, Stop

NUMBERS = ("trade_id", "order_id")
"""Running numbers of the process, which mean nothing."""

RATIO = ("stop_loss_ratio", "stop_loss_pct")
"""The last ratio that Freqtrade was given: the same stop restated on the grid has another. Counted apart."""


ENTRY_AND_EXIT = 2

STOP = ("stop_loss_abs", "initial_stop_loss_abs")
NO_STOP = 0.02
"""A stop below this part of the entry is none: the farthest of robustop is a little above a `stoploss` of -1."""


class Verdict(NamedTuple):
    """The result of one comparison.

    Attributes:
        good: True if nothing speaks against robustop.
        detail: what was counted, or the first difference.
        tighter: candles at which robustop's stop was tighter.
        after_fills: candles after a later fill at which it was looser, and later exits of such trades.
    """

    good: bool
    detail: str
    tighter: int = 0
    after_fills: int = 0


def neutrality(alone: Played, ours: Played) -> Verdict:
    """Compare every exported field of every trade."""
    if len(alone.trades) != len(ours.trades):
        count = f"{len(alone.trades)} trades alone, {len(ours.trades)} with robustop"
        return Verdict(good=False, detail=f"{count}; first: {_first_of(alone, ours)}")
    different = [pair for pair in zip(alone.trades, ours.trades, strict=True) if _plain(pair[0]) != _plain(pair[1])]
    if not different:
        restated = sum(left[RATIO[0]] != right[RATIO[0]] for left, right in zip(alone.trades, ours.trades, strict=True))
        return Verdict(good=True, detail=f"{len(alone.trades)} trades, {restated} with another ratio for the same stop")
    fields = Counter(field for pair in different for field in _fields(*pair))
    counts = f"{len(different)} of {len(alone.trades)} trades differ in {dict(fields)}"
    return Verdict(good=False, detail=f"{counts}; first: {_first_of(alone, ours)}")


def _first_of(alone: Played, ours: Played) -> str:
    """Describe the first trade, by its open time, that is not the same."""
    left, right = ({_key(trade): _plain(trade) for trade in played.trades} for played in (alone, ours))
    for key in sorted(left.keys() | right.keys(), key=lambda key: (key[1], key[0])):
        if key not in left or key not in right:
            return f"{key} only {'alone' if key in left else 'with robustop'}"
        if left[key] != right[key]:
            fields = {name: (left[key].get(name), right[key].get(name)) for name in _fields(left[key], right[key])}
            fields.pop("orders", None)
            return f"{key} {fields}"
    return "the order of the trades"


def _fields(left: dict[str, Any], right: dict[str, Any]) -> Iterator[str]:
    left, right = _plain(left), _plain(right)
    return (name for name in {**left, **right} if left.get(name) != right.get(name))


def _key(trade: dict[str, Any]) -> Entry:
    return trade["pair"], trade["open_timestamp"], bool(trade["is_short"])


def _plain(trade: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in trade.items() if name not in NUMBERS + RATIO}
    for name in STOP:
        if (kept.get(name) or 0) < NO_STOP * kept.get("open_rate", 0):
            kept[name] = None
    kept["orders"] = [
        {name: value for name, value in order.items() if name not in NUMBERS} for order in trade.get("orders", [])
    ]
    return kept


class Looser(NamedTuple):
    """A candle at which the stop was looser with robustop than alone.

    Attributes:
        entry: the trade.
        when: the candle's time in milliseconds.
        alone: the stop without robustop.
        ours: the stop with robustop.
    """

    entry: Entry
    when: int
    alone: Stop
    ours: Stop

    @property
    def after_a_fill(self) -> bool:
        """True if one of the two trades bought or sold more after its first entry: Freqtrade moves stops then."""
        return max(self.alone.fills, self.ours.fills) > 1


def looser_stops(alone: Played, ours: Played) -> Iterator[Looser]:
    """Yield each candle of the same trade, open in both, at which robustop's stop was looser."""
    for entry in alone.stops.keys() & ours.stops.keys():
        side = -1 if entry[2] else 1
        left, right = alone.stops[entry], ours.stops[entry]
        for when in sorted(left.keys() & right.keys()):
            if side * (right[when].price - left[when].price) < 0:
                yield Looser(entry, when, left[when], right[when])


def later_exits(alone: Played, ours: Played) -> Iterator[tuple[Entry, bool]]:
    """Yield each trade that left later with robustop, and whether one of the two had a fill between entry and exit."""
    theirs = {_key(trade): trade for trade in alone.trades if trade["exit_reason"] != "force_exit"}
    for trade in ours.trades:
        other = theirs.get(_key(trade))
        if other is not None and trade["close_timestamp"] > other["close_timestamp"]:
            yield _key(trade), max(len(trade["orders"]), len(other["orders"])) > ENTRY_AND_EXIT


def dominance(alone: Played, ours: Played) -> Verdict:
    """Require robustop's stop to be at least as tight at every candle, and no later exit; report fills apart."""
    entries = alone.stops.keys() & ours.stops.keys()
    candles = sum(len(alone.stops[entry].keys() & ours.stops[entry].keys()) for entry in entries)
    looser = sorted(looser_stops(alone, ours), key=lambda found: (found.when, found.entry))
    before = [found for found in looser if not found.after_a_fill]
    later = list(later_exits(alone, ours))
    at_once = [entry for entry, filled in later if not filled]
    fills = len(looser) - len(before) + len(later) - len(at_once)
    tighter = sum(
        (-1 if entry[2] else 1) * (ours.stops[entry][when].price - stop.price) > 0
        for entry in entries
        for when, stop in alone.stops[entry].items()
        if when in ours.stops[entry]
    )
    detail = f"{candles} candles of {len(entries)} trades, {tighter} tighter, {fills} looser or later after fills"
    if before or at_once:
        first = [*before[:1], *at_once[:1]]
        detail = f"{len(before)} looser and {len(at_once)} exits later of {detail}; first: {first}"
    return Verdict(not (before or at_once), detail, tighter, fills)
