"""`robustop check` lists the events that messages are sent about, and names the channels that would drop them."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.check_command import details, findings, write_config
from tests.support.strategy_files import write_strategy

TELEGRAM = {"enabled": True, "token": "1:a", "chat_id": "1"}
WEBHOOK = {"enabled": True, "url": "http://127.0.0.1:1", "allow_custom_messages": True}


def found(tmp_path: Path, verdict: str, block: dict[str, Any], **config: Any) -> dict[str, str]:
    """Return the findings with one verdict, by subject."""
    write_strategy(tmp_path / "mine", "Mine", "stoploss = -0.10")
    write_config(tmp_path / "config.json", robustop={"partials": [], **block}, **config)
    return details(findings("--strategy", "Mine", "--strategy-path", "mine", status=0), verdict)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (
            {"notify": ["breaker", "guard"]},
            "messages about breaker, guard; none about initial_stop, breakeven, ",
        ),
        ({"notify": False}, "no messages"),
        ({"notify": True}, "messages about initial_stop, breakeven, trail, part_asked, "),
    ],
)
def test_the_events_are_listed(tmp_path: Path, block: dict[str, Any], expected: str) -> None:
    """What is chosen comes first, then what is not."""
    assert found(tmp_path, "ok", block)["notify"].startswith(expected)


@pytest.mark.parametrize(
    ("channel", "settings", "words"),
    [
        ("telegram", {**TELEGRAM, "allow_custom_messages": False}, "drops the messages of strategies"),
        ("telegram", TELEGRAM, None),
        ("webhook", {**WEBHOOK, "allow_custom_messages": False}, "drops the messages of strategies"),
        ("webhook", WEBHOOK, "has no format for messages of strategies"),
        ("webhook", {**WEBHOOK, "strategy_msg": {"text": "{msg}"}}, None),
    ],
)
def test_a_channel_that_drops_messages_is_named(
    tmp_path: Path, channel: str, settings: dict[str, Any], words: str | None
) -> None:
    """Freqtrade passes on the messages of strategies only where it is told to."""
    note = found(tmp_path, "note", {}, **{channel: settings}).get(channel)
    assert note is None if words is None else words in str(note)
