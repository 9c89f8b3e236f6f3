"""What would happen at a price is what the bot then does at that price."""

from collections.abc import Iterator
from typing import Any

import pytest
from freqtrade.persistence import Trade

from robustop_plugin.operate.database import open_for_reading
from robustop_plugin.operate.outlook import Action, Outlook
from robustop_plugin.operate.reading import read_open_trades
from robustop_plugin.operate.settings_in_force import settings_in_force
from tests.operate.conftest import Open
from tests.support.hand_candles import BLOCK, PAIR, Hand, at
from tests.support.written_trades import Writer

TICK = 0.01
WALK = (0.42, 1.24, 0.93, 2.11, 1.94, 2.95, 2.53, 4.37, 4.11, 4.95, 4.71, 3.9, 2.8, 1.6, 0.6, -0.7, -2.4)
"""Gains of a trade at 100 whose R is 2: up by two and a half spans in steps back and forth, and down to the end."""
ENGINES: dict[str, list[dict[str, Any]]] = {
    "hand_span": [{"name": "hand_span"}],
    "smart_trail": [{"name": "smart_trail", "activation_percent": 1.0, "distance_percent": 0.5}],
    "r_ladder": [{"name": "r_ladder"}],
    "bracket": [{"name": "bracket", "base_ratio": 2.5}],
    "composed": [{"name": "smart_trail", "breakeven_percent": 1.5}, {"name": "hand_span"}],
}


def blocks() -> Iterator[Any]:
    """Yield settings of each engine, with both ways to count costs."""
    for name, engines in ENGINES.items():
        for mode in ("percent", "exact") if name in ("hand_span", "composed") else ("exact",):
            yield pytest.param({**BLOCK, "engines": engines, "breakeven": {"mode": mode}}, id=f"{name}-{mode}")


def started(writing: Open, url: str, block: dict[str, Any]) -> Writer:
    """Return a bot with these settings."""
    strategy = type("Chosen", (Hand,), {"robustop": block, "__module__": Hand.__module__})
    return writing(url, strategy=strategy)


def outlook(writer: Writer, now: float) -> Outlook:
    """Return the outlook of the only open trade, as it is read from outside."""
    engine = open_for_reading(writer.url)
    (view,) = read_open_trades(engine)
    settings = settings_in_force(engine).settings
    engine.dispose()
    assert settings is not None
    assert view.state is not None
    return Outlook(view, view.state, settings.for_pair(PAIR), now)


@pytest.mark.parametrize("block", list(blocks()))
@pytest.mark.parametrize("side", ["long", "short"])
def test_the_bot_does_what_was_foretold(writing: Open, sqlite_url: str, block: dict[str, Any], side: str) -> None:
    """A walk of prices: at each, first it is asked from outside, then the bot looks."""
    sign = 1 if side == "long" else -1
    writer = started(writing, sqlite_url, block)
    over: dict[str, Any] = {"fee_open": 0.001, "fee_close": 0.001, "fee_open_currency": "USDT", "trading_mode": "SPOT"}
    if sign < 0:
        over |= {"is_short": True, "stop_loss": 110.0, "initial_stop_loss": 110.0, "trading_mode": "FUTURES"}
    trade = writer.bought(**over)
    actions = set()
    for candle, gain in enumerate(WALK, start=1):
        price = round(100.0 + sign * gain, 2)
        foretold = outlook(writer, at(candle).timestamp()).at(price)
        exits = writer.strategy.should_exit(trade, price, at(candle), enter=False, exit_=False)
        Trade.commit()
        actions.add(foretold.action)
        assert bool(exits) is (foretold.action is Action.EXIT), (candle, price, foretold, exits)
        state = writer.strategy._robustop.store.get(trade)
        assert state.memory.stop == foretold.stop, (candle, price, foretold)
        if exits:
            break
    assert actions >= {Action.HOLD, Action.EXIT}
    assert (Action.MOVE in actions) is (block["engines"][0]["name"] != "bracket")


@pytest.mark.parametrize("block", list(blocks()))
@pytest.mark.parametrize("start", [100.5, 102.7])
def test_the_next_change_is_the_first_of_all_prices(
    writing: Open, sqlite_url: str, block: dict[str, Any], start: float
) -> None:
    """Every price on the way is tried, one tick after another."""
    writer = started(writing, sqlite_url, {**block, "partials": [[2.5, 0.5]]})
    trade = writer.bought(fee_open=0.001, fee_close=0.001, trading_mode="SPOT")
    writer.look(trade, start)
    seen = outlook(writer, at(2).timestamp())
    found = seen.next_change(start)
    assert found is not None
    now = seen.at(start)
    tried = (round(start + TICK * step, 2) for step in range(1, 2000))
    first = next(price for price in tried if (then := seen.at(price)).action is not Action.HOLD and then != now)
    assert found.price == first
    assert found == seen.at(first)


def test_a_rung_is_foretold_and_what_it_sells(writing: Open, sqlite_url: str) -> None:
    """R is 2: two and a half spans above 100 are 105, where half is sold."""
    writer = started(writing, sqlite_url, {**BLOCK, "partials": [[2.5, 0.5], [4.0, "rest"]]})
    writer.bought()
    seen = outlook(writer, at(1).timestamp())
    assert (seen.at(104.99).action, seen.at(104.99).fraction) == (Action.MOVE, None)
    at_rung, at_last = seen.at(105.0), seen.at(108.0)
    assert (at_rung.action, at_rung.fraction, at_rung.stop) == (Action.REDUCE, 0.5, 102.0)
    assert (at_last.action, at_last.fraction, at_last.reason) == (Action.EXIT, 1.0, "TAKE_PROFIT")
    next_move, next_sale = seen.next_change(100.0), seen.next_sale(100.0)
    assert next_move is not None
    assert next_sale is not None
    assert (next_move.price, next_move.stop, next_sale) == (102.0, 100.15, at_rung)


def test_without_rungs_nothing_is_sold_on_the_way_up(writer: Writer) -> None:
    """Only the stop moves."""
    writer.bought()
    assert outlook(writer, at(1).timestamp()).next_sale(100.0) is None


def test_the_tighter_stop_of_freqtrade_comes_first(writer: Writer) -> None:
    """The strategy's own stop is tighter than robustop's: at that price the trade is over."""
    trade = writer.bought()
    trade.stop_loss = 99.0
    Trade.commit()
    seen = outlook(writer, at(1).timestamp())
    assert seen.at(99.01).action is Action.HOLD
    assert (seen.at(99.0).action, seen.at(99.0).stop) == (Action.EXIT, 99.0)


def test_the_gate_holds_a_small_move_back(writer: Writer) -> None:
    """At once after the initial stop, 98 to 100.15 passes as an emergency, and a move of 0.1 % does not."""
    trade = writer.bought()
    writer.look(trade, 102.0)
    seen = outlook(writer, at(1).timestamp() + 1)
    (trail,) = [{"name": "smart_trail", "activation_percent": 0.0, "distance_percent": 1.8}]
    from robustop_plugin.settings import load_settings  # noqa: PLC0415

    block = load_settings({**BLOCK, "engines": [trail]}).default
    seen = Outlook(seen.trade, seen.state, block, at(1).timestamp() + 1)
    free, held = seen.at(102.2), seen.at(102.2, on_exchange=True)
    assert (free.action, free.stop) == (Action.MOVE, 100.37)
    assert (held.action, held.stop, held.waits) == (Action.HOLD, 100.15, 100.37)


def test_looking_changes_nothing(writer: Writer) -> None:
    """The state is the same after any number of questions."""
    writer.bought()
    seen = outlook(writer, at(1).timestamp())
    before = seen.memory
    assert [seen.at(105.0) for _ in range(2)] == [seen.at(105.0)] * 2
    assert seen.memory is before
    assert seen.at(100.5).action is Action.HOLD
