"""Releases of Freqtrade: an older one is refused, an untested one gets one line, a tested one nothing."""

import logging
import re
from collections.abc import Iterator

import freqtrade
import pytest
from freqtrade.exceptions import OperationalException

from robustop_plugin.bridge.startup import freqtrade_version
from tests.conftest import ROOT
from tests.support.hand_candles import Hand
from tests.support.host import Host


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """Forget which versions have been reported."""
    freqtrade_version._note.cache_clear()
    yield
    freqtrade_version._note.cache_clear()


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the logged lines about releases."""
    return [record.getMessage() for record in caplog.records if "was tested with Freqtrade" in record.getMessage()]


@pytest.mark.parametrize("version", ["2026.4", "2026.5", "2026.5.1", "2026.9", "2026.9.2"])
def test_a_tested_release_starts_silently(
    host: Host, version: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """All releases from the oldest to the newest tested one, patches included, start without a word."""
    monkeypatch.setattr(freqtrade, "__version__", version)
    with caplog.at_level(logging.INFO):
        host.start(Hand)
    assert lines(caplog) == []


@pytest.mark.parametrize("version", ["2026.10", "2027.1", "2026.10-dev-1a2b3c4", "2026.9-dev", "develop"])
def test_an_untested_release_gets_one_line(
    host: Host, version: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Two strategies of one process start with one line in all, which names both versions and what to do."""
    monkeypatch.setattr(freqtrade, "__version__", version)
    with caplog.at_level(logging.INFO):
        host.start(Hand)
        host.start(Hand)
    (line,) = lines(caplog)
    assert line.startswith(f"robustop was tested with Freqtrade 2026.4 to 2026.9; this is {version}: backtest and dry-")


@pytest.mark.parametrize("version", ["2026.3", "2026.3.1", "2025.12", "2026.3-dev", "2024.10"])
def test_an_older_release_is_refused(host: Host, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The strategy does not load; the one line says what is needed and how to get it."""
    monkeypatch.setattr(freqtrade, "__version__", version)
    with pytest.raises(OperationalException) as refused:
        host.load(Hand)
    message = str(refused.value)
    assert message.startswith(f"robustop refuses to start. Freqtrade was {version}: robustop needs 2026.4 or newer")
    assert "pip install --upgrade freqtrade" in message
    assert "\n" not in message


def test_the_tested_releases_are_those_of_the_page() -> None:
    """The oldest and the newest release of the documentation's table are the bounds in the code."""
    page = (ROOT / "docs" / "reference" / "compatibility.md").read_text(encoding="utf-8")
    months = [
        (int(year), int(month))
        for year, month in re.findall(r"^\| (\d{4})\.(\d+)[\d.]* \| yes \|", page, flags=re.MULTILINE)
    ]
    assert (min(months), max(months)) == (freqtrade_version.OLDEST, freqtrade_version.NEWEST)
    assert len(set(months)) == 6
