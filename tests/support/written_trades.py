"""A bot that fills trades and moves their stops in a trade database, for what looks at the database from outside."""

from typing import Any

from freqtrade.persistence import Order, Trade
from freqtrade.persistence.custom_data import _CustomData

from tests.support.hand_candles import PAIR, Hand, at
from tests.support.host import Host
from tests.support.trades import AMOUNT, in_database, order_of


class Writer:
    """A strategy in a dry run or live, on a trade database that others can open.

    Attributes:
        url: the URL of the database.
        strategy: the strategy, with robustop.
    """

    def __init__(self, host: Host, url: str, strategy: type[Any] = Hand, **over: Any) -> None:
        """Start on a database that Freqtrade has opened."""
        self.url = url
        self.strategy = host.start(strategy, **{"runmode": "dry_run", "db_url": url, **over})

    def bought(self, price: float = 100.0, **over: Any) -> Trade:
        """Return a trade of 10 whose fill was just reported: with `Hand`, its initial stop is 2 % away."""
        trade = in_database(price, **{"max_rate": None, "min_rate": None, "open_date": at(0), **over})
        self.strategy.order_filled(pair=trade.pair, trade=trade, order=trade.orders[0], current_time=at(0))
        self.strategy.ft_stoploss_adjust(price, trade, at(0), 0.0, 0, after_fill=True)
        Trade.commit()
        return trade

    def resting_entry(self, price: float = 100.0, pair: str = PAIR) -> Trade:
        """Return a trade whose entry order rests; nothing of it is filled."""
        trade = in_database(price, pair=pair, amount=0.0, max_rate=None, min_rate=None)
        order = trade.orders[0]
        order.ft_is_open, order.status, order.filled, order.remaining = True, "open", 0.0, AMOUNT
        Trade.commit()
        return trade

    def look(self, trade: Trade, price: float, candle: int = 1) -> None:
        """Check the exits of a trade at a price, as a loop of Freqtrade does."""
        self.strategy.should_exit(trade, price, at(candle), enter=False, exit_=False)
        Trade.commit()

    def loop(self) -> None:
        """Begin a loop: audit records that wait are stored."""
        self.strategy.analyze([])
        Trade.commit()

    def stop_order(self, trade: Trade, stop: float, *, is_open: bool = True, **over: Any) -> Order:
        """Add a stop order on the exchange to a trade."""
        status = "open" if is_open else "canceled"
        order = order_of(
            trade,
            stop,
            over.pop("amount", trade.amount),
            id=None,
            **{
                "ft_order_side": "stoploss",
                "side": trade.exit_side,
                "order_type": "stop_loss_limit",
                "stop_price": stop,
                "ft_is_open": is_open,
                "status": status,
                "filled": 0.0,
                "order_filled_date": None,
                **over,
            },
        )
        trade.orders.append(order)
        Trade.commit()
        return order

    def closed(self, trade: Trade, price: float, candle: int, reason: str) -> None:
        """Fill the exit order of a trade, and report it."""
        filled = {"ft_is_open": False, "status": "closed", "filled": trade.amount, "remaining": 0.0}
        moment = at(candle)
        order = order_of(
            trade,
            price,
            trade.amount,
            id=None,
            **{
                **filled,
                "ft_order_side": trade.exit_side,
                "side": trade.exit_side,
                "average": price,
                "order_date": moment,
                "order_filled_date": moment,
                "ft_order_tag": reason,
            },
        )
        trade.orders.append(order)
        trade.exit_reason = reason
        trade.recalc_trade_from_orders()
        trade.close(price)
        trade.close_date = moment
        self.strategy.order_filled(pair=trade.pair, trade=trade, order=order, current_time=moment)
        Trade.commit()

    @staticmethod
    def rewrite_state(trade: Trade, text: str, key: str = "robustop") -> None:
        """Replace the text of a state in the database, as damage would."""
        (row,) = [row for row in _CustomData.session.query(_CustomData).all() if row.ft_trade_id == trade.id]
        assert row.cd_key == key
        row.cd_value = text
        _CustomData.session.commit()
