"""The Freqtrade releases documented as tested are the ones that `make compatibility` tests."""

import re
import tomllib

from tests.conftest import ROOT

RELEASE = r"\d{4}\.\d+(?:\.\d+)?"
LOCKS = ROOT / "compatibility"


def by_date(release: str) -> tuple[int, ...]:
    """Return the sort key of a release."""
    return tuple(int(part) for part in release.split("."))


def of_the_page() -> list[str]:
    """Return the releases in the documentation's table, in its order."""
    page = (ROOT / "docs" / "reference" / "compatibility.md").read_text(encoding="utf-8")
    return re.findall(rf"^\| ({RELEASE}) \| yes \|", page, flags=re.MULTILINE)


def of_make(variable: str) -> list[str]:
    """Return the releases in a variable of the Makefile."""
    text = (ROOT / "compatibility.mk").read_text(encoding="utf-8")
    (value,) = re.findall(rf"^{variable} := (.*)$", text, flags=re.MULTILINE)
    return value.split()


def pinned(name: str, text: str) -> list[str]:
    """Return the releases of a package that a lock file pins."""
    return re.findall(rf"^{name}==({RELEASE}) ", text, flags=re.MULTILINE)


def test_the_table_names_six_months_newest_first() -> None:
    """The table has the releases of six months in a row, without duplicates, newest first."""
    releases = of_the_page()
    months = [12 * year + month for year, month, *_ in map(by_date, releases)]
    assert months == list(range(months[0], months[0] - 6, -1))
    assert releases == sorted(set(releases), key=by_date, reverse=True)


def test_make_tests_the_releases_of_the_table() -> None:
    """The Makefile's newest and older releases are the table's, in its order."""
    assert of_make("NEWEST_RELEASE") + of_make("OLDER_RELEASES") == of_the_page()


def test_every_older_release_has_a_lock() -> None:
    """There is a lock file for each older release, and no other."""
    locks = {path.name.removeprefix("freqtrade-").removesuffix(".lock") for path in LOCKS.glob("*.lock")}
    assert locks == set(of_make("OLDER_RELEASES"))


def test_each_lock_pins_the_release_of_its_name() -> None:
    """A lock file pins Freqtrade and its client at the release in its file name."""
    for release in of_make("OLDER_RELEASES"):
        text = (LOCKS / f"freqtrade-{release}.lock").read_text(encoding="utf-8")
        assert pinned("freqtrade", text) == [release]
        assert pinned("freqtrade-client", text) == [release]


def test_the_newest_release_is_the_one_that_is_installed() -> None:
    """requirements.lock pins the newest release of the table; pyproject.toml asks for the oldest one or newer."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    releases = of_the_page()
    assert f"freqtrade>={releases[-1]}" in project["dependencies"]
    assert pinned("freqtrade", (ROOT / "requirements.lock").read_text(encoding="utf-8")) == [releases[0]]
