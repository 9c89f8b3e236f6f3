"""`hand_span`: the laws of all engines, and an answer sheet computed by hand."""

import csv
import math
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st

from robustop_plugin.core.exact import ONE, Exact
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.view import view_of
from robustop_plugin.engines.hand_span import HandSpanOptions, Scale, next_change, span_scale
from robustop_plugin.lab.simulate import simulate
from tests.contract import StopEngineContract

ANSWERS = list(csv.DictReader((Path(__file__).parents[1] / "answers" / "hand_span.csv").open(encoding="utf-8")))


class TestHandSpanContract(StopEngineContract):
    """The laws, with every option of the engine."""

    name = "hand_span"
    absolute = True
    blocks: ClassVar[st.SearchStrategy[dict[str, Any]]] = st.fixed_dictionaries(
        {},
        optional={
            "fee_percent": st.sampled_from((0, 0.1, 0.3, 2.5)),
            "slippage_percent": st.sampled_from((0, 0.05, 1)),
            "adaptive": st.sampled_from((0.25, 0.5, 0.6, 1)).map(lambda share: {"min_scale": share}),
            "tighten": st.fixed_dictionaries(
                {"after_hours": st.sampled_from((0.5, 1, 2)), "lag": st.sampled_from((0, 0.25, 0.3, 1))}
            ),
        },
    )


def engine_of(row: dict[str, str]) -> dict[str, Any]:
    """Return the engine's block of a row; an empty cell leaves an option out."""
    engine: dict[str, Any] = {"name": "hand_span"}
    if row["costs"]:
        engine |= {"fee_percent": float(row["costs"]), "slippage_percent": 0}
    if row["min_scale"]:
        engine["adaptive"] = {"min_scale": float(row["min_scale"])}
    if row["after_hours"]:
        engine["tighten"] = {"after_hours": float(row["after_hours"]), "lag": float(row["lag"])}
    return engine


def tick_of(text: str) -> dict[str, float]:
    """Return the tick written as `t:price` or `t:price:atr`."""
    return dict(zip(("t", "price", "atr"), map(float, text.split(":")), strict=False))


@pytest.mark.parametrize("row", ANSWERS, ids=[row["why"] for row in ANSWERS])
def test_answer_sheet(row: dict[str, str]) -> None:
    """The last step of every row is the one computed by hand."""
    steps = simulate(
        {
            "side": row["side"],
            "entry": float(row["entry"]),
            "initial_stop": float(row["initial_stop"]),
            "tick_size": float(row["tick_size"]),
            "settings": {"engines": [engine_of(row)], "partials": []},
            "ticks": [tick_of(text) for text in row["ticks"].split()],
        }
    )["steps"]
    last = steps[-1]
    assert len(steps) == len(row["ticks"].split())
    assert last["stop"] == float(row["stop"])
    assert last["level"] == (float(row["level"]) if row["level"] else None)
    assert (last["action"], last["rule"] or "", last["reason"] or "") == (row["action"], row["rule"], row["reason"])
    assert last["phase"] == row["phase"]


def test_answer_sheet_has_both_sides() -> None:
    """The answer sheet is about longs and shorts alike."""
    assert {row["side"] for row in ANSWERS} == {"long", "short"}


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(
    ("risk", "fee", "slippage", "gain", "change"),
    [
        (2, 2.0, 1.0, 0, 2.0),  # the first span
        (2, 2.0, 1.0, 2, 3.0),  # breakeven at a gain of 3 waits to be cleared
        (2, 2.0, 1.0, 3, 3.0),  # at it, it is not yet cleared
        (2, 2.0, 1.0, 4, 4.0),  # a level that is rounded up a tick may not be cleared yet
        (2, 2.0, 1.0, 5, 6.0),  # the third span: the costs are covered
        (10, 1.0, 0.5, 10, 20.0),
        (10, 1.0, 0.5, 25, 30.0),
    ],
)
def test_next_change(side: int, risk: int, fee: float, slippage: float, gain: int, change: float) -> None:
    """The opinion lasts up to the next whole span, or up to the costs where a span came before them."""
    position = Position(side, 100.0, 100.0 - side * risk, 1.0, 0.0)
    view = view_of(position, Tick(60.0, 100.0), 100.0 + side * gain, None, None)
    assert next_change(view, HandSpanOptions(fee, slippage, 1.0, math.inf, 1.0)) == change


@pytest.mark.parametrize(
    ("atr", "first", "scale"),
    [
        (math.nan, 2.0, Scale(ONE, ONE)),
        (1.5, math.nan, Scale(ONE, ONE)),
        (2.0, 2.0, Scale(ONE, ONE)),
        (3.0, 2.0, Scale(ONE, ONE)),
        (1.5, 2.0, Scale(Exact(1.5, 0.0), Exact(2.0, 0.0))),
        (1.0, 2.0, Scale(ONE, Exact(2.0, 0.0))),  # at the smallest part it is still the quotient
        (0.5, 2.0, Scale(Exact(0.5, 0.0), ONE)),
    ],
)
def test_the_part_of_the_span_in_use(atr: float, first: float, scale: Scale) -> None:
    """Only a known ATR below the first one shrinks the span, down to the smallest part."""
    found = span_scale(atr, first, 0.5)
    assert [Exact(*map(float, part)) for part in found] == list(scale)
