"""Shadow in real backtests: the trades are those of the plain strategy, and the decisions those of robustop acting."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from robustop_plugin.audit.shadow import comparisons
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.conftest import PAIRS, ROOM, ROOT
from tests.support.sale_witness import PERPETUALS, listed
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
BESIDE = {"HoldsSpanBeside": ("Holds", {**BLOCKS["Span"], "shadow": {"engines": [{"name": "r_ladder"}]}})}
CASES = {**BESIDE, **SHADOWED, **FAITHFUL, **ACTING}
NEAR = 1e-6
"""In stake currency: Freqtrade rounds profits to eight digits."""


@pytest.fixture(scope="module", params=[False, True], ids=["spot", "perpetuals"])
def outcomes(
    request: pytest.FixtureRequest, candles: Path, common: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Outcome]]:
    """Run all of them over the same candles; perpetuals are traded both ways, with three times leverage."""
    futures, folder = bool(request.param), tmp_path_factory.mktemp("shadows")
    pairs, timerange = (PERPETUALS, "20230905-20230912") if futures else (PAIRS, "20240110-20240113")
    markets = [market for market in listed(candles, None if futures else "5m") if market.pair in pairs]
    with Venue(markets).serve() as url:
        overlay = folder / "overlay.json"
        overlay.write_text(json.dumps({**offline_overlay(url, pairs, futures=futures), **ROOM}))
        arguments, configs = [*common, "--timerange", timerange], [ROOT / "config.json", overlay]
        yield run(folder, source(CASES, futures=futures), [*PLAIN, *CASES], configs, arguments)


@pytest.mark.parametrize("name", [*SHADOWED, *FAITHFUL])
def test_a_shadow_changes_no_trade(outcomes: dict[str, Outcome], name: str) -> None:
    """All that Freqtrade writes about each trade and order is that of the plain strategy, to the last bit."""
    base = CASES[name][0]
    assert len(outcomes[base].trades) >= 3
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
    assert found >= 3


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


def test_a_second_list_changes_nothing_of_the_first(outcomes: dict[str, Outcome]) -> None:
    """The trades and the audit of the acting engines are those without a second list, and both are told apart."""
    beside, alone = outcomes["HoldsSpanBeside"], outcomes["HoldsSpanActing"]
    assert beside.trades == alone.trades
    acted = [record for record in beside.records if "shadow" not in record["facts"]]
    assert len(acted) == len(alone.records)
    for one, other in zip(acted, alone.records, strict=True):
        differ = {name for name in one if one[name] != other[name]}
        assert differ <= {"token", "trade_id"}  # Freqtrade numbers the trades of all strategies of a run in one row
    compared = comparisons(beside.records)
    assert {one.shadow for one in compared} == {"shadow.engines"}
    assert len(compared) == len(beside.trades)
