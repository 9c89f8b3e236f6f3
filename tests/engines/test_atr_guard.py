"""`atr_guard`: the laws of all engines, and an answer sheet computed by hand."""

from typing import Any

import pytest

from tests.contract import StopEngineContract
from tests.support.answer_sheets import Row, case_of, check, options_of, sheet, why


class TestAtrGuardContract(StopEngineContract):
    """The laws, with every option of the engine; it must be asked at every tick and promises nothing."""

    name = "atr_guard"
    without = ("L11", "L12")


def answer(row: Row) -> dict[str, Any]:
    """Return the case of a row."""
    return case_of(row, {"name": "atr_guard", **options_of(row["options"])})


@pytest.mark.parametrize("row", sheet("atr_guard"), ids=why)
def test_answer_sheet(row: Row) -> None:
    """The last step of every row is the one computed by hand."""
    check(row, answer(row))
