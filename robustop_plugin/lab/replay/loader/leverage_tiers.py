"""Reads the exchange's leverage tiers on futures: leverage and maintenance margin by position size."""

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
from robustop_plugin.lab.replay.kernel.row_types import MARGIN
from robustop_plugin.lab.replay.kernel.tables import Table
from robustop_plugin.lab.replay.loader.candles import LoadedPair
from robustop_plugin.lab.replay.loader.entry import Entry
from robustop_plugin.lab.replay.loader.packed_rows import OPEN

Tier = dict[str, Any]
"""A tier as ccxt describes it."""

FINE = 1e-8
"""Step of a price grid that is fine enough to compare liquidation prices."""


def is_sized(backtesting: Backtesting) -> bool:
    """Return True if leverage, limits and liquidation price depend on the stake."""
    config = backtesting.config
    varies = config["stake_amount"] == "unlimited" or config["amend_last_stake_amount"]
    return bool(backtesting.trading_mode == TradingMode.FUTURES and varies)


def tiers_of(backtesting: Backtesting, pair: str) -> list[Tier]:
    """Return the tiers of a pair, by size.

    Raises:
        NotModelled: The exchange names no tiers.
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
    """Return the largest stake for which Freqtrade allows the leverage of a tier."""
    return math.inf if tier["maxNotional"] is None else float(tier["maxNotional"] / tier["maxLeverage"])


def margins_of(backtesting: Backtesting, pairs: list[LoadedPair]) -> tuple[list[Table], str | None]:
    """Return the maintenance margins of each pair, empty tables on spot; and why risk sizing cannot use them, or None.

    Raises:
        NotModelled: Sizes vary without risk sizing, and Freqtrade's liquidation prices do not follow from these margins
            as Binance's do.
    """
    if backtesting.trading_mode != TradingMode.FUTURES:
        return [_margins([]) for _ in pairs], None
    try:
        return [_checked_margins(backtesting, pair) for pair in pairs], None
    except NotModelled as problem:
        if is_sized(backtesting):
            raise
        return [_margins([]) for _ in pairs], str(problem)


def _checked_margins(backtesting: Backtesting, pair: LoadedPair) -> Table:
    tiers = tiers_of(backtesting, pair.name)
    for side in (1, -1):
        entry = Entry(backtesting, pair.name, pair.rows[0], side, FINE)
        for tier in tiers:
            check_liquidation(entry, tier)
    return _margins(tiers)


def _margins(tiers: list[Tier]) -> Table:
    values = [(tier["minNotional"], tier["maintenanceMarginRate"], tier["maintAmt"]) for tier in tiers]
    return np.array(values, MARGIN).view(np.recarray)


def check_liquidation(entry: Entry, tier: Tier) -> None:
    """Raise NotModelled if the exchange calculates other liquidation prices."""
    rate, leverage = float(entry.row[OPEN]), 2.0
    amount = (float(tier["minNotional"]) * leverage + 10.0) / rate
    fill = Fill(amount, leverage, product(rate, amount) / leverage, math.nan)
    ratio, less = float(tier["maintenanceMarginRate"]), float(tier["maintAmt"])
    price = liquidated_at(entry.side, rate, fill, ratio, less, entry.backtesting.exchange.liquidation_buffer)
    ours = nearest_price(price, grid_of(entry.tick_size)) if price > 0 else math.nan
    hosts = entry.liquidation(amount, leverage)
    if not (ours == hosts or (math.isnan(ours) and math.isnan(hosts))):
        raise NotModelled(
            f"the liquidation prices of {entry.pair} are not calculated as Binance's: set stake_amount to a number"
        )
