"""The robustop block: its defaults, and how layers and pairs are merged."""

import math
from typing import Any

import pytest

from robustop_plugin.core.gate import Gate
from robustop_plugin.core.initial_stop import StopBounds
from robustop_plugin.core.step_settings import StepSettings
from robustop_plugin.engines.hand_span import HandSpanOptions
from robustop_plugin.protections import PartialRung
from robustop_plugin.settings import RobustopBlock, load_settings

HAND_SPAN = {"name": "hand_span"}


def loaded(**block: Any) -> RobustopBlock:
    """Return the settings of a block."""
    return load_settings(block).default


def test_defaults() -> None:
    """An empty block has the documented defaults."""
    block = loaded()
    (engine,) = block.step_settings().engines
    stop = block.initial_stop
    assert engine.offer.keywords["options"] == HandSpanOptions(0.1, 0.05, 1.0, math.inf, 1.0)
    assert (engine.name, engine.virtual_trail) == ("hand_span", False)
    assert block.step_settings()._replace(engines=()) == StepSettings((), Gate(60.0, 0.1, 1.0), math.inf, None)
    assert (stop.kind, stop.multiplier, stop.period, stop.column) == ("atr", 2.0, 14, None)
    assert (stop.lookback, stop.buffer_percent, stop.percent) == (10, 0.1, 2.0)
    assert stop.bounds == StopBounds(0.2, 15.0, 2.0)
    assert block.step_settings().gate == Gate(60.0, 0.1, 1.0)
    assert (block.breakeven.mode, block.breakeven.fee_percent, block.breakeven.slippage_percent) == (
        "exact",
        0.1,
        0.05,
    )
    assert not block.follows_atr


@pytest.mark.parametrize("off", [{}, {"partials": False}, {"partials": []}])
def test_nothing_is_sold_in_parts_unless_asked_for(off: dict[str, Any]) -> None:
    """Without `partials`, and with `false` or an empty schedule, no part of a position is sold."""
    block = loaded(**off)
    assert block.partials == []
    assert not block.sells_parts
    assert block.step_settings().sale is None


def test_a_later_layer_switches_partials_off() -> None:
    """`false` replaces the schedule of an earlier layer."""
    assert load_settings({"partials": [[1.0, 0.5]]}, {"partials": False}).default.partials == []


def test_true_is_the_usual_schedule() -> None:
    """With `"partials": true` half is sold at 2R, a quarter at 3R and the rest at 4R."""
    block = loaded(partials=True)
    assert block.partials == [[2.0, 0.5], [3.0, 0.25], [4.0, "rest"]]
    schedule = (PartialRung(2.0, 0.5), PartialRung(3.0, 0.25), PartialRung(4.0, math.inf))
    assert block.step_settings().sale.keywords == {"schedule": schedule, "portion": 0.0}


@pytest.mark.parametrize("mode", ["percent", "exact"])
def test_both_modes_of_costs_are_known(mode: str) -> None:
    """Costs are percents, or what the trade really pays."""
    assert loaded(breakeven={"mode": mode}).breakeven.mode == mode


def test_engine_takes_costs_from_the_shared_block_where_it_has_none() -> None:
    """An engine's own fee wins; missing costs come from `breakeven`."""
    block = loaded(
        engines=[{**HAND_SPAN, "fee_percent": 0, "adaptive": {}, "tighten": {"after_hours": 24, "lag": 0.5}}],
        breakeven={"fee_percent": 0.3, "slippage_percent": 0.2},
    )
    assert block.step_settings().engines[0].offer.keywords["options"] == HandSpanOptions(0, 0.2, 0.5, 24, 0.5)
    assert block.follows_atr


def test_later_layers_win() -> None:
    """The last layer wins, key by key; lists are replaced, layers of None are skipped."""
    lower = {"partials": [], "gate": {"min_interval_s": 5, "emergency_percent": 3}, "engines": [{**HAND_SPAN}]}
    upper = {"gate": {"min_interval_s": 7}, "engines": [{**HAND_SPAN, "fee_percent": 1}]}
    settings = load_settings(None, lower, None, upper).default
    assert settings.step_settings().gate == Gate(7, 0.1, 3)
    assert [engine.fee_percent for engine in settings.engines] == [1]
    assert lower["gate"] == {"min_interval_s": 5, "emergency_percent": 3}


def test_pairs_override() -> None:
    """A pair's blocks are merged over the default and its lists replace; other pairs and None get the default."""
    settings = load_settings(
        {
            "partials": [],
            "engines": [{**HAND_SPAN, "fee_percent": 1, "adaptive": {}}],
            "gate": {"min_interval_s": 5, "emergency_percent": 3},
            "pairs": {"BTC/USDT": {"gate": {"emergency_percent": 4}, "engines": [{**HAND_SPAN, "fee_percent": 2}]}},
        },
        {"pairs": {"ETH/USDT": {"gate": {"min_interval_s": 6}}, "BTC/USDT": {"gate": {"min_interval_s": 8}}}},
    )
    bitcoin, ether = settings.for_pair("BTC/USDT"), settings.for_pair("ETH/USDT")
    assert (bitcoin.step_settings().gate, ether.step_settings().gate) == (Gate(8, 0.1, 4), Gate(6, 0.1, 3))
    assert (bitcoin.engines[0].fee_percent, bitcoin.engines[0].adaptive) == (2, None)
    assert ether.engines == settings.default.engines
    assert settings.for_pair("XRP/USDT") is settings.for_pair(None) is settings.default
    assert settings.blocks() == (settings.default, bitcoin, ether)


def test_a_block_is_frozen() -> None:
    """Settings are frozen."""
    with pytest.raises(ValueError, match="frozen"):
        loaded().anchor = "candle"
