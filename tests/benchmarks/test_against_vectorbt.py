"""vectorbt and the sweep make the same entries, in whatever form vectorbt is fastest."""

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.benchmark import run_bench

SETTINGS = 10

# Importing it would take each process of a test run seconds.
pytestmark = pytest.mark.skipif(find_spec("vectorbt") is None, reason="vectorbt: the extra bench")


def test_both_make_as_many_trades(tmp_path: Path, tell: Callable[[str], None]) -> None:
    """Both make every entry under every stop; profits differ only by the rules within a candle."""
    output = tmp_path / "figures.json"
    amounts = ["--days", "6", "--rounds", "2", "--settings", str(SETTINGS), "--only", "vectorbt"]
    ended = run_bench(*amounts, "--output", str(output))
    assert ended.returncode == 0, ended.stderr
    figures = json.loads(output.read_text(encoding="utf-8"))
    found = figures["vectorbt"]
    ours, theirs = found["robustop"], found["vectorbt"]
    alike = [found[key] for key in ("robustop", "robustop_all_cores", "vectorbt", "vectorbt_rust")]
    assert {len(found["rounds"]) for found in alike} == {2}
    assert {found["trades"] for found in alike} == {ours["trades"]}
    assert ours["trades"] > 10 * SETTINGS
    assert found["robustop_all_cores"]["profit"] == ours["profit"]
    for key, engine in (("vectorbt", "numba"), ("vectorbt_rust", "rust")):
        forms = [form for form in found["vectorbt_forms"] if form["engine"] == engine]
        fastest = max(forms, key=lambda form: form["settings_per_second"])
        assert (found[key]["engine"], found[key]["width"]) == (engine, fastest["width"])
    assert figures["sweep_vs_vectorbt"] == pytest.approx(ours["settings_per_second"] / theirs["settings_per_second"])
    tell(f"{ours['trades']} trades of {SETTINGS} stops; profits {ours['profit']:.2f} and {theirs['profit']:.2f}")
