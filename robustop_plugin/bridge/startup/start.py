"""Starts a strategy: reads its settings, refuses conflicts, and builds the manager of its trades."""

from functools import partial
from threading import RLock
from typing import Any

from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.callbacks.conflicts import hosted_overrides
from robustop_plugin.bridge.callbacks.exit_confirmation import ProtectiveExits, let_protective_exits_pass
from robustop_plugin.bridge.callbacks.exit_price import let_protective_exits_fill
from robustop_plugin.bridge.callbacks.order_timeouts import IsInTheWay, put_exits_first
from robustop_plugin.bridge.callbacks.own_stops import OwnStops, ask_for_stops
from robustop_plugin.bridge.callbacks.positions import switch_on
from robustop_plugin.bridge.callbacks.switches import set_switch
from robustop_plugin.bridge.callbacks.trade_copies import skip_deepcopy
from robustop_plugin.bridge.decisions.adjustment_switch import leave_on, switch_at_candles
from robustop_plugin.bridge.decisions.manager import TradeManager
from robustop_plugin.bridge.decisions.shared_callbacks import SharedCallbacks
from robustop_plugin.bridge.decisions.skipped_candles import CandleSkipper
from robustop_plugin.bridge.entries.limits import EntryLimits
from robustop_plugin.bridge.exit_requests.council import unknown_producers
from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.closed_candles import SignalsAdvised
from robustop_plugin.bridge.facts.exchange_stop import exchange_stop_of
from robustop_plugin.bridge.shadows.gates import OrdersInTheWay, ProtectedExits, Protects
from robustop_plugin.bridge.startup import build_stamp, last_settings
from robustop_plugin.bridge.startup.audit_sinks import audit_sink, flush_at_the_end
from robustop_plugin.bridge.startup.earlier_bot import take_over
from robustop_plugin.bridge.startup.exchange_stops import exchange_stop_conflicts, keep_stops_resting, let_gate_decide
from robustop_plugin.bridge.startup.freqtrade_version import too_old
from robustop_plugin.bridge.startup.hyperopt import add_parameters, with_parameters
from robustop_plugin.bridge.startup.refusals import REFUSES
from robustop_plugin.bridge.startup.refusals import refuse as _refuse
from robustop_plugin.bridge.startup.reports import reporter_of, voice_of
from robustop_plugin.bridge.startup.shadows import choice_of
from robustop_plugin.bridge.startup.sources import exit_requests_of, pending_sales
from robustop_plugin.bridge.startup.stored_settings import store_settings
from robustop_plugin.bridge.startup.surprises import warn_of_surprises
from robustop_plugin.bridge.startup.trade_database import look_at_trade_database
from robustop_plugin.bridge.state.database_health import DatabaseHealth
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.bridge.state.store import Store
from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings import Settings, load_settings, unsupported
from robustop_plugin.settings.environment import read_text
from robustop_plugin.settings.tuning import untunable

LIVE = (RunMode.LIVE, RunMode.DRY_RUN)


def read_settings(strategy: IStrategy, config: dict[str, Any]) -> Settings:
    """Return the settings of a strategy, and add the build stamp to the configuration.

    A bot that reads its configuration again keeps the settings of before if the new ones are refused.

    Raises:
        OperationalException: A setting is refused; Freqtrade ends with this one line.
    """
    _refuse(too_old())
    # Before the settings, because an override could keep everything that follows from being called.
    _refuse(hosted_overrides(type(strategy)))
    live = config.get("runmode") in LIVE
    try:
        settings = _given_settings(strategy, config)
    except OperationalException as error:
        before = last_settings.of_before(type(strategy), config, f"{error}".removeprefix(REFUSES)) if live else None
        if before is None:
            raise
        settings = before
        _refuse(add_parameters(strategy, settings))
    else:
        if live:
            last_settings.keep(type(strategy), config, settings)
    given = config.get("robustop")
    config["robustop"] = {**(given if isinstance(given, dict) else {}), build_stamp.KEY: build_stamp.stamp()}
    return settings


def _given_settings(strategy: IStrategy, config: dict[str, Any]) -> Settings:
    """Return the settings as strategy and configuration give them; a block of text in the latter becomes a dictionary.

    Raises:
        OperationalException: A setting is refused.
    """
    try:
        given = read_text(config.get("robustop"), "robustop")
        if isinstance(given, dict):
            given = {key: value for key, value in given.items() if key != build_stamp.KEY}
        settings = load_settings(getattr(strategy, "robustop", {}), given)
    except InvalidSettings as error:
        raise OperationalException(f"{REFUSES}{error}") from error
    _refuse(sentence for block in settings.blocks() for sentence in unsupported(block))
    _refuse(untunable(settings))
    _refuse(add_parameters(strategy, settings))
    config["robustop"] = given
    return settings


def build_manager(strategy: IStrategy, settings: Settings, mixin: type[IStrategy]) -> TradeManager:
    """Return the trade manager of a strategy, once nothing is refused; `mixin` is the class with robustop's callbacks.

    Raises:
        OperationalException: Something cannot work, such as a stop on an exchange that takes none.
    """
    _refuse(exchange_stop_conflicts(strategy, settings))
    warn_of_surprises(strategy, settings)
    live = strategy.config.get("runmode") in LIVE
    _refuse(unknown_producers(settings, strategy.config) if live else [])
    own = OwnStops(strategy, mixin)
    exchange_stop = exchange_stop_of(strategy)
    if live:
        look_at_trade_database()
    else:
        skip_deepcopy(strategy, mixin)
    errors, health, open_trades = reporter_of(strategy, settings, live=live), DatabaseHealth(), OpenTrades()
    take_over(strategy, open_trades)
    candles = AnalyzedCandles(strategy.dp, strategy.timeframe, live=live)
    if not live:
        strategy.ft_advise_signals = SignalsAdvised(strategy, candles.closed)
    store = Store(errors, health, open_trades, durable=live)
    choice = choice_of(settings, store)
    if live and choice.may_act:
        ask_for_stops(strategy, mixin, own)
        if exchange_stop is not None:
            let_gate_decide(strategy, exchange_stop, own)
    recorder = Recorder(audit_sink(strategy, health, errors), store, errors, voice_of(errors))
    manager = TradeManager(
        settings=with_parameters(strategy, settings),
        candles=candles,
        store=store,
        recorder=recorder,
        errors=errors,
        exit_requests=exit_requests_of(strategy, settings, candles, store, live=live, on_exchange=bool(exchange_stop)),
        stoploss=partial(getattr, strategy, "stoploss"),
        lock=RLock() if live else None,
        own=own,
        simulated=not live,
        exchange_stop=exchange_stop,
        pending_sales=pending_sales(strategy, recorder) if live else None,
    )
    manager.entries.checks.append(manager.exit_requests.refuses)
    protects: Protects = ProtectiveExits(manager.exit_list.due, manager.store.get, manager.host_stop.is_theirs)
    in_the_way: IsInTheWay = manager.exit_list.is_in_the_way
    if choice.may_shadow:
        manager.states.choice, own.leaves_alone = choice, choice.is_shadowed
        protects, in_the_way = ProtectedExits(protects, manager, choice), OrdersInTheWay(manager, choice)
    let_protective_exits_pass(strategy, protects)
    if live:
        let_protective_exits_fill(strategy, protects)
        put_exits_first(strategy, in_the_way)
        if choice.may_act:
            keep_stops_resting(strategy, manager, protects)
        flush_at_the_end(strategy, recorder)
        store_settings(strategy, manager.settings, on_exchange=exchange_stop is not None)
    return manager


def acts(manager: TradeManager) -> bool:
    """Return True if robustop acts on a trade, open or to come."""
    return manager.states.choice is None or manager.states.choice.may_act


def build_entry_limits(strategy: IStrategy, manager: TradeManager) -> EntryLimits:
    """Return the limits of a strategy's entries, built after its manager."""
    halted = None if manager.exit_requests.idle else manager.exit_requests.refuses
    return EntryLimits(
        strategy,
        manager.settings,
        manager.entries,
        manager.candles,
        manager.store,
        halted,
        simulated=manager.simulated,
    )


def build_skipper(strategy: IStrategy, mixin: type[IStrategy], manager: TradeManager) -> CandleSkipper:
    """Return what skips candles, and switch position adjustment on if parts are sold."""
    leave_on(strategy)
    adjusts = bool(strategy.position_adjustment_enable)
    skipper = CandleSkipper(strategy, mixin, manager, adjusts_positions=adjusts)
    if not acts(manager):
        return skipper
    if not adjusts and any(block.sells_parts for block in manager.settings.blocks()):
        switch_on(strategy, live=not manager.simulated)
    if skipper.skips_parts:
        switch_at_candles(strategy, manager)
    return skipper


def share_callbacks(
    strategy: IStrategy, mixin: type[IStrategy], manager: TradeManager, limits: EntryLimits
) -> SharedCallbacks:
    """Return what answers the callbacks that robustop shares with the strategy, and take over those in front."""
    brackets = any(block.brackets for block in manager.settings.blocks())
    # Where robustop leaves the switch alone, Freqtrade asks as the strategy sets it, at start or later.
    shared = SharedCallbacks(manager, limits, asks_custom_roi=bool(strategy.use_custom_roi) or not brackets)
    if brackets and acts(manager):
        set_switch(strategy, "use_custom_roi", True)
    shared.take_over(strategy, mixin)
    return shared
