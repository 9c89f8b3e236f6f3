"""Comparing two lists of trades."""

import numpy as np
import pytest

from robustop_plugin.lab.sweep.judging.verify import differences, settings_to_verify
from robustop_plugin.lab.sweep.scores.metrics import Metrics
from robustop_plugin.lab.sweep.search.results_table import Row
from robustop_plugin.lab.trades import Trades
from tests.support.score_landscapes import made_up

VALUES = {"robustop_x": 2.0}
TRADES = made_up([1.0, -2.0, 3.0])


@pytest.mark.parametrize("field", Trades._fields)
def test_the_last_digit_of_any_field_is_a_difference(field: str) -> None:
    """The smallest change of any field is found and named."""
    column = list(getattr(TRADES, field))
    moved = {float: lambda value: np.nextafter(value, 1e9), str: lambda value: value + "x"}
    kind = str if isinstance(column[1], str) else type(column[1].item())
    column[1] = moved.get(kind, lambda value: not value if kind is bool else value + 1)(column[1])
    changed = column if kind is str else np.array(column)
    (found,) = differences(VALUES, TRADES, TRADES._replace(**{field: changed}))
    assert (found.values, found.trade, found.field) == (VALUES, 2, field)
    assert found.swept == str(getattr(TRADES, field)[1])
    assert found.host == str(column[1])


def test_a_trade_that_is_missing_is_a_difference() -> None:
    """A missing trade is reported, and the common trades are compared."""
    fewer = Trades(*(column[:2] for column in TRADES))
    (found,) = differences(VALUES, TRADES, fewer)
    assert (found.trade, found.field, found.swept, found.host) == (0, "trades", "3", "2")


def test_the_same_is_the_same() -> None:
    """Equal trades have no differences, also without an initial stop."""
    unknown = TRADES._replace(initial_stop=np.full(3, np.nan))
    assert not list(differences(VALUES, TRADES, TRADES))
    assert not list(differences(VALUES, unknown, unknown))
    assert len(list(differences(VALUES, TRADES, unknown))) == 3


def row(number: int) -> Row:
    """Return a row."""
    return Row("whole", number, {"x": float(number)}, Metrics(1.0, 20, 0.0, 0.0, 9, None, 0.0, 3.0))


@pytest.mark.parametrize(
    ("count", "looked_at"), [(1, [7]), (2, [7, 0]), (3, [7, 0, 9]), (5, [7, 0, 3, 5, 9]), (99, [7, *range(7), 8, 9])]
)
def test_the_chosen_one_and_others_from_end_to_end_are_looked_at(count: int, looked_at: list[int]) -> None:
    """No setting is verified twice, and no more than there are."""
    assert settings_to_verify(row(7), [row(number) for number in range(10)], count) == [
        {"x": float(number)} for number in looked_at
    ]
