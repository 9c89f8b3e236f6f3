"""The strategy's own callbacks work beside robustop's part, behind the mixin and in the body without `super()`."""

from typing import Any

import pytest

from tests.support.both_orders import ACTS, NEVER, ORDERS, alone, protected
from tests.support.hand_candles import Candle, at
from tests.support.host import Host, Played

CALM: Candle = (100.0, 100.4, 99.8, 100.0)
FLAT = [CALM] * 4
DOWN: list[Candle] = [CALM, CALM, (99.5, 99.6, 97.0, 97.5), (97.5, 97.6, 97.0, 97.0)]


def left(played: Played) -> list[tuple[Any, ...]]:
    """Return how each trade was entered and left."""
    return [(trade.stake_amount, trade.close_rate, trade.exit_reason, trade.close_date_utc) for trade in played.trades]


def old_confirm(
    self: Any, pair: str, order_type: str, amount: float, rate: float, time_in_force: str, **kwargs: Any
) -> bool:
    """Refuse every entry, with the signature of an older Freqtrade."""
    return False


def older_confirm(self: Any, rate: float, pair: str, order_type: str, amount: float, time_in_force: str) -> bool:
    """Refuse every entry, with arguments in an order of its own and without `kwargs`."""
    return False


@pytest.mark.parametrize("order", ORDERS)
def test_an_entry_that_an_old_signature_refuses_is_not_made(host: Host, order: str) -> None:
    """Asked by position, such a callback raises, and Freqtrade would buy."""
    assert left(host.play(alone({"confirm_trade_entry": old_confirm}), FLAT)) == []
    assert left(host.play(protected({"confirm_trade_entry": old_confirm}, order, ACTS), FLAT)) == []


def test_a_callback_is_asked_for_the_arguments_it_names(host: Host) -> None:
    """Even one that Freqtrade's own call would make fail keeps its answer behind the mixin."""
    assert left(host.play(protected({"confirm_trade_entry": older_confirm}, "behind", ACTS), FLAT)) == []


def old_stake(
    self: Any,
    pair: str,
    current_time: Any,
    current_rate: float,
    proposed_stake: float,
    min_stake: float,
    max_stake: float,
    **kwargs: Any,
) -> float:
    """Return half of the stake, with the signature of an older Freqtrade."""
    return proposed_stake / 2


@pytest.mark.parametrize("order", ORDERS)
def test_a_stake_of_an_old_signature_counts(host: Host, order: str) -> None:
    """The trade is as large as without robustop."""
    expected = left(host.play(alone({"custom_stake_amount": old_stake}), FLAT))
    whole = left(host.play(alone({}), FLAT))
    assert [2 * trade[0] for trade in expected] == [trade[0] for trade in whole] != []
    assert left(host.play(protected({"custom_stake_amount": old_stake}, order, NEVER), FLAT)) == expected


@pytest.mark.parametrize("order", ORDERS)
def test_fills_reach_both(host: Host, order: str) -> None:
    """The strategy is told of entry and exit, and robustop's stop, which needs the entry, acts."""
    told: list[str] = []

    def order_filled(self: Any, pair: str, trade: Any, order: Any, current_time: Any, **kwargs: Any) -> None:
        told.append(order.ft_order_side)

    played = host.play(protected({"order_filled": order_filled}, order, ACTS), DOWN)
    assert [trade[1:3] for trade in left(played)] == [(98.0, "stop_loss")]
    assert told == ["buy", "sell"]


VETOES: dict[str, dict[str, Any]] = {
    "exit_profit_only": {"exit_profit_only": True},
    "use_exit_signal": {"use_exit_signal": False},
    "custom_exit": {"custom_exit": lambda *_, **__: None},
    "confirm_trade_exit": {"confirm_trade_exit": lambda *_, **__: False},
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("veto", VETOES)
def test_no_option_or_callback_of_the_strategy_vetoes_an_exit(host: Host, order: str, veto: str) -> None:
    """A time stop of ten minutes leaves at the open of the third candle, at a loss."""
    block = {**ACTS, "time_stop_hours": 1 / 6}
    candles: list[Candle] = [CALM, CALM, (99.5, 99.6, 99.0, 99.1), CALM, CALM]
    assert [trade[1:] for trade in left(host.play(protected(VETOES[veto], order, block), candles))] == [
        (99.5, "robustop_time_stop", at(2))
    ]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("option", ["exit_profit_only", "use_exit_signal"])
def test_options_keep_their_meaning_for_the_strategy_s_own_exits(host: Host, order: str, option: str) -> None:
    """A signal to exit at a loss is not followed, with and without robustop."""

    def populate_exit_trend(self: Any, dataframe: Any, metadata: Any) -> Any:
        dataframe["exit_long"] = 1 - dataframe["signal"]
        return dataframe

    body = {"populate_exit_trend": populate_exit_trend}
    candles: list[Candle] = [CALM, (99.5, 99.6, 99.0, 99.1), (99.1, 99.2, 99.0, 99.0), CALM]
    assert [trade[2] for trade in left(host.play(alone(body), candles))] == ["exit_signal"]
    body |= VETOES[option]
    expected = left(host.play(alone(body), candles))
    assert [trade[2] for trade in expected] == ["force_exit"]
    assert left(host.play(protected(body, order, NEVER), candles)) == expected


@pytest.mark.parametrize("order", ORDERS)
def test_a_custom_exit_of_its_own_leaves_as_without_robustop(host: Host, order: str) -> None:
    """Its name and its price are the same."""

    def custom_exit(self: Any, pair: str, trade: Any, current_time: Any, *args: Any, **kwargs: Any) -> str | None:
        return "mine" if current_time >= at(2) else None

    expected = left(host.play(alone({"custom_exit": custom_exit}), FLAT))
    assert [trade[2:] for trade in expected] == [("mine", at(2))]
    assert left(host.play(protected({"custom_exit": custom_exit}, order, NEVER), FLAT)) == expected
