"""The sweep's trades compared with those of Freqtrade's backtest, trade by trade, on random settings."""

import random
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pandas as pd
from ground import Ground, ground_of
from stops import SAMPLES

from robustop_plugin.lab.sweep.evaluators.freqtrade import FreqtradeEvaluator
from robustop_plugin.lab.sweep.evaluators.replay import PicklableReplay
from robustop_plugin.lab.sweep.judging.verify import differences
from robustop_plugin.settings import RobustopBlock, load_settings
from robustop_plugin.settings.tuning import tunable_parameters, tuned
from robustop_plugin.venue.market import Market

SEED = 1
STOP = {"kind": "atr", "multiplier": 6.0}
HAND, SMART = {"name": "hand_span"}, {"name": "smart_trail", "activation_percent": 1.0, "distance_percent": 0.8}
GUARD, LADDER = {"name": "atr_guard", "breakeven_atr": 3.0, "trail_atr": 4.0}, {"name": "r_ladder"}
COMPOSITIONS = ([HAND], [SMART], [GUARD], [LADDER], [{"name": "bracket"}], [HAND, SMART], [LADDER, GUARD])
PERPETUALS = {"fee": 0.0005}
SUMS = ("settings_verified", "trades_verified", "differences")


def measure_verification(
    markets: Sequence[Market], candles: Path, folder: Path, days: int, settings: int
) -> dict[str, Any]:
    """Return what was compared, and the number of differences.

    Args:
        markets: Spot and futures; each type is traded separately.
        candles: Folder of the candle files.
        folder: Folder for output.
        days: Traded days: the last ones that all pairs have.
        settings: Settings per engine composition and market type.
    """
    kinds = {
        "spot": [market for market in markets if not market.settle],
        "futures": [market for market in markets if market.settle],
    }
    found = {}
    for kind, listed in kinds.items():
        if listed:
            with ground_of(listed, candles, folder / kind, last_days(listed, candles, days), **_terms(kind)) as ground:
                found[kind] = _compared(ground, "TwoWayTrend" if kind == "futures" else "HandSpanTrend", settings)
            click.echo(f"verified on {kind}: {found[kind]}", err=True)
    return found


def verification_counts(found: dict[str, Any]) -> dict[str, int]:
    """Return the sums of this part."""
    return {f"sweep_{name}": sum(kind[name] for kind in found.values()) for name in SUMS}


def nothing_differs(found: dict[str, Any]) -> bool:
    """Return whether trades were compared and all are equal."""
    counts = verification_counts(found)
    return counts["sweep_trades_verified"] > 0 and not counts["sweep_differences"]


def _terms(kind: str) -> dict[str, Any]:
    return PERPETUALS if kind == "futures" else {}


def last_days(markets: Sequence[Market], candles: Path, days: int) -> str:
    """Return the time range of the last days for which every pair has candles and, for futures, funding rates."""
    ends = []
    for market in markets:
        stem = f"{market.base}_{market.quote}"
        folder, names = candles, [f"{stem}-5m"]
        if market.settle:
            folder, stem = candles / "futures", f"{stem}_{market.settle}"
            names = [f"{stem}-5m-futures", f"{stem}-1h-funding_rate"]
        ends += [pd.read_feather(folder / f"{name}.feather", columns=["date"])["date"].iloc[-1] for name in names]
    end = min(ends)
    return f"{int((end - timedelta(days=days)).timestamp())}-{int(end.timestamp())}"


def _compared(ground: Ground, strategy: str, settings: int) -> dict[str, Any]:
    run = ground.run(strategy, SAMPLES)
    replay, host = PicklableReplay(run), FreqtradeEvaluator(run)
    trades = different = count = 0
    reasons: set[str] = set()
    started = time.perf_counter()
    for block in blocks(settings):
        swept, hosts = replay.trades(block), host.trades(block)
        different += len(list(differences({}, swept, hosts)))
        trades, count = trades + len(hosts.pair), count + 1
        reasons |= set(hosts.exit_reason)
    return {
        "settings_verified": count,
        "trades_verified": trades,
        "differences": different,
        "exit_reasons": sorted(reasons),
        "timerange": ground.timerange,
        "seconds": time.perf_counter() - started,
    }


def blocks(settings: int) -> Iterator[RobustopBlock]:
    """Yield settings blocks with random values from the ranges of hyperopt."""
    chance = random.Random(SEED)  # noqa: S311 (not for cryptography)
    for engines in COMPOSITIONS:
        plain = load_settings({"engines": engines, "initial_stop": STOP, "breakeven": {"mode": "percent"}}).default
        for _ in range(settings):
            yield tuned(
                plain,
                {
                    parameter.name: round(chance.uniform(parameter.low, parameter.high), parameter.decimals)
                    for parameter in tunable_parameters(plain)
                },
            )
