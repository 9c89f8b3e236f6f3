"""The stops that are compared."""

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "strategies"
WRITTEN_HERE = ROOT / "benchmarks" / "strategies"


class Stop(NamedTuple):
    """One stop on the same entries.

    Attributes:
        key: Key in the JSON file.
        title: Title in the table.
        strategy: Name of the strategy class.
        folder: Folder of that class.
    """

    key: str
    title: str
    strategy: str
    folder: Path


STOPS = (
    Stop("native", "Freqtrade's trailing stop", "NativeTrailing", WRITTEN_HERE),
    Stop("same", "robustop smart_trail, the same stops", "SmartTrailAsNative", WRITTEN_HERE),
    Stop("everything", "robustop, two engines, parts sold", "EverythingOn", WRITTEN_HERE),
    Stop("robustop", "robustop hand_span", "HandSpanTrend", SAMPLES),
    Stop("expert", "its rules, by an expert's hand", "ExpertHandSpan", WRITTEN_HERE),
    Stop("documented", "its rules, in documentation style", "DocumentedHandSpan", WRITTEN_HERE),
)
RATIOS = {
    "backtest_vs_native_one_engine": ("same", "native"),
    "backtest_vs_native_everything": ("everything", "native"),
    "speedup_vs_documentation_style": ("documented", "robustop"),
    "speedup_vs_expert": ("expert", "robustop"),
}
"""Numerator and denominator, by name in the JSON file."""
SAME_RULES = ("expert", "documented")
"""Stops whose exits should equal robustop's."""
SELDOM = Stop("seldom", "an entry every hundredth candle", "EveryHundredth", WRITTEN_HERE)
OFTEN = Stop("often", "an entry every tenth candle", "EveryTenth", WRITTEN_HERE)
"""Ten times the trades of SELDOM, held for half an hour each."""
