"""Limits the risk of all open trades together: what they lose at their stops in force, and what an entry would add.

A trade's stop at a moment is found by simulating the trade up to the candle that Freqtrade processed last. Stops only
tighten and amounts only shrink, so what a trade could lose earlier bounds what it can lose now: most entries are
decided by these bounds, without a simulation.
"""

import math

from robustop_plugin.core.sizing import Costs, loss_of_unit
from robustop_plugin.lab.replay.kernel.entered_trade import end_of
from robustop_plugin.lab.replay.kernel.exit_prices import Fill
from robustop_plugin.lab.replay.kernel.host_arithmetic import product
from robustop_plugin.lab.replay.kernel.risk_sizing import risk_of_entry
from robustop_plugin.lab.replay.kernel.setting_tables import RunSettings
from robustop_plugin.lab.replay.kernel.skip_candles import first_from
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio, Table
from robustop_plugin.lab.replay.kernel.wallet import Total, added, wallet_of

EQUAL = 1e-9
"""Relative. A risk that exceeds a limit by less than this is at the limit, as in the bot."""


def risks_too_much(market: Market, settings: RunSettings, portfolio: Portfolio, index: int, amount: float) -> bool:
    """Return True if an entry is refused, because all trades together would lose too much at their stops.

    Args:
        market: The market.
        settings: The settings.
        portfolio: The run.
        index: Index of the entry's signal.
        amount: Amount of the entry.
    """
    new = risk_of_entry(market, settings, index, amount)
    if math.isnan(new):
        return True
    most = wallet_of(settings.run, portfolio).total * settings.run.portfolio_percent / 100
    if known_risk(settings.run, portfolio) + new <= most:
        return False
    if new > most * (1 + EQUAL):
        return True
    totals = portfolio.totals[0]
    for row in range(totals.open):
        trade = portfolio.trades[portfolio.open_trades[row].trade]
        if not trade.at_risk > 0:
            continue
        signal, sales = market.signals[trade.signal], totals.sales
        fill = Fill(trade.whole, signal.leverage, product(trade.whole, signal.rate) / signal.leverage, trade.value)
        end = processed_until(market, portfolio, row, market.signals[index].time)
        stop = end_of(market, settings, portfolio, trade.signal, fill, trade.initial_stop, end).stop
        # Its sales were recorded at the entry.
        totals.sales = sales
        trade.at_risk = loss_at(settings.run, signal.side, signal.rate, stop, trade.amount)
    return not known_risk(settings.run, portfolio) + new <= most * (1 + EQUAL)


def known_risk(run: Table, portfolio: Portfolio) -> float:
    """Return the risk of all open trades as far as known, added as Python's `sum` does."""
    total = Total(0.0, 0.0)
    for row in range(portfolio.totals[0].open):
        total = added(total, portfolio.trades[portfolio.open_trades[row].trade].at_risk)
    return total.whole + total.dropped if run.careful_sums else total.whole


def processed_until(market: Market, portfolio: Portfolio, row: int, now: float) -> int:
    """Return the index after the last candle of an open trade that Freqtrade has processed by now."""
    signal = market.signals[portfolio.trades[portfolio.open_trades[row].trade].signal]
    end = market.pairs[signal.pair].end
    candle = first_from(market, signal.candle, end, now)
    waits = portfolio.open_trades[row].turn > portfolio.totals[0].turn
    return candle if waits or candle == end or market.candles[candle].time > now else candle + 1


def loss_at(run: Table, side: int, entry: float, stop: float, amount: float) -> float:
    """Return what an amount loses between its entry and a stop, in stake currency; 0 if the stop covers the costs."""
    loss: float = max(0.0, loss_of_unit(side, entry, stop, Costs(run.fee, run.fee, run.slippage_percent))) * amount
    return loss
