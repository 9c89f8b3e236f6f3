"""The table of `robustop monitor`: the bot, its open trades, and what was found."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from robustop_plugin.cli.svg import as_svg

Report = dict[str, Any]

STYLES = {"critical": "bold red", "warning": "yellow", "info": "cyan"}
PULSES = {
    "answers": ("answers", "green"),
    "unreachable": ("does not answer", "bold red"),
    "refuses": ("refuses the password", "bold red"),
    "unknown": ("cannot be asked", "yellow"),
}
WORST_FIRST = ("critical", "warning", "info")
PICTURE_WIDTH = 132
PROMPT = "$ robustop monitor"


def shown(report: Report) -> Group:
    """Return a report for a terminal."""
    return Group(*_parts(report))


def picture(report: Report) -> str:
    """Return a report as an SVG, as a terminal shows it."""
    console = Console(record=True, width=PICTURE_WIDTH, file=StringIO(), force_terminal=True, color_system="truecolor")
    console.print(PROMPT, highlight=False)
    console.print(shown(report))
    return as_svg(console, "monitor")


def _parts(report: Report) -> Iterator[RenderableType]:
    yield _headline(report)
    yield _trades(report["trades"], stops_rest=report["bot"]["stops_rest"])
    for failure in report["not_seen"]:
        yield Text(f"could not look at the {failure['source']}: {failure['why']}", style="bold red")
    if report["findings"]:
        yield _findings(report["findings"])
    elif not report["not_seen"]:
        yield Text("Nothing was found.", style="green")
    for note in report["notes"]:
        yield Text(f"note: {note}", style="dim")


def _headline(report: Report) -> Text:
    bot = report["bot"]
    mode = "dry run" if bot["dry_run"] else "live"
    said, style = PULSES.get(bot["pulse"], ("was not asked", "dim"))
    text = Text(f"{bot['exchange']} {bot['trading_mode']}, {mode}; the bot ")
    text.append(said if bot["activity"] in (None, "running") else f"{said}, and is {bot['activity']}", style=style)
    if bot["looked_at"] is not None:
        text.append(f", its last loop was at {_moment(bot['looked_at'])}")
    looks = "1 look" if report["looks"] == 1 else f"{report['looks']} looks"
    return text.append(f"; {looks}, {_moment(report['began'])} to {_moment(report['ended'])} UTC")


def _trades(trades: list[dict[str, Any]], *, stops_rest: bool | None) -> RenderableType:
    if not trades:
        return Text("There is no open trade.")
    table = Table("trade", "pair", "side", "held", "entry", "price", "R", "phase", "stop", "on the exchange")
    for trade in trades:
        gain = "" if trade["gain_in_r"] is None else f"{trade['gain_in_r']:+.2f}"
        phase = (trade["phase"] or "").lower().replace("_", " ")
        numbers = [_number(trade[name]) for name in ("amount", "entry", "price")]
        rests = Text(", ".join(_number(stop["trigger"]) for stop in trade["stop_orders"]))
        if stops_rest and trade["amount"] and not rests:
            rests = Text("none", style=STYLES["critical"])
        table.add_row(
            str(trade["trade"]), trade["pair"], trade["side"], *numbers, gain, phase, _number(trade["stop"]), rests
        )
    return table


def _findings(findings: list[dict[str, Any]]) -> Table:
    table = Table("", "finding", "trade", "since (UTC)", "what is wrong, and what to do", show_lines=True)
    for finding in sorted(findings, key=lambda found: (not found["is_open"], WORST_FIRST.index(found["severity"]))):
        words = Text(finding["sentence"])
        words.append(f"\n-> {finding['remedy']}", style="cyan")
        over = "" if finding["is_open"] else f"\nuntil {_moment(finding['last_seen'])}"
        trade = finding["pair"] if finding["trade"] is None else str(finding["trade"])
        table.add_row(
            Text(finding["severity"], style=STYLES[finding["severity"]]),
            finding["name"],
            trade or "",
            f"{_moment(finding['since'])}{over}",
            words,
        )
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.8g}"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%m-%d %H:%M:%S")
