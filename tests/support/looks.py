"""Facts of a look by hand: a long trade of 2 at 100 with its stop at 98, on an exchange where that rests."""

from dataclasses import replace
from typing import Any

from robustop_plugin.core.decision import Phase
from robustop_plugin.core.facts import Position
from robustop_plugin.core.memory import Memory
from robustop_plugin.core.side import LONG
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.operate.bot_view import BotView, Pulse
from robustop_plugin.operate.exchange.account import Account, Market, OpenOrder, Price
from robustop_plugin.operate.findings.all_findings import findings_in
from robustop_plugin.operate.findings.look import Look, Terms
from robustop_plugin.operate.last_records import LastRecords
from robustop_plugin.operate.order_view import OrderView
from robustop_plugin.operate.stored_state import StoredState
from robustop_plugin.operate.trade_view import TradeView

NOW, OPENED = 1_800_000_000.0, 1_799_990_000.0
PAIR = "ABC/USDT"
MARKET = Market(PAIR, "ABC", lot=0.01, least_amount=0.01, least_cost=5.0, tick=0.01)
STOP = OpenOrder("s1", PAIR, "sell", "stop_loss_limit", price=97.0, trigger=98.0, amount=2.0)


def order(order_id: str = "s1", kind: str = "stoploss", **over: Any) -> OrderView:
    """Return an order that Freqtrade knows: the stop, if nothing else is said."""
    values = {
        "number": 1,
        "order_id": order_id,
        "kind": kind,
        "side": "sell" if kind == "stoploss" else kind,
        "order_type": "limit",
        "status": "open",
        "is_open": True,
        "price": None,
        "average": None,
        "stop_price": 98.0,
        "amount": 2.0,
        "filled": 0.0,
        "tag": None,
        "ordered_at": OPENED,
        "filled_at": None,
        "updated_at": OPENED,
        "fee_base": None,
    }
    return OrderView(**{**values, **over})


ENTRY = order("e1", "buy", is_open=False, status="closed", stop_price=None, filled=2.0, average=100.0)


def state(side: int = LONG, stop: float = 98.0, **over: Any) -> TradeState:
    """Return a state of a trade whose initial stop was 2 % away."""
    position = Position(side, 100.0, 100.0 - side * 2, 0.01, OPENED)
    memory = Memory(stop=stop, published_at=OPENED, best=100.0, phase=Phase.INITIAL_RISK)
    return TradeState(position, memory._replace(**over), int(OPENED * 1000), pair=PAIR)


def trade(**over: Any) -> TradeView:
    """Return the trade."""
    values: dict[str, Any] = {
        "number": 7,
        "opened_ms": int(OPENED * 1000),
        "pair": PAIR,
        "side": LONG,
        "is_open": True,
        "closed_at": None,
        "exchange": "binance",
        "strategy": "Any",
        "stake_currency": "USDT",
        "trading_mode": "SPOT",
        "entry": 100.0,
        "amount": 2.0,
        "stake": 200.0,
        "largest_stake": 200.0,
        "leverage": 1.0,
        "fee_open": 0.001,
        "fee_close": 0.001,
        "funding": 0.0,
        "interest_rate": 0.0,
        "realized": 0.0,
        "host_stop": 98.0,
        "liquidation": None,
        "max_rate": 100.0,
        "min_rate": 100.0,
        "close_price": None,
        "close_profit": None,
        "close_profit_abs": None,
        "exit_reason": None,
        "orders": (ENTRY, order()),
        "stored": StoredState(state()),
        "last": LastRecords(),
    }
    return TradeView(**{**values, **over})


def account(*orders: OpenOrder, price: float = 100.0, **over: Any) -> Account:
    """Return what a spot exchange says: the stop if no orders are given, and what the trade holds."""
    values = {
        "orders": orders or (STOP,),
        "holdings": {"ABC": 2.0, "USDT": 800.0, "BNB": 1.0},
        "markets": {PAIR: MARKET},
        "prices": {PAIR: Price(price, NOW)},
    }
    return Account(**{**values, **over})


def look(*trades: TradeView, seen: Account | None = None, **over: Any) -> Look:
    """Return a look at the trades, and if none are given, at the trade."""
    values = {
        "at": NOW,
        "trades": trades or (trade(),),
        "closed": (),
        "bot": BotView(Pulse.ANSWERS, looked_at=NOW - 1, started_at=OPENED),
        "terms": Terms(stops_rest=True, stake_currency="USDT"),
        "account": account() if seen is None else seen,
        "pairs": frozenset({PAIR}),
    }
    return Look(**{**values, **over})


def short(**over: Any) -> TradeView:
    """Return the trade as a short one, with its stop at 102."""
    sold = replace(ENTRY, kind="sell", side="sell")
    stop = order(side="buy", stop_price=102.0)
    own = StoredState(state(-1, 102.0))
    return trade(**{"side": -1, "host_stop": 102.0, "orders": (sold, stop), "stored": own, **over})


def names(found: Look) -> list[str]:
    """Return the names of everything that a look has found."""
    return [finding.name for finding in findings_in(found)]
