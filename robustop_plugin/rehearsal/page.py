"""The page that compares rehearsals with and without robustop, made from their reports."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from robustop_plugin.rehearsal.scenario import KINDS, PLACES
from robustop_plugin.rehearsal.verdict import FAILED, INCURABLE, PASSED

Report = dict[str, Any]

TITLE = """# When things go wrong

Every row is a scenario of `robustop rehearse`, played by real `freqtrade trade` processes that place real orders at the
loopback Binance: with Freqtrade alone, and with robustop. This page is written by `make rehearsal` from the reports of
the plays; no figure is written by hand.

How to read it:

- **Freqtrade alone** is the same strategy with Freqtrade's own trailing stop, one percent away. With robustop a row
  stands for several plays: each sample strategy of the market, over both routes to the exchange (Binance's URLs
  replaced, or kept behind a proxy).
- **beyond its stop** is the longest time, in seconds, that a position was held with the price at or beyond its stop.
- **without** is the longest time in which nothing at the exchange or in a bot could have ended it: no order that can
  trigger, or, with the stop in the bot, no running bot.
- **won or lost** is in USDT, of the same strategy over the same route on both sides; a position that is still open
  counts at the last price. The stakes are some 1,000 USDT. The prices of a scenario are relative to the position's own
  stop: what both sides lose in a gap is the gap.
- Seconds and verdicts are those of the worst play. **passed** means that every expectation was met
  ([what is expected](../how_to/rehearse_a_disaster.md#what-is-expected)); **limit** that only those failed that no
  strategy can meet, for a reason that is named [below](#what-no-strategy-can-cure).
- Loops are the most that the bot completed in such a time; one takes a second, and longer with a hundred positions. The
  law for robustop: nothing is held beyond its stop, or without an order on the exchange, for longer than two loops and
  the exchange's answers. **counted** is what the law counts: not the time in which the exchange refuses every order or
  the scenario keeps the bot from running, nor, while the bot runs, the lack of a stop order on spot whose coins are in
  an exit that rests."""

SHORT = {
    "played": "a step did not happen",
    "ends": "did not end as it should",
    "reason": "another exit reason",
    "exposed": "held too long beyond its stop",
    "unprotected": "too long without protection",
    "fill": "sold too low",
    "entries": "bought more than once",
    "known": "an order that the bot does not know",
    "sold_once": "sold more than once",
    "stop": "the stop was loosened",
    "ledger": "the balances do not add up",
}
"""What a failed expectation means, in a cell."""
SEVERITY = {PASSED: 0, INCURABLE: 1, FAILED: 2}
PLACE = {"bot": "the stop in the bot", "exchange": "the stop on the exchange"}
TIMES = ("exposed", "judged_exposed", "unprotected", "judged_unprotected")
"""Names of the figures in the overview."""
NOT_PLAYED = "not played"
HEAD = (
    "| what happens | Freqtrade alone | beyond its stop | without | won or lost "
    "| with robustop | beyond its stop | without | won or lost |"
)
OVERVIEW = (
    "| | plays | passed | limit | failed | longest beyond its stop | counted | longest without | counted "
    "| counted in plays that met a limit |"
)


def page_of(reports: Sequence[Report]) -> str:
    """Return the page as Markdown."""
    groups = [
        (f"{kind}, {PLACE[place]}", [report for report in reports if (report["kind"], report["stop"]) == (kind, place)])
        for kind in KINDS
        for place in PLACES
    ]
    groups = [(title, own) for title, own in groups if own]
    parts = [TITLE, "## In short", _table(OVERVIEW, _overview(groups))]
    for title, own in groups:
        parts += [f"## {title[0].upper()}{title[1:]}", _table(HEAD, _rows(own))]
    limits = list(_limits(report for report in reports if report["robustop"]))
    if limits:
        about = "A scenario that may end so names the reason, and what robustop reports meanwhile is what its bot sent:"
        parts += ["## What no strategy can cure", about, "\n".join(limits)]
    return "\n\n".join(parts) + "\n"


def _table(head: str, rows: Iterable[str]) -> str:
    return "\n".join([head, "|---" * (head.count("|") - 1) + "|", *rows])


def _overview(groups: Sequence[tuple[str, list[Report]]]) -> Iterator[str]:
    for title, own in groups:
        for robustop, who in ((False, "Freqtrade alone"), (True, "with robustop")):
            played = [report for report in own if report["robustop"] is robustop]
            counts = [len([report for report in played if report["verdict"] == verdict]) for verdict in SEVERITY]
            usual = [report for report in played if report["verdict"] != INCURABLE]
            limited = [report for report in played if report["verdict"] == INCURABLE]
            times = " | ".join(_longest(usual, name) for name in TIMES)
            met = "; ".join(_longest(limited, name) for name in TIMES if name.startswith("judged"))
            yield f"| {title}: {who} | {len(played)} | {' | '.join(map(str, counts))} | {times} | {met} |"


def _longest(reports: Sequence[Report], name: str) -> str:
    """Return the longest time of some plays, its scenario, and the most loops that the bot completed meanwhile."""
    if not reports:
        return ""
    worst = max(reports, key=lambda report: report["figures"][f"{name}_seconds"])
    loops = max(report["figures"][f"{name}_loops"] for report in reports)
    return f"{worst['figures'][f'{name}_seconds']:.1f} s (`{worst['scenario']}`), {loops} loops"


def _rows(reports: Sequence[Report]) -> Iterator[str]:
    for name in sorted({report["scenario"] for report in reports}):
        own = [report for report in reports if report["scenario"] == name]
        alone = [report for report in own if not report["robustop"]]
        protected = [report for report in own if report["robustop"]]
        yield f"| `{name}`: {_safe(own[0]['about'])} | {_cells(alone, alone)} | {_cells(protected, alone)} |"


def _cells(reports: Sequence[Report], beside: Sequence[Report]) -> str:
    """Return verdict, both times and the result; the result is of the play that is like the one beside it."""
    if not reports:
        return f"{NOT_PLAYED} | | | "
    times = [max(report["figures"][f"{name}_seconds"] for report in reports) for name in ("exposed", "unprotected")]
    alike = {(report["strategy"], report["route"]) for report in beside}
    same = [report for report in reports if (report["strategy"], report["route"]) in alike] or reports
    result = min(report["figures"]["result"] for report in same)
    return f"{_verdict(reports)} | {times[0]:.1f} | {times[1]:.1f} | {result:+.2f}"


def _verdict(reports: Sequence[Report]) -> str:
    worst = max((report["verdict"] for report in reports), key=SEVERITY.__getitem__)
    ended_so = [report for report in reports if report["verdict"] == worst]
    plays = f" {len(ended_so)} of {len(reports)}" if len(reports) > 1 else ""
    if worst == PASSED:
        return f"passed{plays}"
    if worst == INCURABLE:
        return f"limit{plays}"
    findings = [finding for report in ended_so for finding in report["expectations"]]
    failed = dict.fromkeys(SHORT[finding["expectation"]] for finding in findings if not finding["met"])
    return f"**failed**{plays}: {'; '.join(failed)}"


def _limits(reports: Iterable[Report]) -> Iterator[str]:
    """Yield each reason once, with its scenarios and what robustop sent in them."""
    met: dict[str, dict[str, list[str]]] = {}
    for report in reports:
        if report["verdict"] == INCURABLE:
            messages = met.setdefault(report["reason"], {}).setdefault(report["scenario"], [])
            messages += [text for text in report["messages"][:1] if not messages]
    for reason, scenarios in sorted(met.items()):
        names = ", ".join(f"`{name}`" for name in sorted(scenarios))
        sent = next((text for messages in scenarios.values() for text in messages), None)
        how = f'robustop sends: "{sent}"' if sent else "Freqtrade's own messages and log say so"
        yield f"- {names}: {reason}. {how}."


def _safe(text: str) -> str:
    """Return a text that does not end a cell of a table."""
    return text.replace("|", "/").rstrip(".")
