"""The tables about stops on the exchange: `python benchmarks/stops_table.py` prints those of benchmarks/latest.json."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from gate import ENGINES
from stops import ROOT

BOTS = ("plain", "robustop")
UNPROTECTED = {
    "first_ms": "entry's fill to first stop",
    "first_cpu_ms": "CPU of the bot until the first stop",
    "update_ms": "one stop to the next",
    "update_cpu_ms": "CPU of the bot until the next stop",
}


def markdown_of_stops(figures: Mapping[str, Any]) -> str:
    """Return the tables of the parts that were measured; empty if none was."""
    bots = [*_of_unprotected(figures.get("unprotected", {})), *_of_many(figures.get("many_stops"))]
    orders = list(_of_gate(figures.get("gate", {})))
    tables = []
    if bots:
        tables.append(["| measured | Freqtrade | robustop |", "|---|---:|---:|", *bots])
    if orders:
        head = "| pair | engine | orders, one per new best | sent | part |"
        tables.append([head, "|---|---|---:|---:|---:|", *orders])
    return "\n\n".join("\n".join(table) for table in tables)


def _of_unprotected(found: Mapping[str, Any]) -> Iterator[str]:
    for figure, name in UNPROTECTED.items():
        for market, of_market in found.items():
            yield _row(f"{name}, {market}", *(f"{of_market[bot][figure]:,.1f} ms" for bot in BOTS))


def _of_many(found: Mapping[str, Any] | None) -> Iterator[str]:
    if not found:
        return
    count = found["positions"]
    for market, name in (("still", "no price moves"), ("rising", "every price at a new high")):
        of_market = found[market]
        seconds = (f"{of_market[bot]['cpu_seconds']:.2f} s" for bot in BOTS)
        yield _row(f"CPU of a loop, {count} positions, {name}", *seconds)
        yield _row(f"commits of that loop, {name}", *(f"{of_market[bot]['commits']:.0f}" for bot in BOTS))
        yield _row(f"writes of robustop's own, {name}", *(f"{of_market[bot]['own_writes']:.0f}" for bot in BOTS))
    yield _row("one decision, 99th percentile of its CPU", "", f"{found['decision_p99_us']:.0f} µs")


def _of_gate(found: Mapping[str, Any]) -> Iterator[str]:
    for pair, of_pair in found.items():
        for engine in ENGINES:
            one = of_pair[engine]
            part = "" if one["ratio"] is None else f"{one['ratio']:.2f}"
            yield _row(pair, f"`{engine}`", f"{one['each_best']:,}", f"{one['gated']:,}", part)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(markdown_of_stops(json.loads((ROOT / "benchmarks" / "latest.json").read_text(encoding="utf-8"))))
