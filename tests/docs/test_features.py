"""The README says only what a test shows: the table of its lines is complete, and names tests that are there."""

import re

import pytest

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "explanation" / "how_it_is_tested.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([^|`]+) \| (`tests/[^|]+) \|$", PAGE, re.MULTILINE)
NAMED = [name for _, names in ROWS for name in re.findall(r"`([^`]+)`", names)]


def test_every_line_of_the_readme_is_shown() -> None:
    """The features of the README and the rows of the table are the same, in the same order."""
    assert [title for title, _ in ROWS] == re.findall(r"^- \*\*([^*]+)\*\*", README, re.MULTILINE)


@pytest.mark.parametrize("name", NAMED)
def test_what_shows_it_is_there(name: str) -> None:
    """Each file is there, and has the test by that name where one is named, or else some test."""
    file, _, test = name.partition("::")
    assert re.search(rf"^def {test or 'test_'}", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
