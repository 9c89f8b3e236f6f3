"""Limits the risk of all open trades together: what they lose at their stops in force, and what an entry would add.

A trade's stop at a moment is found by simulating the trade up to the candle that Freqtrade processed last. Stops only
tighten and amounts only shrink, so what a trade could lose earlier bounds what it can lose now: most entries are
decided by these bounds, without a simulation.
"""

import math

from robustop_plugin.core.sizing import Costs, loss_of_unit
from robustop_plugin.lab.replay.kernel.entered_trade import EnteredTrade
from robustop_plugin.lab.replay.kernel.exit_prices import Fill
from robustop_plugin.lab.replay.kernel.host_arithmetic import product
from robustop_plugin.lab.replay.kernel.risk_sizing import risk_of_entry
from robustop_plugin.lab.replay.kernel.setting_tables import RunSettings
from robustop_plugin.lab.replay.kernel.skip_candles import first_from
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio, Table
from robustop_plugin.lab.replay.kernel.wallet import Total, added, wallet_of

REFUSED = -1
EQUAL = 1e-9
"""Relative. A risk that exceeds a limit by less than this is at the limit, as in the bot."""


def first_in_doubt(market: Market, settings: RunSettings, portfolio: Portfolio, index: int, amount: float) -> int:
    """Return the row of the first open trade whose stop decides about an entry; -1 if the entry is refused without.

    If the entry is allowed whatever their stops are, that is the number of open trades.

    Args:
        market: The market.
        settings: The settings.
        portfolio: The run.
        index: Index of the entry's signal.
        amount: Amount of the entry.
    """
    run, count = settings.run, portfolio.totals[0].open
    if math.isinf(run.portfolio_percent):
        return int(count)
    new, most = risk_of_entry(market, settings, index, amount), largest_risk(run, portfolio)
    if math.isnan(new) or new > most * (1 + EQUAL):
        return int(REFUSED)
    return int(count) if known_risk(run, portfolio) + new <= most else next_in_doubt(portfolio, 0)


def next_in_doubt(portfolio: Portfolio, row: int) -> int:
    """Return the row of the next open trade that may lose anything, from `row` on; the number of trades if none may."""
    count: int = portfolio.totals[0].open
    while row < count and not portfolio.trades[portfolio.open_trades[row].trade].at_risk > 0:
        row += 1
    return row


def risks_too_much(market: Market, settings: RunSettings, portfolio: Portfolio, index: int, amount: float) -> bool:
    """Return True if an entry is refused, once the risk of every open trade is known."""
    new, most = risk_of_entry(market, settings, index, amount), largest_risk(settings.run, portfolio)
    return not known_risk(settings.run, portfolio) + new <= most * (1 + EQUAL)


def largest_risk(run: Table, portfolio: Portfolio) -> float:
    """Return the most that all trades together may lose."""
    most: float = wallet_of(run, portfolio).total * run.portfolio_percent / 100
    return most


def until_now(market: Market, portfolio: Portfolio, row: int, now: float) -> EnteredTrade:
    """Return an open trade, to be simulated up to now."""
    trade = portfolio.trades[portfolio.open_trades[row].trade]
    signal = market.signals[trade.signal]
    fill = Fill(trade.whole, signal.leverage, product(trade.whole, signal.rate) / signal.leverage, trade.value)
    return EnteredTrade(trade.signal, fill, trade.initial_stop, processed_until(market, portfolio, row, now))


def note_stop(market: Market, run: Table, portfolio: Portfolio, row: int, stop: float) -> None:
    """Note what an open trade loses at the stop in force."""
    trade = portfolio.trades[portfolio.open_trades[row].trade]
    signal = market.signals[trade.signal]
    trade.at_risk = loss_at(run, signal.side, signal.rate, stop, trade.amount)


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
