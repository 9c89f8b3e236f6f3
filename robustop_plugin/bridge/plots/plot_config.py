"""Adds the lines of the stops to a strategy's `plot_config`; the strategy's own entries stay as they are."""

from typing import Any

from freqtrade.strategy import IStrategy
from pandas import DataFrame

from robustop_plugin.bridge.plots.areas import FROM_COLUMN, LOCKED_COLUMN, RISK_COLUMN
from robustop_plugin.bridge.plots.columns import ENTRY_COLUMN, INITIAL_STOP_COLUMN, RUNG_COLUMN, STOP_COLUMN

NAME = "plot_config"
OPTIONS = ("indicators1", "indicators2")
"""Options of `plot-dataframe`: columns beside the price, and below it."""
TAKEN = "_robustop_indicators"
STOP, ENTRY, RISK, RUNG = "#ff9800", "#78909c", "#ef5350", "#26a69a"

PlotConfig = dict[str, Any]


def _line(color: str, name: str, **line: Any) -> PlotConfig:
    """Return the entry of one column: a color for FreqUI, and how plotly draws it, as steps."""
    # A type "line" is FreqUI's word for what FreqUI draws anyway; `plot-dataframe` fails with it.
    return {"color": color, "plotly": {"name": name, "line": {"color": color, "shape": "hv", **line}}}


def _area(label: str, color: str) -> PlotConfig:
    # The column itself is not drawn, only what is between it and the other.
    return {"plotly": {"visible": False}, "fill_to": FROM_COLUMN, "fill_label": label, "fill_color": color}


LINES = {
    INITIAL_STOP_COLUMN: _line(RISK, "initial stop", width=1, dash="dot"),
    ENTRY_COLUMN: _line(ENTRY, "entry", width=1.5, dash="dash"),
    RUNG_COLUMN: _line(RUNG, "next rung", width=1.5, dash="dot"),
    STOP_COLUMN: _line(STOP, "stop", width=2.5),
}
AREAS = {
    RISK_COLUMN: _area("at risk", "rgba(239, 83, 80, 0.25)"),
    LOCKED_COLUMN: _area("locked in", "rgba(38, 166, 154, 0.30)"),
}
"""For `plot-dataframe` only: FreqUI has boxes instead."""


def merged(theirs: PlotConfig, added: PlotConfig) -> PlotConfig:
    """Return a `plot_config` with more columns behind the strategy's own, which is not changed."""
    own = theirs.get("main_plot", {})
    return {
        **theirs,
        "main_plot": {**own, **{name: look for name, look in added.items() if name not in own}},
        "subplots": theirs.get("subplots", {}),
    }


class MergedPlotConfig(property):
    """A `plot_config` that the strategy computes, with the lines of the stops."""


def add_lines(strategy: IStrategy) -> None:
    """Give a strategy a `plot_config` with the lines of the stops, for FreqUI; nothing is added twice."""
    _replace(strategy, lambda theirs: merged(theirs, LINES))


def add_lines_and_areas(strategy: IStrategy, frame: DataFrame) -> None:
    """Give a strategy a `plot_config` with lines and areas, for `plot-dataframe`.

    That would draw the columns of `--indicators1` in place of all others, and its default ones only without any
    `plot_config`. So what it makes of both is made first.

    Args:
        strategy: the strategy, once the frame is analyzed.
        frame: the frame, which tells what default indicators there are.
    """
    from freqtrade.plot.plotting import create_plotconfig  # noqa: PLC0415 (ends the process without plotly)

    if not hasattr(strategy, TAKEN):
        setattr(strategy, TAKEN, [strategy.config.pop(name, None) or [] for name in OPTIONS])
    asked = getattr(strategy, TAKEN)

    def with_all(theirs: PlotConfig) -> PlotConfig:
        made: PlotConfig = create_plotconfig(*asked, dict(theirs))
        return merged(made if theirs or any(asked) else _only_known(made, frame), {**AREAS, **LINES})

    _replace(strategy, with_all)


def _only_known(defaults: PlotConfig, frame: DataFrame) -> PlotConfig:
    """Return Freqtrade's default indicators without those that the frame lacks, and without empty subplots."""
    subplots = {
        name: {column: look for column, look in columns.items() if column in frame}
        for name, columns in defaults["subplots"].items()
    }
    return {
        "main_plot": {column: look for column, look in defaults["main_plot"].items() if column in frame},
        "subplots": {name: columns for name, columns in subplots.items() if columns},
    }


def _replace(strategy: IStrategy, change: Any) -> None:
    """Replace the `plot_config` of a strategy by what `change` makes of it."""
    found = getattr(type(strategy), NAME, None)
    if isinstance(found, property) and found.fget is not None:
        compute = found.fget
        if not isinstance(found, MergedPlotConfig):
            # No instance can hide a property. Freqtrade has made the class for this run.
            setattr(type(strategy), NAME, MergedPlotConfig(lambda self: change(compute(self) or {})))
        return
    setattr(strategy, NAME, change(getattr(strategy, NAME, None) or {}))
