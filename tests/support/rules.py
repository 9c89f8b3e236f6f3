"""Every rule that the cases must reach, by the oracle's names."""

SHARED = (
    "hold",
    "exit STOP_LOSS",
    "exit COUNCIL_SELL",
    "exit TIME_STOP",
    "exit TAKE_PROFIT",
    "stop hit exactly",
    "stop before council",
    "stop before time stop",
    "council before time stop",
    "time stop at its hour",
    "entry off the grid",
    "two ticks at the same time",
    "phase INITIAL_RISK",
    "phase PARTIAL_PROFIT_TAKEN",
    "phase ADVANCED_PROFIT_TAKEN",
    "phase FINAL_PROFIT_TAKEN",
    "reduce",
    "exit by rungs",
    "several rungs in one order",
    "rung exactly reached",
    "rest sold",
    "nothing left without a rest",
)
"""Rules of the step that apply to every engine."""

LEVELS = (
    "exit TRAILING_STOP",
    "phase BREAKEVEN_PROTECTED",
    "waits for cleared",
    "level not tighter",
    "remembered level",
    "equal levels of one engine",
    "the first of equal levels wins",
    "crossed exactly",
    "crossed by a gap",
    "crossed in spite of the gate",
    "gate holds for its interval",
    "gate holds for the improvement",
    "gate opens in an emergency",
    "gate opens after its interval",
    "gate at its emergency",
    "gate at its improvement",
    "gate at its interval",
    "sold and moved",
    "sold while held back",
)
"""Rules of the step that apply to an engine with levels."""


def levels_of(engine: str, *kinds: str) -> tuple[str, ...]:
    """Return the rules about an engine's levels of each kind."""
    actions = ("move {} {}", "reduce {} {}", "exit {} {} TRAILING_STOP", "exit {} {} TAKE_PROFIT")
    return LEVELS + tuple(action.format(engine, kind) for action in actions for kind in kinds)


def named(engine: str, *rules: str) -> tuple[str, ...]:
    """Return the names of an engine's rules in the oracle."""
    return tuple(f"{engine} {rule}" for rule in rules)


HAND_SPAN = named(
    "hand_span",
    "whole spans",
    "full scale",
    "adaptive scale",
    "clamped scale",
    "scale at its bound",
    "last known ATR",
    "tightened",
    "tightened at one span",
    "tightened at its hour",
)
PORTION = (
    "portion",
    "portion exactly at its level",
    "virtual waits for cleared",
    "less was left than asked for",
    "exit by the portion",
)
SMART_TRAIL = named(
    "smart_trail",
    "activated by profit",
    "activated at its profit",
    "activated by time",
    "activated at its minute",
    "activated at its least profit",
    "old without profit",
    "stays active",
    "a best of its own",
    "breakeven while inactive",
    "breakeven stays",
    "breakeven at its profit",
    "momentum",
    "momentum at its bound",
    "momentum too small",
    "momentum not given",
)
ATR_GUARD = named(
    "atr_guard",
    "no ATR yet",
    "last known ATR",
    "armed",
    "armed at its bound",
    "armed by the last known ATR",
    "armed at the same time",
    "trail at the entry",
    "trail behind the entry",
    "trail",
    "stays armed",
    "net of costs",
)
R_LADDER = named(
    "r_ladder",
    "rung at its bound",
    "several rungs at once",
    "a wider distance",
    "a narrower distance",
    "breakeven above a trail",
    "net of costs",
    "stays on its rung",
)
BRACKET = named(
    "bracket",
    "ratio clamped up",
    "ratio clamped down",
    "ratio at its bound",
    "ratio of the pair",
    "volatility",
    "volatility unknown",
    "volatility at the entry",
    "regime unknown",
    "regime trending",
    "regime ranging",
    "regime volatile",
    "target off the grid",
    "target reached exactly",
)
PAID = ("council before take profit", "take profit before time stop")

BOTH = ("breakeven", "trail")
RULES: dict[str, tuple[str, ...]] = {
    "hand_span": SHARED + levels_of("hand_span", *BOTH) + HAND_SPAN + PORTION,
    "smart_trail": SHARED + levels_of("smart_trail", *BOTH) + SMART_TRAIL + ("level of zero or less",),
    "atr_guard": SHARED
    + levels_of("atr_guard", *BOTH)
    + ATR_GUARD
    + ("crossed a remembered level", "stop at the entry"),
    "r_ladder": SHARED + levels_of("r_ladder", *BOTH) + R_LADDER + ("level of zero or less", "stop at the entry"),
    "bracket": SHARED + BRACKET + PAID,
    "composed": (
        *SHARED,
        *LEVELS,
        *(f"{name} {kind}" for name in ("move hand_span", "move smart_trail", "move atr_guard") for kind in BOTH),
        *(f"move r_ladder {kind}" for kind in BOTH),
        "equal levels of two engines",
        "take profit before time stop",
        "portion",
    ),
}
