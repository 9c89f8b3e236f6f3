"""The take profit of a bracket on the real Freqtrade: filled inside the candle, to the tick, under its own tag.

The entry is 100 and the initial stop 98, so that R is 2 and the default ratio of 1.5 takes profit at 103.
"""

from typing import Any, ClassVar

import pytest
from freqtrade.enums import ExitType
from pandas import Timestamp

from robustop_plugin import RobustopMixin
from tests.support.hand_candles import PERCENT, TWO_PERCENT, Candle, Hand, Signals, at
from tests.support.host import Host
from tests.support.trades import bought

TAG = "robustop_take_profit"
CALM: Candle = (100.0, 100.5, 99.5, 100.2)
END: Candle = (101.0,) * 4
UP: list[Candle] = [CALM, (100.2, 106.0, 100.0, 101.0), END]


def bracket(*others: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Return settings with a bracket of these options, and other engines."""
    return {"breakeven": PERCENT, "initial_stop": TWO_PERCENT, "engines": [{"name": "bracket", **options}, *others]}


class Bracket(Hand):
    """Enters on the candles' signals, and exits at 98 or at 103."""

    robustop = bracket()


def left(trade: Any) -> tuple[Any, ...]:
    """Return how a trade ended."""
    return trade.close_rate, trade.exit_reason, trade.close_date_utc


@pytest.mark.parametrize("fee", [0.0, 0.001, 0.0075])
@pytest.mark.parametrize(("ratio", "price"), [(1.0, 102.0), (1.5, 103.0), (1.503, 103.01), (2.999, 106.0)])
def test_it_fills_inside_the_candle_at_the_first_price_of_the_grid(
    host: Host, fee: float, ratio: float, price: float
) -> None:
    """Whatever the fees, the fill is the first tick at or beyond the target, on the candle that reaches it."""
    trade = host.play(Bracket, UP, robustop=bracket(base_ratio=ratio), fee=fee).trade
    assert left(trade) == (price, TAG, at(1))


def test_a_high_one_tick_short_of_it_is_no_fill(host: Host) -> None:
    """A high of 102.99 leaves the trade open; a high of 103 fills it."""
    trade = host.play(Bracket, [CALM, (100.2, 102.99, 100.0, 101.0), (101.0, 103.0, 100.9, 102.0), END]).trade
    assert left(trade) == (103.0, TAG, at(2))


def test_it_fills_on_the_candle_of_the_entry(host: Host) -> None:
    """A resting order does not wait for the next candle."""
    assert left(host.play(Bracket, [(100.0, 103.5, 99.5, 103.2), END]).trade) == (103.0, TAG, at(0))


def test_a_candle_that_opens_beyond_it_fills_at_its_open(host: Host) -> None:
    """A gap to 104 sells at 104."""
    assert left(host.play(Bracket, [CALM, (104.0, 104.5, 102.0, 102.5), END]).trade) == (104.0, TAG, at(1))


def test_the_audit_ends_with_the_fill(host: Host) -> None:
    """The last record of the trade has the tag and the price."""
    played = host.play(Bracket, UP)
    assert [(record["action"], record["price"], record["reason"]) for record in played.records] == [
        ("initial", 100.0, None),
        ("closed", 103.0, TAG),
    ]


def test_the_initial_stop_and_the_take_profit_in_one_candle_is_the_stop(host: Host) -> None:
    """Freqtrade checks the initial stop first."""
    assert left(host.play(Bracket, [CALM, (100.2, 103.5, 97.9, 99.0), END]).trade) == (98.0, "stop_loss", at(1))


def test_a_moved_stop_and_the_take_profit_in_one_candle_is_the_take_profit(host: Host) -> None:
    """Freqtrade checks a trailing stop last: 104 is filled, though the low is below the earlier stop of 100.15."""
    robustop = bracket({"name": "hand_span"}, base_ratio=2.0)
    candles = [CALM, (100.2, 102.5, 100.2, 102.0), (102.0, 104.2, 100.0, 101.5), END]
    played = host.play(Bracket, candles, robustop=robustop)
    assert [record["new_stop"] for record in played.of("move")] == [100.15]
    assert left(played.trade) == (104.0, TAG, at(2))


def test_the_price_that_takes_profit_moves_no_stop_before(host: Host) -> None:
    """Two spans would lock 102, but the trade exits at two spans."""
    robustop = bracket({"name": "hand_span"}, base_ratio=2.0)
    played = host.play(Bracket, [CALM, (100.2, 104.2, 101.0, 101.5), END], robustop=robustop)
    assert played.of("move") == []
    assert left(played.trade) == (104.0, TAG, at(1))


@pytest.mark.parametrize("fee", [0.0, 0.001])
@pytest.mark.parametrize("leverage", [1.0, 3.0, 10.0])
@pytest.mark.parametrize(
    ("short", "short_of_it", "reaching", "price"),
    [
        (False, (100.2, 103.03, 99.5), (100.2, 103.05, 99.9), 103.04),
        (True, (99.8, 100.5, 96.97), (99.8, 100.1, 96.95), 96.96),
    ],
)
def test_both_sides_at_any_leverage(
    host: Host,
    fee: float,
    leverage: float,
    short: bool,
    short_of_it: tuple[float, ...],
    reaching: tuple[float, ...],
    price: float,
) -> None:
    """1.518 spans of 2 are 3.036: the first price of the grid beyond it is 103.04, and 96.96 for a short."""
    backtesting = host.backtesting(Bracket, robustop=bracket(base_ratio=1.518), stoploss=-0.99)
    trade = bought(backtesting, is_short=short, leverage=leverage, fee_open=fee, fee_close=fee)
    exits = []
    for number, (opening, high, low) in enumerate((short_of_it, reaching), 1):
        assert exits == []
        exits = backtesting.strategy.should_exit(
            trade, opening, at(number), enter=False, exit_=False, low=low, high=high
        )
        row = (Timestamp(at(number)), opening, high, low, opening)
    assert [(exit_.exit_type, exit_.exit_reason) for exit_ in exits] == [(ExitType.ROI, TAG)]
    assert backtesting._get_exit_for_signal(trade, row, exits[0], at(2)) is trade
    assert trade.orders[-1].ft_price == price


def test_a_lower_minimal_roi_wins_and_keeps_its_name(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """The user's two percent come before the bracket's three; a warning at startup said so."""

    class Modest(Bracket):
        minimal_roi: ClassVar[dict[str, float]] = {"0": 0.02}

    assert left(host.play(Modest, UP).trade) == (102.0, "roi", at(1))
    assert "minimal_roi takes profit before the bracket" in caplog.text


def test_a_higher_minimal_roi_changes_nothing(host: Host) -> None:
    """The user's four percent come after the bracket's three."""

    class Greedy(Bracket):
        minimal_roi: ClassVar[dict[str, float]] = {"0": 0.04}

    assert left(host.play(Greedy, UP).trade) == (103.0, TAG, at(1))


@pytest.mark.parametrize(("own", "how"), [(0.02, (102.0, "roi", at(1))), (0.04, (103.0, TAG, at(1)))])
@pytest.mark.parametrize("in_front", [True, False])
def test_a_custom_roi_of_the_user_s_own_and_the_bracket_s_is_the_lower(
    host: Host, own: float, how: tuple[Any, ...], in_front: bool
) -> None:
    """In front of the mixin with `super()`, or behind it: the lower profit counts, under its own name."""

    class Front(Bracket):
        use_custom_roi = True

        def custom_roi(self, pair: str, trade: Any, *args: Any, **kwargs: Any) -> float | None:
            ours = super().custom_roi(pair, trade, *args, **kwargs)
            return own if ours is None else min(own, ours)

    class Base(Signals):
        use_custom_roi = True

        def custom_roi(self, pair: str, trade: Any, *args: Any, **kwargs: Any) -> float | None:
            return own

    class Behind(RobustopMixin, Base):
        robustop = bracket()

    assert left(host.play(Front if in_front else Behind, UP).trade) == how


@pytest.mark.parametrize(
    ("switch", "sentence"),
    [
        ({"minimal_roi": {"0": 0.5}}, "minimal_roi takes profit before the bracket"),
        ({"ignore_roi_if_entry_signal": True}, "ignore_roi_if_entry_signal keeps the bracket waiting"),
    ],
)
def test_what_delays_or_forestalls_it_is_told_at_the_start(
    host: Host, caplog: pytest.LogCaptureFixture, switch: dict[str, Any], sentence: str
) -> None:
    """One warning at startup, and only with a bracket."""
    host.start(Hand, **switch)
    assert sentence not in caplog.text
    host.start(Bracket, **switch)
    assert caplog.text.count(sentence) == 1


def test_a_take_profit_that_has_to_wait_loses_nothing_of_the_stop(host: Host) -> None:
    """While an entry signal delays the target of 104, the high of 104.2 locks one span at 102, as without it."""

    class Waiting(Hand):
        ignore_roi_if_entry_signal = True
        robustop = bracket({"name": "hand_span"}, base_ratio=2.0)

    waits = [(100.2, 104.2, 102.5, 103.0), (103.0, 103.2, 101.0, 101.0), (97.0, 97.5, 96.0, 97.0), END]
    played = host.play(Waiting, [CALM, *waits], signals=(0, 1))
    assert left(played.trade) == (102.0, "trailing_stop_loss", at(2))
