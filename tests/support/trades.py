"""Trades that the real Freqtrade has filled, for checks one tick at a time."""

from fractions import Fraction
from itertools import count
from typing import Any

from ccxt import TICK_SIZE
from freqtrade.exchange.exchange_utils import amount_to_contract_precision
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.persistence import LocalTrade, Order, Trade
from freqtrade.util import FtPrecise

from tests.support.hand_candles import PAIR, START

AMOUNT = 10.0
NUMBERS = count(1)


def order_of(trade: LocalTrade, price: float, amount: float = AMOUNT, **over: Any) -> Order:
    """Return an open market order of the entry side."""
    return Order(
        **{
            "id": len(trade.orders) + 1,
            "order_id": str(next(NUMBERS)),
            "ft_trade_id": trade.id,
            "ft_is_open": True,
            "ft_pair": trade.pair,
            "symbol": trade.pair,
            "ft_order_side": trade.entry_side,
            "side": trade.entry_side,
            "order_type": "market",
            "status": "open",
            "order_date": START,
            "order_filled_date": START,
            "order_update_date": START,
            "ft_price": price,
            "price": price,
            "average": price,
            "ft_amount": amount,
            "amount": amount,
            "filled": 0.0,
            "remaining": amount,
            "cost": amount * price,
            **over,
        }
    )


def bought(
    backtesting: Backtesting, price: float = 100.0, *, trade_id: int = 1, amount: float = AMOUNT, **over: Any
) -> LocalTrade:
    """Return a trade whose entry the backtester has filled at `price`, including callbacks."""
    trade = LocalTrade(
        **{
            "id": trade_id,
            "pair": PAIR,
            "base_currency": "HAND",
            "stake_currency": "USDT",
            "open_rate": price,
            "open_rate_requested": price,
            "open_date": START,
            "stake_amount": amount * price,
            "amount": 0.0,
            "amount_requested": amount,
            "fee_open": 0.0,
            "fee_close": 0.0,
            "is_open": True,
            "timeframe": 5,
            "exchange": "binance",
            "is_short": False,
            "leverage": 1.0,
            "amount_precision": 0.001,
            "price_precision": 0.01,
            "precision_mode": TICK_SIZE,
            "precision_mode_price": TICK_SIZE,
            "orders": [],
            **over,
        }
    )
    trade.adjust_stop_loss(trade.open_rate, backtesting.strategy.stoploss, initial=True)
    order = order_of(trade, price, amount)
    order._trade_bt = trade
    trade.orders.append(order)
    assert backtesting._try_close_open_order(order, trade, START, (START, price, price, price, price))
    trade.recalc_trade_from_orders()
    return trade


def in_database(price: float = 100.0, **over: Any) -> Trade:
    """Return an open trade of the trade database that was bought at `price` and has no robustop state."""
    trade = Trade(
        **{
            "pair": PAIR,
            "base_currency": "HAND",
            "stake_currency": "USDT",
            "open_rate": price,
            "open_rate_requested": price,
            "open_date": START,
            "stake_amount": AMOUNT * price,
            "amount": AMOUNT,
            "amount_requested": AMOUNT,
            "fee_open": 0.0,
            "fee_close": 0.0,
            "is_open": True,
            "timeframe": 5,
            "exchange": "binance",
            "is_short": False,
            "leverage": 1.0,
            "amount_precision": 0.001,
            "price_precision": 0.01,
            "precision_mode": TICK_SIZE,
            "precision_mode_price": TICK_SIZE,
            "stop_loss": 90.0,
            "stop_loss_pct": -0.1,
            "initial_stop_loss": 90.0,
            "initial_stop_loss_pct": -0.1,
            "max_rate": price,
            "min_rate": price,
            **over,
        }
    )
    filled = {"ft_is_open": False, "status": "closed", "filled": AMOUNT, "remaining": 0.0}
    order = order_of(trade, price, id=None, **filled)
    trade.orders.append(order)
    Trade.session.add(trade)
    Trade.commit()
    return trade


def held(lots: int, lot: str, price: float, leverage: float = 1.0, contract_size: float = 1.0) -> LocalTrade:
    """Return a trade of this many lots; Freqtrade calculates amounts and stakes."""
    amount = float(Fraction(lot) * lots)
    trade = LocalTrade(
        id=1,
        pair=PAIR,
        open_rate=price,
        open_date=START,
        amount=amount,
        stake_amount=float(FtPrecise(amount) * FtPrecise(price) / FtPrecise(leverage)),
        leverage=leverage,
        is_short=False,
        fee_open=0.0,
        fee_close=0.0,
        exchange="binance",
        amount_precision=float(Fraction(lot) / Fraction(contract_size)),
        precision_mode=TICK_SIZE,
        contract_size=contract_size,
        orders=[],
    )
    filled = {"ft_is_open": False, "status": "closed", "filled": amount, "remaining": 0.0}
    trade.orders.append(order_of(trade, price, amount, **filled))
    return trade


def taken_by_the_host(trade: LocalTrade, stake: float) -> float:
    """Return the amount that Freqtrade makes of a stake, in its backtest as well as its bot."""
    wanted = float(FtPrecise(stake) * FtPrecise(trade.amount) / FtPrecise(trade.stake_amount))
    return amount_to_contract_precision(abs(wanted), trade.amount_precision, trade.precision_mode, trade.contract_size)
