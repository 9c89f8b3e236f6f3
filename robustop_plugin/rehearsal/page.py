"""The page that compares rehearsals with and without robustop, made from their reports."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from robustop_plugin.rehearsal.verdict import FAILED, INCURABLE, PASSED

Report = dict[str, Any]

SEVERITY = {PASSED: 0, INCURABLE: 1, FAILED: 2}
PLACES = {"bot": "The stop in the bot", "exchange": "The stop on the exchange"}
TITLE = """# When things go wrong

Every row is a scenario of `robustop rehearse`, played by real `freqtrade trade` processes that place real orders at the
loopback Binance: once with Freqtrade alone, once with robustop, the same strategy and the same steps. Where a scenario
was played on several markets and sides, the row shows the worst of them. This page is written by `make rehearsal` from
the reports.

The figures are the longest time that a position was held at or beyond its stop; the longest time in which nothing could
end it (no running bot or, with the stop on the exchange, no order there); and what was won or lost in USDT, with a
position that is still open at the last price, of a stake of 1,000."""
NOT_PLAYED = "not played"


def page_of(reports: Sequence[Report]) -> str:
    """Return the page as Markdown."""
    parts = [TITLE]
    for place, title in PLACES.items():
        rows = list(_rows([report for report in reports if report["stop"] == place]))
        if rows:
            head = ["| what happens | Freqtrade alone | with robustop |", "|---|---|---|"]
            parts += [f"## {title}", "\n".join([*head, *rows])]
    limits = list(_limits(reports))
    if limits:
        about = "A strategy cannot prevent these; where a row says so, one of them was met:"
        parts += ["## What no strategy can cure", about, "\n".join(limits)]
    return "\n\n".join(parts) + "\n"


def _rows(reports: Sequence[Report]) -> Iterator[str]:
    for name in sorted({report["scenario"] for report in reports}):
        own = [report for report in reports if report["scenario"] == name]
        cells = [_cell([report for report in own if report["robustop"] is with_it]) for with_it in (False, True)]
        yield f"| `{name}`: {_safe(own[0]['about'])} | {cells[0]} | {cells[1]} |"


def _cell(reports: Sequence[Report]) -> str:
    """Return what came of the worst of some rehearsals."""
    if not reports:
        return NOT_PLAYED
    worst = max(reports, key=lambda report: (SEVERITY[report["verdict"]], report["figures"]["exposed_seconds"]))
    figures = worst["figures"]
    numbers = f"{figures['exposed_seconds']:.1f} s, {figures['unprotected_seconds']:.1f} s, {figures['result']:+.2f}"
    if worst["verdict"] == PASSED:
        return f"passed: {numbers}"
    failures = [finding["detail"].splitlines()[0] for finding in worst["expectations"] if not finding["met"]]
    verdict = "**failed**" if worst["verdict"] == FAILED else "cannot be cured"
    return f"{verdict} ({worst['kind']}): {numbers}; {_safe('; '.join(failures))}"


def _limits(reports: Iterable[Report]) -> Iterator[str]:
    met = {report["scenario"]: report["reason"] for report in reports if report["verdict"] == INCURABLE}
    yield from (f"- `{name}`: {reason}." for name, reason in sorted(met.items()))


def _safe(text: str) -> str:
    """Return a text that does not end a cell of a table."""
    return text.replace("|", "/").rstrip(".")
