"""The table of the README: `python benchmarks/summary.py` prints it from benchmarks/latest.json."""

import json
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any, NamedTuple

from modes import COMPARISONS
from stops import RATIOS, ROOT, STOPS

TITLES = {stop.key: stop.title for stop in STOPS}


class Line(NamedTuple):
    """One line of the table: comparison, ratio, both measurements, and the trades of both."""

    compared: str
    ratio: str
    measured: str
    beside: str
    trades: str


HEADER = Line("compared", "ratio", "measured", "beside", "trades of both")


def markdown(figures: Mapping[str, Any]) -> str:
    """Return the table of all measured parts."""
    lines = [HEADER, Line("---", "---:", "---:", "---:", "---:"), *_lines(figures)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _lines(figures: Mapping[str, Any]) -> Iterator[Line]:
    if "backtest" in figures:
        yield from _of_backtest(figures)
    if "modes" in figures:
        yield from _of_modes(figures)
    if "tuning" in figures:
        yield from _of_tuning(figures)
    if "vectorbt" in figures:
        yield from _of_vectorbt(figures)
    if "live" in figures:
        yield from _of_live(figures)
    if "whole_sweep" in figures:
        yield from _of_whole_sweeps(figures)
    if "verification" in figures:
        yield _of_verification(figures)


def _of_backtest(figures: Mapping[str, Any]) -> Iterator[Line]:
    stops = figures["backtest"]["stops"]
    # Figures of an earlier release may lack a ratio.
    for name, (above, below) in ((name, pair) for name, pair in RATIOS.items() if name in figures):
        seconds = (f"{stops[key]['seconds']:.2f} s" for key in (above, below))
        trades = f"{stops[above]['trades']:,} / {stops[below]['trades']:,}"
        yield Line(f"backtest: {TITLES[above]} / {TITLES[below]}", f"{figures[name]:.2f}", *seconds, trades)
    often, seldom = stops["often"], stops["seldom"]
    seconds = (f"{stop['seconds']:.2f} s" for stop in (often, seldom))
    trades = f"{often['trades']:,} / {seldom['trades']:,}"
    yield Line("backtest: ten times the trades", f"{figures['growth_10x_trades']:.2f}", *seconds, trades)


def _of_modes(figures: Mapping[str, Any]) -> Iterator[Line]:
    for name, found in figures["modes"].items():
        both = found["above"], found["below"]
        titles = " / ".join(stop.title for stop in COMPARISONS[name][:2])
        seconds = (f"{stop['cpu_seconds']:.2f} s" for stop in both)
        trades = " / ".join(f"{stop['trades']:,}" for stop in both)
        yield Line(f"backtest, CPU: {titles}", f"{figures[name]:.2f}", *seconds, trades)


def _of_tuning(figures: Mapping[str, Any]) -> Iterator[Line]:
    found = figures["tuning"]
    for mode, name in (("", ""), ("_exact", ", exact breakeven")):
        # Figures of an earlier release may lack a mode.
        if f"robustop{mode}" in found:
            both = found[f"robustop{mode}"], found[f"expert{mode}"]
            rates = (f"{side['epochs_per_second']:.3f} epochs/s CPU" for side in both)
            epochs = " / ".join(f"{sum(side['trades']):,} in {len(side['trades'])}" for side in both)
            ratio = f"{figures[f'hyperopt{mode}_speedup_vs_expert']:.2f}"
            yield Line(f"hyperopt: robustop's parameter / the expert's{name}", ratio, *rates, epochs)
    ours = f"{found['robustop']['epochs_per_second']:.3f} epochs/s CPU"
    swept = f"{found['sweep']['settings_per_second']:,.0f} settings/s"
    trades = f"{found['sweep']['trades']:,} in {found['sweep']['settings']}"
    yield Line("sweep / hyperopt of the same strategy", f"{figures['sweep_vs_hyperopt']:,.0f}", swept, ours, trades)


def _of_vectorbt(figures: Mapping[str, Any]) -> Iterator[Line]:
    found = figures["vectorbt"]
    all_cores = f"sweep on {found['cores']} cores"
    for ours, name in (("robustop", "sweep"), ("robustop_all_cores", all_cores)):
        for theirs in ("vectorbt", "vectorbt_rust"):
            if theirs in found:
                rates = (f"{found[key]['settings_per_second']:,.0f} settings/s" for key in (ours, theirs))
                trades = " / ".join(f"{found[key]['trades']:,}" for key in (ours, theirs))
                ratio = figures[f"{ours.replace('robustop', 'sweep')}_vs_{theirs}"]
                engine = found[theirs]["engine"]
                yield Line(f"{name} / vectorbt's from_signals (engine {engine})", f"{ratio:.1f}", *rates, trades)


def _of_live(figures: Mapping[str, Any]) -> Iterator[Line]:
    found = figures["live"]
    ours, theirs = found["robustop"], found["by_hand"]
    name = f"a bot's loop, {found['positions']} positions at new highs / the same rules by hand"
    times = (f"{bot['cpu_seconds_per_loop'] * 1000:.0f} ms CPU" for bot in (ours, theirs))
    commits = f"{ours['commits_per_loop']:.0f} / {theirs['commits_per_loop']:.0f} commits a loop"
    yield Line(name, f"{figures['live_loop_vs_hand_written']:.2f}", *times, commits)


def _of_whole_sweeps(figures: Mapping[str, Any]) -> Iterator[Line]:
    found = figures["whole_sweep"]
    first, later = (f"{median(found[key]):.1f} s" for key in ("first_seconds", "later_seconds"))
    name = f"first sweep of a release / later ones, {found['settings']} settings"
    yield Line(name, f"{figures['sweep_first_vs_later']:.2f}", first, later, "")
    size = f"{found['pairs']} pairs, {found['many_settings']:,} settings"
    name = f"memory of a sweep, {size}, --jobs {found['many_jobs']}"
    yield Line(name, "", f"{figures['sweep_memory_gib']:.2f} GiB", "", "")


def _of_verification(figures: Mapping[str, Any]) -> Line:
    settings, trades = figures["sweep_settings_verified"], figures["sweep_trades_verified"]
    kinds = " and ".join(figures["verification"])
    name = f"sweep beside Freqtrade's own trades, {kinds}"
    return Line(name, f"{figures['sweep_differences']} differ", f"{settings} settings", "", f"{trades:,}")


if __name__ == "__main__":
    print(markdown(json.loads((ROOT / "benchmarks" / "latest.json").read_text(encoding="utf-8"))))
