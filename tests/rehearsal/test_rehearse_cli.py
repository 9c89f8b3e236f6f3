"""`robustop rehearse` as a user runs it: real bots in short scenarios, and what it refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from robustop_plugin.cli.main import main

CONFIG = {"stake_currency": "USDT", "stake_amount": 100, "exchange": {"name": "binance"}}
SHORT = """
sentence = "The price falls through the stop."
[[steps]]
do = "enter"
[[steps]]
do = "await"
event = "filled"
[[steps]]
do = "price"
beyond_stop_percent = [3.0]
loops = 0
[[steps]]
do = "await"
event = "closed"
"""


def rehearse(folder: Path, *arguments: str) -> Result:
    """Run the command in a folder with the strategy and a configuration."""
    (folder / "config.json").write_text(json.dumps(CONFIG))
    given = ["rehearse", "--config", str(folder / "config.json"), "--strategy-path", str(folder / "strategies")]
    return CliRunner().invoke(main, [*given, "--strategy", "Mine", *arguments])


@pytest.mark.usefixtures("strategies")
def test_a_flash_crash(tmp_path: Path) -> None:
    """The strategy is out at the price after the crash; the timeline, the verdict and the report say so."""
    output = tmp_path / "report.json"
    result = rehearse(tmp_path, "--scenario", "flash_crash", "--output", str(output))
    assert result.exit_code == 0, result.output
    assert "the bot trades" in result.output
    assert "closed: stop_loss" in result.output
    assert "PASSED    flash_crash (spot long, stop in the bot)" in result.output
    assert "Mine with robustop was out" in result.output
    (report,) = json.loads(output.read_text())
    assert (report["verdict"], report["robustop"], report["kind"]) == ("passed", True, "spot long")
    assert report["figures"]["reasons"] == ["stop_loss"]
    assert 0 < report["figures"]["exposed_seconds"] < 15
    assert all(finding["met"] for finding in report["expectations"])


@pytest.mark.usefixtures("strategies")
def test_an_expectation_that_is_not_met(tmp_path: Path) -> None:
    """Without robustop the stop is at the strategy's 10 percent; what was expected otherwise fails with status 1."""
    mine = tmp_path / "mine.toml"
    mine.write_text(SHORT + '[expect]\nends = "open"\nreasons = ["robustop_stop_guard"]\n')
    result = rehearse(tmp_path, "--scenario", str(mine), "--plain", "--json")
    assert result.exit_code == 1, result.output
    (report,) = json.loads(result.stdout)
    assert (report["verdict"], report["robustop"]) == ("failed", False)
    assert {finding["expectation"] for finding in report["expectations"] if not finding["met"]} == {"ends", "reason"}
    assert "(-10.00 % from the entry)" in json.dumps(report["timeline"])
    assert report["sentence"].startswith("Mine without robustop failed: the position is closed; exit reason stop_loss")


def test_the_list() -> None:
    """Every scenario is listed with its sentence; nothing is started."""
    result = CliRunner().invoke(main, ["rehearse", "--list", "--json"])
    assert result.exit_code == 0
    listed = {scenario["name"]: scenario["sentence"] for scenario in json.loads(result.stdout)}
    assert listed["flash_crash"] == "The price falls through the stop by 20 percent in one tick, and stays there."
    assert "flash_crash" in CliRunner().invoke(main, ["rehearse", "--list"]).output


@pytest.mark.usefixtures("strategies")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "name what to rehearse"),
        (("--all", "--scenario", "flash_crash"), "name what to rehearse"),
        (("--scenario", "flash"), "scenario was 'flash': it must be"),
        (("--scenario", "flash_crash", "--side", "short"), "no scenario of flash_crash suits short"),
        (("--scenario", "flash_crash", "--keep", "{folder}"), "it must be an empty folder"),
        (("--scenario", "flash_crash", "--output", "{folder}/none/report.json"), "its folder does not exist"),
        (("--scenario", "flash_crash", "--strategy", "Other"), "Freqtrade cannot load Other"),
    ],
)
def test_invalid_input_is_refused(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    """One line says what is wrong, with status 2."""
    result = rehearse(tmp_path, *(argument.format(folder=tmp_path) for argument in arguments))
    assert result.exit_code == 2
    assert sentence in result.stderr
