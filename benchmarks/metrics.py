"""What metrics cost: a bot's loop with and without them, and a scrape. `python benchmarks/metrics.py --help`."""

import json
import statistics
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

import click
from ground import ground_of
from live import loops_in_turns, running_bot
from provenance import commit, machine
from stops import ROOT

from robustop_plugin.venue.market import write_market

WORK = ROOT / "user_data" / "bench"
BOTS = {"without": "LiveHandSpan", "with": "LiveHandSpanWatched"}
URL = "http://127.0.0.1:9464/metrics"
SCRAPES = 200
LONGEST_SCRAPE = 0.05
"""In seconds, for the median of the scrapes."""


@click.command()
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1), help="Number of rounds.")
@click.option("--positions", default=100, show_default=True, type=click.IntRange(min=1), help="Positions of each bot.")
@click.option("--into", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Add them to a JSON file.")
def main(rounds: int, positions: int, into: Path | None) -> None:
    """Compare two dry-run bots in this process, loop by loop in turns, and scrape one of them.

    In each loop every price makes a new high. Times of loops are of the processor, medians of all loops; a round is
    followed by 200 scrapes over HTTP, by the clock.

    Exit status 0: measured. 1: a scrape took more than 50 ms, or the metrics missed a position.
    """
    found = measured(rounds, positions)
    click.echo(json.dumps(found, indent=1))
    if into is not None:
        kept = json.loads(into.read_text(encoding="utf-8"))
        into.write_text(json.dumps({**kept, "metrics": found}, indent=1) + "\n", encoding="utf-8")
    sys.exit(0 if found["scrape_ms"] < 1000 * LONGEST_SCRAPE and found["positions_seen"] == positions else 1)


def measured(rounds: int, positions: int) -> dict[str, object]:
    """Return the figures."""
    seconds: dict[str, list[float]] = {key: [] for key in BOTS}
    ratios, scrapes, seen = [], [], 0
    markets = write_market(WORK / "metrics", days=1)
    with ground_of(markets, WORK / "metrics", WORK, None) as ground:
        for _ in range(rounds):
            with ExitStack() as stack:
                bots = {key: stack.enter_context(running_bot(ground, name, positions)) for key, name in BOTS.items()}
                loops = loops_in_turns(bots)
                for key in BOTS:
                    seconds[key] += loops[key].cpu_seconds
                pairs = zip(loops["with"].cpu_seconds, loops["without"].cpu_seconds, strict=True)
                ratios.append(statistics.median(watched / plain for watched, plain in pairs))
                scrapes += [timed_scrape() for _ in range(SCRAPES)]
                seen = positions_seen()
    medians = {key: statistics.median(found) for key, found in seconds.items()}
    return {
        "commit": commit(),
        **machine(),
        "positions": positions,
        "positions_seen": seen,
        "loop_ms": {key: round(1000 * found, 3) for key, found in medians.items()},
        "loop_with_vs_without": round(medians["with"] / medians["without"], 4),
        "loop_with_vs_without_rounds": [round(ratio, 4) for ratio in ratios],
        "scrape_ms": round(1000 * statistics.median(scrapes), 2),
        "scrape_ms_slowest_of_100": round(1000 * statistics.quantiles(scrapes, n=100)[98], 2),
    }


def timed_scrape() -> float:
    """Return the seconds of one scrape."""
    began = time.perf_counter()
    text_of_scrape()
    return time.perf_counter() - began


def text_of_scrape() -> str:
    """Return what is served."""
    with urlopen(URL, timeout=10) as answer:
        return str(answer.read().decode())


def positions_seen() -> int:
    """Return how many positions the metrics count."""
    lines = [line for line in text_of_scrape().splitlines() if line.startswith("robustop_open_positions{")]
    return round(sum(float(line.rpartition(" ")[2]) for line in lines))


if __name__ == "__main__":
    main()
