"""Calls every callback many times with anything: `python -m tests.fuzz --calls 1000000 --seed 7`."""

import argparse
import logging
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.judge import CALLS_OF_A_WORLD, Broken, Seen, play
from tests.fuzz.world import exchange

SECONDS_BETWEEN_LINES = 30.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the calls; return 1 at the first that breaks a law."""
    options = _parser().parse_args(arguments)
    logging.disable(logging.CRITICAL)
    try:
        return fuzz(options)
    finally:
        logging.disable(logging.NOTSET)


def fuzz(options: argparse.Namespace) -> int:
    """Make the calls, and print what was seen."""
    seed = secrets.randbelow(10**9) if options.seed is None else options.seed
    show(f"seed {seed}, {options.calls} calls")
    seen, begun, told = Seen(), time.monotonic(), time.monotonic()
    worlds = range(-(-options.calls // CALLS_OF_A_WORLD)) if options.world is None else [options.world]
    with tempfile.TemporaryDirectory(prefix="robustop-fuzz-") as folder, exchange(Path(folder)) as host:
        for number in worlds:
            left = options.calls - number * CALLS_OF_A_WORLD
            try:
                play(host, seed, number, min(CALLS_OF_A_WORLD, left) if options.world is None else left, seen)
            except Broken as broken:
                show(f"FAILED after {seen.calls.total()} calls: {broken}")
                show(f"again: python -m tests.fuzz --seed {seed} --world {number} --calls {options.calls}")
                return 1
            if time.monotonic() - told > SECONDS_BETWEEN_LINES:
                told = time.monotonic()
                show(f"{seen.calls.total()} calls, {told - begun:.0f} s, {seen.moved} moves of stops")
    for name, count in seen.calls.most_common():
        own, survived = seen.hosts_own[name], seen.survived[name]
        show(f"{name:34} {count:9} calls, {own:6} refused by Freqtrade itself, {survived:6} errors survived")
    show(
        f"{seen.calls.total()} calls of seed {seed} in {time.monotonic() - begun:.0f} s: none raised, none loosened a "
        f"stop; stops were tightened {seen.moved} times, breakers opened {seen.opened} times"
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000, help="How many calls.")
    parser.add_argument("--seed", type=int, help="Random seed; the same seed repeats the calls.")
    parser.add_argument("--world", type=int, help="Play only this world of the seed.")
    return parser


def show(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201 (a command)


if __name__ == "__main__":
    sys.exit(main())
