"""The figures of stops on the exchange are those of benchmarks/latest.json, rounded."""

import json
import re
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "how_to" / "keep_the_stop_on_the_exchange.md").read_text(encoding="utf-8")
FIGURES: dict[str, Any] = json.loads((ROOT / "benchmarks" / "latest.json").read_text(encoding="utf-8"))
SECTION = PAGE.partition("## What it costs\n")[2].partition("\n## ")[0]
BOTS = ("plain", "robustop")
ENGINES = ("hand_span", "smart_trail", "atr_guard", "r_ladder")
TIMES = {
    "entry's fill to first stop": "first_ms",
    "CPU of the bot until the first stop": "first_cpu_ms",
    "one stop to the next": "update_ms",
    "CPU of the bot until the next stop": "update_cpu_ms",
}
MARKETS = {"no price moves": "still", "every price at a new high": "rising"}


def cells(row: str) -> list[str]:
    """Return the cells after the first of the row that begins with a name."""
    (found,) = re.findall(rf"^\| {re.escape(row)} \| (.*) \|$", SECTION, flags=re.MULTILINE)
    return [cell.strip() for cell in found.split("|")]


def rounded(number: float, shown: str) -> str:
    """Return a number with as many decimals as one that is shown."""
    decimals = Decimal(shown.replace(",", "")).as_tuple().exponent
    return f"{Decimal(number).quantize(Decimal(1).scaleb(int(decimals)), rounding=ROUND_HALF_EVEN):,}"


def assert_shows(row: str, measured: list[float], unit: str = "") -> None:
    """Each cell is the measured number and its unit."""
    for cell, number in zip(cells(row), measured, strict=True):
        shown = cell.removesuffix(unit).strip()
        assert shown == rounded(number, shown)
        assert cell.endswith(unit)


@pytest.mark.parametrize("market", ["spot", "futures"])
@pytest.mark.parametrize("name", TIMES)
def test_times_without_a_stop_are_the_measured_ones(name: str, market: str) -> None:
    """After an entry and at each move of the order, of Freqtrade's bot and of robustop's."""
    found = FIGURES["unprotected"][market]
    assert_shows(f"{name}, {market}", [found[bot][TIMES[name]] for bot in BOTS], " ms")


@pytest.mark.parametrize("market", MARKETS)
def test_loops_of_many_positions_are_the_measured_ones(market: str) -> None:
    """CPU, commits and robustop's own writes, in a still and in a rising market."""
    many = FIGURES["many_stops"]
    found, count = many[MARKETS[market]], many["positions"]
    assert_shows(f"CPU of a loop, {count} positions, {market}", [found[bot]["cpu_seconds"] for bot in BOTS], " s")
    assert_shows(f"commits of that loop, {market}", [found[bot]["commits"] for bot in BOTS])
    assert_shows(f"writes of robustop's own, {market}", [found[bot]["own_writes"] for bot in BOTS])


@pytest.mark.parametrize("engine", ENGINES)
def test_orders_behind_the_gate_are_the_measured_ones(engine: str) -> None:
    """Every measured pair has a row for each engine."""
    for pair, of_pair in FIGURES["gate"].items():
        found, (each_best, gated, part) = of_pair[engine], cells(f"{pair} | `{engine}`")
        assert (each_best, gated) == (f"{found['each_best']:,}", f"{found['gated']:,}")
        assert part == rounded(found["ratio"], part)
        assert found["other_exits"] == 0


def test_the_shares_of_orders_that_pass_are_the_measured_ones() -> None:
    """What the page says of PEPE's orders, and of a finer grid, is in the file."""
    text, gate = " ".join(SECTION.split()), FIGURES["gate"]
    trail, finer = gate["PEPE/USDT"]["smart_trail"], gate["PEPE/USDT with finer ticks"]["atr_guard"]
    assert f"{trail['a_minute_apart']:.0%}".replace("%", " %") + " of `smart_trail`'s orders" in text
    assert f"{trail['emergencies']:.0%}".replace("%", " %") + " are at least 1 % better" in text
    assert f"{finer['too_small']:.0%}".replace("%", " %") + " of its orders are smaller" in text
    assert gate["PEPE/USDT"]["tick_percent"] >= 0.1
