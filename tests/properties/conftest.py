"""Nothing that was computed with a planted bug stays behind."""

from collections.abc import Iterator

import pytest

from tests.support.remembered import forget_results


@pytest.fixture(autouse=True)
def forgets_results() -> Iterator[None]:
    """Forget after each test what the interpreter remembers."""
    yield
    forget_results()
