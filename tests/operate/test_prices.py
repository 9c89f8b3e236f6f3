"""A price says where it comes from and how old it is; an answer about other trades is not taken."""

from typing import Any

import pytest

from robustop_plugin.operate.database import open_for_reading
from robustop_plugin.operate.prices import PriceSeen, Source, of_bot, prices_of
from robustop_plugin.operate.reading import read_open_trades
from robustop_plugin.operate.trade_view import TradeView
from tests.support.hand_candles import PAIR, at
from tests.support.written_trades import Writer

NOW = at(9).timestamp()


def the_view(writer: Writer) -> TradeView:
    """Return the only open trade as it is read from outside."""
    engine = open_for_reading(writer.url)
    (view,) = read_open_trades(engine)
    engine.dispose()
    return view


def test_the_last_record_has_a_price_and_a_time(writer: Writer) -> None:
    """Of the last move, or of whatever was recorded since."""
    trade = writer.bought()
    writer.look(trade, 104.0, 2)
    writer.loop()
    view = the_view(writer)
    assert prices_of([view], NOW).of(view) == PriceSeen(104.0, Source.RECORDED, at(2).timestamp())


def test_a_trade_without_records_has_no_price(writer: Writer) -> None:
    """Its entry rests."""
    writer.resting_entry()
    view = the_view(writer)
    assert prices_of([view], NOW).of(view) is None


@pytest.mark.parametrize(
    ("over", "price"),
    [
        ({}, 101.5),
        ({"open_timestamp": 1}, None),
        ({"pair": "OTHER/USDT"}, None),
        ({"trade_id": 99}, None),
        ({"current_rate": None}, None),
        ({"current_rate": "101"}, None),
        ({"current_rate": float("nan")}, None),
        ({"current_rate": -1}, None),
        ({"current_rate": True}, None),
    ],
)
def test_an_answer_counts_for_the_same_trade_only(writer: Writer, over: dict[str, Any], price: float | None) -> None:
    """Number, opening time and pair are those of the database, and the rate is a price."""
    writer.bought()
    view = the_view(writer)
    row = {"trade_id": view.number, "open_timestamp": view.opened_ms, "pair": PAIR, "current_rate": 101.5, **over}
    found = of_bot([view], [row, "nonsense", None], NOW)
    assert found == ({} if price is None else {view.number: PriceSeen(price, Source.BOT, NOW)})
