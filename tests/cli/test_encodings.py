"""Commands on terminals with other encodings: unprintable characters are escaped, and no command fails."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from robustop_plugin.cli.main import COMMANDS, main
from robustop_plugin.venue.market import write_market

NAME = "币安"
ESCAPED = r"\u5e01\u5b89"
COMMAND = [sys.executable, "-c", "from robustop_plugin.cli.main import main; main()"]
CASE = {
    "side": "long",
    "entry": 100,
    "initial_stop": 95,
    "tick_size": 0.01,
    "pair": f"{NAME}/USDT",
    "settings": {"engines": [{"name": "hand_span"}], "partials": []},
    "ticks": [{"t": 60, "price": 105}],
}


def environment(encoding: str) -> dict[str, str]:
    """Return the environment of a terminal with this encoding."""
    return {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(Path.cwd())}


@pytest.mark.parametrize(("encoding", "shown"), [("cp1252", ESCAPED), ("iso8859-15", ESCAPED), ("utf-8", NAME)])
def test_the_venue_lists_what_a_terminal_cannot_show(tmp_path: Path, encoding: str, shown: str) -> None:
    """A pair name without characters in the encoding is listed, escaped only if needed."""
    write_market(tmp_path, days=1)
    (tmp_path / "BTC_USDT-5m.feather").rename(tmp_path / f"{NAME}_USDT-5m.feather")
    command = [*COMMAND, "venue", "--datadir", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment(encoding)) as venue:
        assert venue.stdout is not None
        try:
            line = venue.stdout.readline().decode(encoding)
        finally:
            venue.terminate()
    assert f"{shown}/USDT" in line


@pytest.mark.parametrize("name", COMMANDS)
def test_help_in_plain_ascii(name: str) -> None:
    """Every help text is plain ASCII."""
    ran = subprocess.run([*COMMAND, name, "--help"], capture_output=True, env=environment("ascii"), check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.startswith(b"Usage: ")


@pytest.mark.parametrize("encoding", ["cp1252", "iso8859-15", "utf-8"])
@pytest.mark.parametrize("option", ["--table", None])
def test_a_case_is_utf_8_whatever_the_terminal_is(encoding: str, option: str | None) -> None:
    """JSON input is UTF-8 on any terminal; a rejected name is escaped if needed."""
    command = [*COMMAND, "simulate", *([option] if option else [])]
    given = json.dumps(CASE, ensure_ascii=False).encode()
    ran = subprocess.run(command, input=given, capture_output=True, env=environment(encoding), check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"100.15" in ran.stdout
    wrong = json.dumps({**CASE, "side": NAME}, ensure_ascii=False).encode()
    ran = subprocess.run(command, input=wrong, capture_output=True, env=environment(encoding), check=False)
    assert ran.returncode == 2
    assert ran.stderr.decode(encoding).startswith(f"error: side was '{NAME if encoding == 'utf-8' else ESCAPED}'")


def test_numbers_that_no_float_holds_are_one_line() -> None:
    """Numbers too large for a float are rejected in one line, in the case and in its settings."""
    for digits in (309, 398, 399, 400, 5000):
        huge = "9" * digits
        for key in ("entry", "opened_at"):
            given = json.dumps({**CASE, key: 0.125}).replace("0.125", huge)
            ran = CliRunner().invoke(main, ["simulate"], input=given)
            assert (ran.exit_code, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
            assert ran.stderr.startswith(f"error: {key} was ")
        rungs = {"engines": [{"name": "r_ladder", "rungs": [[0.125, 1]]}]}
        ran = CliRunner().invoke(
            main, ["simulate"], input=json.dumps({**CASE, "settings": rungs}).replace("0.125", huge)
        )
        assert (ran.exit_code, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
        assert ran.stderr.startswith("error: settings.engines[0].rungs[0][0]")
