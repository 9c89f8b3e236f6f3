"""Exact breakeven and stops at closes: with and without skipping, a backtest is the same to the last digit."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from freqtrade.enums import TradingMode
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.persistence import LocalTrade
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas import DataFrame, Timedelta, date_range

from robustop_plugin.audit.file import read_audit
from robustop_plugin.bridge.decisions import no_change
from robustop_plugin.bridge.decisions.adjustment_switch import AdjustmentSwitch
from robustop_plugin.bridge.decisions.manager import TradeManager
from robustop_plugin.bridge.decisions.no_change import NoChangeBounds
from robustop_plugin.bridge.decisions.skipped_candles import CandleSkipper
from robustop_plugin.bridge.facts.closed_candles import ClosedCandles
from tests.support.hand_candles import BLOCK, PAIR, START, STEP, Candle, Hand
from tests.support.host import Host

A_CANDLE = 3
"""Detail candles in a candle."""
PRICES = ["open", "high", "low", "close"]
EXACT = {"mode": "exact", "slippage_percent": 0.02}
ENGINES: tuple[list[dict[str, Any]], ...] = (
    [{"name": "hand_span"}],
    [{"name": "smart_trail", "breakeven_percent": 0.4, "activation_percent": 0.8}],
    [{"name": "atr_guard", "fees": True, "breakeven_atr": 0.5, "trail_atr": 1.5}],
    [{"name": "atr_guard", "breakeven_atr": 1.0, "trail_atr": 2.0}, {"name": "r_ladder", "fees": True}],
    [{"name": "hand_span", "portion": 0.4}],
)
MODES = st.fixed_dictionaries(
    {
        "engines": st.sampled_from(ENGINES),
        "anchor": st.sampled_from(("candle", "candle", "price")),
        "breakeven": st.sampled_from((EXACT, BLOCK["breakeven"])),
        "partials": st.sampled_from(([], [[0.5, 0.5], [1.5, "rest"]])),
    },
    optional={"time_stop_hours": st.just(0.6)},
)
ATRS = st.lists(st.sampled_from((0.1, 0.2, 0.3, 0.4, 0.4, 0.6, math.nan)), min_size=11, max_size=11)
FUNDING = st.lists(st.sampled_from((0.0, 0.0, 0.0, -2.0, 2.0, -9.0)), min_size=11, max_size=11)


@st.composite
def walks(draw: st.DrawFn) -> list[Candle]:
    """Return whole candles of consecutive detail candles around 100, in cents; some open with a gap."""
    shapes, price = [], 10_000
    for _ in range(A_CANDLE * draw(st.integers(2, 10))):
        price = max(100, price + draw(st.sampled_from((0, 0, 0, 0, 30, -30, 150))))
        close = max(100, price + draw(st.integers(-60, 75)))
        high = max(price, close) + draw(st.integers(0, 30))
        low = max(50, min(price, close) - draw(st.integers(0, 30)))
        shapes.append((price / 100, high / 100, low / 100, close / 100))
        price = close
    return shapes


def frame_of(shapes: list[Candle], step: Timedelta) -> DataFrame:
    """Return candles after one that closed before the entry."""
    rows = [(shapes[0][0],) * 4, *shapes]
    frame = DataFrame(rows, columns=PRICES, dtype=float)
    frame.insert(0, "date", date_range(START - step, periods=len(rows), freq=step))
    frame["volume"] = 1000.0
    return frame


def merged(shapes: list[Candle]) -> Candle:
    """Return one candle that consists of others."""
    opens, highs, lows, closes = zip(*shapes, strict=True)
    return opens[0], max(highs), min(lows), closes[-1]


def left(
    host: Host, shapes: list[Candle], atrs: list[float], block: dict[str, Any], *, detail: bool
) -> tuple[Any, ...]:
    """Return all trades and audit records of a backtest on candles of a quarter of an hour."""
    over: dict[str, Any] = {"timeframe": "15m", "fee": 0.0005, "position_adjustment_enable": True}
    over["robustop"] = {**BLOCK, **block}
    backtesting = host.backtesting(Hand, **over, **({"timeframe_detail": "5m"} if detail else {}))
    whole = [merged(shapes[first : first + A_CANDLE]) for first in range(0, len(shapes), A_CANDLE)]
    frame = frame_of(whole, A_CANDLE * Timedelta(STEP))
    frame["signal"] = [1] + [0] * (len(frame) - 1)
    if detail:
        backtesting.detail_data = {PAIR: frame_of(shapes, Timedelta(STEP))}
    processed = backtesting.strategy.advise_all_indicators({PAIR: frame})
    processed[PAIR]["robustop_atr"] = atrs[: len(frame)]
    first, last = frame["date"].iloc[0].to_pydatetime(), frame["date"].iloc[-1].to_pydatetime()
    backtesting.backtest(processed=processed, start_date=first, end_date=last)
    names = ("close_date", "close_rate", "exit_reason", "stop_loss", "min_rate", "max_rate", "close_profit_abs")
    trades = [[getattr(trade, name) for name in names] for trade in LocalTrade.bt_trades]
    orders = [(order.ft_order_tag, order.safe_filled) for trade in LocalTrade.bt_trades for order in trade.orders]
    path = backtesting.strategy._robustop.recorder.sink.path
    return trades, orders, [{**record} for record in read_audit(path)]


def paid(funding: list[float]) -> Callable[..., None]:
    """Return what sets the funding of a trade so far, by quarter of an hour from the entry on."""

    def pay(_: Backtesting, trade: LocalTrade, current_time: Any, force: bool = False) -> None:
        trade.trading_mode = TradingMode.FUTURES
        trade.set_funding_fees(sum(funding[: 1 + int((current_time - START) / (A_CANDLE * STEP))]))

    return pay


@given(shapes=walks(), late=st.integers(0, 5), atrs=ATRS, block=MODES, funding=FUNDING, detail=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_backtest_is_the_same_when_every_look_is_decided_on(
    host: Host,
    shapes: list[Candle],
    late: int,
    atrs: list[float],
    block: dict[str, Any],
    funding: list[float],
    detail: bool,
) -> None:
    """Trades and records are equal, with funding, parts that are sold, and an ATR that appears late or not at all.

    The backtest without skipping also reads every candle from Freqtrade's frames.
    """
    known = [math.nan] * late + atrs[late:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Backtesting, "_run_funding_fees", paid(funding))
        shortened = left(host, shapes, known, block, detail=detail)
        patch.setattr(ClosedCandles, "before", lambda *_: None)
        patch.setattr(ClosedCandles, "atr_before", lambda *_: None)
        patch.setattr(CandleSkipper, "skip_exit_checks", lambda *_: False)
        patch.setattr(CandleSkipper, "move_without_host", lambda *_: False)
        patch.setattr(CandleSkipper, "skip_partials", lambda *_: False)
        patch.setattr(AdjustmentSwitch, "may_be_due", lambda *_: True)
        patch.setattr(NoChangeBounds, "absorb_if_unchanged", lambda *_: False)
        assert left(host, shapes, known, block, detail=detail) == shortened
    assert shortened[0]


RISING: list[Candle] = [(100.0, 100.4, 99.8, 100.2)] * 3 + [(100.2, 102.3, 100.1, 102.0)] * 3
STILL: list[Candle] = [(102.0, 102.3, 101.8, 102.0)] * 12


@pytest.mark.parametrize("detail", [False, True])
def test_a_quiet_trade_at_closes_is_decided_on_once(host: Host, monkeypatch: pytest.MonkeyPatch, detail: bool) -> None:
    """One span is reached in the second candle; no other close and no look inside a candle needs a decision."""
    looks: list[Any] = []
    skips = CandleSkipper.skip_exit_checks
    monkeypatch.setattr(CandleSkipper, "skip_exit_checks", lambda *known: (looks.append(known), skips(*known))[1])
    decided: list[Any] = []
    decides = TradeManager._decide
    monkeypatch.setattr(TradeManager, "_decide", lambda *known: (decided.append(known[-1]), decides(*known))[1])
    _, _, records = left(host, RISING + STILL, [0.5] * 11, {"anchor": "candle"}, detail=detail)
    moves = [record for record in records if record["action"] == "move"]
    assert [move["time"] for move in moves] == [(START + 2 * A_CANDLE * STEP).timestamp()]
    assert len(decided) == 1
    assert len(looks) == (len(RISING + STILL) if detail else len(RISING + STILL) // A_CANDLE)


def test_a_close_that_is_passed_over_is_found_out(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a planted bug that takes no close, the stop does not move."""
    monkeypatch.setattr(no_change, "close_of_candle", lambda *_: None)
    _, _, records = left(host, RISING + STILL, [0.5] * 11, {"anchor": "candle"}, detail=False)
    assert [record["action"] for record in records] == ["initial", "closed"]
