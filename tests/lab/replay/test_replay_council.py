"""Parity of the council: exits that columns of the strategy request, as Freqtrade makes them."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from robustop_plugin.bridge.exit_requests.council import ColumnSignal, Frames
from robustop_plugin.lab.replay.loader.sell_signals import sells
from robustop_plugin.settings import Council
from robustop_plugin.venue.datadir import markets_of
from tests.support.replays import ROOT, Bench, bench, embedded_bench

pytest.importorskip("numba")

STRATEGIES = f"""
import sys
sys.path.append({str(ROOT / "strategies")!r})
from hand_span_trend import HandSpanTrend as Spot
from two_way_trend import TwoWayTrend as Futures


def with_moods(dataframe):
    dataframe = dataframe.copy()
    low, high = dataframe["low"].rolling(30).min(), dataframe["high"].rolling(30).max()
    dataframe["mood"] = 100 * (dataframe["close"] - low) / (high - low)
    dataframe["bearish"] = dataframe["close"] < dataframe["open"]
    return dataframe


class MoodySpot(Spot):
    def populate_entry_trend(self, dataframe, metadata):
        return with_moods(super().populate_entry_trend(dataframe, metadata))


class MoodyFutures(Futures):
    def populate_indicators(self, dataframe, metadata):
        return with_moods(super().populate_indicators(dataframe, metadata))
"""
COUNCIL = {"sentiment_column": "mood", "bearish_column": "bearish", "greed_above": 80}
HAND, GUARD = {"name": "hand_span"}, {"name": "atr_guard"}
BLOCKS: dict[str, dict[str, Any]] = {
    "alone": {"engines": [HAND]},
    "tight stops": {"engines": [GUARD], "initial_stop": {"kind": "percent", "percent": 0.5}, "time_stop_hours": 2.0},
    "parts and closes": {
        "engines": [{**HAND, "portion": 0.4}],
        "partials": [[0.3, 0.5]],
        "breakeven": {"mode": "exact"},
        "anchor": "candle",
    },
    "parts": {
        "engines": [HAND],
        "partials": [[0.3, 0.5], [0.6, "rest"]],
        "initial_stop": {"kind": "atr", "multiplier": 2.0},
    },
    "one pair": {"engines": [HAND], "council": None, "pairs": {"ETH/USDT": {"council": COUNCIL}}},
    "a producer": {"engines": [HAND], "council": {**COUNCIL, "producer": "somebody"}},
    "a limit": {"engines": [HAND], "max_drawdown_percent": 0.2},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with strategies that have moods."""
    made = tmp_path_factory.mktemp("moods")
    (made / "moods.py").write_text(STRATEGIES)
    return made


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return a week of the embedded market, of which three days warm the averages up."""
    with embedded_bench(tmp_path_factory.mktemp("council"), days=7) as served:
        yield served


@pytest.mark.parametrize("name", BLOCKS)
def test_the_council_sells_as_in_the_host(
    embedded: Bench, folder: Path, name: str, tell: Callable[[str], None]
) -> None:
    """Its exits come at the open after the candle that asks for them, before signals, but not at a stop that is hit."""
    block = {"council": COUNCIL, **BLOCKS[name]}
    over = {"position_adjustment_enable": "partials" in block}
    hosts, replayed = embedded.both(block, "--strategy-path", str(folder), strategy="MoodySpot", **over)
    reasons = Counter(row[-1] for row in hosts)
    tell(f"{len(hosts)} trades equal: {dict(reasons)}")
    assert replayed == hosts
    assert (reasons["robustop_council_sell"] > 2) is (name != "a producer")


@pytest.mark.candles
@pytest.mark.parametrize("words", [(), ("--timeframe", "15m", "--timeframe-detail", "5m")], ids=["plain", "detail"])
def test_the_council_sells_on_futures_as_in_the_host(
    candles: Path,
    tmp_path_factory: pytest.TempPathFactory,
    folder: Path,
    words: tuple[str, ...],
    tell: Callable[[str], None],
) -> None:
    """Long and short; with detail candles a trade may leave in the main candle of its entry, but not at the entry."""
    pairs = ("BTC/USDT:USDT", "SUI/USDT:USDT")
    markets = [market for market in markets_of(candles) if market.pair in pairs]
    with bench(markets, candles, tmp_path_factory.mktemp("futures"), "20240129-20240202", futures=True) as futures:
        for name in ("alone", "parts and closes"):
            block = {"council": COUNCIL, **BLOCKS[name]}
            over = {"position_adjustment_enable": "partials" in block}
            path = ("--strategy-path", str(folder))
            hosts, replayed = futures.both(block, *path, *words, strategy="MoodyFutures", **over)
            tell(f"{len(hosts)} trades equal: {dict(Counter(row[-1] for row in hosts))}")
            assert replayed == hosts
            assert "robustop_council_sell" in {row[-1] for row in hosts}


VALUES: list[Any] = [81.0, 80.0, float("nan"), float("inf"), None, "90", "much", True, 0, pd.Timestamp(0), 10**400]


@pytest.mark.parametrize("kind", [None, "Float64", "string"])
def test_columns_of_any_kind_are_read_as_the_bot_reads_them(kind: str | None) -> None:
    """Numbers in texts count, and what is no number is no signal."""
    values: list[Any] = VALUES if kind is None else [81.0, None, 79.0]
    rows = [(mood, bear) for mood in values for bear in values]
    frame = pd.DataFrame(
        {
            name: pd.Series(column, dtype=kind or object)
            for name, column in zip("mb", zip(*rows, strict=True), strict=True)
        }
    )
    council = Council(sentiment_column="m", bearish_column="b")
    found = sells(frame, council).tolist()
    for count in range(1, len(frame) + 1):
        seen = frame.iloc[:count]
        signal = ColumnSignal(council, Frames("", lambda _, seen=seen: (seen, datetime.now(UTC)), 60.0, ages=False))
        try:
            assert found[count - 1] is bool(signal.is_active("A/USDT", datetime.now(UTC)))
        except OverflowError:
            # The bot survives the error without a signal.
            assert not found[count - 1]
    assert any(found)
    assert not all(found)
    assert not sells(frame, Council(sentiment_column="m", bearish_column="missing")).any()
