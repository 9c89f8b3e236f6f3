"""The README's figures are those of benchmarks/latest.json, rounded."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
FIGURES: dict[str, Any] = json.loads((ROOT / "benchmarks" / "latest.json").read_text(encoding="utf-8"))
SECTION = README.partition("## What it costs\n")[2].partition("\n## ")[0]
ROWS = re.findall(r"^\| ([^|]+) \| ([\d.,]+) \| ([^|]+) \|$", SECTION, flags=re.MULTILINE)
RATIOS = (
    "backtest_vs_native_one_engine",
    "backtest_everything_vs_native",
    "backtest_exact_vs_percent",
    "backtest_exact_vs_percent_futures",
    "backtest_anchor_candle_vs_price",
    "backtest_anchor_candle_vs_price_detail",
    "growth_10x_trades",
    "live_loop_vs_hand_written",
    "sweep_first_vs_later",
    "speedup_vs_expert",
    "speedup_vs_documentation_style",
    "hyperopt_speedup_vs_expert",
    "hyperopt_exact_speedup_vs_expert",
    "sweep_vs_hyperopt",
    "sweep_vs_vectorbt",
    "sweep_vs_vectorbt_rust",
)
"""The rows of the table, in order."""
LEAST_DIGITS = 2
TWO_CORES = 2


def number(text: str) -> Decimal:
    """Return a number as it is written, thousands separated by commas."""
    return Decimal(text.replace(",", ""))


def numbers_in(text: str) -> list[int]:
    """Return the whole numbers in a text, in order."""
    return [int(number(found)) for found in re.findall(r"\b\d[\d,]*\b", text)]


def numbers_beside(ratio: str) -> list[int]:
    """Return the numbers that stand beside a ratio: of trades, if nothing else is counted."""
    tuning, pairs = FIGURES["tuning"], FIGURES["vectorbt"]["pairs"]
    counted = {
        "live_loop_vs_hand_written": [FIGURES["live"]["positions"], round(FIGURES["live_commits_per_loop"])],
        "sweep_first_vs_later": [FIGURES["whole_sweep"]["settings"]],
        "sweep_vs_hyperopt": [tuning["sweep"]["trades"] // tuning["sweep"]["settings"]],
        "sweep_vs_vectorbt": [pairs],
        "sweep_vs_vectorbt_rust": [pairs],
        **{
            f"hyperopt{mode}_speedup_vs_expert": sorted(
                {*tuning[f"robustop{mode}"]["trades"], *tuning[f"expert{mode}"]["trades"]}
            )
            for mode in ("", "_exact")
        },
    }
    return counted[ratio] if ratio in counted else trades_of(ratio)


def trades_of(ratio: str) -> list[int]:
    """Return the trades of both sides of a ratio of backtests: one number if both have as many."""
    if ratio in FIGURES["modes"]:
        trades = [FIGURES["modes"][ratio][side]["trades"] for side in ("above", "below")]
    else:
        sides = {entry["name"]: (entry["of"], entry["to"]) for entry in FIGURES["backtest"]["ratios"]}
        trades = [int(FIGURES["backtest"]["stops"][side]["trades"]) for side in sides[ratio]]
    return trades if trades[0] != trades[1] else trades[:1]


def test_the_table_has_all_rows() -> None:
    """A row more or less needs its name here."""
    assert len(ROWS) == len(RATIOS)


@pytest.mark.parametrize(("ratio", "row"), list(zip(RATIOS, ROWS, strict=False)), ids=RATIOS)
def test_a_ratio_is_the_measured_one(ratio: str, row: tuple[str, str, str]) -> None:
    """Each ratio is rounded to the digits that are shown, at least two; the trades beside it are exact."""
    _, shown, conditions = row
    written, measured = number(shown), Decimal(FIGURES[ratio])
    digits = max(LEAST_DIGITS, len(written.normalize().as_tuple().digits))
    exponent = measured.adjusted() - digits + 1
    assert written == measured.quantize(Decimal(1).scaleb(exponent))
    assert numbers_in(conditions) == numbers_beside(ratio)


def test_the_conditions_are_those_of_the_run() -> None:
    """The time range, pairs, rounds and cores of the run, and what the sweep was checked on."""
    title = FIGURES["title"]
    assert title == "20240216-20240301, 12 pairs, 5m; medians of 3 rounds in turns"
    assert "twelve real Binance pairs at 5m, two weeks, two cores, medians of three rounds" in " ".join(SECTION.split())
    assert FIGURES["cores"] == TWO_CORES
    checked, trades = FIGURES["sweep_settings_verified"], FIGURES["sweep_trades_verified"]
    assert f"{checked} settings ({trades:,} trades)" in " ".join(SECTION.split())
    assert FIGURES["sweep_differences"] == 0
