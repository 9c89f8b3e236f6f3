"""FreqUI's chart of a running bot has the stops, and its API the state; a failing audit harms neither chart nor bot."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.scene import Scene, scene

BLOCK = {
    "engines": [{"name": "r_ladder", "rungs": [[1.0, "breakeven"], [2.0, 1.0], [4.0, 1.0]]}],
    "initial_stop": {"kind": "percent", "percent": 2.0},
    "breakeven": {"mode": "percent"},
    "partials": [[2.0, 0.5]],
    "plots": True,
}
OWN = """
    plot_config = {"main_plot": {"mine": {"color": "red"}}, "subplots": {"Below": {"other": {}}}}

    def plot_annotations(self, pair, start_date, end_date, dataframe, **kwargs):
        return [{"type": "line", "start": start_date, "end": end_date, "y_start": 1.0, "y_end": 1.0, "label": "mine"}]
"""


def chart(now: Scene) -> dict[str, Any]:
    """Return what FreqUI gets for the chart of BTC."""
    return dict(now.bot.rest("/pair_candles?pair=BTC/USDT&timeframe=5m&limit=200"))


def column(drawn: dict[str, Any], name: str) -> Any:
    """Return the value of a column at the last candle."""
    return drawn["data"][-1][drawn["columns"].index(name)]


def lines(drawn: dict[str, Any], color: str) -> list[float]:
    """Return the prices of the lines of a color, in their order."""
    found = [note for note in drawn["annotations"] if note["type"] == "line" and note.get("color") == color]
    return [note["y_start"] for note in found]


def test_the_chart_of_a_bot(tmp_path: Path) -> None:
    """Bought at 60000 with the stop at 58800, R is 1200; at 2R the stop trails to 61240, and 4R comes next."""
    with scene(tmp_path, BLOCK, more=OWN) as now:
        assert [note["label"] for note in chart(now)["annotations"]] == ["mine"]
        now.price("BTC", 59999.99)
        entered = now.enter("BTC", "long", 60000)
        first = chart(now)
        assert column(first, "robustop_stop") == entered["stop_loss_abs"] == 58800.0
        assert column(first, "robustop_next_rung") == pytest.approx(61200)
        assert {"1R = 2.00%", "1R: breakeven"} <= {note.get("label") for note in first["annotations"]}
        now.price("BTC", 62440)
        now.bot.eventually(lambda: len(now.trade()["orders"]) == 2, "the sale")
        trade = now.settle()
        assert trade["stop_loss_abs"] == pytest.approx(62440 - 1200)
        drawn = chart(now)
        expected = [column(drawn, name) for name in ("robustop_stop", "robustop_entry", "robustop_next_rung")]
        assert expected == [trade["stop_loss_abs"], 60000.0, pytest.approx(64800)]
        assert lines(drawn, "#ff9800") == [trade["stop_loss_abs"]]
        plot_config = now.bot.rest("/plot_config")
        assert plot_config["subplots"] == {"Below": {"other": {}}}
        assert plot_config["main_plot"]["mine"] == {"color": "red"}
        assert "type" not in plot_config["main_plot"]["robustop_stop"]
        state_is_readable(now, trade)
        break_audit(now.bot.database)
        assert [note["label"] for note in chart(now)["annotations"]] == ["mine"]
        assert [note["label"] for note in chart(now)["annotations"]] == ["mine"]
        assert now.bot.log.read_text().count("the stops of BTC/USDT were not drawn") == 1
        now.pass_loops(2)
        assert now.trade()["stop_loss_abs"] == trade["stop_loss_abs"]


def state_is_readable(now: Scene, trade: dict[str, Any]) -> None:
    """The API serves the state as an object; Telegram's /list_custom_data shows the same entry."""
    (entry,) = now.bot.rest(f"/trades/{trade['trade_id']}/custom-data")
    (opened,) = now.bot.rest("/trades/open/custom-data?key=robustop")
    assert opened == entry
    (data,) = entry["custom_data"]
    assert (data["key"], data["type"]) == ("robustop", "dict")
    state = data["value"]
    assert state["memory"]["stop"] == trade["stop_loss_abs"]
    assert state["position"]["entry"] == trade["open_rate"]
    assert state["memory"]["phase"] == "PARTIAL_PROFIT_TAKEN"


def break_audit(database: Path) -> None:
    """Make the audit unreadable."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("alter table robustop_audit rename column facts to broken")
