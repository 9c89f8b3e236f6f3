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
    signals, done, rows = market.signals, 0, len(tables.engine_sets) // len(portfolios.totals)
    while done < len(signals):
        done += STRETCH
        until = signals[done].time if done < len(signals) else NEVER
        for number in range(len(portfolios.totals)):
            settings = run_settings_at(tables, number * rows, 0, roi, tiers)
            advance(market, settings, portfolio_at(portfolios, number), until)
    for number in range(len(portfolios.totals)):
        force_all(market, tables.runs[number * rows], portfolio_at(portfolios, number))


def portfolio_at(portfolios: Portfolio, row: int) -> Portfolio:
    """Return one of many portfolios."""
    return Portfolio(
        portfolios.trades[row],
        portfolios.pair_states[row],
        portfolios.open_trades[row],
        portfolios.totals[row],
        portfolios.sales[row],
    )
