"""The state as data: what is written is read back, and data of any other origin is rejected."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.core.decision import Level, Phase, Progress, Rule
from robustop_plugin.core.errors import RobustopError, UnknownSchema
from robustop_plugin.core.exchange_orders import ExchangeOrders, PendingRequest
from robustop_plugin.core.facts import Position, Regime
from robustop_plugin.core.memory import Memory
from robustop_plugin.core.trade_state import SCHEMA, Entries, TradeState, from_dict, to_dict
from tests.support.markets import Market, budget, markets

prices = st.floats(1e-8, 1e6)
kept = st.tuples(st.booleans(), prices, st.booleans()) | st.tuples(st.booleans(), prices)


@st.composite
def states(draw: st.DrawFn) -> TradeState:
    """Draw any state a trade can be in."""
    market: Market = draw(markets())
    levels = st.builds(Level, prices, st.sampled_from(("hand_span", "another")), st.sampled_from(Rule))
    position = Position(
        market.side,
        float(market.entry * market.tick_size),
        float(market.first_stop * market.tick_size),
        float(market.tick_size),
        draw(st.floats(0, 2e9)),
        draw(st.none() | prices),
        draw(st.none() | st.sampled_from(Regime)),
        draw(st.none() | st.just(float(market.entry * market.tick_size))),
    )
    memory = Memory(
        stop=draw(prices),
        published_at=draw(st.floats(0, 2e9)),
        best=draw(prices),
        phase=draw(st.sampled_from(Phase)),
        level=draw(st.none() | levels),
        atr=draw(st.none() | prices),
        atr_at_entry=draw(st.none() | prices),
        candle=draw(st.none() | st.floats(0, 2e9)),
        progress=Progress(draw(st.integers(0, 5)), draw(st.booleans())),
        virtual=draw(st.none() | st.floats(-1e6, 1e6)),
        kept=draw(st.dictionaries(st.sampled_from(("smart_trail", "atr_guard")), kept)),
    )
    entries = Entries(draw(st.integers(0, 9)), draw(st.booleans()), draw(st.booleans()), draw(st.none() | prices))
    numbers = draw(st.integers(0, 2**42)), draw(st.integers(0, 10**6))
    return TradeState(position, memory, *numbers, draw(st.sampled_from((None, "BTC/USDT", "ETH/USDT:USDT"))), entries)


ENTRIES = Entries(2, False, True, 107.5)
ORDERS = ExchangeOrders(
    99.5, PendingRequest("robustop_2R", 70.0, 2.5, ("7", "8")), None, 2, 190.0, (("9", "robustop_1R"),)
)


def written() -> dict[str, Any]:
    """Return a state as read from JSON."""
    position = Position(1, 100.0, 95.0, 0.01, 0.0, 1.5, Regime.TRENDING, 101.0)
    level = Level(101.0, "hand_span", Rule.TRAIL)
    memory = Memory(100.15, 60.0, 106.0, Phase.BREAKEVEN_PROTECTED, level, 2.0, 2.5, 1800.0)
    memory = memory._replace(progress=Progress(1, True), virtual=103.5, kept={"atr_guard": (True, 60.0)})
    state = TradeState(position, memory, 1000, 3, "BTC/USDT", ENTRIES, ORDERS)
    data: dict[str, Any] = json.loads(json.dumps(to_dict(state)))
    return data


def with_value(path: str, value: Any) -> dict[str, Any]:
    """Return a written state with one value replaced."""
    data = written()
    *above, last = path.split(".")
    inner = data
    for key in above:
        inner = inner[key]
    inner[last] = value
    return data


@given(states())
@budget()
def test_states_survive_json(state: TradeState) -> None:
    """L41: every state is the same after it is written as JSON and read back."""
    again = from_dict(json.loads(json.dumps(to_dict(state), allow_nan=False)))
    assert again == state
    assert (type(again.memory.phase), type(again.memory)) == (Phase, Memory)


def test_the_format_is_what_bots_have_written() -> None:
    """The data of schema 4 has exactly these keys and words; a different shape needs a new schema."""
    assert written() == {
        "schema": 4,
        "opened_ms": 1000,
        "sequence": 3,
        "pair": "BTC/USDT",
        "entries": {"filled": 2, "first_continues": False, "awaits_candles": True, "old_extreme": 107.5},
        "exchange": {
            "stop": 99.5,
            "sale": {"tag": "robustop_2R", "asked_at": 70.0, "amount": 2.5, "known": ["7", "8"]},
            "addition": None,
            "refusals": 2,
            "wait_until": 190.0,
            "found": {"9": "robustop_1R"},
        },
        "position": {
            "side": 1,
            "entry": 100.0,
            "initial_stop": 95.0,
            "tick_size": 0.01,
            "opened_at": 0.0,
            "atr_mean": 1.5,
            "regime": "TRENDING",
            "risk_entry": 101.0,
        },
        "memory": {
            "stop": 100.15,
            "published_at": 60.0,
            "best": 106.0,
            "phase": "BREAKEVEN_PROTECTED",
            "level": [101.0, "hand_span", "trail"],
            "atr": 2.0,
            "atr_at_entry": 2.5,
            "candle": 1800.0,
            "progress": [1, True],
            "virtual": 103.5,
            "kept": {"atr_guard": [True, 60.0]},
        },
    }


def before_entries() -> dict[str, Any]:
    """Return a state as schema 2 wrote it."""
    data = written()
    data["schema"] = 2
    del data["pair"], data["entries"], data["exchange"], data["position"]["risk_entry"]
    return data


def test_the_third_schema_is_still_read() -> None:
    """An upgraded bot goes on with state of schema 3; nothing is known about orders on the exchange."""
    data = written()
    data["schema"] = 3
    del data["exchange"]
    state, now = from_dict(data), from_dict(written())
    assert (state.position, state.memory, state.entries) == (now.position, now.memory, now.entries)
    assert state.orders == ExchangeOrders()


def test_the_second_schema_is_still_read() -> None:
    """An upgraded bot goes on with state of schema 2; pair and entry orders are unknown."""
    state, now = from_dict(before_entries()), from_dict(written())
    assert state.position == Position(1, 100.0, 95.0, 0.01, 0.0, 1.5, Regime.TRENDING)
    assert (state.memory, state.pair, state.entries) == (now.memory, None, Entries())


def test_the_first_schema_is_still_read() -> None:
    """An upgraded bot goes on with state of schema 1; what that schema lacks had not happened yet."""
    data = before_entries()
    data["schema"] = 1
    for part, names in (("position", ("atr_mean", "regime")), ("memory", ("progress", "virtual", "kept"))):
        for name in names:
            del data[part][name]
    state, now = from_dict(data), from_dict(written())
    assert state.position == Position(1, 100.0, 95.0, 0.01, 0.0)
    assert state.memory == now.memory._replace(progress=Progress(), virtual=None, kept={})


@pytest.mark.parametrize("schema", [SCHEMA + 1, 99])
def test_a_newer_schema_is_not_touched(schema: int) -> None:
    """State of a newer release is rejected by its schema number, even if its shape differs."""
    for data in (with_value("schema", schema), {"schema": schema}):
        with pytest.raises(UnknownSchema, match=f"schema was {schema}: .* up to {SCHEMA}"):
            from_dict(data)


@pytest.mark.parametrize("data", [None, [], {}, "text", 5, [["schema", 1]], {"schema": 1}])
def test_what_is_no_state_is_refused(data: Any) -> None:
    """Data of another kind is one clear error."""
    with pytest.raises(RobustopError, match="state was not readable"):
        from_dict(data)


KEYS = ("schema", "opened_ms", "sequence", "pair", "entries", "exchange", "position", "memory")
PARTS = tuple(f"{part}.{key}" for part in ("entries", "exchange", "position", "memory") for key in written()[part])


@pytest.mark.parametrize("path", [*KEYS, *PARTS])
def test_a_state_that_is_not_whole_is_refused(path: str) -> None:
    """Any missing key makes the state unreadable."""
    data = written()
    part, _, key = path.partition(".")
    if key:
        del data[part][key]
    else:
        del data[part]
    with pytest.raises(RobustopError):
        from_dict(data)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("schema", None),
        ("schema", "one"),
        ("schema", math.inf),
        ("opened_ms", None),
        ("opened_ms", "x"),
        ("sequence", "x"),
        ("sequence", -1),
        ("sequence", 1.5),
        ("opened_ms", True),
        ("pair", 7),
        ("entries", None),
        ("entries.filled", -1),
        ("entries.filled", 1.5),
        ("entries.first_continues", 1),
        ("entries.awaits_candles", None),
        ("entries.old_extreme", 0.0),
        ("entries.old_extreme", math.nan),
        ("entries.another", 1),
        ("exchange", None),
        ("exchange.another", 1),
        ("exchange.stop", 0.0),
        ("exchange.refusals", -1),
        ("exchange.refusals", True),
        ("exchange.wait_until", math.nan),
        ("exchange.found", []),
        ("exchange.found", {"9": 2}),
        ("exchange.sale", []),
        ("exchange.sale.tag", None),
        ("exchange.sale.amount", 0.0),
        ("exchange.sale.asked_at", "now"),
        ("exchange.sale.known", "78"),
        ("exchange.sale.known", [7]),
        ("position.risk_entry", 94.0),
        ("position.risk_entry", True),
        ("position.risk_entry", math.nan),
        ("position", None),
        ("position.side", 0),
        ("position.entry", None),
        ("position.entry", "100"),
        ("position.entry", math.nan),
        ("position.initial_stop", 101.0),
        ("position.another", 1),
        ("position.side", True),
        ("position.entry", True),
        ("position.opened_at", False),
        ("position.atr_mean", True),
        ("memory", []),
        ("memory.phase", "NO_PHASE"),
        ("memory.level", [1.0]),
        ("memory.level", [1.0, "hand_span", "no rule"]),
        ("memory.level", ["x", "hand_span", "trail"]),
        ("memory.level", [math.nan, "hand_span", "trail"]),
        ("memory.stop", None),
        ("memory.stop", "100"),
        ("memory.stop", math.nan),
        ("memory.stop", -1.0),
        ("memory.stop", 0.0),
        ("memory.best", None),
        ("memory.best", math.inf),
        ("memory.published_at", None),
        ("memory.published_at", math.nan),
        ("memory.atr", "2"),
        ("memory.atr_at_entry", math.nan),
        ("memory.candle", "now"),
        ("memory.progress", None),
        ("memory.progress", [1]),
        ("memory.progress", [-1, False]),
        ("memory.progress", [1, 1]),
        ("memory.virtual", "103"),
        ("memory.virtual", math.inf),
        ("memory.kept", None),
        ("memory.kept", {"atr_guard": None}),
        ("memory.kept", {"atr_guard": "ab"}),
        ("memory.kept", {"atr_guard": [True, math.nan]}),
        ("memory.kept", {"atr_guard": [True, None]}),
        ("position.regime", 1),
        ("position.regime", "SLEEPY"),
        ("position.atr_mean", 0),
        ("position.atr_mean", "1"),
    ],
)
def test_corrupt_values_are_refused(path: str, value: Any) -> None:
    """An impossible value is an error when read, not a wrong stop later."""
    with pytest.raises(RobustopError):
        from_dict(with_value(path, value))
