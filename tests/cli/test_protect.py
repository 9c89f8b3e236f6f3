"""`robustop protect`: a strategy beside the user's, which is never touched."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from robustop_plugin.cli.engine_pictures import PICTURES, all_pictures
from robustop_plugin.cli.main import main
from robustop_plugin.engines.registry import ENGINES
from robustop_plugin.runner.protected_file import ENGINES as WRITTEN
from robustop_plugin.settings import load_settings
from tests.support import warm
from tests.support.strategy_files import write_strategy

CHOICE = ["--engine", "hand_span", "--no-partials"]
LOAD = """
import sys
from pathlib import Path
from freqtrade.resolvers import StrategyResolver
(found, _), = StrategyResolver._get_valid_object(Path(sys.argv[1]).resolve(), None)
print([base.__name__ for base in found.__mro__][:3], found.robustop)
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to an empty folder."""
    monkeypatch.chdir(tmp_path)


def protect(*words: str, answers: str = "") -> Result:
    """Return output and exit status of the command."""
    return CliRunner().invoke(main, ["protect", "Mine", "--strategy-path", "mine", *words], input=answers)


def block_of(path: Path) -> tuple[list[str], dict[str, Any]]:
    """Return the first classes and the block of a file's strategy, as a process of its own loads it."""
    names, _, block = warm.run_code(LOAD, str(path)).partition("] ")
    evaluated: tuple[list[str], dict[str, Any]] = (eval(names + "]"), eval(block))  # noqa: S307 (printed above)
    return evaluated


def test_it_is_written_beside_theirs_and_checked(tmp_path: Path) -> None:
    """The protected class derives from the user's, whose file keeps every byte; the next commands are printed."""
    theirs = write_strategy(tmp_path / "mine", "Mine")
    before = theirs.read_bytes()
    result = protect(*CHOICE)
    assert result.exit_code == 0, result.output
    assert theirs.read_bytes() == before
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["mine.py", "mine_protected.py"]
    bases, block = block_of(tmp_path / "mine" / "mine_protected.py")
    assert bases == ["MineProtected", "RobustopMixin", "Mine"]
    assert block["engines"] == [{"name": "hand_span"}]
    assert block["partials"] == []
    both = "freqtrade backtesting --strategy-path mine --strategy-list Mine MineProtected --cache none"
    assert f"compare     {both}" in result.stdout
    assert "dry run     freqtrade trade --strategy-path mine --strategy MineProtected --dry-run" in result.stdout
    assert "MineProtected -> RobustopMixin -> Mine -> IStrategy" in result.stdout


def test_the_choice_is_asked_with_pictures(tmp_path: Path) -> None:
    """Without options the engines are shown and asked; a missing answer names the options and writes nothing."""
    write_strategy(tmp_path / "mine", "Mine")
    unanswered = protect()
    assert unanswered.exit_code == 2
    assert "--engine hand_span --no-partials" in unanswered.stderr
    assert not (tmp_path / "mine" / "mine_protected.py").exists()
    answered = protect(answers="smart_trail\nn\n")
    assert answered.exit_code == 0, answered.output
    assert all_pictures() in answered.stderr
    _, block = block_of(tmp_path / "mine" / "mine_protected.py")
    assert [engine["name"] for engine in block["engines"]] == ["smart_trail"]


def test_every_engine_can_be_chosen(tmp_path: Path) -> None:
    """All engines together, with partial exits, are a valid block; each engine has a picture."""
    assert list(PICTURES) == list(WRITTEN) == list(ENGINES)
    write_strategy(tmp_path / "mine", "Mine")
    protect(*[word for name in ENGINES for word in ("--engine", name)], "--partials")
    _, block = block_of(tmp_path / "mine" / "mine_protected.py")
    settings = load_settings(block)
    assert [engine.name for engine in settings.default.engines] == list(ENGINES)
    assert settings.default.partials == [[2.0, 0.5], [3.0, 0.25], [4.0, "rest"]]


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    """An existing file stays as it is, unless --force is given."""
    write_strategy(tmp_path / "mine", "Mine")
    target = tmp_path / "mine" / "mine_protected.py"
    target.write_text("# of mine\n")
    refused = protect(*CHOICE)
    assert refused.exit_code == 2
    assert "replace it with --force" in refused.stderr
    assert target.read_text() == "# of mine\n"
    assert protect(*CHOICE, "--force").exit_code == 0
    assert "class MineProtected(" in target.read_text()


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("mine/mine.py", "that is the strategy itself, which is never changed"),
        ("other.py", "because Freqtrade imports only from the folder of a strategy"),
        ("mine/other.txt", "Freqtrade loads .py files only"),
    ],
)
def test_outputs_that_could_not_work(tmp_path: Path, output: str, reason: str) -> None:
    """The strategy itself is never a target, even with --force; elsewhere the import would fail."""
    theirs = write_strategy(tmp_path / "mine", "Mine")
    before = theirs.read_bytes()
    result = protect(*CHOICE, "--output", output, "--force")
    assert result.exit_code == 2
    assert reason in result.stderr
    assert theirs.read_bytes() == before
    assert len(list((tmp_path / "mine").iterdir())) == 1


@pytest.mark.parametrize("file", ["my-odd v1.2.py", "class.py", "json.py"])
def test_files_that_cannot_be_imported_by_name(tmp_path: Path, file: str) -> None:
    """A name that is no Python name, a keyword, or that of another module is loaded from its file."""
    write_strategy(tmp_path / "mine", "Mine", file=file)
    result = protect(*CHOICE)
    assert result.exit_code == 0, result.output
    bases, _ = block_of(tmp_path / "mine" / f"{Path(file).stem}_protected.py")
    assert bases == ["MineProtected", "RobustopMixin", "Mine"]


def test_their_parameters_are_copied_under_the_new_name(tmp_path: Path) -> None:
    """Freqtrade loads parameters by class name: they are copied, and robustop's own in an older copy are kept."""
    write_strategy(tmp_path / "mine", "Mine")
    theirs, copy = tmp_path / "mine" / "mine.json", tmp_path / "mine" / "mine_protected.json"
    theirs.write_text(json.dumps({"strategy_name": "Mine", "params": {"stoploss": {"stoploss": -0.07}}}))
    before = theirs.read_bytes()
    result = protect(*CHOICE, "--json")
    assert result.exit_code == 0, result.output
    assert theirs.read_bytes() == before
    content = {"strategy_name": "MineProtected", "params": {"stoploss": {"stoploss": -0.07}}}
    assert json.loads(copy.read_text()) == content
    printed = json.loads(result.stdout)
    assert printed["parameters"] == str(copy)
    values = {finding["subject"]: finding["detail"] for finding in printed["check"]["findings"]}
    assert values["stoploss"] == "-0.07, from parameter file mine_protected.json"
    content["params"]["robustop"] = {"robustop_initial_stop_multiplier": 3.0}  # type: ignore[index]
    copy.write_text(json.dumps(content))
    assert protect(*CHOICE).exit_code == 2
    assert protect(*CHOICE, "--force").exit_code == 0
    assert json.loads(copy.read_text()) == content


@pytest.mark.parametrize(
    ("bases", "head", "reason"),
    [
        ("RobustopMixin, IStrategy", "", "Mine has robustop already"),
        ("IStrategy", "import no_such_module", "No module named 'no_such_module'"),
    ],
)
def test_what_cannot_be_protected(tmp_path: Path, bases: str, head: str, reason: str) -> None:
    """A protected strategy, or one that Freqtrade cannot load, is left alone."""
    write_strategy(tmp_path / "mine", "Mine", bases=bases, head=head)
    result = protect(*CHOICE)
    assert result.exit_code == 2
    assert reason in result.stderr
    assert os.listdir(tmp_path / "mine") == ["mine.py"]  # noqa: PTH208 (names only)
