"""`freqtrade plot-dataframe` draws the stops of the backtest whose trades it shows."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from tests.support.charts import Charts, charts, numbers

OWN = 'plot_config = {"main_plot": {"mean": {"color": "purple"}}, "subplots": {"Size": {"volume": {"type": "bar"}}}}'
LINES = {"stop", "entry", "initial stop", "next rung", "at risk", "locked in"}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Charts]:
    """Return a backtest of a strategy with a `plot_config` of its own."""
    with charts(tmp_path_factory.mktemp("charts"), OWN) as made:
        yield made


def moment(text: str) -> np.datetime64:
    """Return the time of a candle as plotly has it."""
    return np.datetime64(datetime.fromisoformat(text).replace(tzinfo=None))


def candles_of(trade: dict[str, Any], times: np.ndarray) -> np.ndarray:
    """Return the places of the candles of a trade."""
    return np.flatnonzero((times >= moment(trade["open_date"])) & (times <= moment(trade["close_date"])))


def test_the_stop_ends_where_freqtrade_ended_it(drawn: Charts) -> None:
    """On the last candle of each trade it is Freqtrade's own stop, on no candle it loosens, outside there is none."""
    traces = drawn.plot()
    times = np.array([moment(text) for text in traces["stop"]["x"]])
    stops, entries = numbers(traces["stop"]["y"]), numbers(traces["entry"]["y"])
    held = np.zeros(len(times), dtype=bool)
    trades = drawn.result.trades
    assert len(trades) >= 5
    for trade in trades:
        places = candles_of(trade, times)
        held[places] = True
        assert stops[places[-1]] == trade["stop_loss_abs"]
        assert (entries[places] == trade["open_rate"]).all()
        assert (np.diff(stops[places]) >= 0).all()
    assert any(trade["stop_loss_abs"] > trade["open_rate"] for trade in trades), "no stop has moved"
    assert np.isnan(stops[~held]).all()


def test_what_the_user_draws_stays(drawn: Charts) -> None:
    """The user's own line, subplot and colors are there, and robustop's beside them."""
    traces = drawn.plot()
    assert traces["mean"]["line"]["color"] == "purple"
    assert traces["volume"]["type"] == "bar"
    assert traces.keys() >= LINES
    asked = drawn.plot("--indicators1", "open", "--indicators2", "close")
    assert {"open", "close"} <= asked.keys() >= LINES
    assert "mean" not in asked, "--indicators1 stands in place of the user's plot_config, as without robustop"


def test_the_stops_belong_to_the_result_that_is_shown(drawn: Charts) -> None:
    """A later backtest of another range does not change the plot of the first one."""
    first = drawn.results / json.loads((drawn.results / ".last_result.json").read_text())["latest_backtest"]
    before = numbers(drawn.plot("--export-filename", str(first))["stop"]["y"])
    middle = drawn.result.trades[len(drawn.result.trades) // 2]["open_date"][:10].replace("-", "")
    # Results are named after whole seconds, and this one is not to replace the first.
    drawn.backtest("--timerange", f"{middle}-", "--cache", "none")
    again = numbers(drawn.plot("--export-filename", str(first))["stop"]["y"])
    later = numbers(drawn.plot()["stop"]["y"])
    assert np.array_equal(before, again, equal_nan=True)
    assert np.isfinite(later).sum() < np.isfinite(before).sum()


def test_an_unreadable_audit_leaves_the_rest_of_the_plot(drawn: Charts) -> None:
    """Candles, trades and the user's line are drawn; the log says once what is missing."""
    for path in drawn.results.glob("robustop-audit-*.jsonl"):
        path.write_text(path.read_text() + "half a line")
    traces = drawn.plot(name="broken")
    assert {"Price", "Trade entry", "mean"} <= traces.keys()
    assert "stop" not in traces
    assert (drawn.userdir / "broken.log").read_text().count("the stops of BTC/USDT were not drawn") == 1
