"""`robustop simulate`: worked examples on the console, and one line for every invalid input."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from robustop_plugin.cli.main import main

OWN = Path(__file__).parents[1] / "answers" / "cases"
GIVEN = os.environ.get("ROBUSTOP_VECTORS")
EXAMPLES = sorted(OWN.glob("*.json"))
if GIVEN:
    EXAMPLES += sorted(Path(GIVEN).glob("*.json"))

GOOD: dict[str, Any] = {
    "side": "long",
    "entry": 100,
    "initial_stop": 90,
    "tick_size": 0.01,
    "settings": {"partials": []},
    "ticks": [{"t": 60, "price": 101}],
}
MISSING = object()


def run(text: str | bytes) -> Result:
    """Run the command on standard input."""
    return CliRunner().invoke(main, ["simulate"], input=text)


def case_with(path: str, value: Any) -> str:
    """Return the valid case as JSON with one value replaced, added, or removed if it is MISSING."""
    case: Any = json.loads(json.dumps(GOOD))
    *above, last = (int(key) if key.isdigit() else key for key in path.split("."))
    inner = case
    for key in above:
        inner = inner[key]
    if value is MISSING:
        del inner[last]
    else:
        inner[last] = value
    return json.dumps(case)


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_worked_examples(path: Path) -> None:
    """The console command prints exactly the steps of the example, with status 0."""
    example = json.loads(path.read_text(encoding="utf-8"))
    ran = subprocess.run(
        [sys.executable, "-c", "from robustop_plugin.cli.main import main; main()", "simulate"],
        input=json.dumps(example["case"]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout) == {"steps": example["steps"]}


@pytest.mark.skipif(GIVEN is None, reason="ROBUSTOP_VECTORS names no folder of further worked examples")
def test_the_folder_of_further_examples_is_not_empty() -> None:
    """A folder set in the environment contains examples of the engine."""
    assert len(EXAMPLES) > len(list(OWN.glob("*.json")))


FURTHER = {"t": 50, "price": 101}
BAD_VALUES: list[tuple[str, Any, tuple[str, ...]]] = [  # path, value, words in the error
    ("side", MISSING, ("side", "required")),
    ("entry", MISSING, ("entry", "required")),
    ("initial_stop", MISSING, ("initial_stop", "required")),
    ("tick_size", MISSING, ("tick_size", "required")),
    ("ticks", MISSING, ("ticks", "required")),
    ("side", "buy", ("side", "'buy'", "'long' or 'short'")),
    ("entry", 0, ("entry", "0", "> 0")),
    ("entry", -1.5, ("entry", "-1.5", "> 0")),
    ("entry", "100", ("entry", "'100'", "number")),
    ("entry", True, ("entry", "True", "number")),
    ("entry", None, ("entry", "None", "number")),
    ("entry", math.nan, ("entry", "nan", "finite")),
    ("entry", 10**400, ("entry", "finite")),
    ("entry", 1e308, ("entry", "1e+308")),
    ("tick_size", 0, ("tick_size", "0", "> 0")),
    ("tick_size", math.inf, ("tick_size", "inf", "finite")),
    ("tick_size", 1e-300, ("tick_size", "1e-300")),
    ("initial_stop", 100, ("initial_stop", "100", "below the entry 100")),
    ("initial_stop", 101, ("initial_stop", "101", "below the entry 100")),
    ("initial_stop", 99.991, ("initial_stop", "99.991", "after rounding to the tick size 0.01")),
    ("leverage", 3, ("leverage", "3", "unknown key")),
    ("regime", "sleepy", ("regime", "'sleepy'", "'trending', 'ranging' or 'volatile'")),
    ("atr_mean", 0, ("atr_mean", "0", "> 0")),
    ("on_exchange", 1, ("on_exchange", "1", "true or false")),
    ("opened_at", "now", ("opened_at", "'now'", "number")),
    ("opened_at", 61, ("ticks[0].t", "60", ">= 61", "opened_at")),
    ("pair", 5, ("pair", "5", "text")),
    ("ticks", [], ("ticks", "[]", "at least 1")),
    ("ticks", {}, ("ticks", "{}", "list")),
    ("ticks", [5], ("ticks[0]", "5", "block")),
    ("ticks.0.price", MISSING, ("ticks[0].price", "required")),
    ("ticks.0.t", MISSING, ("ticks[0].t", "required")),
    ("ticks.0.price", math.nan, ("ticks[0].price", "nan", "finite")),
    ("ticks.0.price", -math.inf, ("ticks[0].price", "-inf", "finite")),
    ("ticks.0.price", 0, ("ticks[0].price", "0", "> 0")),
    ("ticks.0.t", math.inf, ("ticks[0].t", "inf", "finite")),
    ("ticks.0.atr", 0, ("ticks[0].atr", "0", "> 0")),
    ("ticks.0.atr", -1, ("ticks[0].atr", "-1", "> 0")),
    ("ticks.0.momentum", "up", ("ticks[0].momentum", "'up'", "number")),
    ("ticks.0.volume", 5, ("ticks[0].volume", "5", "unknown key")),
    ("ticks.0.council", "buy", ("ticks[0].council", "'buy'", "'sell'")),
    ("ticks.0.council", 1, ("ticks[0].council", "1", "'sell'")),
    ("ticks.0.council", 1.0, ("ticks[0].council", "1.0", "'sell'")),
    ("ticks", [GOOD["ticks"][0], FURTHER], ("ticks[1].t", "50", ">= 60")),
    ("ticks", [{"t": 60, "price": 80}, FURTHER], ("ticks[1].t", "50", ">= 60")),  # also after the exit
    ("settings", [], ("settings", "[]", "block")),
    ("settings", {"partials": None}, ("settings.partials", "None", "list")),
    ("settings.enginse", [], ("settings.enginse", "unknown key")),
    ("settings.engines", [], ("settings.engines", "[]", "at least 1")),
    ("settings.engines", [{"name": "magic"}], ("engine", "'magic'", "hand_span")),
    (
        "settings.engines",
        [{"name": "bracket", "fee_percent": 1}],
        ("engines[0].fee_percent", "unknown key", "base_ratio"),
    ),
    ("settings.engines", [{"name": "r_ladder", "rungs": [[1, 2], [1, 3]]}], ("engines[0].rungs[1][0]", "1", "> 1")),
    ("settings.engines", [{"name": "r_ladder", "rungs": [[1, "even"]]}], ("engines[0].rungs[0][1]", "'even'", "> 0")),
    ("settings.engines", [{"name": "smart_trail", "distance_percent": 0}], ("engines[0].distance_percent", "0", "> 0")),
    ("settings.partials", [[1, 0.6], [2, 0.5]], ("settings.partials", "0.5", "at most 1")),
    ("settings.partials", [[1, "rest"], [2, 0.5]], ("settings.partials", "'rest'", "last rung")),
    ("settings.partials", [[1, 1.5]], ("settings.partials[0][1]", "1.5", "(0, 1]")),
    ("settings.partials", [[1]], ("settings.partials[0]", "[1]", "pair")),
    ("settings.partials", [5], ("settings.partials[0]", "5", "list")),
    ("settings.time_stop_hours", 0, ("settings.time_stop_hours", "0", "> 0")),
    ("settings.canary", 2, ("settings.canary", "2", "<= 1")),
    ("settings.mode", "dark", ("settings.mode", "'dark'", "'live' or 'shadow'")),
    ("settings.breaker", {"failures": 0}, ("settings.breaker.failures", "0", ">= 1")),
    ("settings.engines", [{"name": ["hand_span"]}], ("engine", "['hand_span']", "hand_span")),
    ("settings.breakeven", {"mode": "exact"}, ("settings.breakeven.mode", "'exact'", "'percent'")),
    ("settings.breakeven", {"fee_percent": 10}, ("settings.breakeven.fee_percent", "10", "< 10")),
    ("settings.gate", {"min_interval_s": -1}, ("settings.gate.min_interval_s", "-1", ">= 0")),
    ("settings.pairs", [], ("settings.pairs", "[]")),
    ("settings.pairs", {"A/B": {"gate": {"by": 1}}}, ("settings.pairs.A/B.gate.by", "unknown key")),
]
BAD_TEXTS: list[tuple[str | bytes, tuple[str, ...]]] = [
    ("", ("standard input", "JSON")),
    ('{"side": "long"', ("standard input", "JSON")),
    ("[1, 2]", ("case", "list", "object")),
    ("null", ("case", "NoneType", "object")),
    ('{"side": "long\n"}', ("standard input", "JSON")),
    (b'{"side": "\xff"}', ("utf-8",)),
    ("[" * 100_000, ("recursion",)),
    (json.dumps(GOOD).replace("100", "1" * 5000), ("entry", "finite")),  # more digits than Python reads
    ('{"multi\\nline": 1}', ("side", "required")),
]
BAD = [(case_with(path, value), words) for path, value, words in BAD_VALUES] + BAD_TEXTS


@pytest.mark.parametrize(("text", "words"), BAD, ids=[" ".join(words)[:40] for _, words in BAD])
def test_bad_input_is_one_line(text: str | bytes, words: tuple[str, ...]) -> None:
    """Invalid input gives status 2 and one line that names the parameter, the value and the bound."""
    result = run(text)
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    assert [word for word in words if word not in line] == []


def test_good_case_is_good() -> None:
    """The case from which invalid inputs are made is itself valid."""
    assert run(json.dumps(GOOD)).exit_code == 0


def test_help_shows_a_case_that_works() -> None:
    """The example in the help can be piped into the command."""
    text = CliRunner().invoke(main, ["simulate", "--help"], terminal_width=200).stdout
    example = text.partition("echo '")[2].partition("'")[0]
    result = run(example)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [step["action"] for step in json.loads(result.stdout)["steps"]] == ["move", "move"]


def test_a_case_has_costs_in_percent_and_no_partial_exits_by_default() -> None:
    """A case without settings moves to 0.15 percent above the entry at 1R and sells nothing at 2R."""
    ticks = [{"t": 60, "price": 110}, {"t": 120, "price": 120}]
    case = {"side": "long", "entry": 100, "initial_stop": 90, "tick_size": 0.01, "ticks": ticks}
    steps = json.loads(run(json.dumps(case)).stdout)["steps"]
    assert [(step["action"], step["stop"]) for step in steps] == [("move", 100.15), ("move", 110.0)]


def test_costs_without_a_mode_are_percents() -> None:
    """A fee alone keeps the mode that a case can have."""
    case = json.loads(case_with("settings.breakeven", {"fee_percent": 0.3}))
    case["ticks"] = [{"t": 60, "price": 110}]
    assert json.loads(run(json.dumps(case)).stdout)["steps"][0]["stop"] == 100.35
