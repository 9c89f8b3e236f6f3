"""The state of a trade: one JSON dictionary under one key, never mixed up with that of another."""

import json
from typing import Any

import pytest
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.persistence import LocalTrade
from freqtrade.persistence.custom_data import CustomDataWrapper
from freqtrade.resolvers import ExchangeResolver

from robustop_plugin.audit.file import AuditFile
from tests.support.hand_candles import Candle, Hand, at, block
from tests.support.host import Host, Played, hyperopt_copy, run

UP: list[Candle] = [
    (100.0, 101.9, 99.5, 101.5),
    (102.8, 104.5, 102.6, 104.4),
    (104.4, 106.4, 104.2, 106.3),
    (106.3, 106.4, 103.0, 103.1),
    (103.0,) * 4,
]
"""With a stop at 98: breakeven, then locks at 102 and 104, and the exit at 104."""

OTHER_UP = [tuple(round(2 * price, 2) for price in candle) for candle in UP]
"""The same at double prices."""


class Collects(Hand):
    """Records Freqtrade's custom data after every candle."""

    found: list[tuple[int, str, str, Any]]

    def bot_start(self, **kwargs: Any) -> None:
        """Start with nothing recorded."""
        self.found = []

    def should_exit(self, trade: LocalTrade, *args: Any, **kwargs: Any) -> list[Any]:
        """Record after Freqtrade's decision."""
        exits = super().should_exit(trade, *args, **kwargs)
        for entry in CustomDataWrapper.custom_data:
            self.found.append((entry.ft_trade_id, entry.cd_key, entry.cd_type, entry.value))
        return exits


class Wide(Hand):
    """Spans of four percent."""

    robustop = block({"kind": "percent", "percent": 4.0})


def results(played: Played) -> list[tuple[Any, ...]]:
    """Return the result of a backtest: its trades, and its records without tokens and trade ids."""
    trades = [(trade.open_rate, trade.close_rate, trade.exit_reason, trade.stop_loss) for trade in played.trades]
    names = ("time", "action", "price", "old_stop", "new_stop", "rule", "reason")
    return [*trades, *(tuple(record[name] for name in names) for record in played.records)]


def test_it_is_one_dictionary_under_one_key(host: Host) -> None:
    """The stored value is always strict JSON with a schema number, rewritten in place."""
    found = host.play(Collects, UP).strategy.found
    assert len(found) == 4
    for trade, key, kind, value in found:
        assert (trade, key, kind) == (1, "robustop", "dict")
        assert isinstance(value["schema"], int)
        assert json.loads(json.dumps(value, allow_nan=False)) == value
    stops = [value["memory"]["stop"] for *_, value in found]
    assert stops == [98.0, 102.0, 104.0, 104.0]


def test_it_is_gone_when_a_backtest_has_closed_the_trade(host: Host) -> None:
    """Nothing of a closed trade stays in Freqtrade's list or in the strategy."""
    played = host.play(Hand, UP)
    assert CustomDataWrapper.custom_data == []
    assert list(played.strategy._robustop.open_trades) == []


def again(backtesting: Backtesting, candles: list[Candle], signals: tuple[int, ...] = (0,)) -> Played:
    """Run once more with trade ids counted from one, and return only the new records."""
    recorder = backtesting.strategy._robustop.recorder
    recorder.sink = AuditFile(recorder.sink.path.with_suffix(".again"))
    recorder.sink.path.unlink(missing_ok=True)
    backtesting.trade_id_counter = 0
    return run(backtesting, candles, signals=signals)


def test_two_backtests_with_the_same_trade_ids_do_not_mix(host: Host) -> None:
    """A reused strategy object gives the same trades as a fresh one."""
    fresh, doubled = results(host.play(Hand, UP)), results(host.play(Hand, OTHER_UP))
    assert fresh != doubled
    backtesting = host.backtesting(Hand)
    assert results(again(backtesting, UP)) == fresh
    assert results(again(backtesting, OTHER_UP)) == doubled
    assert results(again(backtesting, UP)) == fresh


@pytest.mark.parametrize("later", [0, 12])
def test_a_backtest_that_was_cut_off_leaves_nothing_to_the_next(host: Host, later: int) -> None:
    """An aborted run has closed no trade; the next with the same id, then or an hour later, starts fresh."""

    class Cut(Hand):
        cut = True

        def bot_loop_start(self, current_time: Any, **kwargs: Any) -> None:
            if self.cut and current_time == at(2):
                raise KeyboardInterrupt

    backtesting = host.backtesting(Cut)
    with pytest.raises(KeyboardInterrupt):
        run(backtesting, UP)
    backtesting.strategy.cut = False
    candles = [*[(200.0, 200.2, 199.8, 200.0)] * later, *OTHER_UP]
    played = again(backtesting, candles, signals=(later,))
    assert [record["new_stop"] for record in played.of("initial")] == [196.0]
    assert (played.trade.close_rate, played.trade.stop_loss) == (208.0, 208.0)


def test_two_strategies_in_one_process_do_not_mix(host: Host) -> None:
    """Run in turns, each gives the same result as alone."""
    alone = {strategy: results(host.play(strategy, UP)) for strategy in (Hand, Wide)}
    assert alone[Hand] != alone[Wide]
    both = {strategy: host.backtesting(strategy) for strategy in (Hand, Wide)}
    for strategy in (Hand, Wide, Hand, Wide):
        assert results(again(both[strategy], UP)) == alone[strategy]


def test_several_trades_at_once_do_not_mix(host: Host) -> None:
    """With stacked positions each trade follows a stop of its own."""
    candles = [*UP[:2], (104.4, 104.9, 104.2, 104.8), (104.8, 104.9, 102.5, 102.6), (102.6, 102.7, 101.0, 101.1)]
    played = host.play(Hand, [*candles, (101.0,) * 4], signals=(0, 2), position_stacking=True)
    ends = {trade.open_rate: (trade.close_rate, trade.exit_reason) for trade in played.trades}
    # 2 percent below 104.4 are 102.312, rounded up.
    assert ends == {100.0: (102.0, "trailing_stop_loss"), 104.4: (102.32, "stop_loss")}


def test_it_survives_the_way_to_a_worker_of_hyperopt(host: Host) -> None:
    """Pickled before and after some trades, the strategy gives the same trades and stops."""
    fresh = results(host.play(Hand, UP, runmode="hyperopt"))
    own = Host(ExchangeResolver.load_exchange(host.config()), host.base, host.folder)
    backtesting = own.backtesting(Hand, runmode="hyperopt")
    copy = hyperopt_copy(backtesting)
    assert copy.strategy is not backtesting.strategy
    assert results(run(copy, UP)) == fresh
    assert results(run(hyperopt_copy(copy), OTHER_UP)) == results(host.play(Hand, OTHER_UP, runmode="hyperopt"))
    assert results(run(copy, UP)) == fresh
    assert fresh[0][1:] == (104.0, "trailing_stop_loss", 104.0)
