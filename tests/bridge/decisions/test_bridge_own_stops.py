"""The strategy's own stops beside robustop's: the tightest wins, and they are asked exactly as without robustop."""

from typing import Any

import pytest

from robustop_plugin import RobustopMixin
from tests.support.both_orders import ACTS, NEVER, ORDERS, alone, protected
from tests.support.hand_candles import Candle, at
from tests.support.host import Host, Played

CALM: Candle = (100.0, 100.4, 99.8, 100.2)
UP: list[Candle] = [CALM, (109.5, 110.0, 109.0, 109.5), (109.0, 109.2, 103.0, 103.5), (103.5, 103.6, 102.0, 102.0)]
BLOCKS = {"that never act": NEVER, "that act": ACTS}


def left(played: Played) -> list[tuple[Any, ...]]:
    """Return how each trade ended."""
    return [(trade.close_rate, trade.exit_reason, trade.close_date_utc, trade.stop_loss) for trade in played.trades]


def follows(asked: list[tuple[Any, ...]], percent: float) -> dict[str, Any]:
    """Return a callback that trails the price, and notes each question; its signature does not name `after_fill`."""

    def custom_stoploss(
        self: Any, pair: str, trade: Any, current_time: Any, current_rate: float, current_profit: float, **kwargs: Any
    ) -> float:
        asked.append((current_time, current_rate, kwargs.get("after_fill")))
        return percent / 100

    return {"custom_stoploss": custom_stoploss, "use_custom_stoploss": True}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("settings", BLOCKS)
def test_its_callback_is_asked_as_without_robustop(host: Host, order: str, settings: str) -> None:
    """The same questions at the same prices, none after a fill; its stop one percent below 110 is the tightest."""
    questions: list[list[tuple[Any, ...]]] = [[], []]
    ends = left(host.play(alone(follows(questions[0], 1.0)), UP))
    assert left(host.play(protected(follows(questions[1], 1.0), order, BLOCKS[settings]), UP)) == ends
    assert [end[:2] for end in ends] == [(108.9, "trailing_stop_loss")]
    assert questions[0] == questions[1]
    assert all(after_fill is False for *_, after_fill in questions[1])


@pytest.mark.parametrize("order", ORDERS)
def test_a_looser_stop_of_its_own_leaves_robustop_s_in_force(host: Host, order: str) -> None:
    """Half of 110 is no stop; robustop holds three spans of two percent: 100 + 4 * 2 = 108 at the next open."""
    played = host.play(protected(follows([], 50.0), order, ACTS), UP)
    assert [end[:3] for end in left(played)] == [(108.0, "trailing_stop_loss", at(2))]


@pytest.mark.parametrize("order", ORDERS)
def test_a_callback_that_is_switched_off_is_not_asked(host: Host, order: str) -> None:
    """Robustop's stop acts all the same, and the switch stays off in a backtest."""
    asked: list[tuple[Any, ...]] = []
    played = host.play(protected({**follows(asked, 1.0), "use_custom_stoploss": False}, order, ACTS), UP)
    assert asked == []
    assert played.strategy.use_custom_stoploss is False
    assert [end[:2] for end in left(played)] == [(108.0, "trailing_stop_loss")]


NATIVE: dict[str, dict[str, Any]] = {
    "plain": {"stoploss": -0.05, "trailing_stop": True},
    "positive": {"trailing_stop": True, "trailing_stop_positive": 0.05},
    "offset": {
        "trailing_stop": True,
        "trailing_stop_positive": 0.05,
        "trailing_stop_positive_offset": 0.06,
        "trailing_only_offset_is_reached": True,
    },
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("native", NATIVE)
@pytest.mark.parametrize("flag", [False, True])
def test_a_native_trail_keeps_its_own_distance(host: Host, order: str, native: str, flag: bool) -> None:
    """Five percent below 110 is 104.5: not the distance of robustop's stop, and not a candle later."""
    body = {
        **NATIVE[native],
        **({"custom_stoploss": lambda *_, **__: None, "use_custom_stoploss": True} if flag else {}),
    }
    ends = left(host.play(alone(body), UP))
    assert [end[:3] for end in ends] == [(104.5, "trailing_stop_loss", at(2))]
    assert left(host.play(protected(body, order, NEVER), UP)) == ends
    wide = {**ACTS, "initial_stop": {"kind": "percent", "percent": 4.5}}
    assert left(host.play(protected(body, order, wide), UP)) == ends
    assert [end[:3] for end in left(host.play(protected(body, order, ACTS), UP))] == [
        (108.0, "trailing_stop_loss", at(2))
    ]


@pytest.mark.parametrize("order", ORDERS)
def test_an_exit_in_the_entry_candle_fills_as_without_robustop(host: Host, order: str) -> None:
    """Freqtrade's rule for the entry candle depends on `use_custom_stoploss`, which stays as the strategy set it."""
    candles: list[Candle] = [(100.0, 110.0, 99.0, 101.0), CALM, CALM]
    ends = left(host.play(alone(NATIVE["offset"]), candles))
    assert [end[:3] for end in ends] == [(101.0, "trailing_stop_loss", at(0))]
    assert left(host.play(protected(NATIVE["offset"], order, NEVER), candles)) == ends


def test_without_a_callback_freqtrade_s_own_trails_by_stoploss(host: Host) -> None:
    """`use_custom_stoploss` without `custom_stoploss` is a trail of 10 percent; a strategy that has it keeps it."""
    candles = [*UP, (102.0, 102.0, 98.5, 98.6), CALM]
    body = {"use_custom_stoploss": True}
    ends = left(host.play(alone(body), candles))
    assert [end[:2] for end in ends] == [(99.0, "trailing_stop_loss")]
    assert left(host.play(protected(body, "behind", NEVER), candles)) == ends
    in_front = type("Mine", (alone(body), RobustopMixin), {"robustop": NEVER})
    assert left(host.play(in_front, candles)) == ends


def refreshes(ratio: float) -> dict[str, Any]:
    """Return a callback that sets the stop after a fill as well, looser than before if it likes."""

    def custom_stoploss(
        self: Any,
        pair: str,
        trade: Any,
        current_time: Any,
        current_rate: float,
        current_profit: float,
        after_fill: bool,
        **kwargs: Any,
    ) -> float | None:
        return ratio if after_fill else None

    return {"custom_stoploss": custom_stoploss, "use_custom_stoploss": True}


@pytest.mark.parametrize("order", ORDERS)
def test_a_stop_that_its_callback_loosens_after_a_fill_never_loosens_robustop_s(host: Host, order: str) -> None:
    """It asks for half of the price after the first fill; robustop's first stop, two percent below, is in force."""
    candles: list[Candle] = [CALM, (100.0, 100.1, 95.0, 95.0), (95.0, 95.0, 95.0, 95.0)]
    assert [trade.stop_loss for trade in host.play(alone(refreshes(0.5)), candles).trades] == [50.0]
    assert [end[:2] for end in left(host.play(protected(refreshes(0.5), order, ACTS), candles))] == [
        (98.0, "stop_loss")
    ]


def buys_more(at_candle: int) -> dict[str, Any]:
    """Return a callback that buys as much again at the open of one candle."""

    def adjust_trade_position(self: Any, trade: Any, current_time: Any, *args: Any, **kwargs: Any) -> float | None:
        return trade.stake_amount if current_time == at(at_candle) else None

    return {"adjust_trade_position": adjust_trade_position, "position_adjustment_enable": True}


RISE: list[Candle] = [CALM, (104.0, 104.4, 103.9, 104.2), (105.0, 105.2, 104.6, 105.0), (105.0, 105.0, 104.5, 105.0)]


@pytest.mark.parametrize("order", ORDERS)
def test_nor_after_a_later_fill(host: Host, order: str) -> None:
    """Its callback asks for half of the price after the purchase at 105: the stop at 102 stays in force."""
    played = host.play(protected({**refreshes(0.5), **buys_more(2)}, order, ACTS), RISE)
    assert len(played.trade.select_filled_orders("buy")) == 2
    assert played.trade.stop_loss == 102.0


@pytest.mark.parametrize("order", ORDERS)
def test_averaging_up_raises_the_hard_stop_as_without_robustop(host: Host, order: str) -> None:
    """Ten percent below the average of 102.44 is 92.2: tighter than robustop's own first stop 9 percent below."""
    body = {**buys_more(2), "stoploss": -0.1}
    assert host.play(alone(body), RISE).trade.stop_loss == 92.2
    wide = {**NEVER, "initial_stop": {"kind": "percent", "percent": 9.0}}
    assert host.play(protected(body, order, NEVER), RISE).trade.stop_loss == 92.2
    assert host.play(protected(body, order, wide), RISE).trade.stop_loss == 92.2


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("body", "who"), [(follows([], 3.0), "strategy"), (NATIVE["positive"], "native")], ids=["callback", "native"]
)
def test_the_audit_names_who_moved_the_stop(host: Host, order: str, body: dict[str, Any], who: str) -> None:
    """The strategy's stop does not enter robustop's own state: its record has both prices of Freqtrade's stop."""
    played = host.play(protected(body, order, NEVER), UP)
    moves = [record for record in played.records if record["action"] == "host"]
    assert {record["engine"] for record in moves} == {who}
    assert moves[-1]["new_stop"] == played.trade.stop_loss
    assert played.records[0]["new_stop"] == 90.0
    assert played.records[-1]["old_stop"] == 90.0


@pytest.mark.parametrize("order", ORDERS)
def test_a_level_decided_at_the_open_does_not_keep_a_native_trail_from_acting(host: Host, order: str) -> None:
    """The low of the third candle reaches robustop's new stop, which would end the look; the trail acts at its high."""
    body = {"trailing_stop": True, "trailing_stop_positive": 0.01, "trailing_stop_positive_offset": 0.05}
    candles: list[Candle] = [CALM, (100.2, 101.9, 100.2, 101.8), (102.4, 108.0, 100.04, 107.0), CALM]
    ends = left(host.play(alone({**body, "trailing_only_offset_is_reached": True}), candles))
    assert [end[:3] for end in ends] == [(106.92, "trailing_stop_loss", at(2))]
    wide = {**ACTS, "engines": [{"name": "hand_span", "fee_percent": 0.1, "slippage_percent": 0.05}]}
    ours = left(host.play(protected({**body, "trailing_only_offset_is_reached": True}, order, wide), candles))
    assert ours == ends
