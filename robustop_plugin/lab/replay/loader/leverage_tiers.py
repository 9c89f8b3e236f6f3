"""The exchange's tiers on futures: which leverage and which margin belong to which size of position."""

import math
from typing import Any

import numpy as np
from freqtrade.enums import TradingMode
from freqtrade.optimize.backtesting import Backtesting

from robustop_plugin.core.grid import grid_of
from robustop_plugin.lab.replay.errors import NotModelled
from robustop_plugin.lab.replay.kernel.exit_prices import Fill
from robustop_plugin.lab.replay.kernel.host_arithmetic import nearest_price, product
from robustop_plugin.lab.replay.kernel.position_size import liquidated_at
from robustop_plugin.lab.replay.kernel.tables import MARGIN, Table
from robustop_plugin.lab.replay.loader.candles import OPEN, Loaded
from robustop_plugin.lab.replay.loader.entry import Entry

Tier = dict[str, Any]

FINE = 1e-8
"""A grid of prices to compare on."""


def is_sized(backtesting: Backtesting) -> bool:
    """Return whether the terms of positions follow from their sizes."""
    config = backtesting.config
    varies = config["stake_amount"] == "unlimited" or config["amend_last_stake_amount"]
    return bool(backtesting.trading_mode == TradingMode.FUTURES and varies)


def tiers_of(backtesting: Backtesting, pair: str) -> list[Tier]:
    """Return the tiers of a pair, by size.

    Raises:
        Refused: the exchange names none.
    """
    tiers: list[Tier] = backtesting.exchange._leverage_tiers.get(pair, [])  # noqa: SLF001 (no public way)
    if not tiers:
        raise NotModelled(f"the exchange names no leverage tiers of {pair}: set stake_amount to a number")
    return tiers


def terms_by_stake(entry: Entry) -> list[tuple[float, ...]]:
    """Return the largest stake of each tier, with the leverage and the smallest and largest stake there."""
    terms: list[tuple[float, ...]] = []
    for tier in tiers_of(entry.backtesting, entry.pair):
        leverage = entry.leverage(float(tier["maxLeverage"]))
        terms.append((largest_stake(tier), leverage, *entry.bounds(leverage)))
    return terms


def largest_stake(tier: Tier) -> float:
    """Return the largest stake for which the host allows the leverage of a tier."""
    return math.inf if tier["maxNotional"] is None else float(tier["maxNotional"] / tier["maxLeverage"])


def margins_of(backtesting: Backtesting, pairs: list[Loaded]) -> list[Table]:
    """Return by pair what margin is to be kept; nothing where no size depends on it.

    Raises:
        Refused: the host's liquidation prices do not follow from these margins as Binance's do.
    """
    tables = []
    for one in pairs:
        tiers = tiers_of(backtesting, one.pair) if is_sized(backtesting) else []
        for side in (1, -1) if tiers else ():
            entry = Entry(backtesting, one.pair, one.rows[0], side, FINE)
            for tier in tiers:
                check_liquidation(entry, tier)
        values = [(tier["minNotional"], tier["maintenanceMarginRate"], tier["maintAmt"]) for tier in tiers]
        tables.append(np.array(values, MARGIN).view(np.recarray))
    return tables


def check_liquidation(entry: Entry, tier: Tier) -> None:
    """Refuse an exchange whose liquidation prices are others."""
    rate, leverage = float(entry.row[OPEN]), 2.0
    amount = (float(tier["minNotional"]) * leverage + 10.0) / rate
    deal = Fill(amount, leverage, product(rate, amount) / leverage, math.nan)
    ratio, less = float(tier["maintenanceMarginRate"]), float(tier["maintAmt"])
    price = liquidated_at(entry.side, rate, deal, ratio, less, entry.backtesting.exchange.liquidation_buffer)
    ours = nearest_price(price, grid_of(entry.tick_size)) if price > 0 else math.nan
    hosts = entry.liquidation(amount, leverage)
    if not (ours == hosts or (math.isnan(ours) and math.isnan(hosts))):
        raise NotModelled(
            f"the liquidation prices of {entry.pair} are not calculated as Binance's: set stake_amount to a number"
        )
