"""A bot is asked once, briefly; whatever answers, or does not, is said in one clause and never raised."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from robustop_plugin.operate.bot_api import Answer, BotApi, api_in, ask_bot
from tests.support.bot import free_port

NOW = 1_800_000_000.0


@contextmanager
def answering(answer: Callable[[str, Any], tuple[int, bytes]]) -> Iterator[BotApi]:
    """Serve answers to path and headers, as an API does that is no bot of ours, or one in trouble."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, body = answer(self.path, self.headers)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(BrokenPipeError):  # who asked did not wait
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield BotApi("127.0.0.1", server.server_port, "me", "secret")
        server.shutdown()
        thread.join()


def with_health(looked_at: float | None) -> Answer:
    """Return what is understood of a bot whose last loop was then."""
    health = json.dumps({"last_process_ts": looked_at}).encode()
    with answering(lambda path, _: (200, health if path.endswith("/health") else b"[]")) as api:
        return ask_bot(api, NOW)


@pytest.mark.parametrize(
    ("looked_at", "runs", "says"),
    [
        (NOW - 3, True, "which looked 3 s ago"),
        (NOW + 2, True, "which looked 0 s ago"),
        (NOW - 61, False, "has not looked at its trades for 61 s"),
        (None, False, "has not looked at its trades since it was started"),
    ],
)
def test_the_last_loop_says_whether_a_bot_looks(looked_at: float | None, runs: bool, says: str) -> None:
    """A bot that was told to stop answers, and looks at nothing."""
    answer = with_health(looked_at)
    assert (answer.heartbeat.runs, answer.error, answer.status) == (runs, None, [])
    assert answer.heartbeat.says.endswith(says)


def test_it_sends_the_name_and_the_password() -> None:
    """As Freqtrade's API asks for them."""
    seen = []

    def answer(path: str, headers: Any) -> tuple[int, bytes]:
        seen.append((path, headers["Authorization"]))
        return 200, b"[]"

    with answering(answer) as api:
        ask_bot(api, NOW)
    assert seen == [("/api/v1/health", "Basic bWU6c2VjcmV0"), ("/api/v1/status", "Basic bWU6c2VjcmV0")]


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b"{}", "status 401, see username and password of api_server"),
        (500, b"oh", "answered /health with status 500"),
        (200, b"<html>", "could not be asked"),
    ],
)
def test_what_is_no_answer_is_named(status: int, body: bytes, words: str) -> None:
    """Something answers, so it is not known that no bot runs. The password is in no text."""
    with answering(lambda *_: (status, body)) as api:
        answer = ask_bot(api, NOW)
    assert (answer.status, answer.heartbeat.runs) == (None, None)
    assert words in str(answer.error)
    assert "secret" not in f"{answer} {api!r}"


def test_a_bot_without_trades_answers_with_an_error() -> None:
    """Freqtrade says so with status 502."""

    def answer(path: str, _: Any) -> tuple[int, bytes]:
        if path.endswith("/health"):
            return 200, json.dumps({"last_process_ts": NOW}).encode()
        return 502, b'{"error":"Error querying /api/v1/status: no active trade"}'

    with answering(answer) as api:
        found = ask_bot(api, NOW)
    assert (found.status, found.error, found.heartbeat.runs) == ([], None, True)


def test_a_slow_bot_is_not_waited_for() -> None:
    """It may be in the middle of a loop: that is no proof that it does not run."""

    def answer(*_: Any) -> tuple[int, bytes]:
        time.sleep(0.5)
        return 200, b"[]"

    with answering(answer) as api:
        began = time.monotonic()
        found = ask_bot(api, NOW, timeout=0.1)
        assert time.monotonic() - began < 0.4
    assert (found.status, found.heartbeat.runs) == (None, None)
    assert "did not answer within 0.1 s" in str(found.error)


def test_nobody_answers() -> None:
    """No process listens: no bot runs there."""
    api = BotApi("127.0.0.1", free_port(), "", "")
    found = ask_bot(api, NOW)
    assert (found.status, found.heartbeat.runs, found.error) == (None, False, f"no bot answers at {api.address}")


@pytest.mark.parametrize(
    ("config", "address", "silence"),
    [
        ({}, None, None),
        ({"api_server": {"enabled": False, "listen_port": 1}}, None, None),
        ({"api_server": {"enabled": True}}, "127.0.0.1:8080", 60.0),
        ({"api_server": {"enabled": True, "listen_ip_address": "0.0.0.0", "listen_port": 9}}, "127.0.0.1:9", 60.0),  # noqa: S104
        ({"api_server": {"enabled": True}, "internals": {"process_throttle_secs": 30}}, "127.0.0.1:8080", 180.0),
    ],
)
def test_the_api_of_a_configuration(config: dict[str, Any], address: str | None, silence: float | None) -> None:
    """Only if it is switched on; a bot that listens everywhere is asked on this machine."""
    api = api_in(config)
    assert (None if api is None else (api.address, api.silence)) == (None if address is None else (address, silence))
