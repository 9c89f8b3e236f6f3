"""Settings as hyperopt parameters: separate for each instance, and followed from one epoch to the next."""

import json
from pathlib import Path
from typing import Any

import pytest
from freqtrade.exceptions import OperationalException
from freqtrade.resolvers import ExchangeResolver
from freqtrade.strategy import DecimalParameter, IntParameter

from robustop_plugin import RobustopMixin
from tests.support.hand_candles import Candle, Hand, Signals, block
from tests.support.host import Host, Played, hyperopt_copy, run

PERCENT = "robustop_initial_stop_percent"
DISTANCE = "robustop_r_ladder_distance_at_1"
UP: list[Candle] = [
    (100.0, 101.9, 99.5, 101.5),
    (102.8, 104.5, 102.6, 104.4),
    (104.4, 106.4, 104.2, 106.3),
    (106.3, 106.4, 101.0, 101.1),
    (101.0,) * 4,
]
LADDER = {"name": "r_ladder", "rungs": [[1.0, 1.0]]}


class Tuned(RobustopMixin, Signals):
    """A ladder of one rung: from 1R on the stop follows at a distance."""

    robustop = {**block(), "engines": [LADDER], "hyperopt": True}  # noqa: RUF012


class AlsoTuned(Tuned):
    """Another strategy of the same kind."""


class Ranged(Tuned):
    """Defines its own search range for one of the numbers."""

    robustop_initial_stop_percent = DecimalParameter(3.0, 5.0, default=4.0, decimals=1, space="robustop")


class Impossible(Tuned):
    """Defines a search range with invalid stops."""

    robustop_initial_stop_percent = DecimalParameter(-1.0, 5.0, default=2.0, space="robustop")


class Taken(Tuned):
    """Has values in its class, as Freqtrade prints them after a run."""

    robustop_params = {PERCENT: 4.0}  # noqa: RUF012


class TakenInVain(Hand):
    """Has values in its class, with tuning off."""

    robustop_params = {PERCENT: 4.0}  # noqa: RUF012


def epoch(backtesting: Any, **values: float) -> Played:
    """Run a backtester again with other values, as hyperopt does within one worker."""
    for name, parameter in backtesting.strategy.enumerate_parameters("robustop"):
        parameter.value = values.get(name, parameter.value)
    # The worst case: trade ids repeat.
    backtesting.trade_id_counter = 0
    return run(backtesting, UP)


def path(played: Played) -> tuple[Any, ...]:
    """Return the last stop, and how the trade ended."""
    return played.trade.stop_loss, played.trade.close_rate, played.trade.exit_reason


def written(host: Host, percent: float, distance: float) -> tuple[Any, ...]:
    """Return the path of a stop with fixed numbers in the settings."""
    engines = [{**LADDER, "rungs": [[1.0, distance]]}]
    stop = {"kind": "percent", "percent": percent}
    return path(host.play(Tuned, UP, robustop={"initial_stop": stop, "engines": engines, "hyperopt": False}))


def test_parameters_belong_to_the_instance_and_to_a_space_of_their_own(host: Host) -> None:
    """Two strategies have their own objects, their classes none; Freqtrade finds them in space robustop."""
    first, other = host.start(Tuned), host.start(AlsoTuned)
    assert list(first._ft_hyper_params) == ["robustop"]
    assert {name: parameter.value for name, parameter in first.enumerate_parameters("robustop")} == {
        PERCENT: 2.0,
        DISTANCE: 1.0,
    }
    for name in (PERCENT, DISTANCE):
        assert not any(hasattr(kind, name) for kind in (Tuned, AlsoTuned, RobustopMixin))
        assert getattr(first, name) is not getattr(other, name)
        assert not getattr(first, name).in_space


@pytest.mark.parametrize(("spaces", "inside"), [(["robustop"], True), (["buy"], False), (["default"], True)])
def test_the_space_is_searched_when_it_is_asked_for(host: Host, spaces: list[str], inside: bool) -> None:
    """In hyperopt the parameters are included with their own space, or with Freqtrade's `default`."""
    strategy = host.start(Tuned, runmode="hyperopt", spaces=spaces)
    assert [parameter.in_space for _, parameter in strategy.enumerate_parameters("robustop")] == [inside] * 2


def test_off_there_are_no_parameters(host: Host) -> None:
    """Without the setting there is nothing to tune."""
    assert host.start(Hand)._ft_hyper_params == {}


@pytest.mark.parametrize("runmode", ["hyperopt", "backtest"])
def test_decisions_follow_the_values_from_epoch_to_epoch(host: Host, runmode: str) -> None:
    """Initial stop and engine use the epoch's values, in any order, and never old ones."""
    tried = [(2.0, 1.0), (3.0, 1.0), (2.0, 0.5), (3.0, 0.5), (2.0, 1.0)]
    expected = [written(host, *values) for values in tried]
    assert len(set(expected)) == 4
    backtesting = host.backtesting(Tuned, runmode=runmode, spaces=["robustop"])
    assert [path(epoch(backtesting, **{PERCENT: far, DISTANCE: trail})) for far, trail in tried] == expected


def test_values_of_one_strategy_are_none_of_another(host: Host) -> None:
    """In one process, run in turns, each strategy keeps its own."""
    first, other = host.backtesting(Tuned), host.backtesting(AlsoTuned)
    narrow, wide = written(host, 2.0, 1.0), written(host, 4.0, 1.0)
    assert path(epoch(first, **{PERCENT: 4.0})) == wide
    assert path(epoch(other)) == narrow
    assert path(epoch(first)) == wide


def test_they_survive_the_way_to_a_worker(host: Host) -> None:
    """Pickled as hyperopt does, a copy follows its own values, before and after it has traded."""
    narrow, wide = written(host, 2.0, 1.0), written(host, 4.0, 1.0)
    own = Host(ExchangeResolver.load_exchange(host.config()), host.base, host.folder)
    backtesting = own.backtesting(Tuned, runmode="hyperopt", spaces=["robustop"])
    copy = hyperopt_copy(backtesting)
    assert path(epoch(copy, **{PERCENT: 4.0})) == wide
    again = hyperopt_copy(copy)
    assert path(epoch(again, **{PERCENT: 2.0})) == narrow
    assert path(epoch(copy)) == wide
    assert getattr(backtesting.strategy, PERCENT).value == 2.0


def test_a_number_that_is_not_tuned_is_not_rounded(host: Host) -> None:
    """Opting in changes nothing: a setting with more decimals than its parameter is used as written."""
    stop = {"kind": "percent", "percent": 2.123456}
    ways = [path(host.play(Tuned, UP, robustop={"initial_stop": stop, "hyperopt": on})) for on in (True, False)]
    assert ways[0] == ways[1]
    strategy = host.start(Tuned, robustop={"initial_stop": stop})
    assert strategy._robustop.settings.for_pair("HAND/USDT").initial_stop.percent == 2.123456


def test_values_of_the_class_count(host: Host) -> None:
    """The user may paste `robustop_params`, which Freqtrade prints after a run."""
    assert path(host.play(Taken, UP)) == written(host, 4.0, 1.0)


def exported(folder: Path, strategy: type[Any], **values: float) -> type[Any]:
    """Return a strategy with an exported parameter file beside its own file."""
    content = {"strategy_name": strategy.__name__, "params": {"robustop": values}}
    (folder / "mine.json").write_text(json.dumps(content))
    return type(strategy.__name__, (strategy,), {"__file__": str(folder / "mine.py")})


def test_values_of_an_exported_file_count(host: Host, tmp_path: Path) -> None:
    """A backtest and a bot load what hyperopt exported."""
    strategy = exported(tmp_path, Tuned, **{PERCENT: 4.0, DISTANCE: 0.5})
    assert path(host.play(strategy, UP)) == written(host, 4.0, 0.5)
    bot = host.start(strategy, runmode="dry_run")
    assert bot._robustop.settings.for_pair(None).initial_stop.percent == 4.0


def test_an_exported_value_that_is_no_stop_is_refused(host: Host, tmp_path: Path) -> None:
    """A file edited by hand ends startup with the settings' error message."""
    with pytest.raises(OperationalException, match=r"robustop.initial_stop.percent was -1.0: it must be > 0"):
        host.start(exported(tmp_path, Tuned, **{PERCENT: -1.0}))


def test_values_without_the_setting_are_told_of(host: Host, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """With tuning off the settings apply as written, and the log names what has no effect."""
    assert path(host.play(TakenInVain, UP)) == path(host.play(Hand, UP))
    assert f"robustop.hyperopt is false: {PERCENT}" in caplog.text
    caplog.clear()
    host.start(exported(tmp_path, Hand, **{DISTANCE: 4.0}))
    assert f"robustop.hyperopt is false: {DISTANCE}" in caplog.text


def test_values_that_fit_nothing_are_told_of(host: Host, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """A value of a removed engine has no effect, and the log names it."""
    host.start(exported(tmp_path, Tuned, **{PERCENT: 4.0, "robustop_atr_guard_trail_atr": 3.0}))
    assert "as the settings have no such number: robustop_atr_guard_trail_atr" in caplog.text


def test_nothing_to_tune_is_told_of(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """The option alone, in settings without a number to tune, gives a warning."""
    host.start(Hand, robustop={"hyperopt": True, "initial_stop": {"kind": "swing"}})
    assert "these settings have nothing to tune" in caplog.text


def test_a_range_of_the_users_own_wins(host: Host) -> None:
    """A parameter of the class with the same name is used, as a copy for each instance."""
    first, other = host.start(Ranged), host.start(Ranged)
    parameter = getattr(first, PERCENT)
    assert (parameter.low, parameter.high, parameter.value) == (3.0, 5.0, 4.0)
    assert len({id(getattr(owner, PERCENT)) for owner in (first, other, Ranged)}) == 3
    assert path(host.play(Ranged, UP)) == written(host, 4.0, 1.0)


def test_a_range_beyond_the_bounds_is_refused(host: Host) -> None:
    """An invalid range ends startup, not an epoch."""
    with pytest.raises(OperationalException, match=f"the range of {PERCENT} goes to -1: .* it must be > 0"):
        host.start(Impossible)


@pytest.mark.parametrize(
    ("spaces", "told"),
    [
        (["robustop", "buy"], []),
        (["robustop", "roi"], ["roi"]),
        (["robustop", "trailing"], ["trailing"]),
        (["stoploss"], ["stoploss"]),
        (["default"], ["roi", "stoploss"]),
    ],
)
def test_a_search_for_what_bounds_the_stops_is_told_of(
    host: Host, caplog: pytest.LogCaptureFixture, spaces: list[str], told: list[str]
) -> None:
    """The spaces roi, trailing and stoploss may be searched too, and the log explains the effect."""
    host.start(Tuned, runmode="hyperopt", spaces=spaces)
    named = ("roi", "trailing", "stoploss")
    assert [space for space in named if f"searches the space {space} as well" in caplog.text] == told


def test_a_pair_alone_is_refused(host: Host) -> None:
    """Unsupported settings are reported at startup."""
    robustop = {"hyperopt": False, "pairs": {"HAND/USDT": {"hyperopt": True}}}
    with pytest.raises(OperationalException, match=r"robustop.pairs.HAND/USDT.hyperopt was True"):
        host.start(Tuned, robustop=robustop)


def test_other_parameters_of_the_user_stay_the_users(host: Host) -> None:
    """A strategy's own parameters are neither taken nor searched by robustop."""
    strategy = host.start(type("Gap", (Tuned,), {"gap": IntParameter(0, 5, default=2, space="buy")}))
    assert {space: set(found) for space, found in strategy._ft_hyper_params.items()} == {
        "robustop": {PERCENT, DISTANCE},
        "buy": {"gap"},
    }
