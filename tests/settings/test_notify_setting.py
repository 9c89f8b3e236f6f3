"""The setting `notify`: a list of events, all, or none."""

from typing import Any

import pytest

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings import load_settings
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "how_to" / "get_messages.md"


def chosen(*layers: Any) -> list[str]:
    """Return the events of the default block."""
    return load_settings(*layers).default.notify


def documented() -> dict[str, bool]:
    """Return the events of the page, and whether they are on by default."""
    rows = [line.split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    return {row[1].strip(" `"): row[2].strip() == "yes" for row in rows}


def test_the_page_names_every_event_and_the_default() -> None:
    """`true` is all of the page's events, the default those that it says are on."""
    events = documented()
    assert chosen({"notify": True}) == list(events)
    assert chosen({}) == [event for event, is_on in events.items() if is_on]
    assert len(events) == 16


@pytest.mark.parametrize("nothing", [False, []])
def test_nothing_is_chosen(nothing: Any) -> None:
    """`false` and an empty list are the same."""
    assert chosen({"notify": nothing}) == []


def test_a_list_and_the_text_of_the_environment_are_taken() -> None:
    """A list replaces the one below; a variable's text is JSON."""
    assert chosen({"notify": True}, {"notify": ["trail"]}) == ["trail"]
    assert chosen({"notify": '["breaker", "trail"]'}) == ["breaker", "trail"]


def test_a_pair_may_have_its_own() -> None:
    """The other pairs keep theirs."""
    settings = load_settings({"notify": ["trail"], "pairs": {"BTC/USDT": {"notify": False}}})
    assert settings.for_pair("BTC/USDT").notify == []
    assert settings.for_pair("ETH/USDT").notify == ["trail"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (["breakeven", "birthday"], "robustop.notify[1] was 'birthday': it must be one of initial_stop, "),
        ([3], "robustop.notify[0] was 3: it must be one of "),
        (3, "robustop.notify was 3: it must be a list"),
        (None, "robustop.notify was None: it must be a list"),
    ],
)
def test_an_unknown_event_is_refused(value: Any, words: str) -> None:
    """The error names the entry and the known events."""
    with pytest.raises(InvalidSettings) as refused:
        chosen({"notify": value})
    assert str(refused.value).startswith(words)
