"""`plots` is off by default, and changes nothing where Freqtrade shows no charts."""

from typing import Any, ClassVar

import pytest
from pandas import DataFrame, date_range

from robustop_plugin.bridge.plots.chart import AnalysisWithColumns, AnnotationsOfBoth
from robustop_plugin.bridge.plots.plot_config import LINES
from tests.support.hand_candles import BLOCK, PAIR, Candle, Hand
from tests.support.host import Host

DRAWN = {**BLOCK, "plots": True}
CANDLES: list[Candle] = [(100.0,) * 4, (100.0, 104.5, 99.9, 104.0), (104.0, 104.2, 101.0, 101.5), (101.0,) * 4]
HOOKS = {"plot_annotations", "analyze_ticker", "plot_config"}


class Mine(Hand):
    """A strategy with lines and annotations of its own."""

    plot_config: ClassVar[dict[str, Any]] = {"main_plot": {"mine": {}, "robustop_stop": {"color": "pink"}}}

    def plot_annotations(self, **kwargs: Any) -> list[Any]:
        """Return one point."""
        return [{"type": "point", "x": "2025-01-01", "y": 1.0}]


class Computed(Hand):
    """A strategy that computes its `plot_config`."""

    @property
    def plot_config(self) -> dict[str, Any]:
        """Return one line."""
        return {"main_plot": {"computed": {}}}


def hooks(strategy: Any) -> set[str]:
    """Return what of a strategy was replaced for charts."""
    return HOOKS & vars(strategy).keys()


@pytest.mark.parametrize("mode", ["dry_run", "webserver", "plot", "backtest", "hyperopt"])
def test_off_by_default(host: Host, mode: str) -> None:
    """Nothing is replaced."""
    assert hooks(host.start(Hand, runmode=mode, robustop=BLOCK)) == set()


def test_a_backtest_draws_nothing(host: Host) -> None:
    """Nothing is replaced, and trades and audit are the same with and without plots."""
    for mode in ("backtest", "hyperopt"):
        assert hooks(host.start(Hand, runmode=mode, robustop=DRAWN)) == set()
    plain, drawn = (host.play(Hand, CANDLES, robustop=block) for block in (BLOCK, DRAWN))
    assert [record["new_stop"] for record in plain.records] == [record["new_stop"] for record in drawn.records]
    assert plain.trade.close_rate == drawn.trade.close_rate == 102.0
    frame = DataFrame({"date": [], "open": [], "high": [], "low": [], "close": [], "volume": []})
    columns = [drawn.strategy.advise_indicators(frame.copy(), {"pair": PAIR}).columns for _ in range(2)]
    assert not set(LINES) & {*columns[0], *columns[1]}


def test_a_chart_replaces_what_it_needs(host: Host) -> None:
    """A bot and the web server annotate, `plot-dataframe` gets columns; a second start wraps nothing twice."""
    for mode in ("dry_run", "webserver"):
        strategy = host.start(Mine, runmode=mode, robustop=DRAWN)
        assert hooks(strategy) == {"plot_annotations", "plot_config"}
        strategy.ft_bot_start()
        assert isinstance(strategy.plot_annotations, AnnotationsOfBoth)
        assert not isinstance(strategy.plot_annotations.theirs, AnnotationsOfBoth)
    strategy = host.start(Mine, runmode="plot", robustop=DRAWN)
    assert hooks(strategy) == {"analyze_ticker"}
    assert isinstance(strategy.analyze_ticker, AnalysisWithColumns)


def test_own_lines_come_first_and_win(host: Host) -> None:
    """The class keeps its dictionary; the instance has both, and the strategy's own color."""
    strategy = host.start(Mine, runmode="webserver", robustop=DRAWN)
    assert [*strategy.plot_config["main_plot"]][:2] == ["mine", "robustop_stop"]
    assert set(strategy.plot_config["main_plot"]) == {"mine", *LINES}
    assert strategy.plot_config["main_plot"]["robustop_stop"] == {"color": "pink"}
    assert Mine.plot_config == {"main_plot": {"mine": {}, "robustop_stop": {"color": "pink"}}}


def test_a_computed_plot_config_is_kept(host: Host) -> None:
    """A property hides what an instance has, so the class gets one that adds the lines."""
    copy = type("Computed", (Computed,), {"__module__": Computed.__module__})
    strategy = host.start(copy, runmode="webserver", robustop=DRAWN)
    assert [*strategy.plot_config["main_plot"]] == ["computed", *LINES]
    assert [*Computed.plot_config.fget(strategy)["main_plot"]] == ["computed"]  # type: ignore[attr-defined]


def test_an_error_leaves_the_users_annotations(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """An audit that cannot be read is logged once until it can be read; what the strategy draws is drawn each time."""
    strategy = host.start(Mine, runmode="webserver", robustop=DRAWN)
    audit = host.folder / "robustop-audit-Mine-2025-01-01_00-00-00-000000.jsonl"
    frame = DataFrame({"date": date_range("2025-01-01", periods=2, freq="5min", tz="UTC"), "close": 1.0})
    for text, logged in (("no record", 1), ("nor this", 1), ("", 1), ("no record", 2)):
        audit.write_text(text)
        assert [note["type"] for note in strategy.ft_plot_annotations(PAIR, frame)] == ["point"]
        assert caplog.text.count(f"the stops of {PAIR} were not drawn") == logged
