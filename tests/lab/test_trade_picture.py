"""The picture of a trade: candles, the path of the stop, entry and exit, read back from the SVG."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robustop_plugin.lab.compare import Candles
from robustop_plugin.runner.process import BacktestResult
from tests.support.pictures import Picture

pytest.importorskip("matplotlib", reason='pictures: pip install "robustop[report]"')

from robustop_plugin.lab.pictures.trade import draw_best_trade, draw_trade

MINUTES_5 = 300_000
CANDLES = Candles(
    np.arange(4) * MINUTES_5,
    np.array([101.0, 106.0, 104.0, 150.0]),
    np.array([99.0, 100.0, 97.0, 90.0]),
)
TRADE: dict[str, Any] = {
    "pair": "$A$/USDT",
    "open_timestamp": 0,
    "close_timestamp": 3 * MINUTES_5,
    "open_rate": 100.0,
    "close_rate": 100.15,
    "profit_ratio": 0.0015,
    "exit_reason": "trailing_stop_loss",
}
INITIAL = {"action": "initial", "pair": "$A$/USDT", "time": 0.0, "price": 100.0, "new_stop": 95.0, "trade_id": 1}
MOVED = {**INITIAL, "action": "move", "time": 600.0, "new_stop": 100.15}


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    """Return the picture of a trade whose stop moved once."""
    draw_trade(TRADE, [INITIAL, MOVED], CANDLES, tmp_path / "trade.svg")
    return Picture(tmp_path / "trade.svg")


def test_the_path_of_the_stop_has_a_corner_for_each_record_and_ends_at_the_exit(picture: Picture) -> None:
    """The stop is flat, jumps when it moves, and is flat until the exit."""
    # matplotlib writes the end of a step twice.
    (_, x0, y0), (_, x1, y1), (_, x2, y2), (_, x3, y3) = dict.fromkeys(picture.points("stop"))
    assert (x1, y0, y2) == (x2, y1, y3)
    assert x0 < x1 < x3
    assert y0 < y2
    assert picture.marks("exit") == [(x3, y3)]


def test_every_candle_is_a_bar_from_its_low_to_its_high(picture: Picture) -> None:
    """Each candle is one vertical stroke, and the longest has the widest range."""
    points = picture.points("candles")
    assert [command for command, _, _ in points] == ["M", "L"] * len(CANDLES.opened)
    lengths = [high[2] - low[2] for low, high in zip(points[::2], points[1::2], strict=True)]
    assert all(low[1] == high[1] for low, high in zip(points[::2], points[1::2], strict=True))
    assert np.argsort(lengths).tolist() == np.argsort(CANDLES.high - CANDLES.low).tolist()


def test_the_picture_says_what_it_shows(picture: Picture) -> None:
    """Title, legend and axes are text, and a dollar sign in a pair stays a dollar sign."""
    for words in ("$A$/USDT: 1 stop moves, profit 0.15 %", "entry at 100", "exit: trailing_stop_loss at 100.15"):
        assert words in picture.words
    for axis in ("price", "time (UTC)", "R"):
        assert axis in picture.words.splitlines()


def test_candles_long_before_and_after_the_trade_are_left_out(tmp_path: Path) -> None:
    """Twelve candles are shown before and after the trade."""
    many = np.arange(100)
    candles = Candles(many * MINUTES_5, many + 101.0, many + 99.0)
    trade = {**TRADE, "open_timestamp": 40 * MINUTES_5, "close_timestamp": 50 * MINUTES_5}
    draw_trade(trade, [{**INITIAL, "time": 40 * 300.0}], candles, tmp_path / "trade.svg")
    assert len(Picture(tmp_path / "trade.svg").points("candles")) == 2 * (10 + 2 * 12)


def test_without_any_stop_there_is_no_picture(tmp_path: Path) -> None:
    """A backtest without trades draws nothing and returns False."""
    nothing = BacktestResult("S", {"trades": []}, [], tmp_path)
    assert not draw_best_trade(nothing, tmp_path, "5m", tmp_path / "trade.svg")
    assert list(tmp_path.iterdir()) == []
