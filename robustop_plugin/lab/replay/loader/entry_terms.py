"""Asks Freqtrade for the terms of trades: entry signals, limits, leverage, funding and wallet."""

import math
import sys
from typing import Any

import numpy as np
from freqtrade.constants import DEFAULT_AMOUNT_RESERVE_PERCENT
from freqtrade.enums import TradingMode
from freqtrade.exchange.exchange import TICK_SIZE
from freqtrade.optimize.backtesting import Backtesting
from pandas import Series

from robustop_plugin.bridge.exit_requests.drawdown import starting_balance
from robustop_plugin.lab.replay.errors import NotModelled
from robustop_plugin.lab.replay.kernel.row_types import PAIR, PAYMENT, ROI, RUN, SIGNAL, TERM
from robustop_plugin.lab.replay.kernel.tables import Floats, Table, records
from robustop_plugin.lab.replay.loader.candles import LoadedPair
from robustop_plugin.lab.replay.loader.entry import Entry
from robustop_plugin.lab.replay.loader.leverage_tiers import is_sized, terms_by_stake
from robustop_plugin.lab.replay.loader.packed_rows import DATE, HIGH, LOW, OPEN
from robustop_plugin.lab.replay.loader.sizing_terms import SizingTerms

PART_RESERVE = -0.1
"""Stop-loss ratio for which Freqtrade reserves when it asks for the smallest partial sale."""

NANOSECONDS = 1e9
UNKNOWN = (math.nan,) * 9
"""Fields of `SIGNAL` that compiled code calculates later."""


def signals_of(backtesting: Backtesting, pairs: list[LoadedPair], ends: float) -> tuple[Table, Table]:
    """Return every entry signal in the order in which Freqtrade processes them, and their terms by stake.

    A signal holds for all detail candles of its main candle. No trade is opened at the moment when the run ends.
    """
    rows: list[tuple[Any, ...]] = []
    terms: list[tuple[float, ...]] = []
    terms_of_prices = SizingTerms(backtesting)
    first = 0
    for number, pair in enumerate(pairs):
        chances = [
            (first + step, row, direction)
            for step, row in pair.steps.entries()
            if (direction := backtesting.check_for_trade_entry(row)) is not None and row[DATE].timestamp() != ends
        ]
        first += len(pair.steps)
        times = np.array([row[DATE].timestamp() for _, row, _ in chances], np.float64)
        for (candle, row, direction), tick_size in zip(
            chances, tick_sizes_of(backtesting, pair.name, times), strict=True
        ):
            side = 1 if direction == "long" else -1
            entry = Entry(backtesting, pair.name, row, side, float(tick_size))
            own = terms_by_stake(entry) if is_sized(backtesting) else []
            held = (*own[0][1:], math.nan) if own else entry.terms()
            position = (len(terms), len(terms) + len(own))
            terms += own
            ticks = terms_of_prices.tick_sizes(pair.name, row[OPEN])
            rows.append((candle, number, side, row[DATE].timestamp(), tick_size, *held, *ticks, *position, *UNKNOWN))
    rows.sort(key=lambda row: (row[3], row[1]))
    return np.array(rows, SIGNAL).view(np.recarray), np.array(terms, TERM).view(np.recarray)


def tick_sizes_of(backtesting: Backtesting, pair: str, times: Floats) -> Floats:
    """Return the step of prices that a trade would get at each of some times, in seconds since the epoch.

    Raises:
        NotModelled: The exchange's prices have no fixed step.
    """
    known: Series | None = backtesting.price_pair_prec.get(pair)
    inferred = Series(dtype=float) if known is None else known.dropna()
    sizes: Floats = inferred.to_numpy(np.float64)
    months = np.array([month.timestamp() for month in inferred.index], np.float64)
    position = np.searchsorted(months, times, side="right") - 1
    if (position >= 0).all():
        found: Floats = sizes[position]
        return found
    exchanges = backtesting.exchange.get_precision_price(pair)
    if backtesting.precision_mode_price != TICK_SIZE or not exchanges:
        raise NotModelled(f"the prices of {pair} have no fixed step: the replay models a tick size alone")
    found = np.full(len(times), float(exchanges))
    found[position >= 0] = sizes[position[position >= 0]]
    return found


def payments_of(backtesting: Backtesting, pairs: list[LoadedPair]) -> list[Table]:
    """Return the funding that positions of one unit paid, pair by pair."""
    tables = []
    for pair in pairs:
        frame = backtesting.futures_data.get(pair.name)
        if frame is not None and not frame.empty and "_ff_fee_per_unit" not in frame.columns:
            frame = backtesting.exchange._add_funding_columns(frame)  # noqa: SLF001 (as Freqtrade does itself)
        table = np.zeros(0 if frame is None else len(frame), PAYMENT)
        if len(table):
            table["time"], table["fee"] = frame["_ff_date_ns"].to_numpy() / NANOSECONDS, frame["_ff_fee_per_unit"]
        tables.append(table)
    return tables


def pairs_of(backtesting: Backtesting, pairs: list[LoadedPair], payments: list[Table], margins: list[Table]) -> Table:
    """Return the table of pairs."""
    table = np.zeros(len(pairs), PAIR)
    table["end"] = np.cumsum([len(pair.steps) for pair in pairs])
    table["first"] = table["end"] - [len(pair.steps) for pair in pairs]
    table["end_payment"] = np.cumsum([len(paid) for paid in payments])
    table["first_payment"] = table["end_payment"] - [len(paid) for paid in payments]
    table["end_margin"] = np.cumsum([len(kept) for kept in margins])
    table["first_margin"] = table["end_margin"] - [len(kept) for kept in margins]
    table["closing_time"] = [pair.rows.times[-1] for pair in pairs]
    for name, index in (("closing_open", OPEN), ("closing_high", HIGH), ("closing_low", LOW)):
        table[name] = [pair.rows[-1][index] for pair in pairs]
    # By their first candle, then by the whitelist.
    table["first_seen"] = np.argsort([pair.steps.times[0] for pair in pairs], kind="stable")
    table["lot"] = [_lot(backtesting, pair.name) for pair in pairs]
    for number, pair in enumerate(pairs):
        least = smallest_part(backtesting, pair)
        table[number]["least_value"], table[number]["least_amount"], table[number]["reserve"] = least
    return table.view(np.recarray)


def smallest_part(backtesting: Backtesting, pair: LoadedPair) -> tuple[float, float, float]:
    """Return the smallest partial sale: its value, its amount, and the factor of reserve for the amount.

    Raises:
        NotModelled: Freqtrade's smallest order depends on more than that.
    """
    exchange, name = backtesting.exchange, pair.name
    value = exchange.get_min_pair_stake_amount(name, 0.0, PART_RESERVE) or 0.0
    amount = exchange._contracts_to_amount(name, exchange.markets[name]["limits"]["amount"]["min"] or 0.0)  # noqa: SLF001
    reserve = 1.0 + backtesting.config.get("amount_reserve_percent", DEFAULT_AMOUNT_RESERVE_PERCENT)
    for price in (pair.rows[0][OPEN], pair.rows[-1][OPEN]):
        least = exchange.get_min_pair_stake_amount(name, price, PART_RESERVE) or 0.0
        if least != max(value, amount * price * reserve):
            raise NotModelled(f"the smallest order of {name} follows from more than its value and its amount")
    return float(value), float(amount), float(reserve)


def _lot(backtesting: Backtesting, pair: str) -> float:
    lot = backtesting.exchange.get_precision_amount(pair)
    if backtesting.precision_mode != TICK_SIZE or not lot:
        raise NotModelled(f"the amounts of {pair} have no fixed step: the replay models a lot size alone")
    if backtesting.exchange.get_contract_size(pair) not in (None, 1, 1.0):
        raise NotModelled(f"a contract of {pair} is not one unit: the replay models contracts of one unit alone")
    return float(lot)


def run_of(backtesting: Backtesting) -> Table:
    """Return the configuration: a table of one row."""
    config, strategy = backtesting.config, backtesting.strategy
    futures = backtesting.trading_mode == TradingMode.FUTURES
    values = {
        "fee": float(backtesting.fee),
        "stoploss": abs(float(strategy.stoploss)),
        "seconds": float(backtesting.timeframe_secs),
        "minutes": int(backtesting.timeframe_min),
        "ignores_roi": bool(strategy.ignore_roi_if_entry_signal),
        "futures": futures,
        "funding_seconds": float(backtesting.funding_fee_timeframe_secs) if futures else 1.0,
        "careful_sums": sys.version_info >= (3, 12),
        "slots": float(strategy.max_open_trades),
        "stake": math.inf if config["stake_amount"] == "unlimited" else float(config["stake_amount"]),
        "balance": float(backtesting.wallets._start_cap.get(config["stake_currency"], 0)),  # noqa: SLF001 (no public way)
        "capital": float(config.get("available_capital", math.nan)),
        "share": float(config["tradable_balance_ratio"]),
        "amends": bool(config["amend_last_stake_amount"]),
        "smallest_share": float(config["last_stake_amount_min_ratio"]),
        "sized": is_sized(backtesting),
        "buffer": float(backtesting.exchange.liquidation_buffer),
        "start": starting_balance(strategy),
        "entry_fee": SizingTerms(backtesting).fee(),
    }
    run = records(1, RUN)
    for name, value in values.items():
        run[name] = value
    return run


def roi_of(backtesting: Backtesting) -> Table:
    """Return Freqtrade's `minimal_roi`, ascending by age."""
    return np.array(sorted(backtesting.strategy.minimal_roi.items()), ROI).view(np.recarray)
