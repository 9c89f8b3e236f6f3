"""Laws of the translation: take profits, tags, costs and adopted trades, with Freqtrade's own arithmetic."""

from fractions import Fraction
from typing import Any, NamedTuple

from ccxt import TICK_SIZE
from freqtrade.enums import TradingMode
from freqtrade.persistence import LocalTrade
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.bridge.decisions import take_profit
from robustop_plugin.bridge.facts import breakeven, position
from robustop_plugin.bridge.partials import orders
from robustop_plugin.bridge.state.live_trade import LiveTrade
from robustop_plugin.core.decision import Progress, Sale
from robustop_plugin.core.facts import Position
from robustop_plugin.core.memory import fresh_memory
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.protections import PartialRung
from robustop_plugin.settings import load_settings
from tests.oracle import on_grid
from tests.support.hand_candles import PAIR, START, at
from tests.support.markets import budget, one_of
from tests.support.trades import order_of

SIDES = st.sampled_from((1, -1))
TICKS = one_of("1 0.25 0.05 0.01 1e-4 5e-7 1e-8")
FEES = st.sampled_from((0.0, 0.0002, 0.001, 0.0075))
LEVERAGES = st.sampled_from((1.0, 2.5, 3.0, 10.0))


def held(side: int, entry: float, tick_size: float, **over: Any) -> LocalTrade:
    """Return an open trade of ten."""
    trade = LocalTrade(
        **{
            "id": 1,
            "pair": PAIR,
            "open_rate": entry,
            "open_date": START,
            "amount": 10.0,
            "stake_amount": 10.0 * entry,
            "is_short": side < 0,
            "leverage": 1.0,
            "fee_open": 0.0,
            "fee_close": 0.0,
            "exchange": "binance",
            "price_precision": tick_size,
            "precision_mode_price": TICK_SIZE,
            "orders": [],
            **over,
        }
    )
    trade.recalc_open_trade_value()
    return trade


@given(
    side=SIDES,
    tick_size=TICKS,
    entry=st.integers(100, 10**7),
    per_mille=st.integers(1, 300),
    ratio=one_of("0.5 1 1.5 1.503 2 2.999 3"),
    fees=st.tuples(FEES, FEES),
    leverage=LEVERAGES,
)
@budget()
def test_the_host_takes_profit_from_the_first_price_of_the_grid_on(
    side: int,
    tick_size: Fraction,
    entry: int,
    per_mille: int,
    ratio: Fraction,
    fees: tuple[float, float],
    leverage: float,
) -> None:
    """L53: Freqtrade takes profit at the first price of the grid at or beyond the target, and fills exactly there."""
    risk = max(1, entry * per_mille // 1000)
    first = on_grid(side, entry + side * ratio * risk, Fraction(1))
    prices = {name: float(ticks * tick_size) for name, ticks in (("at", first), ("before", first - side))}
    position = Position(
        side, float(entry * tick_size), float((entry - side * risk) * tick_size), float(tick_size), START.timestamp()
    )
    trade = held(side, position.entry, position.tick_size, fee_open=fees[0], fee_close=fees[1], leverage=leverage)
    bracket = {"name": "bracket", "base_ratio": float(ratio), "min_ratio": 0.1}
    rules = load_settings({"engines": [bracket], "partials": []}).default.step_settings()
    profit = take_profit.take_profit_ratio(trade, LiveTrade(), TradeState(position, fresh_memory(position), 0), rules)
    assert profit is not None
    assert trade.calc_profit_ratio(prices["at"]) > profit
    assert not trade.calc_profit_ratio(prices["before"]) > profit
    assert round(Fraction(trade.calc_close_rate_for_roi(profit)) / tick_size) == first


@given(
    side=SIDES,
    entry=st.floats(1e-4, 1e5),
    fees=st.tuples(FEES, FEES),
    funding=st.integers(-50, 50),
    slippage=st.sampled_from((0.0, 0.05, 1.0)),
    leverage=LEVERAGES,
)
@budget()
def test_the_exact_breakeven_covers_just_what_the_trade_costs(
    side: int, entry: float, fees: tuple[float, float], funding: int, slippage: float, leverage: float
) -> None:
    """L52: at the exact breakeven a trade has earned both fees, its funding and the coming slippage, and no more."""
    earned = Fraction(funding, 10_000) * Fraction(entry) * 10
    trade = held(
        side,
        entry,
        1e-8,
        fee_open=fees[0],
        fee_close=fees[1],
        funding_fees=float(earned),
        leverage=leverage,
        trading_mode=TradingMode.FUTURES,
    )
    paid = Fraction(entry) * 10 * (1 + side * Fraction(fees[0])) - side * earned
    expected = paid / 10 / (1 - side * Fraction(fees[1])) * (1 + side * Fraction(slippage) / 100)
    found = breakeven.breakeven_of(trade, slippage)
    assert found is not None
    assert abs(Fraction(found) / expected - 1) < Fraction(1, 10**9)


MULTIPLES = st.lists(st.floats(1e-5, 100) | one_of("1 2 3 0.5 1.5").map(float), min_size=1, max_size=5, unique=True)


@given(
    multiples=MULTIPLES.map(sorted),
    steps=st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=4),
    others=st.lists(st.sampled_from((None, "", "exit_signal", "robustop", "robustop_time_stop", "2R")), max_size=2),
)
@budget()
def test_what_was_taken_is_told_by_the_tags_of_filled_orders(
    multiples: list[float], steps: list[tuple[int, bool]], others: list[str | None]
) -> None:
    """L55: sold parts are read from the tags of filled orders, to a rung's last digit; other tags are ignored."""
    trade, schedule = held(1, 100.0, 0.01), tuple(PartialRung(multiple, 0.1) for multiple in multiples)
    before = Progress()
    sides = {"side": "sell", "ft_order_side": "sell", "ft_is_open": False, "status": "closed", "filled": 1.0}
    trade.orders = [order_of(trade, 101.0, 1.0, **sides, ft_order_tag=tag) for tag in others]
    for rungs, portion in steps:
        after = Progress(min(before.rungs + rungs, len(schedule)), before.portion or portion)
        if after == before:
            continue
        tag = orders.tag_of(before, Sale(0.1, after, closes=False), schedule)
        resting = order_of(trade, 101.0, 1.0, side="sell", ft_order_side="sell", ft_order_tag=tag)
        trade.orders.append(resting)
        assert orders.progress_of(trade, schedule) == before
        trade.orders[-1] = order_of(trade, 101.0, 1.0, **sides, ft_order_tag=tag)
        assert orders.progress_of(trade, schedule) == after
        before = after


class Rate(NamedTuple):
    """A price around the entry: a percentage of it, plus some ticks."""

    percent: int
    ticks: Fraction


RATES = st.none() | st.builds(Rate, st.integers(50, 150) | st.just(100), one_of("0 0 0.3 0.9 -0.3 1 -1 2 -2"))


class Blind:
    """Candles without any data."""

    def atr_at(self, pair: str, period: int, now: float) -> None:
        """Return None: the ATR is missing."""

    def at_entry(self, pair: str, block: Any) -> tuple[None, None]:
        """Return neither a mean ATR nor a market condition."""
        return None, None

    def technical_stop(self, pair: str, side: int, entry: float, settings: Any, atr: None) -> None:
        """Return None, so that the fallback of two percent applies."""


BLIND = load_settings({"partials": []}, None).default
FALLBACK, HARD = Fraction(2, 100), 0.5


@given(
    side=SIDES,
    tick_size=TICKS,
    entry=st.integers(200, 10**6),
    rates=st.tuples(*[RATES] * 3),
    off=st.sampled_from((0.0, 0.5)) | st.floats(0, 0.9),
)
@budget()
def test_an_adopted_trade_is_protected_as_it_was(
    side: int, tick_size: Fraction, entry: int, rates: tuple[Rate | None, Rate | None, Rate | None], off: float
) -> None:
    """L56: an adopted trade has the first stop of the settings, never a looser stop, and Freqtrade's best price."""
    rate = float((entry + Fraction(off)) * tick_size)
    price, now, seen = (
        0.0 if rate is None else float((entry * rate.percent // 100 + rate.ticks) * tick_size) for rate in rates
    )
    extremes = {"max_rate": seen or None, "min_rate": seen or None}
    trade = held(side, rate, float(tick_size), stop_loss=now, **extremes)
    state, _ = position.state_for_adopted(trade, at(5), price or None, Blind(), BLIND, HARD)
    stop, initial = state.memory.stop, state.position.initial_stop
    assert initial == float(on_grid(side, Fraction(repr(rate)) * (1 - side * FALLBACK), tick_size))
    if now:
        assert side * (stop - now) >= 0
    # If the price is already beyond the first stop, the stop in force stays as it is.
    met = bool(price) and side * (price - initial) <= 0
    assert stop == (now if now and (met or side * (now - initial) > 0) else initial)
    assert side * (state.memory.best - rate) >= 0
    assert not seen or side * (state.memory.best - seen) >= 0
