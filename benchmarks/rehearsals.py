"""Plays every scenario with the sample strategies, with and without robustop, and writes the page that compares them.

    python benchmarks/rehearsals.py --jobs 8             all of it
    python benchmarks/rehearsals.py --only spot          the groups whose name contains a text
    python benchmarks/rehearsals.py --scenario spike     one scenario in all groups; may be given more than once
    python benchmarks/rehearsals.py --again              what failed is played again
    python benchmarks/rehearsals.py --page-only          the page, from the reports that exist

Each play leaves a report in user_data/rehearsals, and is not repeated while that exists: what was interrupted goes on.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from robustop_plugin.rehearsal.catalogue import scenario_names
from robustop_plugin.rehearsal.jobs import Play, play_all
from robustop_plugin.rehearsal.page import page_of
from robustop_plugin.rehearsal.plan import Planned, plan_of
from robustop_plugin.rehearsal.report import report_of
from robustop_plugin.rehearsal.run import Stage
from robustop_plugin.rehearsal.signals import ended_by_signals
from robustop_plugin.rehearsal.subject import Subject, read_subject
from robustop_plugin.runner.checks.request import Request

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "explanation" / "when_things_go_wrong.md"
REPORTS = ROOT / "user_data" / "rehearsals"
STRATEGIES = {"spot": ("HandSpanTrend", "AtrGuardLadder"), "futures": ("TwoWayTrend", "BracketBothWays")}
PLAIN = {"spot": "HandSpanTrend", "futures": "TwoWayTrend"}
PLAIN_STOP = {"spot": -0.01, "futures": -0.03}
"""Freqtrade's own trailing stop, about as far away as robustop's: one percent, with the sample strategies' leverage."""
SELLS_PARTS = "AtrGuardLadder"
"""Its partial exits have to be market orders where the stop on the exchange blocks the coins."""
HEAVY = ("hundred_positions",)
"""Scenarios that take minutes of a processor: one strategy of each market and one route are enough."""
MARKET_EXITS = {"entry": "limit", "exit": "market", "stoploss": "limit", "stoploss_on_exchange": True}
STOPS = ("bot", "exchange")
ROUTES = ("proxy", "url")


class Group(NamedTuple):
    """Plays of one strategy, with one place of the stop, over one route."""

    market: str
    strategy: str
    stop: str
    route: str
    plain: bool

    @property
    def name(self) -> str:
        """Its name, and that of the folder of its reports."""
        return f"{self.market}-{'plain' if self.plain else self.strategy}-{self.stop}-{self.route}"

    @property
    def options(self) -> dict[str, Any]:
        """The options of the command that plays it."""
        spot = self.market == "spot"
        first = self.strategy == PLAIN[self.market] and self.route == ROUTES[0]
        names = [name for name in scenario_names() if first or name not in HEAVY]
        given = {"scenarios": names, "everything": False, "spot": spot, "side": None}
        return {**given, "stop": self.stop, "route": self.route}


def groups() -> Iterator[Group]:
    """Yield every group; without robustop, one strategy and the route with all of ccxt's errors are enough.

    What fills every table of the page comes first.
    """
    for route, number, market, stop in product(ROUTES, range(2), STRATEGIES, STOPS):
        yield Group(market, STRATEGIES[market][number], stop, route, plain=False)
        if (route, number) == (ROUTES[0], 0):
            yield Group(market, PLAIN[market], stop, route, plain=True)


def subject_of(group: Group, folder: Path) -> Subject:
    """Read a group's strategy, with what the samples' configuration lacks for it."""
    own: dict[str, Any] = {}
    if group.plain:
        own = {"stoploss": PLAIN_STOP[group.market], "trailing_stop": True}
    elif group.strategy == SELLS_PARTS and group.stop == "exchange":
        own = {"order_types": MARKET_EXITS}
    path = folder / f"{group.name}.json"
    path.write_text(json.dumps(own))
    request = Request((ROOT / "config.json", path), strategy_path=ROOT / "strategies")
    return read_subject(request, group.strategy)


def report_path(folder: Path, group: Group, planned: Planned) -> Path:
    """Return where a play's report is."""
    return folder / group.name / f"{planned.scenario.name}-{planned.variant.side}.json"


def is_to_play(path: Path, options: argparse.Namespace) -> bool:
    """Return True if a play has no report yet, or failed and is wanted again."""
    return not path.exists() or (options.again and json.loads(path.read_text())["verdict"] == "failed")


def plays_of(options: argparse.Namespace, copies: Path) -> Iterator[tuple[Play, Path]]:
    """Yield each play that is to be made, and the path of its report."""
    for group in groups():
        if not any(text in group.name for text in options.only or [""]):
            continue
        subject = subject_of(group, copies)
        stage = Stage(subject, copies / group.name, plain=group.plain)
        for planned in plan_of(subject, group.options):
            path = report_path(options.folder, group, planned)
            wanted = not options.scenario or planned.scenario.name in options.scenario
            if wanted and is_to_play(path, options):
                yield Play(stage, planned), path


def play(options: argparse.Namespace, copies: Path) -> None:
    """Play what is to be played, and write a report after each play."""
    found = list(plays_of(options, copies))
    with ended_by_signals(), closing(play_all([one for one, _ in found], options.jobs, lambda *_: None)) as playing:
        for count, (place, rehearsal) in enumerate(playing, start=1):
            report, path = report_of(rehearsal), found[place][1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
            name = f"{path.parent.name}/{path.stem}"
            print(f"{count} of {len(found)} {report['verdict']:9} {report['seconds']:6.1f} s  {name}", flush=True)
            if report["verdict"] == "failed":
                print(f"    {report['sentence']}", flush=True)


def written_reports(folder: Path) -> list[dict[str, Any]]:
    """Return every report of a folder."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*/*.json"))]


def options_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=REPORTS, help="folder of the reports")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to write")
    parser.add_argument("--page-only", action="store_true", help="play nothing")
    parser.add_argument("--jobs", type=int, default=4, help="plays at the same time (4)")
    parser.add_argument("--only", action="append", help="groups whose name contains this; may be given more than once")
    parser.add_argument("--scenario", action="append", help="one scenario")
    parser.add_argument("--again", action="store_true", help="play again what failed")
    parser.add_argument("--keep", type=Path, help="keep copies, logs and databases in this folder")
    return parser.parse_args(arguments)


def main() -> None:
    """Play what has no report yet, and write the page."""
    options = options_of()
    if not options.page_only:
        with TemporaryDirectory(prefix="rehearsals-") as folder:
            copies = options.keep or Path(folder)
            copies.mkdir(parents=True, exist_ok=True)
            try:
                play(options, copies)
            except KeyboardInterrupt:
                sys.exit("interrupted; every bot and every exchange has ended")
    reports = written_reports(options.folder)
    options.page.write_text(page_of(reports), encoding="utf-8")
    verdicts = Counter(report["verdict"] for report in reports if report["robustop"])
    print(f"{len(reports)} rehearsals, with robustop {dict(verdicts)}: {options.page}")
    sys.exit(verdicts["failed"] > 0)


if __name__ == "__main__":
    main()
