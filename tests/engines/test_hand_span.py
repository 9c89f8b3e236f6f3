"""`hand_span`: the laws of all engines, and answer sheets computed by hand, one of them for its portion."""

from typing import Any

import pytest

from tests.contract import StopEngineContract
from tests.support.answer_sheets import Row, case_of, check, options_of, rungs_of, sheet, why


class TestHandSpanContract(StopEngineContract):
    """The laws, with every option of the engine."""

    name = "hand_span"


def answer(row: Row) -> dict[str, Any]:
    """Return the case of a row; an empty cell leaves an option out."""
    engine: dict[str, Any] = {"name": "hand_span"}
    if row["costs"]:
        engine |= {"fee_percent": float(row["costs"]), "slippage_percent": 0}
    if row["min_scale"]:
        engine["adaptive"] = {"min_scale": float(row["min_scale"])}
    if row["after_hours"]:
        engine["tighten"] = {"after_hours": float(row["after_hours"]), "lag": float(row["lag"])}
    return case_of(row, engine)


def answer_of_portion(row: Row) -> dict[str, Any]:
    """Return the case of a row of the sheet about the portion, which is sold in addition to rungs."""
    engine = {"name": "hand_span", "portion": float(row["portion"]), **options_of(row["options"])}
    return case_of(row, engine, partials=rungs_of(row["partials"]))


@pytest.mark.parametrize("row", sheet("hand_span"), ids=why)
def test_answer_sheet(row: Row) -> None:
    """The last step of every row is the one computed by hand."""
    check(row, answer(row))


@pytest.mark.parametrize("row", sheet("hand_span_portion"), ids=why)
def test_answer_sheet_of_the_portion(row: Row) -> None:
    """With a portion trailed separately, the last step of every row is the one computed by hand."""
    check(row, answer_of_portion(row))
