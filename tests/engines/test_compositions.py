"""Several engines at once: the laws hold for them together, and the generated lives reach every rule."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robustop_plugin.core.decision import Exit, Hold
from tests.contract import StopEngineContract
from tests.support.engine_options import ABSOLUTE, POOLS, alone, composed
from tests.support.laws import play, sale_of
from tests.support.scenarios import Block, Scenario, lives_of


class TestCompositionContract(StopEngineContract):
    """The laws, with two engines or more in any order."""

    without = ()

    def blocks(self, law: str) -> st.SearchStrategy[Block]:
        """Return compositions of the engines that a law covers.

        A mirror image have only those whose distances are absolute, and `atr_guard` has to be asked at every tick.
        """
        names = {"L7": ABSOLUTE, "L12": tuple(name for name in POOLS if name != "atr_guard")}
        return composed(names.get(law, tuple(POOLS)))


def happened(life: Scenario) -> set[str]:
    """Return what happened in a life, in words."""
    words = set()
    for outcome in play(life):
        decision, sale = outcome.decision, sale_of(outcome)
        level = None if isinstance(decision, Hold) else decision.level
        reason = str(decision.reason) if isinstance(decision, Exit) else ""
        if level is not None:
            words.add(f"{level.engine} {level.rule} {reason}".strip())
        elif reason and sale is None:
            words.add(reason)
        if sale is not None:
            words.add("closed" if sale.closes else "portion sold" if sale.progress.portion else "rungs sold")
    return words


EXPECTED = {
    "hand_span": {"hand_span breakeven", "hand_span trail", "hand_span trail TRAILING_STOP", "portion sold"},
    "smart_trail": {"smart_trail breakeven", "smart_trail trail", "smart_trail trail TRAILING_STOP"},
    "atr_guard": {"atr_guard breakeven", "atr_guard trail", "atr_guard trail TRAILING_STOP"},
    "r_ladder": {"r_ladder breakeven", "r_ladder trail", "r_ladder trail TRAILING_STOP"},
    "bracket": {"TAKE_PROFIT"},
}
ALWAYS = {"STOP_LOSS", "TIME_STOP", "rungs sold", "closed"}


@pytest.mark.parametrize("name", EXPECTED)
def test_lives_reach_every_rule(name: str) -> None:
    """The generated lives reach every rule of the engines, of the schedule and of the exits."""
    reached: Counter[str] = Counter()

    @given(lives_of(alone(name)))
    @settings(max_examples=2000, deadline=None, derandomize=True, database=None)
    def collect(life: Scenario) -> None:
        reached.update(happened(life))

    collect()
    assert {word for word in EXPECTED[name] | ALWAYS if reached[word] < 2} == set()
