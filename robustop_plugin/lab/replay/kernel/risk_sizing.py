"""Calculates stakes by risk: an entry that is stopped at its initial stop loses a given percentage of the equity.

The bot knows neither the precision that a backtest gives a trade's prices nor the liquidation price before the fill.
It calculates with the farther of two stops, and so does the replay. The formulas are those of `core.sizing`.
"""

import math

from robustop_plugin.core.grid import grid_of
from robustop_plugin.core.side import tighter
from robustop_plugin.core.sizing import Costs, loss_of_unit, stake_for_loss
from robustop_plugin.lab.replay.kernel.initial_stop import stop_at_signal
from robustop_plugin.lab.replay.kernel.position_size import set_terms
from robustop_plugin.lab.replay.kernel.setting_tables import RunSettings
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio
from robustop_plugin.lab.replay.kernel.wallet import wallet_of, wanted


def stake_by_risk(market: Market, settings: RunSettings, portfolio: Portfolio, index: int) -> float:
    """Return the stake of a new trade; 0 if it is not opened. Writes the terms for the stake to the signal."""
    run, signal, wallet = settings.run, market.signals[index], wallet_of(settings.run, portfolio)
    offered = wanted(run, wallet)
    # Freqtrade asks for the stake even where it offers none itself, unless the wallet cannot pay what it offers.
    if wallet.available < offered:
        return 0.0
    if run.sized and not set_terms(market, settings.tiers, run, portfolio, index, max(offered, 0.0)):
        return 0.0
    stop = foreseen_stop(market, settings, index)
    if math.isnan(stop):
        return 0.0
    stake: float = stake_for_loss(
        wallet.total, run.risk_percent, signal.leverage, signal.side, signal.rate, stop, entry_costs(settings)
    )
    allowed = min(signal.most, wallet.available)
    # The exchange's smallest stake would risk more than is wanted.
    if not stake > 0 or stake < signal.least or signal.least > allowed:
        return 0.0
    return stake if stake < allowed else float(allowed)


def risk_of_entry(market: Market, settings: RunSettings, index: int, amount: float) -> float:
    """Return what an entry loses at its initial stop, in stake currency; NaN if it has no stop."""
    signal, stop = market.signals[index], foreseen_stop(market, settings, index)
    if math.isnan(stop):
        return math.nan
    risk: float = amount * loss_of_unit(signal.side, signal.rate, stop, entry_costs(settings))
    return risk


def entry_costs(settings: RunSettings) -> Costs:
    """Return the costs with which an entry is sized."""
    run = settings.run
    return Costs(run.entry_fee, run.entry_fee, run.slippage_percent)


def foreseen_stop(market: Market, settings: RunSettings, index: int) -> float:
    """Return the initial stop with which an entry is sized; NaN if there is none on one of the two price grids."""
    signal = market.signals[index]
    side, rate = signal.side, signal.rate
    hard_stop = rate * (1 - side * settings.run.stoploss / signal.leverage)
    first = stop_at_signal(market, settings.stop, index, grid_of(signal.quoted_tick), hard_stop, math.nan)
    second = stop_at_signal(market, settings.stop, index, grid_of(signal.fine_tick), hard_stop, math.nan)
    if math.isnan(first) or math.isnan(second):
        return math.nan
    return second if tighter(side, first, second) else first
