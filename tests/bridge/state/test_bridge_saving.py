"""If only saving fails, the decided stop is still published.

The entry is 100, the stop 98; the candles lock breakeven at 100.15, then 102, then 104.
"""

from itertools import count
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence.custom_data import CustomDataWrapper

from robustop_plugin.bridge.state import store
from tests.support.bots import WIDE, Bot
from tests.support.fault_injection import UP, FullDisk, Watched, refuse
from tests.support.hand_candles import PAIR, Hand, at, block
from tests.support.host import Host, run
from tests.support.trades import in_database


def test_a_sink_that_refuses_costs_no_protection(host: Host) -> None:
    """Initial stop, moves and exit equal those of a run with a working audit."""
    backtesting = host.backtesting(Watched)
    backtesting.strategy._robustop.recorder.sink = FullDisk()
    played = run(backtesting, UP)
    assert played.strategy.seen == [98.0, 102.0, 104.0, 104.0]
    assert played.trade.close_rate == 104.0


def test_a_sink_that_breaks_later_costs_no_protection(host: Host) -> None:
    """The level of the last closed candle is applied at the open even though its record is rejected."""
    backtesting = host.backtesting(Watched, robustop=block(tighten={"after_hours": 0.25, "lag": 0.0}))
    sink = backtesting.strategy._robustop.recorder.sink
    sink.write = backtesting.strategy.breaks_from(3, sink.write)
    candles = [*UP[:2], (104.4, 104.45, 103.0, 104.3), (104.3, 104.4, 101.0, 101.2), (101.0,) * 4]
    played = run(backtesting, candles)
    assert (played.trade.close_rate, played.trade.exit_reason) == (104.0, "trailing_stop_loss")


def test_a_folder_that_cannot_be_written_costs_no_protection(
    host: Host, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With a file in the way the stops act, one message says so, and the records wait until the folder is writable."""
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    played = host.play(Watched, UP, exportdirectory=blocked)
    assert played.strategy.seen == [98.0, 102.0, 104.0, 104.0]
    assert played.records == []
    assert caplog.text.count("the audit waits in memory") == 1
    blocked.unlink()
    sink = played.strategy._robustop.recorder.sink
    sink.flush()
    assert len(sink.path.read_text().splitlines()) == len(host.play(Watched, UP).records)


def test_a_state_that_is_not_written_is_still_published(
    host: Host, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Freqtrade's custom data rejects every write: the stops equal those of a run where it does not."""
    monkeypatch.setattr(store, "keep_in_backtest", refuse)
    played = host.play(Watched, UP)
    assert played.strategy.seen == [98.0, 102.0, 104.0, 104.0]
    assert played.trade.close_rate == 104.0
    assert "was not written; the next loop tries again" in caplog.text


@pytest.mark.usefixtures("database")
def test_a_state_that_was_not_written_is_written_with_the_next(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a dry run the database fails once: the stop moves, and the next loop writes the state."""
    strategy, trade = host.start(Hand, runmode="dry_run", robustop=WIDE), in_database()
    with monkeypatch.context() as broken:
        broken.setattr(CustomDataWrapper, "set_custom_data", refuse)
        strategy.should_exit(trade, 111.0, at(1), enter=False, exit_=False)
    assert trade.stop_loss == 100.15
    assert trade.get_custom_data("robustop") is None
    strategy.analyze([])
    strategy.should_exit(trade, 112.0, at(2), enter=False, exit_=False)
    assert trade.get_custom_data("robustop")["memory"]["stop"] == 100.15


def test_a_backtest_writes_a_state_again_with_the_next_move(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breakeven at the open is not written; the next step, at the high of the same candle, writes it."""
    found: list[dict[str, Any]] = []

    class Looks(Hand):
        def should_exit(self, trade: Any, *args: Any, **kwargs: Any) -> list[Any]:
            exits = super().should_exit(trade, *args, **kwargs)
            found.append(trade.get_custom_data("robustop")["memory"])
            return exits

    works, calls = store.keep_in_backtest, count(1)

    def sometimes(*args: Any, **kwargs: Any) -> None:
        # The first call is the initial stop, the second breakeven.
        refuse() if next(calls) == 2 else works(*args, **kwargs)

    monkeypatch.setattr(store, "keep_in_backtest", sometimes)
    host.play(Looks, [(100.0, 100.0, 99.5, 100.0), (102.5, 104.5, 102.3, 102.5), (102.0,) * 4])
    assert next(calls) > 3
    assert (found[1]["stop"], found[1]["best"]) == (102.0, 104.5)


def test_nothing_is_written_where_nothing_changed(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot writes a state only if a check has changed it."""
    trade = in_database()
    bot.look(trade, 105.0)
    written: list[Any] = []
    monkeypatch.setattr(CustomDataWrapper, "set_custom_data", lambda **kwargs: written.append(kwargs))
    for candle, price in enumerate((105.0, 104.0, 105.0), start=2):
        bot.look(trade, price, candle)
    assert written == []
    bot.look(trade, 106.0, 5)
    assert len(written) == 1


@pytest.mark.parametrize("failing", ["sink", "state"])
def test_what_was_not_saved_is_counted_and_sent(
    host: Host, database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """A bot that cannot save its records or its state notifies the user, like any error that it survives."""
    bot, trade = Bot(host, tmp_path / "wide.jsonl", robustop=WIDE), in_database()
    bot.look(trade, 105.0)
    sent: list[str] = []
    monkeypatch.setattr(bot.strategy.dp, "send_msg", lambda text, **_: sent.append(text))
    if failing == "sink":
        bot.strategy._robustop.recorder.sink = FullDisk()
    else:
        monkeypatch.setattr(CustomDataWrapper, "set_custom_data", refuse)
    bot.look(trade, 111.0, 2)
    assert trade.stop_loss == 100.15
    assert bot.strategy._robustop.errors.failures > 0
    assert PAIR in sent[0]
