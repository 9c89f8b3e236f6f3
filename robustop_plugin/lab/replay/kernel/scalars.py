"""The core's Position, Tick and Memory in scalars, and the engines of a block of settings with their options."""

from typing import NamedTuple

from robustop_plugin.core.exact import Exact
from robustop_plugin.core.grid import Grid
from robustop_plugin.engines.atr_guard import AtrGuardMemory, AtrGuardOptions
from robustop_plugin.engines.bracket import BracketOptions
from robustop_plugin.engines.hand_span import HandSpanOptions
from robustop_plugin.engines.r_ladder import RLadderOptions
from robustop_plugin.engines.smart_trail import SmartTrailMemory, SmartTrailOptions


class EngineSet(NamedTuple):
    """The engines of a block of settings, with their options. Options of unused engines have no meaning.

    Attributes:
        hand: True if `hand_span` is used; the same for the other engines.
        steady_hand: True if its opinion changes with the best price alone; the same for the other engines.
        hand_options: Options of `hand_span`; the same for the other engines.
        smart: `smart_trail`.
        steady_smart: `smart_trail`.
        smart_options: `smart_trail`.
        long_share: `smart_trail.usual_share_kept` for a long position; NaN if it is not computed beforehand.
        short_share: The same for a short position.
        guard: `atr_guard`.
        guard_options: `atr_guard`.
        ladder: `r_ladder`.
        steady_ladder: `r_ladder`.
        ladder_options: `r_ladder`.
        bracket: `bracket`.
        bracket_options: `bracket`.
        time_stop_hours: Age at which a position is closed, in hours; infinite for never.
        follows_atr: True if an engine uses the ATR after the entry.
        virtual_hand: True if the trail of `hand_span` is not a stop, but sells a portion of the position.
    """

    hand: bool
    steady_hand: bool
    hand_options: HandSpanOptions
    smart: bool
    steady_smart: bool
    smart_options: SmartTrailOptions
    long_share: Exact
    short_share: Exact
    guard: bool
    guard_options: AtrGuardOptions
    ladder: bool
    steady_ladder: bool
    ladder_options: RLadderOptions
    bracket: bool
    bracket_options: BracketOptions
    time_stop_hours: float
    follows_atr: bool
    virtual_hand: bool


class Position(NamedTuple):
    """A position as its first fill left it: `core.facts.Position` in scalars.

    Attributes:
        side: +1 long, -1 short.
        grid: Grid of prices.
        tick_size: Step of prices.
        entry: Entry price.
        entry_ticks: Entry price in ticks.
        risk: Distance between entry and initial stop, in ticks.
        initial_stop: First stop, in price.
        opened_at: Time of the fill, in seconds since the epoch.
        atr_mean: Mean ATR at the entry, in price; NaN if unknown.
        regime: Number of the market regime at the entry; 0 if unknown.
    """

    side: int
    grid: Grid
    tick_size: float
    entry: float
    entry_ticks: Exact
    risk: Exact
    initial_stop: float
    opened_at: float
    atr_mean: float
    regime: int


class Tick(NamedTuple):
    """One observation of the market: `core.facts.Tick` in scalars.

    Attributes:
        time: Time, in seconds since the epoch.
        price: Price.
        candle: Opening time of the main candle, in seconds since the beginning of the run.
        atr: ATR, in price; NaN if unknown.
        momentum: Momentum; NaN if unknown.
        breakeven: Price that covers what the trade really pays; NaN if percentages stand for it.
        publishable: True if the stop may be moved at this price.
        extreme: Most favorable price since the last tick, usually the price itself; NaN if stops move only when a
            candle closes, and none has closed since.
        requested: True if the council requests an exit.
    """

    time: float
    price: float
    candle: float
    atr: float
    momentum: float
    breakeven: float
    publishable: bool
    extreme: float
    requested: bool


class Memory(NamedTuple):
    """What a position keeps between ticks: `core.memory.Memory` in scalars.

    Attributes:
        stop: Stop in force, in price.
        best: Best price so far.
        level: Tightest level that any engine offered and the best price has cleared; NaN for none.
        atr: Last known ATR, in price; NaN if unknown.
        atr_at_entry: First known ATR, in price; NaN if unknown.
        smart: Memory of `smart_trail`.
        guard: Memory of `atr_guard`.
    """

    stop: float
    best: float
    level: float
    atr: float
    atr_at_entry: float
    smart: SmartTrailMemory
    guard: AtrGuardMemory
