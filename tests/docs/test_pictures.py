"""The pictures of the documentation are what their cases draw."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from robustop_plugin.cli.main import main
from tests.conftest import ROOT

PICTURES = ROOT / "docs" / "pictures"
CASES = sorted(PICTURES.glob("*.json"))


def test_there_are_cases() -> None:
    """Every engine, and their composition, has a case."""
    names = {path.stem for path in CASES}
    assert names >= {"hand_span", "smart_trail", "atr_guard", "r_ladder", "bracket", "composing"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_picture_is_what_its_case_draws(case: Path, tmp_path: Path) -> None:
    """Drawn now, each tracked SVG is the same byte for byte; `make pictures` draws them again."""
    pytest.importorskip("matplotlib", reason='pictures: pip install "robustop[report]"')
    drawn = tmp_path / "drawn.svg"
    result = CliRunner().invoke(main, ["simulate", "--plot", str(drawn)], input=case.read_text(encoding="utf-8"))
    assert (result.exit_code, result.stderr) == (0, "")
    assert drawn.read_bytes() == case.with_suffix(".svg").read_bytes(), "see `make pictures`"
