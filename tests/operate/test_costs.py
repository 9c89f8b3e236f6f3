"""Money is counted as Freqtrade counts it."""

from datetime import UTC
from typing import Any

import pytest
from freqtrade.persistence import Trade

from robustop_plugin.operate.costs import breakeven_of, result_at
from robustop_plugin.operate.database import open_for_reading
from robustop_plugin.operate.reading import read_open_trades
from robustop_plugin.operate.trade_view import TradeView
from tests.support.trades import AMOUNT, order_of
from tests.support.written_trades import Writer

SPOT = {"fee_open": 0.001, "fee_close": 0.00075, "trading_mode": "SPOT"}
FUTURES = {"fee_open": 0.0005, "fee_close": 0.0004, "trading_mode": "FUTURES", "leverage": 5.0}


def written(writer: Writer, **over: Any) -> tuple[Trade, TradeView]:
    """Return a trade as Freqtrade holds it and as it is read."""
    trade = writer.bought(**over)
    trade.orders[0].funding_fee = over.get("funding_fees")
    trade.recalc_trade_from_orders()
    Trade.commit()
    engine = open_for_reading(writer.url)
    (view,) = read_open_trades(engine)
    engine.dispose()
    return trade, view


@pytest.mark.parametrize(
    "over",
    [
        SPOT,
        {**SPOT, "price": 0.0123},
        FUTURES,
        {**FUTURES, "funding_fees": -1.5},
        {**FUTURES, "funding_fees": 0.7, "is_short": True, "stop_loss": 110.0, "initial_stop_loss": 110.0},
    ],
    ids=["spot", "cheap", "futures", "funding paid", "short, funding received"],
)
@pytest.mark.parametrize("move", [0.9, 1.0, 1.0012, 1.3])
def test_a_result_is_what_freqtrade_calls_the_total_profit(writer: Writer, over: dict[str, Any], move: float) -> None:
    """Fees of both sides, funding, and the percentage of the largest stake."""
    trade, view = written(writer, **over)
    price = trade.open_rate * move
    theirs, ours = trade.calculate_profit(price), result_at(view, price)
    assert ours is not None
    assert (round(ours.money, 8), round(ours.percent / 100, 8)) == (theirs.total_profit, theirs.total_profit_ratio)
    assert view.opened_at == trade.open_date.replace(tzinfo=UTC).timestamp()


def test_what_was_sold_before_counts(writer: Writer) -> None:
    """Half was sold at 110: the result at the stop is that of both halves."""
    trade, _ = written(writer, **SPOT)
    half = {"ft_order_side": "sell", "side": "sell", "ft_is_open": False, "status": "closed", "filled": AMOUNT / 2}
    trade.orders.append(order_of(trade, 110.0, AMOUNT / 2, id=None, average=110.0, **half))
    trade.recalc_trade_from_orders()
    Trade.commit()
    engine = open_for_reading(writer.url)
    (view,) = read_open_trades(engine)
    engine.dispose()
    ours, theirs = result_at(view, 98.0), trade.calculate_profit(98.0)
    assert ours is not None
    # By hand: 5 of 10 were sold at 110, the others at 98; fees of 0.1 % and 0.075 %.
    by_hand = 5 * (110 + 98) * (1 - 0.00075) - 10 * 100 * 1.001
    assert ours.money == pytest.approx(by_hand, abs=1e-9)
    assert round(ours.money, 8) == theirs.total_profit


@pytest.mark.parametrize("over", [SPOT, FUTURES, {**FUTURES, "funding_fees": -1.5}])
@pytest.mark.parametrize("slippage", [0.0, 0.05])
def test_the_breakeven_is_that_of_the_bot(writer: Writer, over: dict[str, Any], slippage: float) -> None:
    """The price at which nothing is won or lost, and the slippage beyond it."""
    from robustop_plugin.bridge.facts.breakeven import breakeven_of as of_bot  # noqa: PLC0415

    trade, view = written(writer, **over)
    assert breakeven_of(view, slippage) == pytest.approx(of_bot(trade, slippage), rel=1e-13)
    at_none = result_at(view, breakeven_of(view, 0.0) or 0.0)
    assert at_none is not None
    assert at_none.money == pytest.approx(0.0, abs=1e-9)


def test_nothing_held_has_no_result(writer: Writer) -> None:
    """An entry that rests."""
    writer.resting_entry()
    engine = open_for_reading(writer.url)
    (view,) = read_open_trades(engine)
    engine.dispose()
    assert (result_at(view, 100.0), breakeven_of(view, 0.1)) == (None, None)
