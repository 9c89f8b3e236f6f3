"""`robustop simulate --plot`: real files, read back, and one line for every reason not to draw."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from robustop_plugin.cli.main import main
from robustop_plugin.core.facts import Position
from robustop_plugin.lab.case_report import CaseReport
from tests.support.pictures import Picture

COMMAND = "from robustop_plugin.cli.main import main; main()"
WITHOUT_THE_LIBRARY = f"import sys; sys.modules['matplotlib'] = None; {COMMAND}"
UNTOUCHED = f"""
import atexit, sys
atexit.register(lambda: sys.stderr.write('loaded' if 'matplotlib' in sys.modules else ''))
{COMMAND}
"""
CASE: dict[str, Any] = {
    "side": "long",
    "entry": 100,
    "initial_stop": 90,
    "tick_size": 0.01,
    "settings": {"partials": []},
    "ticks": [
        {"t": 300, "price": 106},
        {"t": 600, "price": 111},
        {"t": 900, "price": 121},
        {"t": 1200, "price": 115},
        {"t": 1500, "price": 109},
    ],
}
INPUT = json.dumps(CASE)


def run(*arguments: str | Path, text: str = INPUT) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, ["simulate", *map(str, arguments)], input=text)


def python(program: str, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in its own process."""
    command = [sys.executable, "-c", program, "simulate", *map(str, arguments)]
    settings = {**os.environ, **environment}
    return subprocess.run(command, input=INPUT, env=settings, capture_output=True, text=True, check=False)


def assert_refused(status: int, stdout: str, stderr: str, *words: str) -> None:
    """Assert status 2, empty standard output, and one line with these words."""
    assert (status, stdout) == (2, "")
    (line,) = stderr.splitlines()
    assert line.startswith("error: ")
    assert [word for word in words if word not in line] == []


def test_a_missing_library_is_one_line_that_says_how_to_get_it(tmp_path: Path) -> None:
    """Without the extra, --plot gives status 2 before anything is printed or written."""
    ran = python(WITHOUT_THE_LIBRARY, "--plot", tmp_path / "case.svg")
    assert_refused(ran.returncode, ran.stdout, ran.stderr, 'pip install "robustop[report]"')
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [(), ("--table",)])
def test_without_plot_the_library_is_neither_needed_nor_loaded(arguments: tuple[str, ...]) -> None:
    """JSON and table work without the extra, and do not import it if installed."""
    assert python(WITHOUT_THE_LIBRARY, *arguments).returncode == 0
    assert python(UNTOUCHED, *arguments).stderr == ""


class TestDrawn:
    """Tests that need the library."""

    @pytest.fixture(autouse=True)
    def library(self) -> None:
        """Skip the test if the library is not installed."""
        pytest.importorskip("matplotlib", reason='pictures: pip install "robustop[report]"')

    @pytest.mark.parametrize(
        ("name", "begins"), [("a.svg", b"<?xml"), ("a.png", b"\x89PNG\r\n"), ("a.pdf", b"%PDF-"), ("A.SVG", b"<?xml")]
    )
    def test_the_suffix_decides_the_format(self, name: str, begins: bytes, tmp_path: Path) -> None:
        """The suffix selects the file format, and the JSON is printed as usual."""
        result = run("--plot", tmp_path / name)
        assert (result.exit_code, result.stderr) == (0, "")
        assert (tmp_path / name).read_bytes().startswith(begins)
        assert result.stdout == run().stdout

    def test_table_and_picture_together(self, tmp_path: Path) -> None:
        """With --table the table is printed and the picture drawn."""
        assert run("--table", "--plot", tmp_path / "case.svg").stdout == run("--table").stdout
        assert (tmp_path / "case.svg").exists()

    def test_everything_is_in_the_picture(self, tmp_path: Path) -> None:
        """Price, level, stop, entry and initial stop are lines; moves and exit are marked and labeled."""
        run("--plot", tmp_path / "case.svg")
        picture = Picture(tmp_path / "case.svg")
        price = picture.points("price")
        assert len(price) == 1 + len(CASE["ticks"])
        *_, last = price
        assert [len(picture.marks(part)) for part in ("move", "exit")] == [2, 1]
        assert picture.marks("exit") == [last[1:]]
        assert "reduce" not in picture.parts
        (_, _, entry), (_, _, same) = picture.points("entry")
        assert entry == same == price[0][2]
        words = picture.words.splitlines()
        for word in ("price", "level wanted", "stop", "entry", "initial stop", "stop moved", "exit", "TRAILING_STOP"):
            assert word in words
        assert "minutes since the entry" in words
        assert "R" in words
        assert "long from 100, stop 90 (1R = 10): exit TRAILING_STOP at 109, +0.9R" in words

    def test_the_stop_is_a_staircase_through_its_marks(self, tmp_path: Path) -> None:
        """The stop is drawn in steps, from the initial stop to the exit, with a corner at every move."""
        run("--plot", tmp_path / "case.svg")
        picture = Picture(tmp_path / "case.svg")
        stop = [point[1:] for point in picture.points("stop")]
        assert stop[0][1] == picture.points("initial_stop")[0][2]
        assert all(start[0] == end[0] or start[1] == end[1] for start, end in pairwise(stop))
        assert set(picture.marks("move")) <= set(stop)

    def test_a_level_that_waits_is_drawn_apart_from_the_stop(self, tmp_path: Path) -> None:
        """A level held back by the gate is drawn tighter than the stop."""
        ticks = [{"t": 30, "price": 100.5}, {"t": 40, "price": 100.4}]
        text = json.dumps({**CASE, "initial_stop": 99.6, "on_exchange": True, "ticks": ticks})
        run("--plot", tmp_path / "case.svg", text=text)
        picture = Picture(tmp_path / "case.svg")
        assert picture.points("level")[-1][2] > picture.points("stop")[-1][2]
        assert "move" not in picture.parts

    def test_partial_exits_are_marked_with_what_was_sold(self, tmp_path: Path) -> None:
        """Each partial exit is marked with its percentage, and the final exit with the remainder."""
        from robustop_plugin.lab.pictures.steps import draw_case  # noqa: PLC0415

        position = Position(side=-1, entry=100.0, initial_stop=104.0, tick_size=0.01, opened_at=0.0)
        fields = {"stop": 104.0, "level": None, "engine": None, "rule": None, "phase": "INITIAL_RISK"}
        steps = [
            {**fields, "t": 2.0, "price": 92.0, "action": "reduce", "fraction": 0.5, "reason": None},
            {**fields, "t": 4.0, "price": 88.0, "action": "exit", "fraction": 0.5, "reason": "TAKE_PROFIT"},
        ]
        draw_case(CaseReport(position, steps), tmp_path / "case.svg")
        picture = Picture(tmp_path / "case.svg")
        assert len(picture.marks("reduce")) == 1
        assert "level" not in picture.parts
        words = picture.words.splitlines()
        assert "50 %" in words
        assert "TAKE_PROFIT 50 %" in words
        assert "seconds since the entry" in words

    @pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
    def test_the_same_case_is_the_same_file(self, suffix: str, tmp_path: Path) -> None:
        """Process, time zone and library configuration change no byte of the file."""
        ours, theirs = tmp_path / f"ours{suffix}", tmp_path / f"theirs{suffix}"
        (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9\nsvg.hashsalt: other\nfont.size: 20\n")
        assert run("--plot", ours).exit_code == 0
        ran = python(
            COMMAND, "--plot", theirs, TZ="Asia/Tokyo", PYTHONHASHSEED="7", MATPLOTLIBRC=str(tmp_path / "matplotlibrc")
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        assert ours.read_bytes() == theirs.read_bytes()

    def test_drawing_leaves_the_librarys_settings_alone(self, tmp_path: Path) -> None:
        """Drawing restores the library's settings and loads no window backend."""
        import matplotlib as mpl  # noqa: PLC0415

        before = dict(mpl.rcParams)
        run("--plot", tmp_path / "case.svg")
        assert dict(mpl.rcParams) == before
        watch = UNTOUCHED.replace("'matplotlib' in", "'matplotlib.pyplot' in")
        assert python(watch, "--plot", tmp_path / "case.svg").stderr == ""

    @pytest.mark.parametrize("name", ["case.gif", "case", ".svg", "case.svg.txt", "-"])
    def test_another_suffix_is_refused(self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """One line names the file and the supported formats."""
        monkeypatch.chdir(tmp_path)
        result = run("--plot", name)
        assert_refused(result.exit_code, result.stdout, result.stderr, f"--plot was '{name}'", ".svg, .png, .pdf")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(("name", "why"), [("nowhere/case.svg", "No such file"), ("folder.svg", "Is a directory")])
    def test_a_file_that_cannot_be_written_is_refused(self, name: str, why: str, tmp_path: Path) -> None:
        """One line names the file and the reason, and nothing else is printed."""
        (tmp_path / "folder.svg").mkdir()
        result = run("--plot", tmp_path / name)
        assert_refused(result.exit_code, result.stdout, result.stderr, str(tmp_path / name), why)

    def test_a_bad_case_is_refused_as_always(self, tmp_path: Path) -> None:
        """An invalid case leaves no picture."""
        result = run("--plot", tmp_path / "case.svg", text=json.dumps({**CASE, "side": "up"}))
        assert_refused(result.exit_code, result.stdout, result.stderr, "side", "'up'")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        "ticks",
        [
            [{"t": 0, "price": 100}],
            [{"t": 60, "price": 100}, {"t": 60, "price": 100}],
            [{"t": 1e308, "price": 100}],
            [{"t": 60, "price": 1e-300}],
            [{"t": 60, "price": 9e14}],
        ],
        ids=["one look", "no time between", "for ever", "nothing left", "everything won"],
    )
    def test_odd_walks_are_drawn_too(self, ticks: list[dict[str, float]], tmp_path: Path) -> None:
        """Whatever `simulate` accepts can be drawn, with empty standard error."""
        ran = run("--plot", tmp_path / "case.svg", text=json.dumps({**CASE, "ticks": ticks}))
        assert (ran.exit_code, ran.stderr) == (0, "")
        assert len(Picture(tmp_path / "case.svg").marks("price")) >= 1
