"""One trade, as Freqtrade and robustop have written it into the trade database."""

from dataclasses import dataclass

from robustop_plugin.core.decision import Phase
from robustop_plugin.core.exchange_orders import PendingRequest
from robustop_plugin.core.side import LONG, better
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.operate.last_records import LastRecords, Record
from robustop_plugin.operate.order_view import OrderView
from robustop_plugin.operate.stored_state import StoredState, Trouble


@dataclass(frozen=True, slots=True)
class TradeView:
    """One trade. SQLite gives numbers again: number, opening time, pair and side together name a trade.

    Prices are in price, amounts in base currency, money in stake currency, times in seconds since the epoch.

    Attributes:
        number: Freqtrade's number of the trade.
        opened_ms: when it was opened, in milliseconds since the epoch.
        pair: its pair.
        side: +1 long, -1 short.
        is_open: False once it is closed.
        closed_at: when it was closed; None while it is open.
        exchange: the exchange's name.
        strategy: the name of the strategy class; None if unknown.
        stake_currency: the currency of its stake.
        trading_mode: SPOT, MARGIN or FUTURES; None if unknown.
        entry: the average of its filled entries.
        amount: what is held; 0 while the first entry rests.
        stake: the stake that is held.
        largest_stake: the stake of all its entries.
        leverage: 1 without leverage.
        fee_open: fee of the entries, as a ratio.
        fee_close: fee of the exit, as a ratio.
        funding: funding so far, negative if it was paid.
        interest_rate: interest of a margin trade, as a ratio.
        realized: profit of the parts that are sold.
        host_stop: the stop that Freqtrade checks or sends; None without one.
        liquidation: the liquidation price; None without one.
        max_rate: the highest price that Freqtrade has seen; None before the first.
        min_rate: the lowest price that Freqtrade has seen; None before the first.
        close_price: the average price of the last exit; None while it is open.
        close_profit: profit of a closed trade, as a ratio; None while it is open.
        close_profit_abs: profit of a closed trade; None while it is open.
        exit_reason: Freqtrade's reason of the exit; None while it is open.
        orders: its orders, oldest first, without stop orders that rest no longer and sold nothing (but for the last).
        stored: robustop's state of it, or what is wrong with that.
        last: its last audit records.
    """

    number: int
    opened_ms: int
    pair: str
    side: int
    is_open: bool
    closed_at: float | None
    exchange: str
    strategy: str | None
    stake_currency: str
    trading_mode: str | None
    entry: float
    amount: float
    stake: float
    largest_stake: float
    leverage: float
    fee_open: float
    fee_close: float
    funding: float
    interest_rate: float
    realized: float
    host_stop: float | None
    liquidation: float | None
    max_rate: float | None
    min_rate: float | None
    close_price: float | None
    close_profit: float | None
    close_profit_abs: float | None
    exit_reason: str | None
    orders: tuple[OrderView, ...]
    stored: StoredState
    last: LastRecords

    @property
    def identity(self) -> tuple[int, int, str, int]:
        """Number, opening time in milliseconds, pair and side."""
        return self.number, self.opened_ms, self.pair, self.side

    @property
    def opened_at(self) -> float:
        """When it was opened."""
        return self.opened_ms / 1000

    @property
    def side_name(self) -> str:
        """The side in a word."""
        return "long" if self.side == LONG else "short"

    @property
    def holds(self) -> bool:
        """True if something of its entry is filled."""
        return self.amount > 0

    @property
    def state(self) -> TradeState | None:
        """The state that robustop keeps; None if there is none that can be used."""
        return self.stored.state

    @property
    def trouble(self) -> Trouble | None:
        """Why there is no state; None with one, and if none is needed."""
        return self.stored.trouble

    @property
    def own_stop(self) -> float | None:
        """The stop of robustop; None without a state."""
        return None if self.state is None else self.state.memory.stop

    @property
    def stop(self) -> float | None:
        """The stop in force: the tighter of Freqtrade's and robustop's; None without any."""
        if self.host_stop is None or self.own_stop is None:
            return self.host_stop if self.own_stop is None else self.own_stop
        return better(self.side, self.host_stop, self.own_stop)

    @property
    def initial_stop(self) -> float | None:
        """`S0`; None without a state."""
        return None if self.state is None else self.state.position.initial_stop

    @property
    def risk(self) -> float | None:
        """`R`, in price; None without a state."""
        if self.state is None:
            return None
        position = self.state.position
        return abs((position.entry if position.risk_entry is None else position.risk_entry) - position.initial_stop)

    @property
    def best(self) -> float | None:
        """The most favorable price: Freqtrade's, and what robustop has written; None if there is none yet."""
        seen = self.max_rate if self.side == LONG else self.min_rate
        written = None if self.state is None else self.state.memory.best
        if seen is None or written is None:
            return written if seen is None else seen
        return better(self.side, seen, written)

    @property
    def phase(self) -> Phase | None:
        """The highest phase reached; None without a state."""
        return None if self.state is None else self.state.memory.phase

    @property
    def rungs(self) -> int:
        """Number of rungs that filled orders have taken."""
        return 0 if self.state is None else self.state.memory.progress.rungs

    @property
    def pending(self) -> tuple[PendingRequest, ...]:
        """Partial exit and addition that Freqtrade was asked for and that are not answered."""
        orders = () if self.state is None else (self.state.orders.sale, self.state.orders.addition)
        return tuple(request for request in orders if request is not None)

    @property
    def stop_orders(self) -> tuple[OrderView, ...]:
        """The stop orders that rest on the exchange, as far as Freqtrade knows."""
        return tuple(order for order in self.orders if order.is_stop and order.is_open)

    @property
    def last_stop_order(self) -> OrderView | None:
        """The last stop order, whether it rests or not; None if there never was one."""
        return next((order for order in reversed(self.orders) if order.is_stop), None)

    @property
    def resting_orders(self) -> tuple[OrderView, ...]:
        """Entries and exits that rest on the exchange."""
        return tuple(order for order in self.orders if order.is_open and not order.is_stop)

    @property
    def last_move(self) -> Record | None:
        """The audit record of the last move of the stop; None if there is none."""
        return self.last.move
