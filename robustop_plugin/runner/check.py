"""The checks of `robustop check`: the settings in force, and conflicts that would disable the stops."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from freqtrade.configuration import Configuration
from freqtrade.enums import RunMode
from freqtrade.exceptions import FreqtradeException
from freqtrade.resolvers import StrategyResolver
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.callbacks.conflicts import MIXIN, conflicting_options
from robustop_plugin.bridge.exit_requests.council import unknown_producers
from robustop_plugin.bridge.startup.start import REFUSES
from robustop_plugin.bridge.startup.whitelist import pairs_never_traded
from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings import Settings


class Finding(NamedTuple):
    """The result of one check.

    Attributes:
        subject: What was checked.
        verdict: `ok`, `problem` (the bot would not start, or the stops would not work), or `note`.
        detail: The result, and for a problem what to do.
    """

    subject: str
    verdict: str
    detail: str


def check_strategy(configs: Sequence[Path], strategy: str, strategy_path: Path | None) -> list[Finding]:
    """Return the findings for a strategy under a configuration; no exchange is contacted.

    Raises:
        InvalidSettings: The configuration or the strategy cannot be loaded.
    """
    arguments: dict[str, Any] = {"config": [str(config) for config in configs], "strategy": strategy}
    if strategy_path is not None:
        arguments["strategy_path"] = str(strategy_path)
    # Freqtrade logs every attribute that it reads; the findings are the report here.
    logging.disable(logging.WARNING)
    try:
        config = Configuration(arguments, RunMode.UTIL_NO_EXCHANGE).get_config()
        loaded = StrategyResolver.load_strategy(config)
    except FreqtradeException as error:
        if str(error).startswith(REFUSES):
            return [Finding("settings", "problem", str(error).removeprefix(REFUSES))]
        raise InvalidSettings(str(error)) from error
    finally:
        logging.disable(logging.NOTSET)
    # Report what a live bot would refuse, even if the configuration is a dry run today.
    config["runmode"] = RunMode.LIVE
    return list(_findings(loaded))


def _findings(strategy: IStrategy) -> Iterator[Finding]:
    bases = [base.__name__ for base in type(strategy).__mro__]
    if MIXIN not in bases:
        name = bases[0]
        advice = f"{name} does not use {MIXIN}: write class {name}({MIXIN}, IStrategy)"
        yield Finding("order of bases", "problem", advice)
        return
    yield Finding("order of bases", "ok", " -> ".join(bases[: bases.index("IStrategy") + 1]))
    settings: Settings = strategy._robustop_settings  # noqa: SLF001 (the mixin's own)
    engines = ", ".join(engine.name for engine in settings.default.engines)
    stop = settings.default.initial_stop
    yield Finding("settings", "ok", f"engines {engines}; initial stop {stop.kind}")
    problems = list(conflicting_options(strategy))
    problems += unknown_producers(settings, strategy.config)
    for problem in problems:
        yield Finding("conflicts", "problem", problem)
    if not problems:
        yield Finding("conflicts", "ok", "none")
    yield from _notes(strategy, settings)


def _notes(strategy: IStrategy, settings: Settings) -> Iterator[Finding]:
    hard = 100 * abs(strategy.stoploss)
    if hard < settings.default.initial_stop.max_percent:
        yield Finding(
            "stoploss",
            "note",
            f"initial stops farther than {hard:g} % are clamped to the strategy's stoploss",
        )
    if strategy.minimal_roi and min(strategy.minimal_roi.values()) < 1:
        yield Finding("minimal_roi", "note", f"takes profit independently of the stops: {strategy.minimal_roi}")
    yield from _resting_exits(strategy)
    for pair in pairs_never_traded(settings, strategy.config):
        yield Finding("pairs", "note", f"settings for {pair}, which is not in exchange.pair_whitelist")


def _resting_exits(strategy: IStrategy) -> Iterator[Finding]:
    """Yield the protective exits that are limit orders at the own side of the order book."""
    side = strategy.config.get("exit_pricing", {}).get("price_side", "same")
    own = {"same", "ask", "bid"} if strategy.can_short else {"same", "ask"}
    if side not in own:
        return
    orders = strategy.order_types
    rests = f'is a limit order, and exit_pricing.price_side "{side}" is the own side of the book'
    if orders["stoploss"] == "limit":
        yield Finding(
            "order_types.stoploss",
            "note",
            f"{rests}: stops, Freqtrade's own too, may rest while the price moves away; robustop sends them again in "
            'every loop. Set it to "market", or exit_pricing.price_side to "other"',
        )
    if orders.get("emergency_exit", "market") == "limit":
        yield Finding(
            "order_types.emergency_exit",
            "note",
            f"{rests}: exits by a panic or a drawdown may rest while the price moves away. Remove it, or set it to "
            '"market"',
        )
