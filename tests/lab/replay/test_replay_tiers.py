"""Quick code and full code: which one is made, and that both compute the same digits."""

from collections.abc import Callable
from types import ModuleType

import pytest

from robustop_plugin.core import exact
from robustop_plugin.lab.replay.compiler import compiled
from robustop_plugin.lab.replay.tiers import CODE, WORTH_FULL, Tier, forced_tier, tier_for

pytest.importorskip("numba")

from robustop_plugin.lab.replay import quick_code

NEXT = 1.0 + 2.0**-30
"""Its square needs 61 bits, of which a float keeps 53: the last summand, 2 ** -60, is lost."""
SQUARE = 1.0 + 2.0**-29


def excess(first: float, second: float, third: float) -> float:
    """Return a product less a number, which a compiler could calculate with a single rounding."""
    return first * second - third


def total(first: float, second: float, third: float, fourth: float) -> float:
    """Return a sum, which a compiler could calculate in another order."""
    return first + second + third + fourth


@pytest.fixture
def module() -> ModuleType:
    """Return a module of the two functions."""
    made = ModuleType(__name__)
    made.__dict__.update(excess=excess, total=total)
    return made


@pytest.mark.parametrize("tier", list(Tier))
def test_a_product_is_rounded_before_a_sum(tier: Tier, module: ModuleType) -> None:
    """No tier fuses what Python rounds twice, and each rounds once where a rounding error is asked for."""
    assert compiled([module], tier=tier)[excess](NEXT, NEXT, SQUARE) == 0.0
    assert tuple(compiled([exact], tier=tier)[exact.two_product](NEXT, NEXT)) == (SQUARE, 2.0**-60)


@pytest.mark.parametrize("tier", list(Tier))
def test_sums_keep_their_order(tier: Tier, module: ModuleType) -> None:
    """No tier adds in another order than Python, from left to right."""
    assert compiled([module], tier=tier)[total](1.0, 1e16, -1e16, 1.0) == 1.0


@pytest.mark.parametrize("tier", list(Tier))
def test_a_sweep_chooses_by_its_size(tier: Tier) -> None:
    """Twelve pairs over eight months: 50 settings are few, and 1,000 are many."""
    settings = {Tier.QUICK: 50, Tier.FULL: 1000}
    assert tier_for(settings[tier], 12 * 240 * 288) is tier
    assert (settings[tier] * 12 * 240 * 288 > WORTH_FULL) is (tier is Tier.FULL)


@pytest.mark.parametrize(
    ("named", "wanted"), [("quick", Tier.QUICK), ("full", Tier.FULL), ("", None), ("fastest", None), (None, None)]
)
def test_the_environment_names_a_tier(monkeypatch: pytest.MonkeyPatch, named: str | None, wanted: Tier | None) -> None:
    """Without a name, or with one that does not exist, a sweep chooses."""
    if named is None:
        monkeypatch.delenv(CODE, raising=False)
    else:
        monkeypatch.setenv(CODE, named)
    assert forced_tier() is wanted


def is_quick(function: Callable[..., object]) -> bool:
    """Return True if a compiled function's code was made by the quick compiler."""
    (library,) = [overload.library for overload in function.overloads.values()]  # type: ignore[attr-defined]
    return isinstance(library, quick_code.QuickLibrary)


@pytest.mark.parametrize("tier", list(Tier))
def test_each_tier_has_its_own_compiler(monkeypatch: pytest.MonkeyPatch, tier: Tier) -> None:
    """The tier that is asked for is compiled, or the one that the environment names."""
    arguments = exact.Exact(0.1, 0.0), exact.Exact(0.3, 0.0)
    asked = compiled([exact], tier=tier)[exact.divide]
    monkeypatch.setenv(CODE, tier)
    named = compiled([exact])[exact.divide]
    assert asked(*arguments) == named(*arguments) == exact.divide(*arguments)
    assert is_quick(asked) is is_quick(named) is (tier is Tier.QUICK)
