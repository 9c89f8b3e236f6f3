"""Several rehearsals at the same time: reports in the order of the plan, and nothing is left when they are ended."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from robustop_plugin.cli.main import main
from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.rehearsal import jobs
from robustop_plugin.rehearsal.bot import Bot
from robustop_plugin.rehearsal.plan import Planned
from robustop_plugin.rehearsal.scenario import Variant
from robustop_plugin.rehearsal.scene import Interrupted
from robustop_plugin.runner.warm.bots import warm_server
from tests.rehearsal.test_rehearse_cli import CONFIG, SHORT

LONG = SHORT.replace("loops = 0", "loops = 3", 1).replace("[3.0]", "[-0.1, 3.0]")


@pytest.mark.usefixtures("strategies")
def test_two_at_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both pass, from processes that have imported Freqtrade; the first report is that of the first scenario."""
    monkeypatch.setattr(jobs, "IS_POSSIBLE", True)
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    arguments = ["rehearse", "--config", str(tmp_path / "config.json"), "--strategy", "Mine", "--jobs", "2", "--json"]
    arguments += ["--strategy-path", str(tmp_path / "strategies")]
    for name, text in (("slower", LONG), ("faster", SHORT)):
        (tmp_path / f"{name}.toml").write_text(text)
        arguments += ["--scenario", str(tmp_path / f"{name}.toml")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    reports = json.loads(result.stdout)
    assert [(report["scenario"], report["verdict"]) for report in reports] == [
        ("slower", "passed"),
        ("faster", "passed"),
    ]
    assert all(report["figures"]["reasons"] == ["stop_loss"] for report in reports)


def test_an_error_ends_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not played yet is not begun, and what is being played ends early."""
    monkeypatch.setattr(jobs, "IS_POSSIBLE", False)
    ended = []

    class Broken:
        """Cannot be played."""

        def rehearse(self, *_: object) -> None:
            raise InvalidSettings("broken")

    class Endless:
        """Is played until it is interrupted."""

        def rehearse(self, *arguments: object) -> None:
            interrupted = arguments[-1]
            assert interrupted.wait(60)  # type: ignore[attr-defined]
            ended.append(self)
            raise Interrupted

    planned = Planned(None, Variant("spot long", "bot", "url"))  # type: ignore[arg-type]
    plays = [jobs.Play(stage, planned) for stage in (Endless(), Broken(), *(Endless() for _ in range(5)))]  # type: ignore[arg-type]
    with pytest.raises(InvalidSettings, match="broken"):
        list(jobs.play_all(plays, 2, lambda *_: None))
    assert plays[0].stage in ended
    assert len(ended) <= 2


def test_a_warm_process_is_freqtrade(tmp_path: Path) -> None:
    """It has its own number, folder, environment and exit status; what it prints goes to the given file."""
    log = tmp_path / "log"
    with warm_server() as server, log.open("wb") as output:
        environment = {**os.environ, "FREQTRADE_USERDIR": str(tmp_path)}
        process = server.start(["show-config", "--config", "missing.json"], output, tmp_path, environment)
        assert process.pid != os.getpid()
        assert process.wait(60) == 2
        killed = server.start(["trade", "--config", "missing.json"], output, tmp_path, environment)
        killed.kill()
        assert killed.wait(60) in (-9, 2)
    assert "missing.json" in log.read_text()


def test_bots_have_ports_and_passwords_of_their_own(tmp_path: Path) -> None:
    """Bots that have not started yet share no port, and none takes the calls of another."""
    bots = [Bot([], tmp_path / "log") for _ in range(500)]
    assert len({bot.port for bot in bots}) == len({bot.password for bot in bots}) == 500
