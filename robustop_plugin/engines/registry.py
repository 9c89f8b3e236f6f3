"""The engines by name. To add one, see `engines/__init__.py`: four files, this is the second."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from robustop_plugin.core.engine import AtrChange, Engine, EngineMemory, Levels
from robustop_plugin.core.exact import Exact
from robustop_plugin.engines import atr_guard, bracket, hand_span, r_ladder, smart_trail


class EngineFunctions(NamedTuple):
    """The functions of one engine, as `core.engine.Engine` describes them, with `options` as last argument.

    Attributes:
        offer: its levels.
        remember: its memory after a view; None for an engine without a memory.
        fresh: its memory of a new position.
        target: its take profit, in ticks of profit; None for an engine without one.
        next_change: the gain in ticks up to which its levels stay the same, if only the best price changes them.
        atr_change: the same, if the ATR changes them too.
        catch_up: its memory after a new best price that was seen since that memory was written, without options; None
            for an engine that keeps no prices.
    """

    offer: Callable[..., Levels]
    remember: Callable[..., EngineMemory] | None = None
    fresh: EngineMemory = ()
    target: Callable[..., Exact] | None = None
    next_change: Callable[..., float] | None = None
    atr_change: Callable[..., AtrChange] | None = None
    catch_up: Callable[..., EngineMemory] | None = None


ENGINES: Final = {
    "hand_span": EngineFunctions(hand_span.hand_span, next_change=hand_span.next_change),
    "smart_trail": EngineFunctions(
        smart_trail.smart_trail,
        remember=smart_trail.remember,
        fresh=smart_trail.SmartTrailMemory(),
        next_change=smart_trail.next_change,
        catch_up=smart_trail.catch_up,
    ),
    "atr_guard": EngineFunctions(
        atr_guard.atr_guard,
        remember=atr_guard.remember,
        fresh=atr_guard.AtrGuardMemory(),
        atr_change=atr_guard.atr_change,
    ),
    "r_ladder": EngineFunctions(r_ladder.r_ladder, next_change=r_ladder.next_change),
    "bracket": EngineFunctions(bracket.bracket, target=bracket.target, next_change=bracket.next_change),
}


def engine_of(
    name: str, options: Any, *, steady: bool, virtual_trail: bool = False, real_costs: bool = False
) -> Engine:
    """Return the engine `name` with its options bound.

    Args:
        name: as in the settings.
        options: the engine's options, as numbers.
        steady: True if its levels change with the best price alone, or with that and the ATR, as long as costs stay.
        virtual_trail: True if its trail is the level at which a portion is sold.
        real_costs: True if its breakeven covers the real costs of the trade.
    """
    offer, remember, fresh, target, next_change, atr_change, catch_up = ENGINES[name]
    return Engine(
        name=name,
        offer=partial(offer, options=options),
        remember=partial(remember, options=options) if remember is not None else None,
        fresh=fresh,
        target=partial(target, options=options) if target is not None else None,
        next_change=partial(next_change, options=options) if next_change is not None and steady else None,
        atr_change=partial(atr_change, options=options) if atr_change is not None and steady else None,
        virtual_trail=virtual_trail,
        real_costs=real_costs,
        catch_up=catch_up,
    )
