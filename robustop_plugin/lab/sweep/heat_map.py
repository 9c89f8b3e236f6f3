"""Scores over two swept parameters, as one self-contained HTML page."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from plotly import graph_objects

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.search.results_table import Row
from robustop_plugin.lab.sweep.space import Dimension, Values

Grid = list[list[float | None]]


def median_scores(rows: Sequence[Row], across: Dimension, down: Dimension) -> Grid:
    """Return the median score of each cell over all other parameters, one row per value of `down`."""
    cells: dict[tuple[float, float], list[float]] = {}
    for row in rows:
        if row.metrics.score is not None:
            cell = row.values[down.name], row.values[across.name]
            cells.setdefault(cell, []).append(row.metrics.score)
    return [
        [median(cells[high, wide]) if (high, wide) in cells else None for wide in across.values] for high in down.values
    ]


def write_heat_map(
    path: Path, rows: Sequence[Row], across: Dimension, down: Dimension, chosen: Values, objective: str
) -> None:
    """Write the page, with a mark on the chosen setting.

    Raises:
        InvalidSettings: The file cannot be written.
    """
    # Text labels: all cells have the same size, whatever the steps between the values.
    wide, high = ([f"{value:g}" for value in dimension.values] for dimension in (across, down))
    figure = graph_objects.Figure(
        graph_objects.Heatmap(
            x=wide,
            y=high,
            z=median_scores(rows, across, down),
            colorscale="Viridis",
            colorbar={"title": {"text": objective}},
            hovertemplate=f"{across.name} %{{x}}<br>{down.name} %{{y}}<br>{objective} %{{z}}<extra></extra>",
        )
    )
    figure.add_scatter(
        x=[f"{chosen[across.name]:g}"],
        y=[f"{chosen[down.name]:g}"],
        mode="markers",
        marker={"symbol": "x", "size": 14, "color": "white", "line": {"color": "black", "width": 1}},
        name="chosen",
        hoverinfo="name",
    )
    figure.update_layout(
        title=f"{objective}: median over all other swept parameters",
        xaxis={"title": {"text": across.name}, "type": "category"},
        yaxis={"title": {"text": down.name}, "type": "category"},
    )
    try:
        figure.write_html(path, include_plotlyjs=True, full_html=True)
    except OSError as error:
        raise InvalidSettings(f"--heat-map was {path}: it cannot be written, {error.strerror}") from error
