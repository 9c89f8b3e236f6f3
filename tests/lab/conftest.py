"""A small strategy that can be swept."""

from collections.abc import Iterator

import pytest

from robustop_plugin.runner.run import BacktestRun
from tests.support.sweep_fixture import ground


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BacktestRun]:
    """Return a run on the embedded market."""
    with ground(tmp_path_factory.mktemp("ground")) as found:
        yield found
