"""Each way in which a position can be without protection is named, and nothing else is."""

import pytest
from freqtrade.persistence import Trade

from robustop_plugin.operate.bot_api import Heartbeat
from robustop_plugin.operate.database import open_for_reading
from robustop_plugin.operate.prices import PriceSeen, Source
from robustop_plugin.operate.protection import By, Protection, protection_of, sentence
from robustop_plugin.operate.reading import read_open_trades
from robustop_plugin.operate.trade_view import TradeView
from tests.support.trades import order_of
from tests.support.written_trades import Writer

ALIVE, DEAD, UNSURE = Heartbeat(True, "which looked 2 s ago"), Heartbeat(False, "no bot answers"), Heartbeat(None, "?")


def the_view(writer: Writer) -> TradeView:
    """Return the only open trade as it is read from outside."""
    engine = open_for_reading(writer.url)
    (view,) = read_open_trades(engine)
    engine.dispose()
    return view


def judged(
    writer: Writer, price: float | None = None, heartbeat: Heartbeat | None = None, *, on_exchange: bool | None = None
) -> Protection:
    """Return whether the only open trade is protected, at a price of the running bot."""
    seen = None if price is None else PriceSeen(price, Source.BOT, 0.0)
    return protection_of(the_view(writer), seen, heartbeat, on_exchange=on_exchange)


@pytest.mark.parametrize("heartbeat", [ALIVE, UNSURE, None])
def test_a_bot_checks_its_stops(writer: Writer, heartbeat: Heartbeat | None) -> None:
    """As long as nothing says that it does not run."""
    writer.bought()
    assert judged(writer, 99.0, heartbeat) == Protection(By.BOT)


def test_a_bot_that_does_not_run_checks_nothing(writer: Writer) -> None:
    """Its stops are nobody's; a stop order on the exchange stays."""
    trade = writer.bought()
    assert judged(writer, None, DEAD) == Protection(By.NOTHING, "the bot checks its stop, and no bot answers")
    writer.stop_order(trade, 98.0)
    assert judged(writer, None, DEAD, on_exchange=True) == Protection(By.EXCHANGE)


def test_a_stop_order_protects(writer: Writer) -> None:
    """Whether the settings are known, or are seen from the orders."""
    trade = writer.bought()
    writer.stop_order(trade, 98.0)
    assert judged(writer, on_exchange=True) == judged(writer) == Protection(By.EXCHANGE)


@pytest.mark.parametrize("status", ["canceled", "rejected", "expired"])
def test_a_stop_order_that_rests_no_longer_does_not(writer: Writer, status: str) -> None:
    """The last status of the exchange is named."""
    trade = writer.bought()
    writer.stop_order(trade, 98.0, is_open=False, status=status)
    assert judged(writer).why == f"no stop order rests on the exchange: the last one is {status}"


def test_an_order_that_was_never_placed(writer: Writer) -> None:
    """Without any order, only the settings say that there should be one."""
    writer.bought()
    assert judged(writer, on_exchange=True).why == "no stop order rests on the exchange"
    assert judged(writer, on_exchange=False) == Protection(By.BOT)


@pytest.mark.parametrize(("amount", "why"), [(5.0, "its stop order is for 5 of 10"), (9.95, None), (10.0, None)])
def test_a_stop_order_for_a_part(writer: Writer, amount: float, why: str | None) -> None:
    """Less than one percent missing are fees and what is below a lot."""
    trade = writer.bought()
    writer.stop_order(trade, 98.0, amount=amount)
    assert judged(writer, on_exchange=True).why == why


def test_an_exit_that_rests_without_a_stop(writer: Writer) -> None:
    """On spot the stop order is canceled for an exit, which may rest."""
    trade = writer.bought()
    writer.stop_order(trade, 98.0, is_open=False)
    trade.orders.append(order_of(trade, 103.0, 10.0, id=None, ft_order_side="sell", side="sell"))
    Trade.commit()
    assert judged(writer).why == "its stop order was canceled for an exit order, which rests unfilled"


@pytest.mark.parametrize(("price", "is_protected"), [(98.01, True), (98.0, False), (97.0, False)])
def test_a_price_beyond_the_stop(writer: Writer, price: float, is_protected: bool) -> None:
    """The position should be closed, and is still held."""
    writer.bought()
    found = judged(writer, price, ALIVE)
    assert found.is_protected is is_protected
    assert is_protected or "at or beyond its stop 98" in str(found.why)


def test_an_old_price_beyond_the_stop_proves_nothing(writer: Writer) -> None:
    """It is the price of the last record, perhaps of before the stop moved."""
    writer.bought()
    seen = PriceSeen(97.0, Source.RECORDED, 0.0)
    assert protection_of(the_view(writer), seen, None, on_exchange=False).is_protected


def test_a_trade_that_robustop_does_not_know(writer: Writer) -> None:
    """Freqtrade's own stop is in force, and a person should know that nothing else is."""
    trade = writer.bought()
    writer.rewrite_state(trade, "{}")
    found = judged(writer)
    assert (found.by, found.is_protected) == (By.BOT, False)
    assert str(found.why).endswith("only the stop that Freqtrade has is in force")


def test_no_stop_at_all(writer: Writer) -> None:
    """Neither of Freqtrade nor of robustop."""
    trade = writer.bought()
    writer.rewrite_state(trade, "{}")
    trade.stop_loss = 0.0
    Trade.commit()
    assert judged(writer) == Protection(By.NOTHING, "it has no stop at all")


def test_a_resting_entry_needs_nothing(writer: Writer) -> None:
    """Nothing of it is held."""
    writer.resting_entry()
    assert judged(writer, 50.0, DEAD, on_exchange=True) == Protection(By.NOTHING_HELD)


def test_the_sentence(writer: Writer) -> None:
    """Counts by what protects, and names what nothing does."""
    writer.bought()
    view = the_view(writer)
    bot, exchange, nothing = Protection(By.BOT), Protection(By.EXCHANGE), Protection(By.NOTHING, "why not")
    rests = (view, Protection(By.NOTHING_HELD))
    assert sentence([], None) == sentence([rests], None) == "No position is held, so nothing needs protection."
    assert sentence([rests, (view, exchange), (view, exchange)], None) == (
        "Everything is protected: 2 by stop orders on the exchange."
    )
    assert sentence([(view, exchange), (view, bot)], ALIVE) == (
        "Everything is protected: 1 by stop orders on the exchange and 1 by the bot itself, which looked 2 s ago."
    )
    assert sentence([(view, bot)], None) == (
        "Everything is protected: 1 by the bot itself, as long as it runs, which is not known here."
    )
    assert sentence([(view, bot), (view, nothing)], ALIVE) == (
        "NOT everything is protected, 1 of 2: trade 1 HAND/USDT: why not."
    )
