"""Pytest plugin that prints the id, example count and docstring of each collected property, for a separate process.

Used as `pytest --collect-only -p tests.support.law_collection`.
"""

import json
from typing import Any

import pytest
from hypothesis import settings

MARK = "property "


def examples_of(function: Any) -> int:
    """Return the number of examples of a property; 0 for any other test."""
    chosen = getattr(function, "_hypothesis_internal_use_settings", None)
    if not getattr(function, "is_hypothesis_test", False):
        return 0
    return (chosen or settings.default).max_examples


def pytest_collection_finish(session: pytest.Session) -> None:
    """Print what was collected."""
    for item in session.items:
        function: Any = getattr(item, "function", None)
        print(MARK + json.dumps([item.nodeid, examples_of(function), function.__doc__]))  # noqa: T201
