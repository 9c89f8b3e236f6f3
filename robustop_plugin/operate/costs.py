"""What a trade would bring at a price, and the price at which it covers its costs, as Freqtrade counts them.

Freqtrade counts with decimals, so these are fractions of the decimals as they are written.
"""

from fractions import Fraction
from typing import NamedTuple

from robustop_plugin.operate.trade_view import TradeView

MARGIN, FUTURES = "MARGIN", "FUTURES"
"""Freqtrade's trading modes as its database writes them. Interest of margin trades grows with time."""


class Result(NamedTuple):
    """What a trade would have brought.

    Attributes:
        money: with the parts that are sold already, after fees and funding, in stake currency.
        percent: of the largest stake, fees included, as Freqtrade counts the total profit.
    """

    money: float
    percent: float


def result_at(trade: TradeView, price: float) -> Result | None:
    """Return the result of a trade whose rest is sold at a price; None where interest decides it, and for no trade."""
    stake = _most_at_stake(trade)
    if not trade.holds or trade.trading_mode == MARGIN or not stake:
        return None
    profit = trade.side * (_close_value(trade, _exact(price)) - _open_value(trade))
    money = profit + _exact(trade.realized)
    return Result(float(money), float(money / stake * 100))


def breakeven_of(trade: TradeView, slippage_percent: float) -> float | None:
    """Return the price at which a trade covers fees, funding and the expected slippage; None if no price does."""
    if not trade.holds or trade.trading_mode == MARGIN:
        return None
    slope = _close_value(trade, Fraction(1)) - _close_value(trade, Fraction(0))
    rate = (_open_value(trade) - _close_value(trade, Fraction(0))) / slope
    price = float(rate) * (1 + trade.side * slippage_percent / 100)
    return price if price > 0 else None


def _open_value(trade: TradeView) -> Fraction:
    return _exact(trade.amount) * _exact(trade.entry) * (1 + trade.side * _exact(trade.fee_open))


def _close_value(trade: TradeView, price: Fraction) -> Fraction:
    value = _exact(trade.amount) * price * (1 - trade.side * _exact(trade.fee_close))
    return value + trade.side * _exact(trade.funding) if trade.trading_mode == FUTURES else value


def _most_at_stake(trade: TradeView) -> Fraction:
    """Return the largest stake, with the fee of its entries."""
    return _exact(trade.largest_stake) * (1 + trade.side * _exact(trade.fee_open))


def _exact(number: float) -> Fraction:
    """Return the decimal that a number is written as."""
    return Fraction(str(number))
