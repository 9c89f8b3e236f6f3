"""Runs of many blocks side by side: all come through one stretch of time, then through the next.

What a run looks at is spread over all candles of all pairs. So the candles of a stretch are at hand for each run, and
are not fetched from far away once for every run.
"""

from robustop_plugin.lab.replay.kernel.portfolio import NEVER, advance, force_all
from robustop_plugin.lab.replay.kernel.position_size import Tiers
from robustop_plugin.lab.replay.kernel.setting_tables import SettingTables, rules_at
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio, Table

STRETCH = 16
"""Chances to enter, of all pairs together."""


def play_all(market: Market, asked: SettingTables, roi: Table, tiers: Tiers, shelf: Portfolio) -> None:
    """Fill empty books, one for each block, with all trades, those that are closed after the last candle included."""
    signals, done = market.signals, 0
    while done < len(signals):
        done += STRETCH
        until = signals[done].time if done < len(signals) else NEVER
        for row in range(len(asked.choices)):
            advance(market, rules_at(asked, row, roi, tiers), portfolio_at(shelf, row), until)
    for row in range(len(asked.choices)):
        force_all(market, asked.runs[row], portfolio_at(shelf, row))


def portfolio_at(shelf: Portfolio, row: int) -> Portfolio:
    """Return one of many books."""
    return Portfolio(shelf.trades[row], shelf.standing[row], shelf.order[row], shelf.count[row], shelf.sales[row])
