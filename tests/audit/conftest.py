"""A place for an audit."""

from pathlib import Path

import pytest


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a path in a folder that is not there yet."""
    return tmp_path / "results" / "audit.jsonl"
