"""The initial stop is published at the fill; it is the technical stop within its bounds.

The entry is always 100 and the strategy's own stop 10 percent away.
"""

from typing import Any

import pytest
from freqtrade.persistence import LocalTrade, Order
from pandas import DataFrame

from tests.support.hand_candles import Hand, block
from tests.support.host import Host, run

ROW = (100.0, 100.5, 99.5, 100.0)
"""A candle with a true range of 1."""

QUIET = [(100.0, 100.4, 99.9, 100.1), (100.1, 100.4, 99.9, 100.0), (100.0,) * 4]
LOWS = [(100.0, 100.5, low, 100.0) for low in (90.5, 97.0, 96.0, 98.0)]
NAN = float("nan")


class Filled(Hand):
    """Records Freqtrade's stop right after the first fill."""

    at_fill: float

    def order_filled(self, pair: str, trade: LocalTrade, order: Order, *args: Any, **kwargs: Any) -> None:
        """Record the stop before robustop handles the fill."""
        if trade.nr_of_successful_entries == 1 and order.ft_order_side == trade.entry_side:
            self.at_fill = trade.stop_loss
        super().order_filled(pair, trade, order, *args, **kwargs)


def started(host: Host, initial_stop: dict[str, Any], **over: Any) -> tuple[float, str | None]:
    """Return Freqtrade's stop at the end of a quiet trade, and the audit's note on what bounded it."""
    over.setdefault("before", [ROW] * 5)
    played = host.play(Hand, QUIET, robustop=block(initial_stop), **over)
    (record,) = played.of("initial")
    assert record["rule"] == "initial"
    assert record["price"] == 100.0
    assert record["new_stop"] == played.trade.stop_loss
    return played.trade.stop_loss, record["reason"]


def test_it_is_published_at_the_fill(host: Host) -> None:
    """The low of the entry candle stops the trade at the initial stop, as a stop that never trailed."""
    played = host.play(Filled, [(100.0, 101.9, 97.0, 97.5), (97.0,) * 4])
    assert played.strategy.at_fill == 90.0
    trade = played.trade
    assert (trade.close_rate, trade.exit_reason, trade.is_stop_loss_trailing) == (98.0, "stop_loss", False)


def test_a_limit_order_that_fills_later_is_protected_from_its_fill(host: Host) -> None:
    """The stop is 2 percent below the limit price of 99 from the fill candle on, not before."""

    class Patient(Hand):
        order_types = {"entry": "limit", "exit": "limit", "stoploss": "limit", "stoploss_on_exchange": False}  # noqa: RUF012

        def custom_entry_price(self, **kwargs: Any) -> float:
            return 99.0

    candles = [(100.0, 100.5, 99.5, 99.6), (99.6, 99.8, 98.5, 98.6), (98.6, 98.7, 97.0, 97.1), (97.0,) * 4]
    played = host.play(Patient, candles)
    (record,) = played.of("initial")
    assert (record["price"], record["new_stop"]) == (99.0, 97.02)
    assert (played.trade.close_rate, played.trade.exit_reason) == (97.02, "stop_loss")


def test_percent(host: Host) -> None:
    """Two and a half percent below 100 is 97.5."""
    assert started(host, {"kind": "percent", "percent": 2.5}) == (97.5, None)


def test_atr(host: Host) -> None:
    """With true ranges of 1 only, 2.5 times the ATR below 100 is 97.5."""
    assert started(host, {"kind": "atr", "period": 2, "multiplier": 2.5}) == (97.5, None)


def test_swing(host: Host) -> None:
    """The lowest low of the last three closed candles is 96, less 1 percent 95.04."""
    swing = {"kind": "swing", "lookback": 3, "buffer_percent": 1.0}
    assert started(host, swing, before=LOWS) == (95.04, None)


@pytest.mark.parametrize(("value", "stop"), [(97.33, 97.33), (97.333, 97.34)])
def test_column(host: Host, value: float, stop: float) -> None:
    """The strategy's own column is read on the last closed candle and rounded toward the market."""
    columns = {"support": [95.0] * 4 + [value] + [99.0] * 3}
    assert started(host, {"kind": "column", "column": "support"}, columns=columns) == (stop, None)


def test_a_column_that_the_strategy_computes_itself(host: Host) -> None:
    """Columns added by `populate_indicators` are read, though it never mentions robustop."""

    class Computes(Hand):
        def populate_indicators(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
            dataframe["support"] = dataframe["low"] - 2.5
            return dataframe

    robustop = block({"kind": "column", "column": "support"})
    assert host.play(Computes, QUIET, robustop=robustop, before=[ROW] * 5).trade.stop_loss == 97.0


@pytest.mark.parametrize(
    ("initial_stop", "columns"),
    [
        ({"kind": "atr", "period": 2}, {"robustop_atr": None}),
        ({"kind": "atr", "period": 2}, {"robustop_atr": [NAN] * 8}),
        ({"kind": "atr", "period": 2}, {"robustop_atr": [0.0] * 8}),
        ({"kind": "atr", "period": 2}, {"robustop_atr": [-1.0] * 8}),
        ({"kind": "atr", "period": 14}, None),
        ({"kind": "swing"}, {"robustop_swing_low": None}),
        ({"kind": "swing", "lookback": 9}, None),
        ({"kind": "column", "column": "support"}, None),
        ({"kind": "column", "column": "support"}, {"support": [NAN] * 8}),
        ({"kind": "column", "column": "support"}, {"support": [float("inf")] * 8}),
        ({"kind": "column", "column": "support"}, {"support": [-97.0] * 8}),
        ({"kind": "column", "column": "support"}, {"support": ["near"] * 8}),
        ({"kind": "column", "column": "support"}, {"support": [101.0] * 8}),
        ({"kind": "column", "column": "support"}, {"support": [100.0] * 8}),
    ],
)
def test_without_a_technical_stop_it_falls_back(
    host: Host, initial_stop: dict[str, Any], columns: dict[str, Any] | None
) -> None:
    """No column, no number, or nothing on the losing side: 3 percent as configured, and the audit says so."""
    wanted = {**initial_stop, "fallback_percent": 3.0}
    assert started(host, wanted, columns=columns) == (97.0, "fallback")


@pytest.mark.parametrize(("percent", "stop", "bound"), [(0.5, 99.0, "min_percent"), (7.0, 95.0, "max_percent")])
def test_it_stays_within_its_bounds(host: Host, percent: float, stop: float, bound: str) -> None:
    """Nearer than 1 percent becomes 1, farther than 5 becomes 5, and the audit says so."""
    bounds = {"min_percent": 1.0, "max_percent": 5.0}
    assert started(host, {"kind": "percent", "percent": percent, **bounds}) == (stop, bound)


def test_it_is_never_below_the_floor_of_the_strategy(host: Host) -> None:
    """Fourteen percent away would be 86: the strategy's stoploss of 10 percent keeps it at 90."""
    assert started(host, {"kind": "percent", "percent": 14.0}) == (90.0, "hard_stop")


def test_a_tighter_stoploss_of_the_strategy_wins(host: Host) -> None:
    """With a stoploss of 1 percent the stop is at 99, whatever the technical stop."""
    assert started(host, {"kind": "percent", "percent": 2.0}, stoploss=-0.01) == (99.0, "hard_stop")


def test_the_span_is_counted_from_the_stop_that_was_chosen(host: Host) -> None:
    """With the stop kept at 99 a span is 1: 102 is two spans and locks the first."""
    candles = [(100.0, 100.5, 99.5, 100.4), (101.0, 102.0, 101.2, 101.8), (101.5,) * 4]
    assert host.play(Hand, candles, stoploss=-0.01).trade.stop_loss == 101.0


@pytest.mark.parametrize(("now", "stop"), [(-0.20, 86.0), (-0.05, 95.0)])
def test_the_floor_is_the_stoploss_of_the_moment(host: Host, now: float, stop: float) -> None:
    """A hyperopt epoch changes the stoploss of a started strategy: the new one is the floor."""
    backtesting = host.backtesting(Hand, robustop=block({"kind": "percent", "percent": 14.0}))
    backtesting.strategy.stoploss = now
    assert run(backtesting, QUIET).trade.stop_loss == stop


@pytest.mark.parametrize(
    ("own", "stop"),
    [({"percent": 4.0}, 96.0), ({"kind": "swing", "lookback": 3, "buffer_percent": 1.0}, 95.04)],
)
def test_settings_of_a_pair_win(host: Host, own: dict[str, Any], stop: float) -> None:
    """The pair's settings give its trade a stop of its own, and its candles the columns for it."""
    robustop = {**block(), "pairs": {"HAND/USDT": {"initial_stop": own}, "OTHER/USDT": {}}}
    assert host.play(Hand, QUIET, robustop=robustop, before=LOWS).trade.stop_loss == stop


def test_a_missing_column_is_told_once(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """One warning names column and pair, however many candles go by."""
    robustop = block({"kind": "atr"}, adaptive={})
    host.play(Hand, [*QUIET, *QUIET], robustop=robustop, columns={"robustop_atr": None})
    assert caplog.text.count("no column robustop_atr for HAND/USDT") == 1
