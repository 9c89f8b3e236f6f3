"""The comparison of a shadow with what happened, from records written by hand."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from robustop_plugin.audit.shadow import as_json, as_lines, comparisons, totals
from robustop_plugin.cli.audit import audit_command

OPENED = 1_700_000_000_000


def record(sequence: int, action: str, *, trade: int = 1, engine: str | None = None, **facts: Any) -> dict[str, Any]:
    """Return a record of a shadow."""
    return {
        "token": f"{trade}:{OPENED + trade}:{sequence}:engines",
        "time": 100.0 * sequence,
        "trade_id": trade,
        "pair": "BTC/USDT",
        "side": 1,
        "action": action,
        "price": 100.0 + sequence,
        "engine": engine,
        "reason": "stop_loss" if engine is None else "exit_signal",
        "facts": {"shadow": "engines", **facts},
    }


def life(trade: int, profit: float, host_profit: float) -> list[dict[str, Any]]:
    """Return the records of one trade, which risked 10."""
    outcome = {"profit": profit, "risk": 10.0, "currency": "USDT"}
    return [
        record(1, "initial", trade=trade),
        record(2, "move", trade=trade, engine="hand_span"),
        record(3, "reduce", trade=trade),
        record(4, "closed", trade=trade, **outcome),
        record(9, "closed", trade=trade, engine="host", **outcome, host_profit=host_profit),
    ]


def test_what_would_have_happened_stands_beside_what_happened() -> None:
    """Price, reason, money and R of both, and what the shadow did."""
    (one,) = comparisons(life(1, 25.0, -5.0))
    assert (one.trade_id, one.pair, one.opened, one.moves, one.sales) == (1, "BTC/USDT", (OPENED + 1) / 1000, 1, 1)
    assert one.happened is not None
    assert (one.happened.price, one.happened.reason, one.happened.profit, one.happened.r) == (
        109.0,
        "exit_signal",
        -5.0,
        -0.5,
    )
    assert one.shadowed is not None
    assert (one.shadowed.price, one.shadowed.reason, one.shadowed.profit, one.shadowed.r) == (
        104.0,
        "stop_loss",
        25.0,
        2.5,
    )


def test_the_sums_are_of_complete_comparisons() -> None:
    """A trade that is still open is shown, and is in no sum."""
    records = [*life(1, 25.0, -5.0), *life(2, 1.0, 4.0), *life(3, 50.0, 0.0)[:4]]
    compared = comparisons(records)
    assert [one.is_complete for one in compared] == [True, True, False]
    (total,) = totals(compared)
    assert (total.trades, total.better, total.worse) == (2, 1, 1)
    assert (total.profit, total.shadow_profit) == (-1.0, 26.0)
    assert (total.r, total.shadow_r) == (pytest.approx(-0.1), pytest.approx(2.6))
    lines = list(as_lines(compared))
    assert "+30.00 USDT" in lines[1]
    assert lines[-2].endswith("happened -1.00 USDT (-0.10 R), in shadow +26.00 USDT (+2.60 R)")
    assert lines[-1] == "1 more are still open, and in no sum"
    assert [len(part) for part in as_json(compared).values()] == [3, 1]


def test_what_robustop_has_done_is_no_shadow() -> None:
    """Records without the fact are left out, and two shadows of one trade are two comparisons."""
    acted = [{**one, "facts": {}} for one in life(1, 1.0, 1.0)]
    second = [
        {**one, "facts": {**one["facts"], "shadow": "shadow.engines"}, "token": f"{one['token']}2"}
        for one in life(1, 3.0, 1.0)
    ]
    assert comparisons(acted) == []
    assert [one.shadow for one in comparisons([*acted, *life(1, 2.0, 1.0), *second])] == ["engines", "shadow.engines"]


def asked(tmp_path: Path, records: list[dict[str, Any]], *options: str) -> tuple[int, str]:
    """Return exit status and output of the command about a file of records."""
    path = tmp_path / "audit.jsonl"
    path.write_text("".join(f"{json.dumps(one)}\n" for one in records))
    answer = CliRunner().invoke(audit_command, ["--file", str(path), "--shadow", *options])
    return answer.exit_code, answer.output


def test_the_command_compares(tmp_path: Path) -> None:
    """The table has a line per trade and one per sum; without a shadow there is nothing to compare."""
    status, output = asked(tmp_path, life(1, 25.0, -5.0))
    assert status == 0
    assert "+30.00 USDT" in output
    assert "1 trades, 1 better and 0 worse in shadow, 0 ended together" in output
    assert asked(tmp_path, [{**one, "facts": {}} for one in life(1, 1.0, 1.0)])[0] == 1
    assert asked(tmp_path, life(1, 1.0, 1.0), "--export", "csv", "--output", str(tmp_path / "out.csv"))[0] == 2
