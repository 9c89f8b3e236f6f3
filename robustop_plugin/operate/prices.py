"""Where the current price of each trade comes from: the running bot, or what robustop last recorded."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from robustop_plugin.operate.bot_api import Answer, BotApi, ask_bot
from robustop_plugin.operate.trade_view import TradeView


class Source(StrEnum):
    """Where a price comes from."""

    BOT = "bot"
    RECORDED = "recorded"


class PriceSeen(NamedTuple):
    """A price of a trade.

    Attributes:
        price: in price.
        source: where it comes from.
        seen_at: when it was seen, in seconds since the epoch.
    """

    price: float
    source: Source
    seen_at: float


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of the open trades.

    Attributes:
        by_trade: the price of each trade, by its number; a trade without any is missing.
        bot: what the running bot answered; None if it was not asked.
    """

    by_trade: Mapping[int, PriceSeen] = field(default_factory=dict)
    bot: Answer | None = None

    def of(self, trade: TradeView) -> PriceSeen | None:
        """Return the price of a trade; None if none is known."""
        return self.by_trade.get(trade.number)


def prices_of(trades: Sequence[TradeView], now: float, api: BotApi | None = None) -> Prices:
    """Return the prices of trades: the running bot's, else recorded ones.

    Args:
        trades: the open trades.
        now: the time, in seconds since the epoch.
        api: the API of the running bot; None if it has none.
    """
    found = {trade.number: seen for trade in trades if (seen := recorded(trade)) is not None}
    bot = None
    if api is not None:
        bot = ask_bot(api, now)
        found |= of_bot(trades, bot.status or [], now)
    return Prices(found, bot)


def of_bot(trades: Sequence[TradeView], answer: Sequence[Any], now: float) -> dict[int, PriceSeen]:
    """Return the prices in a bot's answer to `/status`, for trades that are the same as here.

    A number that the bot gives to a trade of another opening time or pair is that of another database.
    """
    rows = [row for row in answer if isinstance(row, Mapping)]
    known = {(row.get("trade_id"), row.get("open_timestamp"), row.get("pair")): row for row in rows}
    found = {}
    for trade in trades:
        row = known.get((trade.number, trade.opened_ms, trade.pair))
        price = None if row is None else _price(row.get("current_rate"))
        if price is not None:
            found[trade.number] = PriceSeen(price, Source.BOT, now)
    return found


def recorded(trade: TradeView) -> PriceSeen | None:
    """Return the price of the last audit record of a trade; None without one."""
    record = trade.last.any
    price = None if record is None else _price(record.get("price"))
    if record is None or price is None or not isinstance(record.get("time"), int | float):
        return None
    return PriceSeen(price, Source.RECORDED, float(record["time"]))


def _price(value: Any) -> float | None:
    """Return a value as a price; None if it cannot be one."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) and value > 0 else None
