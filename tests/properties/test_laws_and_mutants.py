"""Each law of a single part catches its planted bugs; the laws of whole lives are in `test_mutants`."""

import pytest

from tests.support import mutants_of_the_engines, mutants_of_the_parts, mutants_of_the_step
from tests.support.law_table import fails, laws, properties
from tests.support.laws import LAWS
from tests.support.remembered import forget_results

EXAMPLES = 300
MUTANTS = {**mutants_of_the_step.MUTANTS, **mutants_of_the_engines.MUTANTS, **mutants_of_the_parts.MUTANTS}
TESTS = {law.number: law.test for law in laws() if law.number not in LAWS}
PLANTED = [(law, name) for name, (killers, _) in MUTANTS.items() for law in killers.split() if law in TESTS]


@pytest.mark.parametrize(("law", "name"), PLANTED)
def test_the_law_catches_the_mutant(law: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The property of the law fails with the planted bug; its own test shows that it holds without."""
    tests = properties(TESTS[law])
    for (module, attribute), value in MUTANTS[name][1].items():
        monkeypatch.setattr(module, attribute, value)
    forget_results()
    assert any(fails(test, EXAMPLES) for test in tests)
