"""`robustop check` on strategies that do not load: Freqtrade's own reason, status 2, never a traceback."""

from pathlib import Path

import pytest

from tests.support.check_command import NO_PARTS, check, details, findings, write_config
from tests.support.strategy_files import write_strategy

WORDS = ["--strategy", "Mine", "--strategy-path", "mine"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("head", "body", "reason"),
    [
        ("import no_such_module", "", "due to 'No module named 'no_such_module'': install it"),
        ("this is no code", "", "due to 'invalid syntax (mine.py, line 1)'"),
        ("raise ValueError('a bad start')", "", "ValueError: a bad start"),
        ("import sys; sys.exit(3)", "", "SystemExit: 3"),
        ("", "def __init__(self, config):\n    raise KeyError('mine')", "KeyError: 'mine'"),
        ("", "order_types = {}", "Order-types mapping is incomplete"),
        ("", "stoploss = 'far'", "ValueError: could not convert string to float"),
        ("", "del stoploss", "it has no stoploss, which Freqtrade needs"),
    ],
)
def test_freqtrade_s_reason_is_repeated(tmp_path: Path, head: str, body: str, reason: str) -> None:
    """Whatever ends the loading is one finding, in the JSON and on standard error."""
    write_strategy(tmp_path / "mine", "Mine", body, head=head)
    result = check(*WORDS)
    assert result.exit_code == 2
    assert reason in result.stderr
    assert "Traceback" not in result.output
    (finding,) = findings(*WORDS, status=2)
    assert (finding["subject"], finding["verdict"]) == ("strategy", "not loaded")
    assert reason in finding["detail"]


def test_a_protected_strategy_that_does_not_load(tmp_path: Path) -> None:
    """The same for a strategy that has the mixin already."""
    write_strategy(tmp_path / "mine", "Mine", "order_types = {}", bases="RobustopMixin, IStrategy")
    assert "Order-types mapping is incomplete" in check(*WORDS).stderr


@pytest.mark.parametrize(
    ("text", "reason"), [("{", "Please verify"), ('{"stake_currency": ', "Please verify"), ("[1]", "cannot be read")]
)
def test_a_configuration_that_is_none(tmp_path: Path, text: str, reason: str) -> None:
    """A configuration that Freqtrade cannot read is one line with status 2."""
    (tmp_path / "config.json").write_text(text)
    (tmp_path / "mine").mkdir()
    result = check(*WORDS)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    assert reason in line


def test_what_the_strategy_prints_is_not_in_the_json(tmp_path: Path) -> None:
    """Standard output is JSON only, whatever the code of a strategy prints."""
    write_config(tmp_path / "config.json", **NO_PARTS)
    body = "def __init__(self, config):\n    print('made')\n    super().__init__(config)"
    write_strategy(tmp_path / "mine", "Mine", body, head="print('imported')")
    assert details(findings(*WORDS), "problem") == {}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--strategy", "A", "--strategy-list", "B"], "use one of them"),
        (["--all", "--strategy", "A"], "leave --strategy"),
        (["--userdir", "nowhere", "--strategy", "A"], "nowhere was not found: see --userdir"),
        (["--all", "--strategy-path", "empty"], "empty has no Python file"),
        ([], "no strategy was named: use --strategy"),
    ],
)
def test_contradictions_are_one_line(tmp_path: Path, words: list[str], reason: str) -> None:
    """Options that contradict each other, or name nothing, have status 2 and say what to do."""
    (tmp_path / "empty").mkdir()
    write_config(tmp_path / "config.json")
    result = check(*words)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert reason in line
