"""One suite for all engines: the laws as tests. A test of one engine subclasses `StopEngineContract` and holds data."""

from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.engine_options import alone
from tests.support.laws import LAWS, is_steady
from tests.support.markets import examples
from tests.support.scenarios import Block, Scenario, block_of, lives, lives_of

__all__ = ["Scenario", "StopEngineContract", "block_of", "lives"]


class StopEngineContract:
    """The laws as tests; a subclass says which engine, or which blocks of settings.

    Attributes:
        name: the engine's name in the settings.
        without: laws that are not asked for, of one engine those that compare engines.
    """

    name: ClassVar[str]
    without: ClassVar[tuple[str, ...]] = ("L11",)

    def blocks(self, law: str) -> st.SearchStrategy[Block]:
        """Return what draws the settings that a law is tried with."""
        return alone(self.name)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Ask for every law that holds."""
        if "law" in metafunc.fixturenames:
            metafunc.parametrize("law", [law for law in LAWS if law not in self.without])

    @given(data=st.data())
    @settings(
        max_examples=examples(1 / 3),
        deadline=None,
        suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow],
    )
    def test_law(self, law: str, data: st.DataObject) -> None:
        """The engine keeps the law on every life."""
        chosen = lives_of(self.blocks(law))
        LAWS[law](data.draw(chosen.filter(is_steady) if law == "L12" else chosen))
