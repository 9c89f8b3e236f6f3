"""In a backtest, robustop's entry of Freqtrade's custom data reads like one that Freqtrade has written."""

import json
from typing import Any

import pytest
from freqtrade.persistence.custom_data import CustomDataWrapper, _CustomData

from robustop_plugin.bridge.state import backtest_data, store
from robustop_plugin.core.trade_state import TradeState, to_dict
from tests.support.hand_candles import Candle, Hand
from tests.support.host import Host

UP: list[Candle] = [
    (100.0, 101.9, 99.5, 101.5),
    (102.8, 104.5, 102.6, 104.4),
    (104.4, 106.4, 104.2, 106.3),
    (106.3, 106.4, 103.0, 103.1),
    (103.0,) * 4,
]
"""With a stop at 98: breakeven, then locks at 102 and 104, and the exit at 104."""
KEY = "robustop"


class Reads(Hand):
    """Reads the custom data of its trade after every candle, in each way that Freqtrade offers."""

    found: list[tuple[Any, ...]]

    def bot_start(self, **kwargs: Any) -> None:
        """Start with nothing recorded."""
        self.found = []

    def should_exit(self, trade: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """Record after Freqtrade's decision."""
        exits = super().should_exit(trade, *args, **kwargs)
        entry = trade.get_custom_data_entry(KEY)
        (listed,) = trade.get_all_custom_data()
        self.found.append((trade.get_custom_data(KEY), entry.cd_type, entry.cd_value, listed.value))
        return exits


def test_it_reads_as_if_freqtrade_had_written_it(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Value, type and text are equal to those of Freqtrade's own entry, after every candle."""
    ours = host.play(Reads, UP).strategy.found

    def written(trade_id: int, key: str, state: TradeState) -> None:
        CustomDataWrapper.set_custom_data(trade_id, key, to_dict(state))

    monkeypatch.setattr(store, "keep_in_backtest", written)
    theirs = host.play(Reads, UP).strategy.found
    assert [value["memory"]["stop"] for value, *_ in theirs] == [98.0, 102.0, 104.0, 104.0]
    assert ours == theirs


def test_nothing_is_made_of_it_that_nobody_reads(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a reader, no state of a backtest becomes plain data."""
    made: list[TradeState] = []
    monkeypatch.setattr(backtest_data, "to_dict", made.append)
    monkeypatch.setattr(store, "to_dict", made.append)
    played = host.play(Hand, UP)
    assert played.trade.close_rate == 104.0
    assert made == []


def test_what_was_read_does_not_change_with_the_next_move(host: Host) -> None:
    """A value that a strategy has read and kept stays as it was."""
    found = host.play(Reads, UP).strategy.found
    assert [json.loads(text) for *_, text, _ in found] == [value for value, *_ in found]
    assert len({text for *_, text, _ in found}) > 1


def test_a_strategy_may_overwrite_it(host: Host) -> None:
    """What a strategy writes under the key is read back, until the next move writes the state again."""

    class Overwrites(Hand):
        found: list[Any]

        def bot_start(self, **kwargs: Any) -> None:
            self.found = []

        def should_exit(self, trade: Any, *args: Any, **kwargs: Any) -> list[Any]:
            exits = super().should_exit(trade, *args, **kwargs)
            trade.set_custom_data(KEY, {"mine": len(self.found)})
            self.found.append((trade.get_custom_data(KEY), len(CustomDataWrapper.custom_data)))
            return exits

    played = host.play(Overwrites, UP)
    assert played.strategy.found == [({"mine": number}, 1) for number in range(4)]
    assert played.trade.close_rate == 104.0


def test_an_entry_of_the_strategys_own_is_replaced(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trade has one entry under the key, whoever has written the first."""
    works = store.keep_in_backtest

    def second(trade_id: int, key: str, state: TradeState) -> None:
        entry = _CustomData(ft_trade_id=trade_id, cd_key=key, cd_type="dict", cd_value="{}")
        CustomDataWrapper.custom_data[:] = [entry]
        works(trade_id, key, state)

    monkeypatch.setattr(store, "keep_in_backtest", second)
    found = host.play(Reads, UP).strategy.found
    assert [value["memory"]["stop"] for value, *_ in found] == [98.0, 102.0, 104.0, 104.0]
