"""Every kind of strategy trades as alone beside stops that never act, and is never less protected by one that acts."""

import logging
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.persistence import LocalTrade
from freqtrade.persistence.custom_data import CustomDataWrapper

from tests.corpus.backtests import Host, Played
from tests.corpus.candles import FUTURES, build_datadir
from tests.corpus.compare import dominance, neutrality
from tests.corpus.discover import ORDERS
from tests.corpus.examine import ACTING, FAR
from tests.corpus.exchanges import spot_and_futures
from tests.corpus.kinds import KINDS, Kind
from tests.support.host import schema_copied_flat
from tests.support.kinds_of_entries import AveragesDown, AveragingOff, SellsParts
from tests.support.loaded_candles import loaded_once

pytestmark = pytest.mark.candles

SPOT_DAYS = (("XRP/USDT", "DOGE/USDT", "PEPE/USDT"), "20240305-20240306")
FUTURES_DAYS = (FUTURES, "20240305-20240306")

HALF_SOON = {"partials": [[0.2, 0.5]], "initial_stop": {"kind": "percent", "percent": 2.5}}
ADJUSTING = {
    AveragesDown: lambda order: order["ft_is_entry"] and order["ft_order_tag"] == "own_averaging",
    AveragingOff: None,
    SellsParts: lambda order: order["ft_order_tag"] == "own_half",
}
"""Strategies with `adjust_trade_position`, and which of their orders are their own; None if it is switched off."""


class Runs:
    """Backtests of kinds, each run alone once."""

    def __init__(self, spot: Host, futures: Host) -> None:
        """Take the exchanges."""
        self.spot, self.futures = spot, futures
        self.alone = cache(self._alone)

    def _alone(self, kind: Kind) -> Played:
        return self._play(kind, None, {})

    def with_robustop(self, kind: Kind, order: str, block: dict) -> Played:
        """Backtest a kind with robustop."""
        return self._play(kind, order, block)

    def _play(self, kind: Kind, order: str | None, block: dict) -> Played:
        short = kind.strategy.can_short
        host, days = (self.futures, FUTURES_DAYS) if short else (self.spot, SPOT_DAYS)
        return host.play(kind.strategy if order is None else ORDERS[order](kind.strategy, block), *days)


@pytest.fixture(scope="module")
def runs(candles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Return the backtests of a host of each market; Freqtrade's global switches are restored."""
    folder = tmp_path_factory.mktemp("kinds")
    logging.disable(logging.WARNING)
    with loaded_once(), schema_copied_flat():
        yield Runs(*spot_and_futures(build_datadir(candles, folder / "data"), folder))
    logging.disable(logging.NOTSET)
    LocalTrade.reset_trades()
    CustomDataWrapper.reset_custom_data()
    Backtesting.cleanup()


each = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.strategy.__name__)
in_both_orders = pytest.mark.parametrize("order", ORDERS)


@each
def test_a_kind_alone_shows_what_it_is_a_kind_of(runs: Runs, kind: Kind) -> None:
    """Its trades use the feature that the other tests are about, and no callback raises."""
    alone = runs.alone(kind)
    assert kind.shows(alone)
    assert alone.errors == {}


@each
@in_both_orders
def test_stops_that_never_act_change_no_trade(runs: Runs, kind: Kind, order: str) -> None:
    """Every field of every trade is the same, and nothing is logged as an error."""
    ours = runs.with_robustop(kind, order, FAR)
    verdict = neutrality(runs.alone(kind), ours)
    assert verdict.good, verdict.detail
    assert ours.errors == {}


@each
@in_both_orders
def test_a_stop_that_acts_is_never_looser_than_the_strategy_alone(runs: Runs, kind: Kind, order: str) -> None:
    """The stop in force is at least as tight at every candle, but for fills after the first, and tighter at some."""
    ours = runs.with_robustop(kind, order, ACTING)
    verdict = dominance(runs.alone(kind), ours)
    assert verdict.good, verdict.detail
    assert verdict.tighter > 0
    assert ours.errors == {}


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.strategy in ADJUSTING], ids=lambda kind: kind.strategy.__name__
)
@in_both_orders
def test_partial_exits_leave_the_strategy_its_own_adjustments(runs: Runs, kind: Kind, order: str) -> None:
    """Parts are sold; a strategy that adjusts positions still does, and one that had switched it off does not."""
    ours = runs.with_robustop(kind, order, HALF_SOON)
    orders = [order for trade in ours.trades for order in trade["orders"]]
    assert sum(order["ft_order_tag"] == "robustop_0.2R" for order in orders) >= 3
    expected = ADJUSTING[kind.strategy]
    if expected is None:
        assert max(sum(order["ft_is_entry"] for order in trade["orders"]) for trade in ours.trades) == 1
    else:
        assert sum(expected(order) for order in orders) >= 3
    assert dominance(runs.alone(kind), ours).good
    assert ours.errors == {}
