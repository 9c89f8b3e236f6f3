"""Decides on entries: their size, whether they are refused, and their initial stop."""

import math

from robustop_plugin.core.grid import Grid
from robustop_plugin.core.side import tighter
from robustop_plugin.lab.replay.kernel.drawdown import refuses_entries
from robustop_plugin.lab.replay.kernel.entered_trade import EnteredTrade
from robustop_plugin.lab.replay.kernel.exit_prices import Fill
from robustop_plugin.lab.replay.kernel.initial_stop import stop_at_signal
from robustop_plugin.lab.replay.kernel.position_size import liquidation_of, stake_at
from robustop_plugin.lab.replay.kernel.risk_sizing import stake_by_risk
from robustop_plugin.lab.replay.kernel.setting_tables import RunSettings
from robustop_plugin.lab.replay.kernel.signal_values import fill_of
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio

NO_FILL = Fill(0.0, 1.0, 0.0, 0.0)
"""What an entry without a stake fills."""


def fill_for(market: Market, settings: RunSettings, portfolio: Portfolio, index: int) -> Fill:
    """Return what an entry at a signal fills; an amount of 0 if there is no stake for it."""
    run, signal = settings.run, market.signals[index]
    by_risk = run.risk_percent > 0
    if by_risk:
        stake = stake_by_risk(market, settings, portfolio, index)
    else:
        stake = stake_at(market, settings.tiers, run, portfolio, index)
    if not stake > 0:
        return NO_FILL
    if stake != run.stake or run.sized or by_risk:
        return fill_of(market, run, index, stake)
    return Fill(signal.amount, signal.leverage, signal.stake, signal.value)


def is_refused(market: Market, settings: RunSettings, portfolio: Portfolio) -> bool:
    """Return True if entries are refused, whatever their size."""
    run = settings.run
    if not math.isinf(run.drawdown_percent) and refuses_entries(market, run, portfolio):
        return True
    return not math.isinf(run.brackets) and open_brackets(settings, portfolio) >= run.brackets


def open_brackets(settings: RunSettings, portfolio: Portfolio) -> int:
    """Return how many open trades have a bracket."""
    count, tables = 0, settings.tables
    for row in range(portfolio.totals[0].open):
        if tables.engine_sets[settings.first + tables.pair_rows[portfolio.open_trades[row].pair]].bracket:
            count += 1
    return count


def initial_stop_of(market: Market, settings: RunSettings, index: int, liquidation: float) -> float:
    """Return the initial stop of an entry; NaN if there is none, or the exchange would liquidate before it."""
    signal = market.signals[index]
    if math.isnan(signal.hard_stop):
        return math.nan
    grid = Grid(signal.step, signal.scale)
    stop = stop_at_signal(market, settings.stop, index, grid, signal.hard_stop, liquidation)
    return math.nan if liquidation > 0 and not tighter(signal.side, stop, liquidation) else stop


def with_initial_stop(market: Market, settings: RunSettings, index: int, fill: Fill) -> EnteredTrade:
    """Return the trade that an entry becomes; its initial stop is NaN if there is none."""
    liquidation = liquidation_of(market, settings.tiers, settings.run, index, fill)
    initial_stop = initial_stop_of(market, settings, index, liquidation)
    return EnteredTrade(index, fill, initial_stop, market.pairs[market.signals[index].pair].end)
