"""The settings of all pairs in one run: the shared block, and those of pairs with their own."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from robustop_plugin.settings import RobustopBlock, Settings


class PairSettings(NamedTuple):
    """Blocks of settings, and the pairs that they hold for.

    Attributes:
        blocks: The shared block, then one for each pair with settings of its own.
        pair_rows: For each pair, the number of its block.
    """

    blocks: tuple[RobustopBlock, ...]
    pair_rows: tuple[int, ...]

    @property
    def of_pairs(self) -> list[RobustopBlock]:
        """The block of each pair."""
        return [self.blocks[row] for row in self.pair_rows]

    @property
    def columns_wanted(self) -> tuple[Any, ...]:
        """A key that is equal for settings that use the same columns for the same pairs."""
        return self.pair_rows, tuple(columns_wanted(block) for block in self.blocks)

    @property
    def sells_parts(self) -> bool:
        """True if a position may be sold in parts."""
        return any(block.sells_parts for block in self.blocks)

    @property
    def waits_for_closes(self) -> bool:
        """True if any stop moves only when a candle closes."""
        return any(block.anchor == "candle" for block in self.blocks)

    @property
    def kind(self) -> tuple[Any, ...]:
        """A key that is equal for settings that can be replayed side by side."""
        return self.columns_wanted, self.sells_parts, self.waits_for_closes


def settings_of_pairs(settings: Settings, pairs: Sequence[str]) -> PairSettings:
    """Return the settings of pairs, in their order."""
    if not settings.by_pair:
        return PairSettings((settings.default,), (0,) * len(pairs))
    blocks, pair_rows = [settings.default], []
    for pair in pairs:
        block = settings.for_pair(pair)
        own = block is not settings.default
        pair_rows.append(len(blocks) if own else 0)
        blocks += [block] if own else []
    return PairSettings(tuple(blocks), tuple(pair_rows))


def columns_wanted(block: RobustopBlock) -> tuple[Any, ...]:
    """Return a key that is equal for blocks that use the same columns."""
    stop, council = block.initial_stop, block.active_council
    of_stop = stop.kind, stop.period, stop.lookback, stop.column
    of_council = () if council is None else tuple(vars(council).values())
    of_market = block.needs_atr_mean, block.needs_regime, *vars(block.market).values()
    return *of_stop, block.momentum_candles, of_council, of_market
