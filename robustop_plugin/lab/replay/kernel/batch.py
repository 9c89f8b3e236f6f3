"""Runs many blocks of settings side by side: all of them through one stretch of time, then through the next.

The candles of a stretch then stay in the processor's cache for all runs, instead of being read once for every run.
"""

from robustop_plugin.lab.replay.kernel.forced_exits import force_all
from robustop_plugin.lab.replay.kernel.portfolio import NEVER, advance
from robustop_plugin.lab.replay.kernel.position_size import Tiers
from robustop_plugin.lab.replay.kernel.setting_tables import SettingTables, run_settings_at
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio, Table

STRETCH = 16
"""Length of a stretch: a number of entry signals, of all pairs together."""


def play_all(market: Market, tables: SettingTables, roi: Table, tiers: Tiers, portfolios: Portfolio) -> None:
    """Fill empty portfolios, one for each block of settings, with all trades.

    Args:
        market: The market.
        tables: The blocks of settings.
        roi: Freqtrade's `minimal_roi`.
        tiers: Terms and margins by position size.
        portfolios: Empty portfolios, to be filled.
    """
    signals, done = market.signals, 0
    while done < len(signals):
        done += STRETCH
        until = signals[done].time if done < len(signals) else NEVER
        for row in range(len(tables.engine_sets)):
            advance(market, run_settings_at(tables, row, roi, tiers), portfolio_at(portfolios, row), until)
    for row in range(len(tables.engine_sets)):
        force_all(market, tables.runs[row], portfolio_at(portfolios, row))


def portfolio_at(portfolios: Portfolio, row: int) -> Portfolio:
    """Return one of many portfolios."""
    return Portfolio(
        portfolios.trades[row],
        portfolios.pair_states[row],
        portfolios.open_trades[row],
        portfolios.totals[row],
        portfolios.sales[row],
    )
