"""The heat map: median scores in a self-contained page."""

import re
from pathlib import Path

import pytest

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.scores.metrics import Metrics
from robustop_plugin.lab.sweep.search.results_table import Row
from robustop_plugin.lab.sweep.space import Dimension

heat_map = pytest.importorskip("robustop_plugin.lab.sweep.heat_map", reason='heat map: pip install "robustop[report]"')

ACROSS, DOWN = Dimension("robustop_x", (1.0, 2.0, 3.0)), Dimension("robustop_y", (0.5, 1.0))


def rows() -> list[Row]:
    """Return settings over three parameters; one cell has no score, and one no setting."""
    scores = {(1.0, 0.5, 7.0): 1.0, (1.0, 0.5, 8.0): 3.0, (1.0, 0.5, 9.0): 100.0, (2.0, 0.5, 7.0): 5.0}
    scores |= {(3.0, 1.0, 7.0): None, (2.0, 1.0, 7.0): -4.0, (2.0, 1.0, 8.0): -8.0}
    return [
        Row(
            "whole",
            number,
            {"robustop_x": x, "robustop_y": y, "robustop_z": z},
            Metrics(score, 20, 0.0, 0.0, 9, None, 0.0, 3.0),
        )
        for number, ((x, y, z), score) in enumerate(scores.items())
    ]


def test_cells_are_medians_over_everything_else() -> None:
    """Each cell is the median over the third parameter; a cell without a score is empty."""
    assert heat_map.median_scores(rows(), ACROSS, DOWN) == [[3.0, 5.0, None], [None, -6.0, None]]


def test_the_page_needs_nothing_else(tmp_path: Path) -> None:
    """The library is embedded, nothing is fetched, and names and objective are shown."""
    path = tmp_path / "map.html"
    heat_map.write_heat_map(path, rows(), ACROSS, DOWN, rows()[0].values, "calmar")
    page = path.read_text(encoding="utf-8")
    assert not re.search(r"<(script|link)[^>]*(src|href)=", page)
    assert page.count("<html>") == 1
    (drawn,) = re.findall(r'Plotly\.newPlot\(\s*"[^"]+",\s*(\[.*?\]),\s*\{"t', page, flags=re.DOTALL)
    for told in ("heatmap", "chosen", "robustop_x", "calmar"):
        assert told in drawn
    assert "median over all other swept parameters" in page


def test_a_page_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A write error is one line with the option."""
    with pytest.raises(InvalidSettings, match=r"--heat-map was .*: it cannot be written"):
        heat_map.write_heat_map(tmp_path / "no" / "map.html", rows(), ACROSS, DOWN, rows()[0].values, "calmar")
