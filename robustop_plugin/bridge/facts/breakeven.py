"""The exact breakeven price of a trade, and what it depends on, so that it is computed again only after a change."""

from typing import NamedTuple

from freqtrade.enums import TradingMode
from freqtrade.persistence import Trade

from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.core.facts import is_price


class Payments(NamedTuple):
    """What the exact breakeven price of a trade depends on, as Freqtrade's `calc_close_rate_for_roi` reads it.

    Attributes:
        open_rate: The average entry, in price.
        amount: Size of the position.
        fee_open: Fee of the entries, as a ratio.
        fee_close: Fee of the exit, as a ratio.
        funding_fees: Funding so far, in stake currency; negative if it was paid.
    """

    open_rate: float
    amount: float
    fee_open: float
    fee_close: float
    funding_fees: float | None


def payments_of(trade: Trade) -> Payments | None:
    """Return what the exact breakeven price depends on now; None on margin, where interest grows with time."""
    if trade.trading_mode == TradingMode.MARGIN:
        return None
    return Payments(trade.open_rate, trade.amount, trade.fee_open, trade.fee_close, trade.funding_fees)


def has_paid_since(trade: Trade, payments: Payments) -> bool:
    """Return True if the exact breakeven price of a trade now depends on something else than before.

    Asked at every candle: to compare takes a fraction of the time of `payments_of`.
    """
    return bool(
        trade.funding_fees != payments.funding_fees
        or trade.amount != payments.amount
        or trade.open_rate != payments.open_rate
        or trade.fee_open != payments.fee_open
        or trade.fee_close != payments.fee_close
    )


def breakeven_of(trade: Trade, slippage_percent: float) -> float | None:
    """Return the price at which a trade covers its fees, funding and interest so far, and the expected slippage."""
    rate = trade.calc_close_rate_for_roi(0.0) * (1 + side_of(trade) * slippage_percent / 100)
    return float(rate) if is_price(rate) else None
