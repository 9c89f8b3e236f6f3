"""Starts the metrics of a bot: the counting sink, the watch around its loop, and the exporter until the bot ends."""

import logging
import time
from functools import partial
from typing import Any

import freqtrade
from freqtrade.enums import RunMode

from robustop_plugin.audit.counting import CountingSink
from robustop_plugin.bridge.decisions.manager import TradeManager
from robustop_plugin.bridge.entries.exchange_terms import exchange_of
from robustop_plugin.bridge.metrics.exporter import Exporter, ages, exposure
from robustop_plugin.bridge.metrics.orders import count_orders
from robustop_plugin.bridge.metrics.positions import Samples, gauges_of_positions
from robustop_plugin.bridge.metrics.watch import Watch, WatchedExits, WatchedStops
from robustop_plugin.metrics.catalogue import DOUBLED, vocabulary
from robustop_plugin.metrics.counters import Counters
from robustop_plugin.settings import RobustopBlock
from robustop_plugin.settings.metrics import ENGINE_NAMES, Metrics, rung_names
from robustop_plugin.version import __version__

logger = logging.getLogger(__name__)

LIVE = (RunMode.LIVE, RunMode.DRY_RUN)


def add_metrics(strategy: Any) -> None:
    """Serve the metrics of a bot, if its settings want that; called once everything that the mixin asks is there."""
    manager: TradeManager = strategy._robustop  # noqa: SLF001 (what the mixin asks is replaced here)
    block = manager.settings.default.metrics
    mode = strategy.config.get("runmode")
    if mode not in LIVE or block is None or not block.enabled:
        return
    build = {
        "version": __version__,
        "freqtrade": freqtrade.__version__,
        "strategy": strategy.get_strategy_name(),
        "mode": RunMode(mode).value,
    }
    values = vocabulary(ENGINE_NAMES, rung_names(manager.settings.blocks()), build)
    counters, started_at = Counters(values), time.time()
    watch = Watch(manager, counters)
    build_info = {"robustop_build_info": {tuple(build.values()): 1.0}}
    exporter = Exporter(counters, values, lambda: {**gauges(watch, started_at), **build_info})
    if not _starts(exporter, block, manager):
        return
    manager.recorder.others = (CountingSink(counters, started_at),)
    _watch_loop(manager, watch)
    strategy._robustop_stops = WatchedStops(strategy._robustop_stops, watch)  # noqa: SLF001
    strategy._robustop_exits = WatchedExits(strategy._robustop_exits, watch)  # noqa: SLF001
    end_count = count_orders(exchange_of(strategy), counters)
    clean_up = strategy.ft_bot_cleanup

    def close_and_clean_up() -> None:
        exporter.close()
        end_count()
        clean_up()

    strategy.ft_bot_cleanup = close_and_clean_up


def _starts(exporter: Exporter, block: Metrics, manager: TradeManager) -> bool:
    """Start the exporter; a bot goes on without it, because its stops depend on nothing here."""
    address = f"{block.host}:{block.port}"
    try:
        exporter.start(block.host, block.port)
    except (OSError, ImportError) as error:
        text = f"there are no metrics at {address} ({error}): the stops are not concerned; see robustop.metrics.port"
        logger.error("robustop: %s", text)
        manager.errors.notify(text, "settings")
        return False
    logger.info("robustop: metrics at http://%s/metrics", address)
    if warning := exposure(block.host):
        logger.warning("robustop: %s", warning)
    return True


def _watch_loop(manager: Any, watch: Watch) -> None:
    """Note the beginning of each loop."""
    new_loop = manager.new_loop

    def watched() -> None:
        watch.new_loop()
        new_loop()

    manager.new_loop = watched


def gauges(watch: Watch, started_at: float) -> Samples:
    """Return the gauges of a bot, and the counters that are kept where the events are."""
    manager = watch.manager
    lost = None if manager.stop_orders is None else manager.stop_orders.lost
    faults = [fault for _, record in manager.open_trades for fault in list((record.faults or {}).values())]
    moves = partial(_moves_stops, manager)
    return {
        **gauges_of_positions(manager.open_trades, watch.loop, time.monotonic(), moves),
        **ages(watch.began, started_at),
        "robustop_breaker_open": {(): float(sum(fault.paused_until is not None for fault in faults))},
        "robustop_breaker_openings_total": {(): float(manager.breaker.openings)},
        "robustop_callback_errors_total": {(): float(manager.errors.failures)},
        "robustop_order_conflicts_total": {
            **watch.counters.counts("robustop_order_conflicts_total"),
            (DOUBLED,): 0.0 if lost is None else float(lost.found),
        },
    }


def _moves_stops(manager: TradeManager, pair: str | None) -> bool:
    """Return True if an engine of a pair moves stops: a bracket only has a target."""
    block: RobustopBlock = manager.settings.for_pair(pair)
    return len(block.engines) > len(block.brackets)
