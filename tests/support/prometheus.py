"""Scrapes of a bot's exporter, and the real `promtool` on them: which alerts would have fired."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from robustop_plugin.metrics.files import text_of

Series = tuple[str, tuple[tuple[str, str], ...]]
Scrape = Mapping[Series, float]
"""The values of one scrape, by name and sorted labels."""
DOWN: Scrape = {}
"""A scrape that nobody answered."""
RULES = "robustop_alerts.yml"
INTERVAL = 15  # seconds, as in prometheus.yml
SECONDS = 60.0


def promtool() -> str:
    """Return the program; skip the test without it."""
    found = os.environ.get("PROMTOOL") or shutil.which("promtool")
    if found is None:
        pytest.skip("promtool: apt-get install prometheus")
    return found


def text_at(port: int) -> str:
    """Return what an exporter serves."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


def parsed(text: str) -> dict[Series, float]:
    """Return the samples of the text format: one a line, read without the library that wrote them."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            series, _, value = line.rpartition(" ")
            name, _, labels = series.partition("{")
            pairs = [part.split("=", 1) for part in labels.removesuffix("}").split(",") if part]
            found[name, tuple(sorted((key, word.strip('"')) for key, word in pairs))] = float(value)
    return found


def scraped(port: int) -> dict[Series, float]:
    """Return one scrape; nothing if nobody answers."""
    try:
        return parsed(text_at(port))
    except (URLError, OSError):
        return {}


def value(scrape: Scrape, name: str, **labels: str) -> float:
    """Return one value of a scrape, which has to be there."""
    return scrape[name, tuple(sorted(labels.items()))]


def wait_for(port: int, seen: Callable[[Scrape], bool], what: str) -> dict[Series, float]:
    """Scrape until something is seen, and return that scrape."""
    deadline = time.monotonic() + SECONDS
    while True:
        scrape = scraped(port)
        if scrape and seen(scrape):
            return scrape
        assert time.monotonic() < deadline, f"{what} was not seen\n" + "\n".join(map(str, sorted(scrape.items())))
        time.sleep(0.05)


def after_a_loop(port: int) -> dict[Series, float]:
    """Return a scrape after a whole loop, so that nothing in it is half done."""
    loops = value(scraped(port), "robustop_loops_total")
    return wait_for(port, lambda seen: value(seen, "robustop_loops_total") >= loops + 2, "a loop")


def firing(folder: Path, scrapes: Sequence[Scrape], *, ages: bool = False) -> set[str]:
    """Return the alerts that fire after these scrapes, 15 s apart, of which the last is seen for ten minutes.

    Args:
        folder: An empty or missing folder.
        scrapes: The scrapes.
        ages: True if the loop's age grows from the last scrape on, as it does where the bot looks no more.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RULES).write_text(text_of(RULES))
    more = 10 * 60 // INTERVAL
    every = sorted({series for scrape in scrapes for series in scrape})
    series = [
        {"series": _named("up", ()), "values": _values([float(bool(scrape)) for scrape in scrapes], more)},
        *(
            {
                "series": _named(name, labels),
                "values": _values(
                    [scrape.get((name, labels)) for scrape in scrapes],
                    more,
                    step=INTERVAL if ages and name == "robustop_loop_age_seconds" else 0,
                ),
            }
            for name, labels in every
            if name.startswith("robustop_")
        ),
    ]
    test = {
        "rule_files": [RULES],
        "evaluation_interval": f"{INTERVAL}s",
        "tests": [
            {
                "interval": f"{INTERVAL}s",
                "input_series": series,
                # Each fails if its alert has fired, and then names it.
                "promql_expr_test": [
                    {
                        "expr": f'count(max_over_time(ALERTS{{alertname="{alert}",alertstate="firing"}}[4m]))',
                        "eval_time": f"{(len(scrapes) - 1) * INTERVAL + (420 if ages else 240)}s",
                        "exp_samples": [],
                    }
                    for alert in alerts()
                ],
            }
        ],
    }
    (folder / "test.json").write_text(json.dumps(test))
    done = subprocess.run(
        [promtool(), "test", "rules", "test.json"], cwd=folder, capture_output=True, text=True, check=False
    )
    fired = set(re.findall(r'expr: "count.*?alertname=\W*(\w+)', done.stdout + done.stderr))
    assert bool(fired) == bool(done.returncode), done.stdout + done.stderr
    return fired


def alerts() -> list[str]:
    """Return the names of all alerts."""
    return re.findall(r"- alert: (\w+)", text_of(RULES))


def _named(name: str, labels: Sequence[tuple[str, str]]) -> str:
    words = [f"{key}={json.dumps(word)}" for key, word in [*labels, ("instance", "bot"), ("job", "robustop")]]
    return f"{name}{{{','.join(words)}}}"


def _values(found: Sequence[float | None], more: int, step: int = 0) -> str:
    """Return values in promtool's notation; the last one stays, or grows by a step."""
    words = ["_" if value is None else f"{value:.17g}" for value in found]
    last = found[-1]
    return " ".join([*words, f"_x{more}" if last is None else f"{last:.17g}+{step}x{more}"])
