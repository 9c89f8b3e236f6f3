"""The how-to for strategies with stops of their own: each example does what the page says, at the prices it names."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from robustop_plugin import RobustopMixin
from robustop_plugin.cli.main import main
from tests.conftest import ROOT
from tests.support.hand_candles import Candle, Signals, at
from tests.support.host import Host, Played
from tests.support.pages import blocks
from tests.support.trades import bought

PAGE = ROOT / "docs" / "how_to" / "keep_what_your_strategy_has.md"
EXAMPLES = ("Trails", "Follows", "TakesProfit", "TenTimes", "Averages")
CALM: Candle = (100.0, 100.4, 99.8, 100.2)
TO_110: list[Candle] = [CALM, (109.5, 110.0, 109.0, 109.5), (109.0, 109.2, 103.0, 103.5), CALM]
TO_107: list[Candle] = [CALM, (106.5, 107.0, 106.2, 106.5), (106.0, 106.2, 103.0, 103.5), CALM]


@pytest.fixture
def classes(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Return the classes of all examples by name, without and with robustop."""
    monkeypatch.syspath_prepend(str(ROOT / "strategies"))
    found: dict[str, Any] = {}
    for example in blocks(PAGE, "python"):
        exec(compile(example, str(PAGE), "exec"), found)  # noqa: S102 (the page of this repository)
    yield found
    sys.modules.pop("plain_trend", None)


def play(host: Host, strategy: type, candles: list[Candle], **body: Any) -> Played:
    """Backtest an example with entries on hand-written candles; `body` replaces options of its class."""
    names = ("populate_indicators", "populate_entry_trend", "populate_exit_trend")
    entries = {name: getattr(Signals, name) for name in names}
    return host.play(type("Mine", (strategy,), {**entries, **body}), candles)


def left(played: Played) -> tuple[Any, ...]:
    """Return price, reason and time of the only exit."""
    return played.trade.close_rate, played.trade.exit_reason, played.trade.close_date_utc


def stop_of(percent: float) -> dict[str, Any]:
    """Return the hand span with an initial stop that far away."""
    return {"engines": [{"name": "hand_span"}], "initial_stop": {"kind": "percent", "percent": percent}}


def test_every_section_has_its_example(classes: dict[str, Any]) -> None:
    """Each example is a strategy and the same one with the mixin first, whose own members are the block alone."""
    assert len(blocks(PAGE, "python")) == len(EXAMPLES)
    for name in EXAMPLES:
        protected = classes[f"{name}Protected"]
        assert protected.__bases__ == (RobustopMixin, classes[name])
        assert {key for key in vars(protected) if not key.startswith("_")} == {"robustop"}


def test_check_passes_and_says_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On futures, so that the leverage counts; the callbacks of the examples work beside robustop."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "plain_trend.py").write_bytes((ROOT / "strategies" / "plain_trend.py").read_bytes())
    for name, example in zip(EXAMPLES, blocks(PAGE, "python"), strict=True):
        (tmp_path / "strategies" / f"{name.lower()}.py").write_text(example)
    config = json.loads((ROOT / "config.json").read_text()) | {"trading_mode": "futures", "margin_mode": "isolated"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    names = [f"{name}Protected" for name in EXAMPLES]
    result = CliRunner().invoke(main, ["check", "--json", "--strategy-path", "strategies", "--strategy-list", *names])
    assert result.exit_code == 0, result.output
    reports = {report["strategy"]: report["findings"] for report in json.loads(result.stdout)}
    assert list(reports) == names
    details = {
        (name, finding["subject"]): finding["detail"]
        for name in names
        for finding in reports[name]
        if finding["verdict"] != "value"
    }
    assert "clamps the initial stop of 5 % to 3 %" in details["TenTimesProtected", "stoploss"]
    assert "the tightest of its stop and robustop's" in details["FollowsProtected", "Follows.custom_stoploss"]
    assert ("TrailsProtected", "trailing_stop") in details


def test_native_trail(host: Host, classes: dict[str, Any]) -> None:
    """The hand span is in force at 108; under one of 6 percent the native trail leaves at 104.50 as it does alone."""
    alone = left(play(host, classes["Trails"], TO_110))
    assert alone == (104.5, "trailing_stop_loss", at(2))
    assert left(play(host, classes["TrailsProtected"], TO_110)) == (108.0, "trailing_stop_loss", at(2))
    assert left(play(host, classes["TrailsProtected"], TO_110, robustop=stop_of(6.0))) == alone


def test_own_callback(host: Host, classes: dict[str, Any]) -> None:
    """The callback's 108.90 is tighter than 108; at 107 it has no stop, and the span's 104 is in force."""
    assert left(play(host, classes["FollowsProtected"], TO_110)) == (108.9, "trailing_stop_loss", at(2))
    assert left(play(host, classes["FollowsProtected"], TO_107)) == (104.0, "trailing_stop_loss", at(2))


def test_table_of_profits(host: Host, classes: dict[str, Any]) -> None:
    """The table's 103 is reached before the bracket's 104; without the table the bracket decides."""
    up: list[Candle] = [CALM, (102.0, 105.0, 101.9, 104.5), (104.5, 104.6, 104.4, 104.5), CALM]
    assert left(play(host, classes["TakesProfitProtected"], up)) == (103.0, "roi", at(1))
    without = left(play(host, classes["TakesProfitProtected"], up, minimal_roi={}))
    assert without == (104.0, "robustop_take_profit", at(1))


def test_leverage(host: Host, classes: dict[str, Any]) -> None:
    """At ten times leverage -0.30 bounds the first stop to 97; -0.50 leaves 95."""
    for stoploss, stop in ((-0.30, 97.0), (-0.50, 95.0)):
        entries = {"stoploss": stoploss, "populate_indicators": Signals.populate_indicators}
        backtesting = host.backtesting(type("Mine", (classes["TenTimesProtected"],), entries))
        assert bought(backtesting, leverage=10.0).stop_loss == stop


def test_averaging(host: Host, classes: dict[str, Any]) -> None:
    """The same stake at 97 makes an open rate of 98.48; the stop of the first entry stays at 94."""
    down: list[Candle] = [CALM, (97.0, 97.2, 96.8, 97.0), (96.8, 96.9, 93.0, 93.5), CALM]
    played = play(host, classes["AveragesProtected"], down)
    assert played.trade.nr_of_successful_entries == 2
    assert round(played.trade.open_rate, 2) == 98.48
    assert left(played) == (94.0, "stop_loss", at(2))
