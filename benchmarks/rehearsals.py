"""Plays every scenario with the sample strategies, with and without robustop, and writes the page that compares them.

    python benchmarks/rehearsals.py                 all of it: more than an hour
    python benchmarks/rehearsals.py --page-only     the page, from the reports that exist

Reports are kept in user_data/rehearsals, and a run whose report exists is not repeated.
"""

import argparse
import json
import subprocess
import sys
from itertools import product
from pathlib import Path

from robustop_plugin.rehearsal.table import page_of

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "explanation" / "when_things_go_wrong.md"
STRATEGIES = {"--spot": "HandSpanTrend", "--futures": "TwoWayTrend"}
STOPS = ("bot", "exchange")
ROUTE = "proxy"  # ccxt then knows the errors of each market, as with the real exchange
BAD_INPUT = 2


def rehearse(market: str, stop: str, report: Path, *, plain: bool) -> int:
    """Play every scenario of one market and one place of the stop; return the exit status."""
    command = [sys.executable, "-c", "from robustop_plugin.cli.main import main; main()", "rehearse", "--all", market]
    command += ["--strategy", STRATEGIES[market], "--strategy-path", "strategies", "--config", "config.json"]
    command += ["--stop", stop, "--route", ROUTE, "--output", str(report), *(["--plain"] if plain else [])]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main() -> None:
    """Play what has no report yet, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=ROOT / "user_data" / "rehearsals", help="folder of the reports")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to write")
    parser.add_argument("--page-only", action="store_true", help="play nothing")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    failed = False
    for market, stop, plain in product(STRATEGIES, STOPS, (True, False)):
        report = options.folder / f"{market.strip('-')}-{stop}-{'plain' if plain else 'robustop'}.json"
        if report.exists() or options.page_only:
            continue
        status = rehearse(market, stop, report, plain=plain)
        if status == BAD_INPUT:
            sys.exit(f"the rehearsals of {report.stem} could not be played")
        failed |= status != 0 and not plain
    reports = [report for path in sorted(options.folder.glob("*.json")) for report in json.loads(path.read_text())]
    options.page.write_text(page_of(reports), encoding="utf-8")
    print(f"{len(reports)} rehearsals: {options.page}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
