"""Switches the drawing of stops on, where the settings ask for it and Freqtrade can show it."""

import logging

from freqtrade.enums import RunMode
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.plots.chart import AnalysisWithColumns, AnnotationsOfBoth, Chart
from robustop_plugin.bridge.plots.plot_config import add_lines
from robustop_plugin.bridge.startup.audit_sinks import BOTS, file_without_table
from robustop_plugin.settings import Settings

logger = logging.getLogger(__name__)

WITH_FREQUI = (*BOTS, RunMode.WEBSERVER)


def show_lines(strategy: IStrategy, settings: Settings) -> None:
    """Add the lines of the stops to a strategy's `plot_config`, which FreqUI may ask for before the strategy starts."""
    if strategy.config.get("runmode") in WITH_FREQUI and _are_wanted(settings):
        try:
            add_lines(strategy)
        except Exception:
            logger.exception("robustop: the lines of the stops were not added to the plot_config")


def show_stops(strategy: IStrategy, settings: Settings) -> None:
    """Let the charts of a strategy that starts show its stops. A backtest or a hyperopt shows none."""
    # A strategy may set its `plot_config` when it starts.
    show_lines(strategy, settings)
    mode = strategy.config.get("runmode")
    if not _are_wanted(settings):
        return
    if mode == RunMode.PLOT:
        analyze = strategy.analyze_ticker
        strategy.analyze_ticker = AnalysisWithColumns(analyze, Chart(strategy, settings, None))
    elif mode in WITH_FREQUI:
        theirs = strategy.plot_annotations
        bot_file = file_without_table(strategy.config) if mode in BOTS else None
        chart = Chart(strategy, settings, bot_file)
        strategy.plot_annotations = AnnotationsOfBoth(getattr(theirs, "theirs", theirs), chart)


def _are_wanted(settings: Settings) -> bool:
    return any(block.plots for block in settings.blocks())
