"""Shadow in real backtests: the trades are those of the plain strategy, and the decisions those of robustop acting."""

from pathlib import Path
from typing import Any

import pytest

from robustop_plugin.audit.shadow import comparisons
from tests.conftest import ROOT
from tests.support.shadowing import BLOCKS, Outcome, key_of, run, source

pytestmark = pytest.mark.candles

SHADOW = {"mode": "shadow"}
PLAIN = ("Bare", "Holds", "Trails", "Asked")
SHADOWED: dict[str, tuple[str, dict[str, Any]]] = {
    f"{base}InShadow": (base, {**BLOCKS[name], **SHADOW})
    for base, name in (("Bare", "Parts"), ("Trails", "Target"), ("Asked", "Parts"))
}
FAITHFUL = {f"Holds{name}InShadow": ("Holds", {**BLOCKS[name], **SHADOW}) for name in BLOCKS}
ACTING = {f"Holds{name}Acting": ("Holds", BLOCKS[name]) for name in BLOCKS}
TIMERANGE = "20240110-20240113"
NEAR = 1e-6
"""In stake currency: Freqtrade rounds profits to eight digits."""


@pytest.fixture(scope="module")
def outcomes(offline_config: Path, common: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """Run all of them over the same candles."""
    cases = {**SHADOWED, **FAITHFUL, **ACTING}
    arguments = [*common, "--timerange", TIMERANGE]
    configs = [ROOT / "config.json", offline_config]
    return run(tmp_path_factory.mktemp("shadows"), source(cases, futures=False), [*PLAIN, *cases], configs, arguments)


@pytest.mark.parametrize("name", [*SHADOWED, *FAITHFUL])
def test_a_shadow_changes_no_trade(outcomes: dict[str, Outcome], name: str) -> None:
    """All that Freqtrade writes about each trade and order is that of the plain strategy, to the last bit."""
    base = {**SHADOWED, **FAITHFUL}[name][0]
    assert len(outcomes[base].trades) >= 10
    assert outcomes[name].trades == outcomes[base].trades


def test_a_shadow_changes_no_call(outcomes: dict[str, Outcome]) -> None:
    """Each callback of the strategy's own is asked the same questions in the same order."""
    assert outcomes["Asked"].calls.count("custom_stoploss") > 1000
    assert outcomes["AskedInShadow"].calls == outcomes["Asked"].calls


@pytest.mark.parametrize("name", BLOCKS)
def test_a_shadow_ends_as_robustop_would_have_ended_the_trade(outcomes: dict[str, Outcome], name: str) -> None:
    """Time, price, reason and profit of each entry that both runs make are those of a backtest in which it acts."""
    acted = {key_of(trade): trade for trade in outcomes[f"Holds{name}Acting"].trades}
    found = 0
    for record in outcomes[f"Holds{name}InShadow"].records:
        key = record["pair"], int(record["token"].split(":")[1])
        if record["action"] != "closed" or record["engine"] == "host" or key not in acted:
            continue
        trade, found = acted[key], found + 1
        ending = trade["close_rate"], trade["exit_reason"], trade["close_timestamp"] / 1000
        assert (record["price"], record["reason"], record["time"]) == ending
        assert record["facts"]["profit"] == pytest.approx(trade["profit_abs"], abs=NEAR)
    assert found >= 8


@pytest.mark.parametrize("name", [*SHADOWED, *FAITHFUL])
def test_the_comparison_says_what_happened(outcomes: dict[str, Outcome], name: str) -> None:
    """Each trade is compared once, with the price, the reason and the profit of the result file."""
    trades = {(trade["pair"], trade["open_timestamp"] / 1000): trade for trade in outcomes[name].trades}
    compared = comparisons(outcomes[name].records)
    assert {(one.pair, one.opened) for one in compared} == trades.keys()
    assert len(compared) == len(trades)
    for one in compared:
        trade = trades[one.pair, one.opened]
        assert one.happened is not None
        assert (one.happened.price, one.happened.reason) == (trade["close_rate"], trade["exit_reason"])
        assert one.happened.profit == pytest.approx(trade["profit_abs"], abs=NEAR)
        assert one.shadowed is not None
        assert one.shadowed.time <= one.happened.time


def test_every_record_of_a_shadow_says_so(outcomes: dict[str, Outcome]) -> None:
    """Each record has the fact `shadow`, and a token that no acting record has."""
    for name in (*SHADOWED, *FAITHFUL):
        records = outcomes[name].records
        assert {record["facts"]["shadow"] for record in records} == {"engines"}
        assert len({record["token"] for record in records}) == len(records)
        assert all(record["token"].endswith(":engines") for record in records)
