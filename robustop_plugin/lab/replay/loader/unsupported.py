"""Refuses strategies, configurations and settings that are not modelled, before anything is replayed.

Each refusal is one sentence that says what to do.
"""

import builtins
import dis
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from freqtrade.enums import MarginMode, TradingMode
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.callbacks.trade_copies import only_ours
from robustop_plugin.bridge.mixin import RobustopMixin
from robustop_plugin.lab.replay.errors import NotModelled
from robustop_plugin.lab.replay.settings_to_tables import TABLES
from robustop_plugin.settings import RobustopBlock

OF_MIXIN = (
    "should_exit",
    "ft_stoploss_adjust",
    "custom_stoploss",
    "custom_exit",
    "custom_roi",
    "custom_stake_amount",
    "confirm_trade_entry",
    "check_entry_timeout",
    "adjust_trade_position",
    "order_filled",
)
"""Callbacks that robustop answers: nothing else may override them."""

OF_HOST = (
    "bot_loop_start",
    "confirm_trade_exit",
    "custom_entry_price",
    "custom_exit_price",
    "adjust_entry_price",
    "adjust_exit_price",
    "adjust_order_price",
    "check_exit_timeout",
    "check_sell_timeout",
    "ft_check_timed_out",
    "ft_stoploss_reached",
    "ignore_expired_candle",
    "min_roi_reached",
    "min_roi_reached_entry",
)
"""Callbacks and rules that have to be Freqtrade's own."""

PLAIN_OPTIONS = {"trailing_stop": False, "use_exit_signal": True, "exit_profit_only": False}
"""Options that have to have their usual values."""

RUN_FREQTRADE = "run freqtrade backtesting for these settings"


def refuse_host(backtesting: Backtesting) -> None:
    """Refuse a strategy or a configuration that is not modelled.

    Raises:
        NotModelled: Names the callback or the setting, and what to do.
    """
    _refuse(_of_strategy(backtesting.strategylist, futures=backtesting.trading_mode == TradingMode.FUTURES))
    _refuse(_of_configuration(backtesting))


def refuse_block(block: RobustopBlock) -> None:
    """Refuse a block of settings that is not modelled.

    Raises:
        NotModelled: Names the setting, and what to do.
    """
    _refuse(_of_block(block))


def _refuse(problems: Iterator[str]) -> None:
    problem = next(iter(problems), None)
    if problem is not None:
        raise NotModelled(problem)


def _of_strategy(strategies: list[IStrategy], *, futures: bool) -> Iterator[str]:
    if len(strategies) != 1:
        yield f"{len(strategies)} strategies were given: name one"
        return
    (strategy,) = strategies
    kind = type(strategy)
    if not isinstance(strategy, RobustopMixin):
        yield f"{kind.__name__} is not a RobustopMixin: name the mixin first among its bases"
        return
    for name in OF_MIXIN:
        if not only_ours(kind, RobustopMixin, name):
            yield f"{kind.__name__}.{name} is the strategy's own and not modelled: leave it out, or {RUN_FREQTRADE}"
    for name in OF_HOST:
        if getattr(kind, name) is not getattr(IStrategy, name):
            yield f"{kind.__name__}.{name} is the strategy's own and not modelled: leave it out, or {RUN_FREQTRADE}"
    if futures and kind.leverage is not IStrategy.leverage and not looks_at_its_arguments_alone(kind.leverage):
        yield (
            f"{kind.__name__}.leverage looks at more than its arguments, and may depend on the trades before: "
            f"have it look at these alone, or {RUN_FREQTRADE}"
        )


def looks_at_its_arguments_alone(callback: Callable[..., Any]) -> bool:
    """Return True if a method's result depends on its arguments only, `self` left out."""
    code = getattr(callback, "__code__", None)
    if (
        not isinstance(code, CodeType)
        or code.co_freevars
        or any(isinstance(constant, CodeType) for constant in code.co_consts)
    ):
        return False
    for step in dis.get_instructions(code):
        if step.opname.startswith("LOAD_FAST") and step.argval == code.co_varnames[0]:
            return False
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") and not hasattr(builtins, str(step.argval)):
            return False
        if step.opname.startswith("IMPORT"):
            return False
    return True


def _of_configuration(backtesting: Backtesting) -> Iterator[str]:
    config, strategy = backtesting.config, backtesting.strategylist[0]
    yield from _of_options(strategy)
    for key in ("position_stacking", "enable_protections", "enable_dynamic_pairlist", "reduce_df_footprint"):
        if config.get(key):
            yield f"{key} was True: it is not modelled; set it to False, or {RUN_FREQTRADE}"
    if config.get("freqai", {}).get("enabled", False):
        yield f"freqai.enabled was True: it is not modelled; {RUN_FREQTRADE}"
    if backtesting.trading_mode == TradingMode.MARGIN or backtesting.margin_mode == MarginMode.CROSS:
        yield "margin_mode was cross: it is not modelled; set it to isolated"
    if config.get("timeframe_detail") and strategy.ignore_buying_expired_candle_after:
        yield "ignore_buying_expired_candle_after was set with detail candles: it is not modelled; leave it out"


def _of_options(strategy: IStrategy) -> Iterator[str]:
    """Yield the options with which the strategy's own stops and exits work beside robustop's."""
    for name, plain in PLAIN_OPTIONS.items():
        value = getattr(strategy, name)
        if value != plain:
            yield f"{name} was {value!r}: it is not modelled; set it to {plain!r}, or {RUN_FREQTRADE}"
    if getattr(super(RobustopMixin, strategy), "use_custom_stoploss", False):
        yield f"use_custom_stoploss was True: Freqtrade then trails by stoploss; leave it out, or {RUN_FREQTRADE}"


def _of_block(block: RobustopBlock) -> Iterator[str]:
    if block.mode != "live":
        yield f"robustop.mode was {block.mode!r}: robustop changes no trade then; set it to 'live'"
    elif block.canary < 1:
        yield (
            f"robustop.canary was {block.canary:g}: trades of which only some are robustop's are not modelled; "
            f"set it to 1, or {RUN_FREQTRADE}"
        )
    for engine in block.engines:
        if engine.name not in TABLES:
            yield f"engine {engine.name!r} is not modelled: leave it out, or {RUN_FREQTRADE}"
