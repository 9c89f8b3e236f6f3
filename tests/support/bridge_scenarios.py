"""One trade in Freqtrade's backtester, one candle at a time, driven through the methods of its own loop."""

from typing import Any

from freqtrade.persistence import LocalTrade, Order
from pandas import Timestamp

from robustop_plugin.audit.record import AuditRecord
from tests.support.hand_candles import Candle, at
from tests.support.host import Host
from tests.support.selling_strategies import Sells
from tests.support.trades import bought


class Resting(Sells):
    """Sells with limit orders that rest far away on request, and buys more on request."""

    rests = False
    buys = 0.0
    order_types = {  # noqa: RUF012 (read only)
        "entry": "limit",
        "exit": "limit",
        "stoploss": "market",
        "stoploss_on_exchange": False,
    }

    def custom_exit_price(self, pair: str, trade: Any, proposed_rate: float, **kwargs: Any) -> float:
        """Return a price that no candle reaches."""
        away = 0.5 if trade.is_short else 2.0
        return proposed_rate * away if self.rests else proposed_rate

    def adjust_trade_position(self, trade: Any, current_time: Any, **kwargs: Any) -> Any:
        """Buy if robustop sells nothing."""
        ours = super().adjust_trade_position(trade, current_time, **kwargs)
        stake, self.buys = self.buys, 0.0
        return ours or (stake if stake > 0 else None)


class BacktestedTrade:
    """A trade that was just bought.

    Attributes:
        trade: Freqtrade's trade.
        stops: Freqtrade's stop after each step.
        actions: audit actions so far.
        records: audit records so far.
        kind: strategy class.
    """

    kind: type[Resting] = Resting

    def __init__(self, host: Host, robustop: dict[str, Any], **over: Any) -> None:
        """Buy 10 at 100, or as `over` says."""
        self.backtesting = host.backtesting(self.kind, stoploss=-0.99, robustop=robustop)
        self.strategy, self.actions = self.backtesting.strategy, []
        self.records: list[AuditRecord] = []
        self.strategy._robustop.recorder.sink = self
        LocalTrade.reset_trades()
        self.trade = bought(self.backtesting, **over)
        LocalTrade.add_bt_trade(self.trade)
        self.stops, self.candles = [self.trade.stop_loss], 0

    def candle(self, shape: Candle) -> None:
        """Process one candle and fill the resulting orders."""
        if not self.trade.is_open:
            return
        self.candles += 1
        now = at(self.candles)
        row = (Timestamp(now), *shape, 0, 0, 0, 0, None, None)
        left = self.backtesting._check_trade_exit(self.trade, row, now)
        if left is not None and self.trade.is_open and left.orders[-1].ft_is_open:
            self.backtesting._process_exit_order(left.orders[-1], left, now, row, self.trade.pair)
        self.stops.append(self.trade.stop_loss)

    def write(self, record: AuditRecord) -> None:
        """Store an audit record."""
        self.actions.append(record.action)
        self.records.append(record)

    def flush(self) -> None:
        """Do nothing: records stay in memory."""

    def resting(self) -> list[Order]:
        """Return the resting orders."""
        return [order for order in self.trade.orders if order.ft_is_open]

    def settle(self, filled: float, price: float) -> None:
        """Cancel the resting order after this much of it was filled at a price, as Freqtrade does after a fill."""
        (order,) = self.resting()
        order.ft_is_open, order.status = False, "canceled"
        order.filled, order.remaining = filled, order.safe_amount - filled
        order.price = order.average = price
        if filled > 0:
            now = at(self.candles)
            self.strategy.order_filled(pair=self.trade.pair, trade=self.trade, order=order, current_time=now)
            self.backtesting._call_adjust_stop(now, self.trade, price)
            self.trade.recalc_trade_from_orders()
        self.stops.append(self.trade.stop_loss)
