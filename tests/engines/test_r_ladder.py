"""`r_ladder`: the laws of all engines, and an answer sheet computed by hand."""

from typing import Any

import pytest

from tests.contract import StopEngineContract
from tests.support.answer_sheets import Row, case_of, check, options_of, rungs_of, sheet, why


class TestRLadderContract(StopEngineContract):
    """The laws, with every option of the engine."""

    name = "r_ladder"


def answer(row: Row) -> dict[str, Any]:
    """Return the case of a row."""
    rungs = {"rungs": rungs_of(row["rungs"])} if row["rungs"] else {}
    return case_of(row, {"name": "r_ladder", **rungs, **options_of(row["options"])})


@pytest.mark.parametrize("row", sheet("r_ladder"), ids=why)
def test_answer_sheet(row: Row) -> None:
    """The last step of every row is the one computed by hand."""
    check(row, answer(row))
