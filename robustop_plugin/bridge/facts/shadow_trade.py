"""A stand-in of a trade that robustop decides about without acting: it follows Freqtrade's trade, but for its own stop.

Everything that robustop would do to the trade is done to the stand-in: its stop moves, parts of it are sold, it ends.
Whatever Freqtrade and the strategy do to the trade, such as an addition or a sale of their own, the stand-in follows in
proportion to what is left of it.
"""

from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from freqtrade.persistence import LocalTrade, Trade

from robustop_plugin.core.facts import Position

OWN = ("stop_loss", "stop_loss_pct", "initial_stop_loss", "initial_stop_loss_pct", "is_stop_loss_trailing")
"""What Freqtrade holds of the stop of a trade: a stand-in has its own."""
IN_PROPORTION = ("amount", "stake_amount", "open_trade_value", "funding_fees", "max_stake_amount")
"""What a part of a position has its share of."""
NEVER_COPIED = ("use_db", "orders", "realized_profit", *OWN, *IN_PROPORTION)
FOLLOWED = tuple(name for name in LocalTrade.__annotations__ if name not in NEVER_COPIED and not name.startswith("bt_"))
"""What a stand-in has from Freqtrade's trade as it is."""


@dataclass
class ShadowSale:
    """A part of a stand-in that was sold, with the fields of a filled order of Freqtrade that robustop reads.

    Attributes:
        ft_order_side: The side of exits.
        ft_order_tag: The tag that robustop would have given the order.
        safe_amount: What was sold, in base currency.
        safe_price: The price.
        seconds: When, in seconds since the epoch.
    """

    ft_order_side: str
    ft_order_tag: str
    safe_amount: float
    safe_price: float
    seconds: float
    ft_is_open = False
    status = "closed"
    order_type = "market"

    @property
    def order_id(self) -> str:
        """What identifies the sale: no tag is used twice."""
        return f"shadow {self.ft_order_tag} {self.seconds}"

    @property
    def filled(self) -> float:
        """What was sold, in base currency."""
        return self.safe_amount

    safe_filled = safe_amount_after_fee = filled

    @property
    def order_filled_utc(self) -> datetime:
        """When it was sold."""
        return datetime.fromtimestamp(self.seconds, tz=UTC)


class Ending(NamedTuple):
    """How a stand-in ended.

    Attributes:
        seconds: When, in seconds since the epoch.
        price: At what price.
        reason: Why, as Freqtrade would have named it.
    """

    seconds: float
    price: float
    reason: str


class ShadowTrade(LocalTrade):  # type: ignore[misc]
    """The stand-in of one trade.

    Attributes:
        sales: The parts that robustop would have sold.
        left: What is left of the stand-in, as a fraction of Freqtrade's trade.
        earned: What the parts that are sold have brought, those of the strategy's own among them, in stake currency.
        ending: How it ended; None while it is open.
        awaits: An ending inside a candle at whose open the strategy's own exit comes first; None without one.
        host_amount: Amount of Freqtrade's trade when it was last looked at, in base currency.
        host_realized: What sales of parts had brought Freqtrade's trade by then, in stake currency.
    """

    def __init__(self, trade: Trade) -> None:
        """Stand in for a trade as it is now."""
        # Freqtrade's own constructor would compute what is copied here.
        for name in OWN:
            setattr(self, name, getattr(trade, name))
        self.sales: list[ShadowSale] = []
        self.left = 1.0
        self.host_realized = self.earned = float(trade.realized_profit or 0.0)
        self.ending: Ending | None = None
        self.awaits: Ending | None = None
        self.host_amount = 0.0
        self.follow(trade)

    def follow(self, trade: Trade) -> None:
        """Take over what Freqtrade and the strategy have done to the trade."""
        values = self.__dict__
        for name in FOLLOWED:
            values[name] = getattr(trade, name, None)
        left = self.left
        for name in IN_PROPORTION:
            value = getattr(trade, name)
            values[name] = value if left == 1.0 or value is None else value * left
        self.host_amount = trade.amount or 0.0
        realized = float(trade.realized_profit or 0.0)
        if self.ending is None:
            self.earned += left * (realized - self.host_realized)
        self.host_realized = realized
        values["orders"] = [*trade.orders, *self.sales] if self.sales else trade.orders

    def sell(self, trade: Trade, amount: float, price: float, tag: str, now: datetime) -> ShadowSale:
        """Sell a part of what is left.

        Args:
            trade: Freqtrade's trade.
            amount: What is sold, in base currency.
            price: At what price.
            tag: The tag of the order.
            now: When.
        """
        part = amount / self.amount
        self.earned += part * self.left * profit_of(trade, price, self.host_amount)
        self.left *= 1 - part
        sale = ShadowSale(self.exit_side, tag, amount, price, now.timestamp())
        self.sales.append(sale)
        self.follow(trade)
        return sale

    def end(self, trade: Trade, ending: Ending, last: float | None = None) -> None:
        """Sell all that is left.

        Args:
            trade: Freqtrade's trade.
            ending: When, at what price, and why.
            last: What the sale of all that is left of Freqtrade's trade brings; None to compute it from the price.
        """
        brought = profit_of(trade, ending.price, self.host_amount) if last is None else last
        self.earned += self.left * brought
        self.ending, self.awaits = ending, None

    def to_dict(self) -> dict[str, Any]:
        """Return what cannot be read off Freqtrade's trade again, as JSON-ready data."""
        return {
            **{name: getattr(self, name) for name in OWN},
            "sales": [[sale.ft_order_tag, sale.safe_amount, sale.safe_price, sale.seconds] for sale in self.sales],
            "left": self.left,
            "earned": self.earned,
            "host_realized": self.host_realized,
            "ending": None if self.ending is None else list(self.ending),
        }

    def restore(self, trade: Trade, data: dict[str, Any]) -> None:
        """Take over what an earlier process has written.

        Raises:
            Exception: The data is not what `to_dict` returns.
        """
        for name in OWN:
            setattr(self, name, data[name])
        self.sales = [ShadowSale(self.exit_side, str(tag), *map(float, rest)) for tag, *rest in data["sales"]]
        self.left, self.earned = float(data["left"]), float(data["earned"])
        self.host_realized = float(data["host_realized"])
        ending = data["ending"]
        self.ending = None if ending is None else Ending(float(ending[0]), float(ending[1]), str(ending[2]))
        self.follow(trade)


def profit_of(trade: Trade, price: float, amount: float) -> float:
    """Return what an amount of a trade would bring at a price, costs included, in stake currency."""
    return float(trade.calculate_profit(price, amount, trade.open_rate).profit_abs)


def final_profit(trade: Trade) -> float:
    """Return what a backtest's trade brings whose last exit is filled: Freqtrade books that only after its report."""
    closed = copy(trade)
    closed.recalc_trade_from_orders(is_closing=True)
    return float(closed.close_profit_abs or 0.0)


def outcome_of(trade: Trade, stand_in: ShadowTrade, position: Position) -> dict[str, Any]:
    """Return what a stand-in has brought, and what it has risked at its initial stop."""
    measured_from = position.entry if position.risk_entry is None else position.risk_entry
    bought = sum(order.safe_amount_after_fee for order in trade.select_filled_orders(trade.entry_side))
    return {
        "profit": stand_in.earned,
        "risk": abs(measured_from - position.initial_stop) * bought,
        "currency": trade.stake_currency,
    }
