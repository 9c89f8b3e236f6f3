"""Builds what only decides about trades, and puts it beside what acts: the one place where shadows are switched on."""

import logging
from threading import RLock
from typing import Any

from freqtrade.enums import RunMode
from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy
from sqlalchemy.exc import SQLAlchemyError

from robustop_plugin.bridge.callbacks.own_stops import NoOwnStops
from robustop_plugin.bridge.decisions.manager import TradeManager
from robustop_plugin.bridge.entries.exchange_terms import exchange_of
from robustop_plugin.bridge.exit_requests.council import Councils
from robustop_plugin.bridge.exit_requests.requests import ExitRequests
from robustop_plugin.bridge.exit_requests.sources import BacktestRequests
from robustop_plugin.bridge.exit_requests.trading_halt import TradingHalt
from robustop_plugin.bridge.shadows.answers import ArrangedExits, LoopEnd, SharedAnswers, SkippedCandles, UpdatedStops
from robustop_plugin.bridge.shadows.shadow import Shadow, SmallestStake
from robustop_plugin.bridge.shadows.shadows import Shadows
from robustop_plugin.bridge.state.choice import Choice
from robustop_plugin.bridge.state.database_health import DatabaseHealth
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.bridge.state.store import Store
from robustop_plugin.settings import Settings

logger = logging.getLogger(__name__)

MAIN, SECOND = "engines", "shadow.engines"
"""The settings whose engines only decide: a fact of their records."""
KEYS = {MAIN: "robustop-shadow", SECOND: "robustop-shadow.engines"}
"""Custom-data keys of their states."""
RESERVE = -0.1
"""What Freqtrade adds to the smallest order of a pair where it adjusts positions in a backtest."""


def choice_of(settings: Settings, store: Store) -> Choice:
    """Return what chooses the trades to act on; a bot looks at its open trades first."""
    if not store.durable or getattr(Trade, "session", None) is None:
        return Choice(settings, store, [])
    try:
        return Choice(settings, store, Trade.get_open_trades())
    except SQLAlchemyError:
        logger.exception("robustop: it could not be read which open trades are shadowed")
        return Choice(settings, store, [])


def add_shadows(strategy: Any, mixin: type[IStrategy]) -> None:
    """Put the shadows beside what acts, if there are any; called once everything that the mixin asks is there."""
    manager: TradeManager = strategy._robustop  # noqa: SLF001 (what the mixin asks is replaced here)
    choice = manager.states.choice
    second = _settings_of_shadow(manager.settings)
    if choice is None and second is None:
        return
    decides = strategy.config.get("runmode") != RunMode.HYPEROPT
    shadows = Shadows(
        leaves_alone=(lambda _: False) if choice is None else choice.is_shadowed,
        main=_shadow(strategy, mixin, manager, manager.settings, MAIN) if decides and choice is not None else None,
        second=_shadow(strategy, mixin, manager, second, SECOND) if decides and second is not None else None,
        has_second=lambda pair: manager.settings.for_pair(pair).shadow is not None,
    )
    limits = strategy._robustop_entry_limits  # noqa: SLF001
    strategy._robustop_skipper = SkippedCandles(strategy._robustop_skipper, shadows)  # noqa: SLF001
    strategy._robustop_stops = UpdatedStops(strategy._robustop_stops, shadows)  # noqa: SLF001
    strategy._robustop_exits = ArrangedExits(strategy._robustop_exits, manager, shadows)  # noqa: SLF001
    strategy._robustop_entry_limits = LoopEnd(limits, manager, choice, shadows)  # noqa: SLF001
    shared = SharedAnswers(strategy._robustop_shared, choice, shadows)  # noqa: SLF001
    shared.take_over(strategy, mixin)
    strategy._robustop_shared = shared  # noqa: SLF001


def _settings_of_shadow(settings: Settings) -> Settings | None:
    """Return the settings with the engines of `shadow`; None if no pair has any."""
    blocks = {pair: block.of_shadow() or block for pair, block in settings.by_pair.items()}
    default = settings.default.of_shadow()
    if default is None and all(block.shadow is None for block in settings.by_pair.values()):
        return None
    return Settings(default or settings.default, blocks)


def _shadow(
    strategy: IStrategy, mixin: type[IStrategy], manager: TradeManager, settings: Settings, name: str
) -> Shadow:
    """Return what decides with some settings: a manager with its own states and records, which is given no trades."""
    live = not manager.simulated
    store = Store(manager.errors, DatabaseHealth(), OpenTrades(), durable=live, key=KEYS[name])
    recorder = Recorder(manager.recorder.sink, store, manager.errors, shadow=name)
    halt = TradingHalt()
    requests = ExitRequests(
        halt,
        BacktestRequests(halt, None),
        Councils(settings, manager.candles, simulated=not live),
        store.open_trades,
        manager.errors,
        simulated=not live,
    )
    shadowing = TradeManager(
        settings=settings,
        candles=manager.candles,
        store=store,
        recorder=recorder,
        errors=manager.errors,
        exit_requests=requests,
        stoploss=manager.stoploss,
        lock=RLock() if live else None,
        own=NoOwnStops(strategy, mixin),
        simulated=not live,
    )
    return Shadow(shadowing, _smallest_stake(strategy))


def _smallest_stake(strategy: IStrategy) -> SmallestStake:
    """Return what asks Freqtrade's exchange for the smallest order of a pair."""

    def smallest(pair: str, price: float) -> float | None:
        stake: float | None = exchange_of(strategy).get_min_pair_stake_amount(pair, price, RESERVE)
        return stake

    return smallest
