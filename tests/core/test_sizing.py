"""The size of an entry by its risk: worked rows, and properties over the rationals."""

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.core.errors import InvalidFact
from robustop_plugin.core.sizing import Costs, loss_of_unit, stake_at_risk

FREE = Costs(0.0, 0.0, 0.0)
ENTRY = {"equity": 10_000.0, "percent": 1.0, "leverage": 1.0, "side": 1, "entry": 100.0, "stop": 98.0, "costs": FREE}


@pytest.mark.parametrize(
    ("side", "entry", "stop", "costs", "loss"),
    [
        (1, 100.0, 98.0, FREE, 2.0),
        (-1, 100.0, 102.0, FREE, 2.0),
        # 100 * 0.001 + 98 * 0.001
        (1, 100.0, 98.0, Costs(0.001, 0.001, 0.0), 2.198),
        # 100 * 0.001 + 102 * 0.001
        (-1, 100.0, 102.0, Costs(0.001, 0.001, 0.0), 2.202),
        # 100 * 0.002 + 98 * 0.0005
        (1, 100.0, 98.0, Costs(0.002, 0.0005, 0.0), 2.249),
        (1, 100.0, 98.0, Costs(0.0, 0.0, 0.05), 2.05),
        # A stop at 100.3 earns 0.3 and pays 0.1 + 0.1003 + 0.05
        (1, 100.0, 100.3, Costs(0.001, 0.001, 0.05), -0.0497),
        (1, 100.0, 100.0, Costs(0.001, 0.001, 0.0), 0.2),
    ],
)
def test_what_one_unit_loses(side: int, entry: float, stop: float, costs: Costs, loss: float) -> None:
    """The loss is the move of the price, both fees at their own prices, and the slippage on the entry."""
    assert loss_of_unit(side, entry, stop, costs) == pytest.approx(loss, rel=1e-12)


@pytest.mark.parametrize(
    ("over", "stake"),
    [
        # 100 may be lost, at 2 a unit: 50 units at 100
        ({}, 5000.0),
        ({"side": -1, "stop": 102.0}, 5000.0),
        # the same 50 units on a fifth of the margin
        ({"leverage": 5.0}, 1000.0),
        ({"percent": 0.5}, 2500.0),
        ({"equity": 500.0, "percent": 2.0}, 500.0),
        # 100 / 2.198 = 45.4959... units
        ({"costs": Costs(0.001, 0.001, 0.0)}, 4549.590536851683),
        # 2 + 0.2 + 0.196 + 0.104 = 2.5: 40 units
        ({"costs": Costs(0.002, 0.002, 0.104)}, 4000.0),
        # more than the equity: what there is money for is not decided here
        ({"stop": 99.9}, 100_000.0),
        ({"equity": 0.0}, 0.0),
        ({"equity": -5.0}, 0.0),
        ({"percent": 100}, 500_000.0),
    ],
)
def test_the_stake_that_loses_what_was_asked_for(over: dict[str, Any], stake: float) -> None:
    """Rows computed by hand."""
    assert stake_at_risk(**{**ENTRY, **over}) == pytest.approx(stake, rel=1e-12)


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"percent": 0.0}, "percent was 0.0: it must be > 0 and <= 100"),
        ({"percent": 100.1}, "percent was 100.1"),
        ({"leverage": 0.5}, "leverage was 0.5"),
        ({"leverage": math.inf}, "leverage was inf"),
        ({"entry": math.nan}, "entry was nan"),
        ({"stop": 0.0}, "stop was 0.0"),
        ({"stop": 100.0}, "stop was 100.0: it must be on the losing side of the entry 100.0"),
        ({"stop": 102.0}, "stop was 102.0"),
        ({"side": -1}, "stop was 98.0"),
        ({"costs": Costs(-0.001, 0.0, 0.0)}, "fee_open was -0.001"),
        ({"costs": Costs(0.0, math.nan, 0.0)}, "fee_close was nan"),
        ({"costs": Costs(0.0, 0.0, -1.0)}, "slippage_percent was -1.0"),
    ],
)
def test_nonsense_has_no_size(over: dict[str, Any], words: str) -> None:
    """A number out of bounds is an error that names it: no size is better than a wrong size."""
    with pytest.raises(InvalidFact) as refused:
        stake_at_risk(**{**ENTRY, **over})
    assert words in str(refused.value)


@st.composite
def entries(draw: st.DrawFn) -> dict[str, Any]:
    """Return the arguments of an entry, from cheap to expensive coins, with a stop 0.1 to 30 percent away."""
    side = draw(st.sampled_from([1, -1]))
    entry = draw(st.floats(1e-6, 1e6))
    return {
        "equity": draw(st.floats(1.0, 1e9)),
        "percent": draw(st.floats(0.01, 100.0)),
        "leverage": draw(st.floats(1.0, 125.0)),
        "side": side,
        "entry": entry,
        "stop": entry * (1 - side * draw(st.floats(0.1, 30.0)) / 100),
        "costs": Costs(*(draw(st.floats(0.0, 0.01)) for _ in "oc"), draw(st.floats(0.0, 9.0))),
    }


def loss_of(amount: Fraction, side: int, entry: float, stop: float, costs: Costs) -> Fraction:
    """Return the loss of a trade over the rationals: buy, pay the fee, sell, pay the fee."""
    bought, sold = amount * Fraction(entry), amount * Fraction(stop)
    fees = bought * Fraction(costs.fee_open) + sold * Fraction(costs.fee_close)
    slipped = bought * Fraction(costs.slippage_percent) / 100
    return (bought - sold if side > 0 else sold - bought) + fees + slipped


@given(entry=entries())
def test_the_stop_loses_what_was_asked_for(entry: dict[str, Any]) -> None:
    """L36: the loss at the stop, fees and slippage included, is the requested share of the equity."""
    stake = stake_at_risk(**entry)
    amount = Fraction(stake) * Fraction(entry["leverage"]) / Fraction(entry["entry"])
    lost = loss_of(amount, entry["side"], entry["entry"], entry["stop"], entry["costs"])
    asked = Fraction(entry["equity"]) * Fraction(entry["percent"]) / 100
    assert abs(lost / asked - 1) < Fraction(1, 10**12)


@given(entry=entries(), places=st.integers(0, 8))
def test_lots_lose_less_and_by_less_than_one_lot(entry: dict[str, Any], places: int) -> None:
    """L37: an amount truncated to whole lots loses no more than requested, and one lot more would."""
    lot = Fraction(1, 10**places)
    amount = Fraction(stake_at_risk(**entry)) * Fraction(entry["leverage"]) / Fraction(entry["entry"])
    whole = math.floor(amount / lot) * lot
    what = (entry["side"], entry["entry"], entry["stop"], entry["costs"])
    asked = Fraction(entry["equity"]) * Fraction(entry["percent"]) / 100
    nearly = Fraction(10**12 + 1, 10**12)
    assert loss_of(whole, *what) <= asked * nearly
    assert loss_of(whole + lot, *what) * nearly > asked


@given(entry=entries(), more=st.floats(1.01, 3.0))
def test_the_stake_goes_one_way_with_each_number(entry: dict[str, Any], more: float) -> None:
    """L38: the stake grows with equity and percent, and shrinks with the distance of the stop and with each cost."""
    stake = stake_at_risk(**entry)
    assert stake_at_risk(**{**entry, "equity": entry["equity"] * more}) > stake
    if entry["percent"] * more <= 100:
        assert stake_at_risk(**{**entry, "percent": entry["percent"] * more}) > stake
    farther = entry["entry"] + (entry["stop"] - entry["entry"]) * more
    assert stake_at_risk(**{**entry, "stop": farther}) < stake
    for name in Costs._fields:
        costs = entry["costs"]._replace(**{name: getattr(entry["costs"], name) + 0.01})
        assert stake_at_risk(**{**entry, "costs": costs}) < stake


@given(entry=entries(), power=st.integers(-10, 10))
def test_another_unit_of_money_or_of_the_coin_changes_nothing(entry: dict[str, Any], power: int) -> None:
    """Equity, prices and stake in another currency are the same trade; so is a coin split in two."""
    factor, stake = 2.0**power, stake_at_risk(**entry)
    prices = {name: entry[name] * factor for name in ("entry", "stop")}
    assert stake_at_risk(**{**entry, **prices, "equity": entry["equity"] * factor}) == stake * factor
    assert stake_at_risk(**{**entry, **prices}) == stake


@given(entry=entries())
def test_a_short_is_the_mirror_of_a_long(entry: dict[str, Any]) -> None:
    """Without costs, a stop mirrored at the entry gives the same stake."""
    free = {**entry, "costs": FREE}
    mirrored = {**free, "side": -entry["side"], "stop": 2 * entry["entry"] - entry["stop"]}
    assert stake_at_risk(**mirrored) == pytest.approx(stake_at_risk(**free), rel=1e-9)
