"""The wheel: everything is in it, and its requirements leave a user's Freqtrade alone."""

from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from tests.compatibility.test_releases import of_the_page
from tests.conftest import ROOT
from tests.support.wheel import build_wheel

OWN_BOUNDS = {  # Freqtrade 2026.4's own requirements; where it has none, the oldest version that the others allow
    "pandas": "2.2.0",
    "numpy": "2.0.1",
    "sqlalchemy": "2.0.6",
    "pydantic": "2.2.0",
    "aiohttp": "3.10.11",
    "click": "8.0",
    "ta-lib": "0.6.0",
    "rich": "13.0.0",
    "cryptography": "3.4.8",
    "joblib": "1.2.0",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built once."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """Return the metadata of the wheel."""
    with ZipFile(wheel) as files:
        (name,) = [name for name in files.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(files.read(name).decode())


def requirements(metadata: Message) -> list[Requirement]:
    """Return all requirements, those of the extras included."""
    return [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]


def plain(metadata: Message) -> dict[str, Requirement]:
    """Return the requirements without any extra, by name."""
    return {one.name.lower(): one for one in requirements(metadata) if one.marker is None}


def test_every_source_is_in_the_wheel(wheel: Path) -> None:
    """Modules, scenarios, files for monitoring and py.typed are in the wheel, and only its metadata else: no tests."""
    package = ROOT / "robustop_plugin"
    sources = {
        str(path.relative_to(ROOT))
        for ending in ("*.py", "*.toml", "*.yml", "*.json")
        for path in package.rglob(ending)
    }
    with ZipFile(wheel) as files:
        names = {name for name in files.namelist() if ".dist-info/" not in name}
    assert len(sources) > 200
    assert names == sources | {"robustop_plugin/py.typed"}


def test_every_tested_release_is_allowed(metadata: Message) -> None:
    """Each release of the table satisfies the requirement, and so does a newer one and its development version."""
    allowed = plain(metadata)["freqtrade"].specifier
    for release in [*of_the_page(), "2026.5", "2026.10", "2027.1"]:
        assert release in allowed, release
    assert allowed.contains("2026.10.dev0", prereleases=True)
    assert "2026.3" not in allowed


def test_nothing_is_pinned(metadata: Message) -> None:
    """No requirement, of an extra either, has an upper bound or names one version."""
    found = [(one.name, bound.operator) for one in requirements(metadata) for bound in one.specifier]
    assert len(found) > 10
    assert [pair for pair in found if pair[1] != ">="] == []


@pytest.mark.parametrize(("name", "version"), OWN_BOUNDS.items())
def test_what_the_oldest_freqtrade_allows_is_allowed(metadata: Message, name: str, version: str) -> None:
    """A package as old as Freqtrade 2026.4 lets it be satisfies robustop too, so that installing moves nothing."""
    asking = [one for one in requirements(metadata) if one.name.lower() == name]
    assert asking
    assert [str(one) for one in asking if version not in one.specifier] == []


def test_joblib_is_asked_for_by_the_lab_alone(metadata: Message) -> None:
    """Freqtrade before 2026.9 needs an older joblib for hyperopt: robustop forces none."""
    (joblib,) = [one for one in requirements(metadata) if one.name == "joblib"]
    assert str(joblib.marker) == 'extra == "lab"'
    assert "joblib" not in plain(metadata)
