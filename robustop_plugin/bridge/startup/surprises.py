"""Warns at start about settings that are allowed but surprising."""

import logging

from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.facts.indicators import startup_candles
from robustop_plugin.bridge.startup.freqtrade_version import note_if_untested
from robustop_plugin.bridge.startup.hyperopt import warn_of_conflicting_spaces, warn_of_parameters
from robustop_plugin.bridge.startup.whitelist import pairs_never_traded
from robustop_plugin.settings import Settings

logger = logging.getLogger(__name__)

ROI_OFF = 1
"""A profit ratio of `minimal_roi` from here on counts as switched off, as is common."""


def warn_of_surprises(strategy: IStrategy, settings: Settings) -> None:
    """Warn about settings that are allowed but surprising."""
    needed = startup_candles(settings)
    note_if_untested()
    warn_of_parameters(strategy, settings)
    warn_of_conflicting_spaces(strategy)
    if any(block.brackets for block in settings.blocks()):
        _warn_of_other_profits(strategy)
    if strategy.startup_candle_count < needed:
        logger.warning(
            "robustop: startup_candle_count is %s, and the ATR and what is computed from it need %s candles to settle: "
            "the first entries of a backtest may get the fallback stop. It stays, as more would change the "
            "strategy's own signals",
            strategy.startup_candle_count,
            needed,
        )
    for pair in pairs_never_traded(settings, strategy.config):
        logger.warning("robustop: robustop.pairs has settings for %s, which is not in the whitelist", pair)


def _warn_of_other_profits(strategy: IStrategy) -> None:
    """Warn about options that take profit before a bracket, or that delay the bracket."""
    if strategy.minimal_roi and min(strategy.minimal_roi.values()) < ROI_OFF:
        logger.warning("robustop: minimal_roi takes profit before the bracket if it is lower: leave it empty")
    if strategy.ignore_roi_if_entry_signal:
        logger.warning("robustop: ignore_roi_if_entry_signal keeps the bracket waiting while an entry signal stands")
