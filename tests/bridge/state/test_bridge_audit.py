"""The audit of a backtest records each stop move once, in order, with its cause."""

import json
from typing import Any

import pytest

from tests.support.hand_candles import Candle, Hand, at, block
from tests.support.host import Host

CANDLES: list[Candle] = [
    (100.0, 101.9, 99.5, 101.5),
    (102.8, 104.5, 102.6, 104.4),
    (104.4, 106.4, 104.2, 106.3),
    (106.3, 106.4, 103.0, 103.1),
    (100.0, 100.5, 99.5, 99.6),
    (99.6, 99.7, 97.0, 97.1),
    (97.0, 97.5, 96.5, 97.0),
    (97.0,) * 4,
]
"""One trade from 100 over 100.15, 102 and 104 to its exit at 104, another from 100 to its exit at 98."""

NAMES = ("trade_id", "time", "action", "price", "old_stop", "new_stop", "engine", "rule", "phase", "reason")
RISK, SAFE = "INITIAL_RISK", "BREAKEVEN_PROTECTED"


def moment(candle: int) -> float:
    """Return when a candle opens, in seconds since the epoch."""
    return at(candle).timestamp()


def test_one_record_per_event(host: Host) -> None:
    """Two trades leave nine records, worked out by hand."""
    played = host.play(Hand, CANDLES, signals=(0, 4, 6))
    first, second, third = (trade.id for trade in sorted(played.trades, key=lambda trade: trade.open_date))
    hand = "hand_span"
    assert [tuple(record[name] for name in NAMES) for record in played.records] == [
        (first, moment(0), "initial", 100.0, None, 98.0, None, "initial", RISK, None),
        (first, moment(1), "move", 102.8, 98.0, 100.15, hand, "breakeven", SAFE, None),
        (first, moment(1), "move", 104.5, 100.15, 102.0, hand, "trail", SAFE, None),
        (first, moment(2), "move", 106.4, 102.0, 104.0, hand, "trail", SAFE, None),
        (first, moment(3), "closed", 104.0, 104.0, 104.0, None, None, SAFE, "trailing_stop_loss"),
        (second, moment(4), "initial", 100.0, None, 98.0, None, "initial", RISK, None),
        (second, moment(5), "closed", 98.0, 98.0, 98.0, None, None, RISK, "stop_loss"),
        (third, moment(6), "initial", 97.0, None, 95.06, None, "initial", RISK, None),
        (third, moment(7), "closed", 97.0, 95.06, 95.06, None, None, RISK, "force_exit"),
    ]


def test_tokens_are_unique_and_count_from_one(host: Host) -> None:
    """A token is the trade, the moment of its opening in milliseconds, and a number without gaps."""
    records = host.play(Hand, CANDLES, signals=(0, 4, 6)).records
    tokens = [record["token"] for record in records]
    assert len(set(tokens)) == len(tokens)
    counted: dict[str, list[int]] = {}
    for record in records:
        trade, opened, number = record["token"].split(":")
        assert int(trade) == record["trade_id"]
        counted.setdefault(opened, []).append(int(number))
    opened = [str(int(1000 * moment(candle))) for candle in (0, 4, 6)]
    assert counted == {opened[0]: [1, 2, 3, 4, 5], opened[1]: [1, 2], opened[2]: [1, 2]}


def test_the_facts_are_those_of_the_decision(host: Host) -> None:
    """Each record has the facts of its decision: entry, initial stop, grid, best price, ATR and level."""
    columns = {"robustop_atr": [2.0, 1.0, 1.0, 1.0, *[1.0] * 5]}
    played = host.play(Hand, CANDLES, columns=columns, robustop=block(adaptive={"min_scale": 0.5}))
    initial, move = played.records[0], played.of("move")[0]
    facts: dict[str, Any] = {"entry": 100.0, "initial_stop": 98.0, "tick_size": 0.01, "atr_at_entry": 2.0}
    facts |= {"leverage": 1.0, "liquidation": None}
    assert initial["facts"].items() >= {**facts, "best": 100.0, "atr": 2.0, "level": None}.items()
    # The ATR has halved, and so has the span: 102.8 is two spans of 1 and locks the first.
    assert move["facts"].items() >= {**facts, "best": 102.8, "atr": 1.0, "level": 101.0}.items()
    assert (move["pair"], move["side"]) == ("HAND/USDT", 1)


def test_the_file_stands_beside_the_results(host: Host) -> None:
    """One file per run, of strict JSON, named after the strategy; no file if Freqtrade exports nothing."""
    host.play(Hand, CANDLES)
    host.play(Hand, CANDLES)
    files = sorted(host.folder.iterdir())
    assert len(files) == 2
    assert all(file.name.startswith("robustop-audit-Hand-") and file.suffix == ".jsonl" for file in files)
    assert files[0].read_text() == files[1].read_text()
    for line in files[0].read_text().splitlines():
        json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    host.play(Hand, CANDLES, export="none")
    host.play(Hand, CANDLES, runmode="hyperopt")
    assert len(list(host.folder.iterdir())) == 2
