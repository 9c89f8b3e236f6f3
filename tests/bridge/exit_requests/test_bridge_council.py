"""The council: greed above the threshold with a bearish outlook sells, whatever the stops say."""

import logging
import math
from datetime import datetime, timedelta
from typing import Any

import pytest
from freqtrade.enums import CandleType, ExitType
from freqtrade.exceptions import OperationalException
from pandas import DataFrame

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings import load_settings
from tests.support.bots import Bot
from tests.support.hand_candles import BLOCK, PAIR, Candle, Hand, at
from tests.support.host import Host, run

COLUMNS = {"sentiment_column": "greed", "bearish_column": "bearish"}
LISTENS = {**BLOCK, "council": COLUMNS}
FLAT: list[Candle] = [
    (100.0, 100.5, 99.5, 100.0),
    (100.1, 100.5, 99.5, 100.0),
    (100.2, 100.5, 99.5, 100.0),
    (100.3, 100.5, 99.5, 100.0),
]


class Vetoes(Hand):
    """Refuses every exit."""

    def confirm_trade_exit(self, *args: Any, **kwargs: Any) -> bool:
        """Refuse."""
        return False


class Signals(Vetoes):
    """Signals an exit on the candle of the council's signal, and then refuses it."""

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Signal an exit on the candle of 100.1."""
        dataframe["exit_long"] = (dataframe.index == 2).astype(int)
        return dataframe


@pytest.mark.parametrize("strategy", [Hand, Vetoes, Signals])
def test_a_signal_of_the_last_closed_candle_sells_at_the_next_open(host: Host, strategy: type[Hand]) -> None:
    """The candle of 100.1 says sell, so the position exits at the next open; nothing vetoes it."""
    columns = {"greed": [50, 80.5, 81.0, 50, 50], "bearish": [0, 0, 1, 1, 1]}
    trade = host.play(strategy, FLAT, columns=columns, robustop=LISTENS).trade
    assert (trade.close_rate, trade.exit_reason) == (100.2, "robustop_council_sell")


def test_a_signal_at_the_entry_sells_at_the_first_open_after_it(host: Host) -> None:
    """The open of the entry candle lies before the fill: no exit there."""
    played = host.play(Hand, FLAT, columns={"greed": 99.0, "bearish": True}, robustop=LISTENS)
    assert (played.trade.close_rate, played.trade.exit_reason) == (100.1, "robustop_council_sell")
    assert [record["reason"] for record in played.of("exit")] == ["robustop_council_sell"]


def test_a_signal_at_the_entry_keeps_no_engine_from_its_work(host: Host) -> None:
    """The entry candle rises one span and falls back: breakeven is in force before the council acts."""
    candles = [(100.0, 102.5, 99.5, 101.0), *FLAT[1:]]
    trade = host.play(Hand, candles, columns={"greed": 99.0, "bearish": True}, robustop=LISTENS).trade
    assert trade.exit_reason == "trailing_stop_loss"


@pytest.mark.parametrize(
    ("greed", "bearish"),
    [(80.0, 1), (81.0, 0), (81.0, False), (math.nan, 1), (81.0, math.nan), (81.0, None), ("high", 1)],
)
def test_no_signal(host: Host, greed: Any, bearish: Any) -> None:
    """At the threshold, without a bearish outlook, or without a number, nothing is sold."""
    columns = {"greed": [greed] * 5, "bearish": [bearish] * 5}
    assert host.play(Hand, FLAT, columns=columns, robustop=LISTENS).trade.exit_reason == "force_exit"


def test_a_missing_column_is_told_of_once(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """A missing column gives no signal and one warning."""
    assert host.play(Hand, FLAT, columns={"greed": 99.0}, robustop=LISTENS).trade.exit_reason == "force_exit"
    assert [record.getMessage() for record in caplog.records if "council" in record.getMessage()] == [
        f"robustop: the council gives no signal for {PAIR}: no column bearish in the strategy's candles"
    ]


def test_a_threshold_and_columns_of_its_own_for_a_pair(host: Host) -> None:
    """Pair settings take precedence."""
    own = {**LISTENS, "pairs": {PAIR: {"council": {"greed_above": 40, "bearish_column": "low_mood"}}}}
    columns = {"greed": 41.0, "bearish": 0, "low_mood": 1}
    assert host.play(Hand, FLAT, columns=columns, robustop=own).trade.exit_reason == "robustop_council_sell"


def test_the_next_backtest_of_the_same_strategy_knows_nothing_of_this_one(host: Host) -> None:
    """The same candles without the signal, in the same process with the same strategy: nothing is sold."""
    backtesting = host.backtesting(Hand, robustop=LISTENS)
    sold = run(backtesting, FLAT, columns={"greed": 99.0, "bearish": 1})
    kept = run(backtesting, FLAT, columns={"greed": 0.0, "bearish": 1})
    assert [played.trade.exit_reason for played in (sold, kept)] == ["robustop_council_sell", "force_exit"]


def test_a_signal_is_asked_for_once_a_candle_and_backtest(host: Host) -> None:
    """It is cached within a candle, but not across backtests."""

    class Turns:
        answers = iter((True, False, True))

        def is_active(self, pair: str, now: datetime) -> bool:
            return next(self.answers)

    councils = host.start(Hand, robustop=LISTENS)._robustop.exit_requests._councils
    councils._signals[PAIR] = Turns()
    assert [councils.sell_requested(PAIR, at(number) + timedelta(seconds=2)) for number in (1, 1, 2, 2)] == [
        True,
        True,
        False,
        False,
    ]
    councils.start_over()
    assert councils.sell_requested(PAIR, at(2))


@pytest.mark.parametrize(
    ("council", "named"),
    [
        ({"sentiment_column": "greed"}, "robustop.council.bearish_column was None: name the column"),
        ({"bearish_column": "bearish"}, "robustop.council.sentiment_column was None: name the column"),
        ({"producer": "sentinel"}, "robustop.council.sentiment_column was None: name the column"),
        ({**COLUMNS, "producer": ""}, "robustop.council.producer was ''"),
    ],
)
def test_half_a_council_is_refused(council: dict[str, Any], named: str) -> None:
    """A signal needs both columns."""
    with pytest.raises(InvalidSettings) as caught:
        load_settings({**BLOCK, "council": council})
    assert str(caught.value).startswith(named)


PRODUCER = {"name": "sentinel", "host": "127.0.0.1", "port": 1, "ws_token": "x"}
CONSUMER = {"external_message_consumer": {"enabled": True, "producers": [PRODUCER]}}
HEARS = {**BLOCK, "council": {**COLUMNS, "producer": "sentinel"}}


def hear(bot: Bot, greed: float, seconds_ago: float = 0.0) -> None:
    """Deliver a producer's candle to Freqtrade, analyzed this long before the second candle."""
    frame = DataFrame({"date": [at(1)], "greed": [greed], "bearish": [1]})
    analyzed = at(2) - timedelta(seconds=seconds_ago)
    bot.strategy.dp._replace_external_df(PAIR, frame, analyzed, "5m", CandleType.SPOT, "sentinel")


@pytest.mark.usefixtures("database")
def test_a_producer_speaks_until_its_candles_are_stale(
    host: Host, tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Two candles of five minutes are fresh enough, a second more is not; that is reported once."""
    bot = Bot(host, tmp_path / "audit", robustop=HEARS, **CONSUMER)
    trade = bot.bought()
    assert bot.look(trade, 100.0, 2) == []
    hear(bot, 81.0, seconds_ago=601)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert bot.look(trade, 100.0, 2) == []
            bot.strategy._robustop.open_trades.of(trade).requests = None
    assert caplog.text.count("too old in the candles of producer sentinel") == 1
    hear(bot, 81.0, seconds_ago=600)
    assert bot.look(trade, 100.0, 2) == [(ExitType.CUSTOM_EXIT, "robustop_council_sell")]
    hear(bot, 80.0)
    assert bot.look(trade, 100.0, 3) == []


def test_a_producer_that_freqtrade_does_not_listen_to_is_refused(host: Host) -> None:
    """A bot does not start with a name that is not among the producers."""
    wrong = {**BLOCK, "council": {**COLUMNS, "producer": "oracle"}}
    with pytest.raises(OperationalException, match=r"council\.producer was 'oracle': Freqtrade listens to 'sentinel'"):
        host.start(Hand, runmode="dry_run", robustop=wrong, **CONSUMER)
    with pytest.raises(OperationalException, match="listens to nobody"):
        host.start(Hand, runmode="dry_run", robustop=wrong)
