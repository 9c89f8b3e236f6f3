"""Ctrl-C during a rehearsal: the bot ends with it."""

import json
import signal
import socket
from pathlib import Path

import pytest

from tests.support import warm
from tests.support.bot import eventually

FOREVER = """
sentence = "Nothing happens."
[[steps]]
do = "await"
event = "resting"
within = 300
"""


@pytest.mark.usefixtures("strategies")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_no_process_is_left(tmp_path: Path, number: signal.Signals) -> None:
    """The command ends with status 2, and nobody listens at the port; a relative folder is the caller's."""
    (tmp_path / "forever.toml").write_text(FOREVER)
    (tmp_path / "config.json").write_text(
        json.dumps({"stake_currency": "USDT", "stake_amount": 100, "exchange": {"name": "binance"}})
    )
    command = [str(warm.BIN / "robustop"), "rehearse"]
    command += ["--config", str(tmp_path / "config.json"), "--strategy-path", str(tmp_path / "strategies")]
    command += ["--strategy", "Mine", "--scenario", str(tmp_path / "forever.toml"), "--keep", "kept"]
    log = tmp_path / "output.log"
    with log.open("wb") as output:
        process = warm.start(command, output, cwd=tmp_path)
    try:
        eventually(lambda: "the bot trades" in log.read_text(), "the start", log)
        process.send_signal(number)
        assert process.wait(60) == 2
    finally:
        process.kill()
    assert "interrupted; every bot and every exchange has ended" in log.read_text()
    (config,) = (tmp_path / "kept").glob("*/config.json")
    port = json.loads(config.read_text())["api_server"]["listen_port"]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
