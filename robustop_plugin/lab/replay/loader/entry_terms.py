"""On what terms the host makes trades: its chances to enter, limits, leverage, funding and wallet."""

import math
import sys
from typing import Any

import numpy as np
from freqtrade.constants import DEFAULT_AMOUNT_RESERVE_PERCENT
from freqtrade.enums import TradingMode
from freqtrade.exchange.exchange import TICK_SIZE
from freqtrade.optimize.backtesting import Backtesting
from pandas import Series

from robustop_plugin.lab.replay.errors import NotModelled
from robustop_plugin.lab.replay.kernel.tables import PAIR, PAYMENT, ROI, RUN, SIGNAL, TERM, Floats, Table, records
from robustop_plugin.lab.replay.loader.candles import DATE, HIGH, LOW, OPEN, Loaded
from robustop_plugin.lab.replay.loader.entry import Entry
from robustop_plugin.lab.replay.loader.leverage_tiers import is_sized, terms_by_stake

PART_RESERVE = -0.1
"""What the host reserves for the stop when it asks for the smallest part."""

NANOSECONDS = 1e9
UNKNOWN = (math.nan,) * 9
"""What is worked out for every signal once, by compiled code."""


def signals_of(backtesting: Backtesting, pairs: list[Loaded], ends: float) -> tuple[Table, Table]:
    """Return every chance to enter, in the order in which the host looks at them, and their terms by stake.

    A signal stands for all the detail candles of its main candle; at the moment the run ends nothing is opened.
    """
    rows: list[tuple[Any, ...]] = []
    terms: list[tuple[float, ...]] = []
    first = 0
    for number, one in enumerate(pairs):
        chances = [
            (first + step, row, direction)
            for step, row in enumerate(one.steps)
            if (direction := backtesting.check_for_trade_entry(row)) is not None and row[DATE].timestamp() != ends
        ]
        first += len(one.steps)
        times = np.array([row[DATE].timestamp() for _, row, _ in chances], np.float64)
        for (candle, row, direction), tick_size in zip(
            chances, tick_sizes_of(backtesting, one.pair, times), strict=True
        ):
            side = 1 if direction == "long" else -1
            entry = Entry(backtesting, one.pair, row, side, float(tick_size))
            own = terms_by_stake(entry) if is_sized(backtesting) else []
            held = (*own[0][1:], math.nan) if own else entry.terms()
            place = (len(terms), len(terms) + len(own))
            terms += own
            rows.append((candle, number, side, row[DATE].timestamp(), tick_size, *held, *place, *UNKNOWN))
    rows.sort(key=lambda row: (row[3], row[1]))
    return np.array(rows, SIGNAL).view(np.recarray), np.array(terms, TERM).view(np.recarray)


def tick_sizes_of(backtesting: Backtesting, pair: str, times: Floats) -> Floats:
    """Return the grid of prices that a trade would get at each of some moments, in seconds.

    Raises:
        Refused: the exchange's grid is none of fixed steps.
    """
    known: Series | None = backtesting.price_pair_prec.get(pair)
    inferred = Series(dtype=float) if known is None else known.dropna()
    sizes: Floats = inferred.to_numpy(np.float64)
    months = np.array([month.timestamp() for month in inferred.index], np.float64)
    place = np.searchsorted(months, times, side="right") - 1
    if (place >= 0).all():
        found: Floats = sizes[place]
        return found
    exchanges = backtesting.exchange.get_precision_price(pair)
    if backtesting.precision_mode_price != TICK_SIZE or not exchanges:
        raise NotModelled(f"the prices of {pair} have no fixed step: the replay models a tick size alone")
    found = np.full(len(times), float(exchanges))
    found[place >= 0] = sizes[place[place >= 0]]
    return found


def payments_of(backtesting: Backtesting, pairs: list[Loaded]) -> list[Table]:
    """Return what positions of one unit paid, by pair."""
    tables = []
    for one in pairs:
        frame = backtesting.futures_data.get(one.pair)
        if frame is not None and not frame.empty and "_ff_fee_per_unit" not in frame.columns:
            frame = backtesting.exchange._add_funding_columns(frame)  # noqa: SLF001 (as the host does itself)
        table = np.zeros(0 if frame is None else len(frame), PAYMENT)
        if len(table):
            table["time"], table["fee"] = frame["_ff_date_ns"].to_numpy() / NANOSECONDS, frame["_ff_fee_per_unit"]
        tables.append(table)
    return tables


def pairs_of(backtesting: Backtesting, pairs: list[Loaded], payments: list[Table], margins: list[Table]) -> Table:
    """Return what there is once for each pair."""
    table = np.zeros(len(pairs), PAIR)
    table["end"] = np.cumsum([len(one.steps) for one in pairs])
    table["first"] = table["end"] - [len(one.steps) for one in pairs]
    table["end_payment"] = np.cumsum([len(one) for one in payments])
    table["first_payment"] = table["end_payment"] - [len(one) for one in payments]
    table["end_margin"] = np.cumsum([len(one) for one in margins])
    table["first_margin"] = table["end_margin"] - [len(one) for one in margins]
    table["closing_time"] = [one.rows[-1][DATE].timestamp() for one in pairs]
    for name, index in (("closing_open", OPEN), ("closing_high", HIGH), ("closing_low", LOW)):
        table[name] = [one.rows[-1][index] for one in pairs]
    # By their first candle, then by the whitelist.
    table["met"] = np.argsort([one.steps[0][DATE].timestamp() for one in pairs], kind="stable")
    table["lot"] = [_lot(backtesting, one.pair) for one in pairs]
    for number, one in enumerate(pairs):
        least = smallest_part(backtesting, one)
        table[number]["least_value"], table[number]["least_amount"], table[number]["reserve"] = least
    return table.view(np.recarray)


def smallest_part(backtesting: Backtesting, one: Loaded) -> tuple[float, float, float]:
    """Return the smallest part of a position that can be sold: value, amount, and the factor of reserve for that.

    Raises:
        Refused: the host's own smallest order is another.
    """
    exchange, pair = backtesting.exchange, one.pair
    value = exchange.get_min_pair_stake_amount(pair, 0.0, PART_RESERVE) or 0.0
    amount = exchange._contracts_to_amount(pair, exchange.markets[pair]["limits"]["amount"]["min"] or 0.0)  # noqa: SLF001
    reserve = 1.0 + backtesting.config.get("amount_reserve_percent", DEFAULT_AMOUNT_RESERVE_PERCENT)
    for price in (one.rows[0][OPEN], one.rows[-1][OPEN]):
        least = exchange.get_min_pair_stake_amount(pair, price, PART_RESERVE) or 0.0
        if least != max(value, amount * price * reserve):
            raise NotModelled(f"the smallest order of {pair} follows from more than its value and its amount")
    return float(value), float(amount), float(reserve)


def _lot(backtesting: Backtesting, pair: str) -> float:
    lot = backtesting.exchange.get_precision_amount(pair)
    if backtesting.precision_mode != TICK_SIZE or not lot:
        raise NotModelled(f"the amounts of {pair} have no fixed step: the replay models a lot size alone")
    if backtesting.exchange.get_contract_size(pair) not in (None, 1, 1.0):
        raise NotModelled(f"a contract of {pair} is not one unit: the replay models contracts of one unit alone")
    return float(lot)


def run_of(backtesting: Backtesting) -> Table:
    """Return what of the configuration decides about a trade: a table of one row."""
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
    }
    run = records(1, RUN)
    for name, value in values.items():
        run[name] = value
    return run


def roi_of(backtesting: Backtesting) -> Table:
    """Return the host's table of profit ratios, ascending by age."""
    return np.array(sorted(backtesting.strategy.minimal_roi.items()), ROI).view(np.recarray)
