"""What is observed during a rehearsal. Times are seconds since its start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Tick(NamedTuple):
    """A trade at a new price."""

    time: float
    pair: str
    price: float


class Fill(NamedTuple):
    """A fill at the exchange.

    Attributes:
        time: when.
        pair: the pair.
        order: the order's id at the exchange.
        sign: +1 for a buy, -1 for a sell.
        price: the fill price.
        quantity: the filled quantity, in the base currency.
        fee: the fee.
        fee_currency: its currency.
        by_hand: True if a person traded on the exchange, or the exchange itself, not the bot.
    """

    time: float
    pair: str
    order: str
    sign: int
    price: float
    quantity: float
    fee: float = 0.0
    fee_currency: str = ""
    by_hand: bool = False


class StopSeen(NamedTuple):
    """A new stop of a trade, as the bot has stored it."""

    time: float
    pair: str
    trade: int
    stop: float


class Uncovered(NamedTuple):
    """A time in which a position, or a part of it, had no stop order on the exchange that could trigger."""

    pair: str
    begin: float
    end: float


class Loop(NamedTuple):
    """A completed loop of the bot."""

    time: float


class BotUp(NamedTuple):
    """The bot begins or ceases to run."""

    time: float
    up: bool


class Refusing(NamedTuple):
    """The exchange begins or ceases to refuse every order of the bot.

    Attributes:
        time: when.
        refuses: True from now on, False if it takes orders again.
        pair: the pair; empty for all.
    """

    time: float
    refuses: bool
    pair: str = ""


class ExitRests(NamedTuple):
    """A limit order that closes a position, or a part of it, begins or ceases to rest on the exchange."""

    time: float
    pair: str
    rests: bool


class Closed(NamedTuple):
    """A trade that the bot has closed.

    Attributes:
        time: when the driver saw it.
        pair: the pair.
        trade: the trade's number.
        reason: the exit reason.
        profit: profit in the stake currency.
    """

    time: float
    pair: str
    trade: int
    reason: str
    profit: float


class Missed(NamedTuple):
    """A step that did not happen in time, or was refused; the play ends with it."""

    time: float
    what: str


class KnownOrder(NamedTuple):
    """An order in the bot's database.

    Attributes:
        order: its id at the exchange.
        pair: the pair.
        is_entry: True for an entry.
        tag: its tag; empty without one.
        filled: the filled quantity.
    """

    order: str
    pair: str
    is_entry: bool
    tag: str
    filled: float


Fact = Tick | Fill | StopSeen | Loop | BotUp | Refusing | ExitRests | Closed | Missed


@dataclass(frozen=True)
class Balances:
    """The exchange's balances before the first and after the last fill, by currency, and the positions at the end."""

    before: dict[str, float] = field(default_factory=dict)
    after: dict[str, float] = field(default_factory=dict)
    positions: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """All that was observed of one rehearsal.

    Attributes:
        sign: +1 for long, -1 for short.
        facts: what happened, in order of time.
        end: when the rehearsal ended.
        asked: number of entries that the driver requested and the bot did not refuse.
        orders: the orders in the bot's database at the end.
        balances: the exchange's accounts.
        stop_on_exchange: True if the stop rests on the exchange.
        uncovered: when positions had no stop on the exchange, as the exchange measured it.
        problems: what the exchange's own audit of its ledger found.
        messages: what robustop sent through Freqtrade.
        lots: the smallest quantity of each pair, in the base currency; what is less is dust that nobody can sell.
    """

    sign: int
    facts: tuple[Fact, ...]
    end: float
    asked: int = 1
    orders: tuple[KnownOrder, ...] = ()
    balances: Balances = Balances()
    stop_on_exchange: bool = False
    uncovered: tuple[Uncovered, ...] = ()
    problems: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    lots: Mapping[str, float] = field(default_factory=dict)
