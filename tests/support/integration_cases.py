"""The engines, alone and composed, as strategies for one real backtest over the same entries."""

from pathlib import Path
from textwrap import dedent
from typing import Any

from tests.conftest import ROOT

SIX_ATR = {"kind": "atr", "multiplier": 6.0}
SMART_TRAIL = {
    "name": "smart_trail",
    "activation_percent": 1.0,
    "activate_after_minutes": 240,
    "min_profit_percent": 0.3,
    "distance_percent": 0.5,
    "breakeven_percent": 0.6,
    "momentum_percent": 0.5,
    "momentum_factor": 1.5,
}
CASES: dict[str, dict[str, Any]] = {
    "SmartTrail": {"engines": [SMART_TRAIL]},
    "AtrGuard": {"engines": [{"name": "atr_guard", "breakeven_atr": 4.0, "trail_atr": 4.0}]},
    "RLadder": {"engines": [{"name": "r_ladder"}]},
    "BracketVolatility": {"engines": [{"name": "bracket", "strategy": "volatility", "min_ratio": 0.5}]},
    "BracketMarket": {"engines": [{"name": "bracket", "strategy": "market_condition", "min_ratio": 0.5}]},
    "SpanAndTrail": {
        "engines": [{"name": "hand_span"}, {"name": "smart_trail", "activation_percent": 2.0, "distance_percent": 1.0}],
        "initial_stop": {"kind": "atr", "multiplier": 3.0},
    },
    "GuardAndLadder": {
        "engines": [
            {"name": "atr_guard", "breakeven_atr": 4.0, "trail_atr": 4.0, "fees": True},
            {"name": "r_ladder", "fees": True},
        ]
    },
    "BracketAndTrails": {
        "engines": [
            {"name": "bracket", "base_ratio": 1.8, "pair_ratios": {"ETH/USDT": 1.2, "ETH/USDT:USDT": 1.2}},
            {"name": "hand_span", "adaptive": {"min_scale": 0.6}, "tighten": {"after_hours": 4, "lag": 0.5}},
            {"name": "smart_trail", "activation_percent": 2.0, "distance_percent": 1.0},
        ],
        "time_stop_hours": 6.5,
    },
}
"""Settings by strategy name; partials are off and the initial stop is six ATRs away unless a case says otherwise."""


def write_strategies(folder: Path, base: str, breakeven: dict[str, Any]) -> list[str]:
    """Write a strategy file per case beside the samples; return the arguments that name folder and strategies.

    Args:
        folder: folder of the files.
        base: class name of the sample strategy whose entries and exits they share.
        breakeven: what breakeven covers.
    """
    for source in (ROOT / "strategies").glob("*.py"):
        (folder / source.name).write_text(source.read_text())
    module = "two_way_trend" if base == "TwoWayTrend" else "hand_span_trend"
    text = f"from {module} import {base}\n"
    for name, case in CASES.items():
        block = {"partials": [], "initial_stop": SIX_ATR, "breakeven": breakeven, **case}
        text += dedent(f"""

            class {name}({base}):
                robustop = {block!r}
            """)
    (folder / "cases.py").write_text(text)
    return ["--strategy-path", str(folder), "--strategy-list", *CASES]
