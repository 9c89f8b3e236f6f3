"""The replay's partial sales against the bridge's orders and Freqtrade's own trades, interpreted and compiled."""

import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from freqtrade.enums import MarginMode, RunMode, TradingMode
from freqtrade.exchange.binance import Binance
from freqtrade.exchange.exchange import TICK_SIZE
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.persistence import LocalTrade
from hypothesis import given
from hypothesis import strategies as st
from pandas import DataFrame

from robustop_plugin.bridge.partials.orders import OrderRequest, order_request
from robustop_plugin.core.decision import Progress, Sale
from robustop_plugin.core.exact import Exact
from robustop_plugin.core.grid import grid_of, to_price
from robustop_plugin.lab.replay.kernel import (
    host_arithmetic,
    partial_sales,
    partial_trade,
    position_size,
    sale_proceeds,
)
from robustop_plugin.lab.replay.kernel.batch import portfolio_at
from robustop_plugin.lab.replay.kernel.exit_prices import Fill
from robustop_plugin.lab.replay.kernel.modules import MODULES
from robustop_plugin.lab.replay.kernel.row_types import CANDLE, COLUMNS, PAIR, PAYMENT, RUN, SIGNAL, SIGNAL_DECIMALS
from robustop_plugin.lab.replay.kernel.scalars import Position
from robustop_plugin.lab.replay.kernel.tables import Market, empty_portfolios, records
from robustop_plugin.lab.replay.loader.leverage_tiers import largest_stake, tiers_of
from tests.support.hand_candles import PAIR as NAME
from tests.support.hand_candles import START
from tests.support.machines import compiled, same
from tests.support.markets import budget
from tests.support.trades import held, order_of, taken_by_the_host

pytest.importorskip("numba")

COMPILED = compiled(MODULES)
MACHINES: tuple[dict[Any, Any], ...] = ({}, COMPILED)
HOUR = 3600.0
OPENED = START.timestamp() - START.timestamp() % HOUR
LOT = 0.001


def market_of(lot: float, minimum: float, payments: list[tuple[float, float]]) -> Market:
    """Return a market of one pair with a lot size, a smallest order and payments, and nothing else."""
    pairs, paid = records(1, PAIR), np.array(payments, PAYMENT).view(np.recarray)
    pairs[0].lot, pairs[0].least_value, pairs[0].end_payment = lot, minimum, len(payments)
    empty, numbers = np.zeros(0), np.zeros(0, np.int64)
    tables = (records(1, CANDLE), records(1, COLUMNS), paid, pairs, records(1, SIGNAL))
    return Market(*[empty] * 6, numbers, numbers, numbers, *tables, records(1, SIGNAL_DECIMALS))


@given(
    lots=st.integers(2, 10**6),
    lot=st.sampled_from((1.0, 0.1, 0.001, 1e-5)),
    price=st.integers(50, 10**6).map(lambda cents: cents / 100),
    percent=st.integers(1, 100),
    closes=st.booleans(),
    minimum=st.sampled_from((0.0, 5.0, 500.0)),
)
@budget()
def test_orders_are_those_of_the_bridge(
    lots: int, lot: float, price: float, percent: int, closes: bool, minimum: float
) -> None:
    """Freqtrade turns the bridge's stake into the amount of the replay's order; too small orders wait in both."""
    trade = held(lots, str(lot), price)
    sale = Sale(percent / 100, Progress(1), closes=closes)
    ask = order_request(trade, sale, "robustop_2R", price, minimum)
    market = market_of(lot, minimum, [])
    for machine in MACHINES:
        order = machine.get(partial_sales.order_of, partial_sales.order_of)(
            market, 0, trade.amount, trade.amount, sale, price
        )
        if isinstance(ask, OrderRequest):
            assert order == (taken_by_the_host(trade, ask.stake), ask.tag == "robustop_take_profit")
        else:
            assert order == (0.0, False)


class Tiers(Binance):  # type: ignore[misc]
    """Freqtrade's exchange with leverage tiers alone, without a connection."""

    def __init__(self, tiers: list[dict[str, float]]) -> None:
        """Keep the tiers of one pair."""
        self._config = {"dry_run": True, "runmode": RunMode.BACKTEST}
        self.trading_mode, self.margin_mode = TradingMode.FUTURES, MarginMode.ISOLATED
        self.liquidation_buffer = 0.05
        self._leverage_tiers = {NAME: tiers}

    def __del__(self) -> None:
        """Close nothing."""


class Host(Backtesting):  # type: ignore[misc]
    """Freqtrade's backtester with orders and funding alone."""

    def __init__(self, payments: list[tuple[float, float]]) -> None:
        """Take what one unit pays, and when."""
        self.trading_mode, self.margin_mode, self.funding_fee_timeframe_secs = TradingMode.FUTURES, None, int(HOUR)
        nanoseconds = [int(time * 1e9) for time, _ in payments]
        fees = [fee for _, fee in payments]
        self.futures_data = {NAME: DataFrame({"_ff_date_ns": nanoseconds, "_ff_fee_per_unit": fees})}
        self.exchange, self.config, self.enable_protections = Tiers([BASE]), {"stake_currency": "USDT"}, False
        self.strategy = SimpleNamespace(order_filled=lambda **_: None, ft_stoploss_adjust=lambda *_, **__: None)
        self.wallets = SimpleNamespace(update=lambda: None)

    def __del__(self) -> None:
        """Clean nothing up."""

    def fills(self, trade: LocalTrade, price: float, amount: float, side: str, now: datetime) -> None:
        """Fill an order."""
        order = order_of(trade, price, amount, ft_order_side=side, side=side)
        order._trade_bt = trade
        trade.orders.append(order)
        row = (now, price, price, price, price)
        if side == trade.entry_side:
            self._try_close_open_order(order, trade, now, row)
            trade.recalc_trade_from_orders()
        else:
            self._process_exit_order(order, trade, now, row, NAME)


BASE = {
    "minNotional": 0.0,
    "maxNotional": 50_000.0,
    "maintenanceMarginRate": 0.01,
    "maxLeverage": 50.0,
    "maintAmt": 0.0,
}
MIDDLE = {
    **BASE,
    "minNotional": 50_000.0,
    "maxNotional": 900_000.0,
    "maintenanceMarginRate": 0.025,
    "maxLeverage": 20.0,
}
UPPER = {**MIDDLE, "minNotional": 900_000.0, "maxNotional": None, "maintenanceMarginRate": 0.1, "maxLeverage": 5.0}
TIERS = [BASE, {**MIDDLE, "maintAmt": 750.0}, {**UPPER, "maintAmt": 68_250.0}]


@given(
    side=st.sampled_from((1, -1)),
    lots=st.integers(10, 10**6),
    prices=st.lists(st.integers(5_000, 20_000).map(lambda cents: cents / 100), min_size=2, max_size=5),
    steps=st.lists(st.integers(1, 40), min_size=4, max_size=4),
    shares=st.lists(st.integers(1, 90), min_size=3, max_size=3),
    begin=st.integers(0, 12),
    fees=st.lists(st.integers(-500, 500).map(lambda count: count / 10**5), min_size=20, max_size=20),
)
@budget(0.3)
def test_books_are_those_of_the_host(
    side: int,
    lots: int,
    prices: list[float],
    steps: list[int],
    shares: list[int],
    begin: int,
    fees: list[float],
) -> None:
    """After each sale amount, stake, funding and realized profit equal Freqtrade's, and so does the final profit."""
    entry, opened = prices[0], OPENED + begin * 300.0
    payments = [(OPENED + hour * HOUR, fee) for hour, fee in enumerate(fees)]
    host, market, run = Host(payments), market_of(LOT, 0.0, payments), records(1, RUN)[0]
    run.fee, run.futures, run.funding_seconds, run.careful_sums = 0.0004, True, HOUR, sys.version_info >= (3, 12)
    trade = bare_trade(side, entry, opened)
    amount = to_price(float(lots), grid_of(LOT))
    host.fills(trade, entry, amount, trade.entry_side, moment(opened))
    # The candle of the entry is looked at as well.
    host._run_funding_fees(trade, moment(opened))
    deal = Fill(amount, 3.0, trade.stake_amount, host_arithmetic.open_value(side, amount, entry, run.fee))
    place = Position(side, grid_of(0.01), 0.01, entry, Exact(entry * 100, 0.0), Exact(1.0, 0.0), 1.0, opened, 0.0, 0)
    rests, book, now = (
        [partial_sales.whole_position(deal, opened)] * 2,
        portfolio_at(empty_portfolios(1, 1, 1, 3), 0),
        opened,
    )
    book.trades[0].sale, book.trades[0].sold, book.trades[0].realized = 0, 0, 0.0
    for number, price in enumerate(prices[1:]):
        for _ in range(steps[number]):
            now += 300.0
            host._run_funding_fees(trade, moment(now))
            for machine, rest in zip(MACHINES, rests, strict=True):
                assert call(machine, partial_sales.total_funding, market, run, 0, side, rest, now) == trade.funding_fees
        part = host_arithmetic.truncated(trade.amount * shares[min(number, 2)] / 100, grid_of(LOT))
        if number == len(prices) - 2 or not 0 < part < trade.amount:
            break
        host.fills(trade, price, part, trade.exit_side, moment(now))
        progress = Progress(number + 1, False)
        rests = [
            call(machine, partial_sales.after_sale, market, run, 0, place, rest, part, progress, price, now)
            for machine, rest in zip(MACHINES, rests, strict=True)
        ]
        assert same(*rests)
        assert rests[0].fill[:3] == (trade.amount, 3.0, trade.stake_amount)
        assert rests[0].realized == trade.realized_profit
        partial_trade.record_sale(book, rests[0])
    fee = partial_sales.running_funding(market, run, 0, side, rests[0], now)
    host.fills(trade, price, trade.amount, trade.exit_side, moment(now))
    booked = book.trades[0]
    booked.end_sale, booked.amount = book.totals[0].sales, amount
    signal = market.signals[0]
    signal.side, signal.rate = side, entry
    brought = rests[0].realized + partial_sales.gain_of(run, side, rests[0].fill.amount, entry, price, fee)
    assert brought == trade.close_profit_abs
    for machine in MACHINES if booked.end_sale else ():
        assert call(machine, sale_proceeds.with_sales, run, book, 0, signal, price, fee) == brought
    sale_proceeds.pay(book, 0, now)
    assert (booked.amount, booked.sold) == (trade.amount, booked.end_sale)


def call(machine: dict[Any, Any], function: Any, *arguments: Any) -> Any:
    """Return the result of a function, interpreted or compiled."""
    return machine.get(function, function)(*arguments)


def moment(seconds: float) -> datetime:
    """Return seconds since the epoch as Freqtrade's datetime."""
    return datetime.fromtimestamp(seconds, UTC)


def bare_trade(side: int, entry: float, opened: float) -> LocalTrade:
    """Return a trade on futures without orders."""
    trade = LocalTrade(
        id=1,
        pair=NAME,
        base_currency="HAND",
        stake_currency="USDT",
        open_rate=entry,
        open_date=moment(opened),
        amount=0.0,
        stake_amount=0.0,
        leverage=3.0,
        is_short=side < 0,
        is_open=True,
        trading_mode=TradingMode.FUTURES,
        fee_open=0.0004,
        fee_close=0.0004,
        exchange="binance",
        amount_precision=LOT,
        price_precision=0.01,
        precision_mode=TICK_SIZE,
        precision_mode_price=TICK_SIZE,
        contract_size=1.0,
        orders=[],
    )
    LocalTrade.reset_trades()
    LocalTrade.add_bt_trade(trade)
    return trade


@given(
    side=st.sampled_from((1, -1)),
    rate=st.floats(0.01, 1e5),
    stake=st.floats(10, 2e6),
    leverage=st.floats(1, 50),
)
@budget()
def test_liquidation_prices_are_those_of_the_host(side: int, rate: float, stake: float, leverage: float) -> None:
    """By the tier that the stake is in, for isolated positions at Binance."""
    amount = stake * leverage / rate
    deal = Fill(amount, leverage, stake, 0.0)
    tier = next(tier for tier in reversed(TIERS) if stake >= tier["minNotional"])
    hosts = Tiers(TIERS).get_liquidation_price(NAME, rate, side < 0, amount, stake, leverage, stake)
    for machine in MACHINES:
        ours = call(
            machine,
            position_size.liquidated_at,
            side,
            rate,
            deal,
            tier["maintenanceMarginRate"],
            tier["maintAmt"],
            0.05,
        )
        assert ours == hosts


@given(st.floats(1, 2e6))
@budget()
def test_leverages_are_those_of_the_host(stake: float) -> None:
    """The first tier that is large enough for a stake has the leverage that the host allows for it."""
    backtesting: Any = SimpleNamespace(exchange=Tiers(TIERS))
    limits = [(largest_stake(tier), tier["maxLeverage"]) for tier in tiers_of(backtesting, NAME)]
    allowed = Tiers(TIERS).get_max_leverage(NAME, stake)
    assert next(leverage for up_to, leverage in limits if stake <= up_to) == allowed
