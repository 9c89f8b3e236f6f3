"""Scores over two of the numbers that were swept, as one HTML page that needs nothing else."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from plotly import graph_objects

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.search.results_table import Row
from robustop_plugin.lab.sweep.space import Dimension, Values

Grid = list[list[float | None]]


def medians(rows: Sequence[Row], across: Dimension, down: Dimension) -> Grid:
    """Return the median score of each cell over all other numbers, one row for each value of `down`."""
    cells: dict[tuple[float, float], list[float]] = {}
    for row in rows:
        if row.measured.score is not None:
            place = row.values[down.name], row.values[across.name]
            cells.setdefault(place, []).append(row.measured.score)
    return [
        [median(cells[high, wide]) if (high, wide) in cells else None for wide in across.values] for high in down.values
    ]


def write_heat_map(
    path: Path, rows: Sequence[Row], across: Dimension, down: Dimension, chosen: Values, objective: str
) -> None:
    """Write the page, with a mark on what was chosen.

    Raises:
        InvalidSettings: it cannot be written.
    """
    # Texts, so that all cells have one size whatever the steps between the values.
    wide, high = ([f"{value:g}" for value in one.values] for one in (across, down))
    figure = graph_objects.Figure(
        graph_objects.Heatmap(
            x=wide,
            y=high,
            z=medians(rows, across, down),
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
        title=f"{objective}: median over everything else that was swept",
        xaxis={"title": {"text": across.name}, "type": "category"},
        yaxis={"title": {"text": down.name}, "type": "category"},
    )
    try:
        figure.write_html(path, include_plotlyjs=True, full_html=True)
    except OSError as error:
        raise InvalidSettings(f"--heat-map was {path}: it cannot be written, {error.strerror}") from error
