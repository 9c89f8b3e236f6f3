"""The replay refuses what it does not model, with the reason: settings, configurations, callbacks, markets."""

import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import MethodType
from typing import Any

import numpy as np
import pytest
from freqtrade.enums import MarginMode, TradingMode

from robustop_plugin.bridge.mixin import RobustopMixin
from robustop_plugin.core import side
from robustop_plugin.lab.replay.compiler import compiled
from robustop_plugin.lab.replay.errors import NotModelled
from robustop_plugin.lab.replay.evaluator import ReplayEvaluator
from robustop_plugin.lab.replay.loader.candles import load
from robustop_plugin.lab.replay.loader.entry_terms import smallest_part
from robustop_plugin.lab.replay.loader.leverage_tiers import margins_of
from robustop_plugin.lab.replay.loader.unsupported import (
    looks_at_its_arguments_alone,
    refuse_block,
    refuse_host,
)
from robustop_plugin.settings import load_settings
from tests.support.replays import Bench, embedded_bench


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return five days of the embedded market."""
    with embedded_bench(tmp_path_factory.mktemp("refusals"), days=5) as served:
        yield served


BLOCKS: dict[str, dict[str, Any]] = {
    "robustop.canary was 0.5": {"canary": 0.5},
    "robustop.mode was 'shadow'": {"mode": "shadow"},
}


@pytest.mark.parametrize("reason", BLOCKS)
def test_settings_that_are_not_modelled_are_refused(reason: str) -> None:
    """The message names the setting."""
    block = load_settings({"partials": [], **BLOCKS[reason]}).default
    with pytest.raises(NotModelled, match=reason):
        refuse_block(block)


CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "position_stacking was True": {"position_stacking": True},
    "enable_protections was True": {"enable_protections": True},
    "reduce_df_footprint was True": {"reduce_df_footprint": True},
    "enable_dynamic_pairlist was True": {"enable_dynamic_pairlist": True},
}


@pytest.mark.parametrize("reason", CONFIGURATIONS)
def test_configurations_that_are_not_modelled_are_refused(short: Bench, reason: str) -> None:
    """The message names the setting."""
    backtesting = short.backtesting("HandSpanTrend", {"partials": []})
    backtesting.config.update(CONFIGURATIONS[reason])
    with pytest.raises(NotModelled, match=reason):
        refuse_host(backtesting)


@pytest.mark.parametrize(
    ("option", "value"), [("trailing_stop", True), ("use_exit_signal", False), ("exit_profit_only", True)]
)
def test_options_that_are_not_modelled_are_refused(short: Bench, option: str, value: bool) -> None:
    """The strategy's own stops and exits work beside robustop's in Freqtrade alone."""
    backtesting = short.backtesting("HandSpanTrend", {"partials": []})
    setattr(backtesting.strategylist[0], option, value)
    with pytest.raises(NotModelled, match=f"{option} was {value}: it is not modelled; set it to {not value}"):
        refuse_host(backtesting)


def test_cross_margin_is_refused(short: Bench) -> None:
    """Positions with a shared margin are not modelled."""
    backtesting = short.backtesting("HandSpanTrend", {"partials": []})
    backtesting.margin_mode = MarginMode.CROSS
    with pytest.raises(NotModelled, match="margin_mode was cross"):
        refuse_host(backtesting)


def test_liquidation_prices_of_another_kind_are_refused(short: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Liquidation prices that depend on the size must be calculated as the replay does."""
    backtesting = short.backtesting("HandSpanTrend", {"partials": []})
    exchange, (pairs, *_) = backtesting.exchange, load(backtesting, None)
    monkeypatch.setattr(backtesting, "trading_mode", TradingMode.FUTURES)
    monkeypatch.setitem(backtesting.config, "stake_amount", "unlimited")
    with pytest.raises(NotModelled, match="no leverage tiers"):
        margins_of(backtesting, pairs)
    tier = {"minNotional": 0.0, "maintenanceMarginRate": 0.01, "maintAmt": 0.0}
    monkeypatch.setattr(exchange, "_leverage_tiers", {pair.name: [tier] for pair in pairs})
    monkeypatch.setattr(exchange, "get_liquidation_price", lambda open_rate, **_: open_rate / 2)
    with pytest.raises(NotModelled, match="not calculated as Binance's"):
        margins_of(backtesting, pairs)


def test_smallest_orders_of_another_kind_are_refused(short: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The smallest order must depend on a value and an amount alone."""
    backtesting = short.backtesting("HandSpanTrend", {"partials": []})
    pairs, *_ = load(backtesting, None)
    monkeypatch.setattr(backtesting.exchange, "get_min_pair_stake_amount", lambda _, price, __: price**2)
    with pytest.raises(NotModelled, match="the smallest order of"):
        smallest_part(backtesting, pairs[0])


def test_late_entries_on_detail_candles_are_refused(short: Bench) -> None:
    """A signal that expires within its candle is not modelled."""
    backtesting = short.backtesting("HandSpanTrend", {"partials": []})
    backtesting.config["timeframe_detail"] = "1m"
    backtesting.strategylist[0].ignore_buying_expired_candle_after = 60
    with pytest.raises(NotModelled, match="ignore_buying_expired_candle_after"):
        refuse_host(backtesting)


@pytest.mark.parametrize(
    "name",
    [
        *("custom_stake_amount", "confirm_trade_entry", "custom_exit", "custom_stoploss", "adjust_trade_position"),
        *("custom_entry_price", "custom_exit_price", "confirm_trade_exit", "bot_loop_start", "adjust_entry_price"),
    ],
)
def test_callbacks_of_the_users_own_are_refused(short: Bench, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The result of the user's own code is unknown."""
    backtesting = short.backtesting("HandSpanTrend", {"partials": []})
    monkeypatch.setattr(type(backtesting.strategylist[0]), name, lambda *_, **__: None, raising=False)
    with pytest.raises(NotModelled, match=rf"HandSpanTrend\.{name} is the strategy's own"):
        refuse_host(backtesting)


def test_other_strategies_are_refused(short: Bench) -> None:
    """A strategy without the mixin cannot be replayed."""
    with pytest.raises(NotModelled, match="PlainTrend is not a RobustopMixin"):
        ReplayEvaluator(short.backtesting("PlainTrend", {"partials": []}))
    backtesting = short.backtesting("HandSpanTrend", {"partials": []})
    backtesting.strategylist *= 2
    with pytest.raises(NotModelled, match="2 strategies were given"):
        refuse_host(backtesting)


FACTOR = 2.0


class Leverages:
    """Ways to choose a leverage."""

    factor = 3.0

    def constant(self, pair: str, max_leverage: float, **kwargs: Any) -> float:
        """Look at the arguments alone."""
        return min(3.0 if pair == "BTC/USDT:USDT" else 2.0, max_leverage)

    def of_object(self, **kwargs: Any) -> float:
        """Look at the object."""
        return self.factor

    def of_module(self, **kwargs: Any) -> float:
        """Look at the module."""
        return FACTOR

    def of_clock(self, current_time: datetime, **kwargs: Any) -> float:
        """Look at something inside."""
        return sum(1.0 for _ in range(current_time.hour))


def test_a_leverage_may_look_at_its_arguments_alone() -> None:
    """A leverage that reads anything else might depend on earlier trades."""
    ways: dict[str, Callable[..., Any]] = {name: getattr(Leverages, name) for name in vars(Leverages)}
    allowed = {name for name, way in ways.items() if callable(way) and looks_at_its_arguments_alone(way)}
    assert allowed == {"constant"}
    assert not looks_at_its_arguments_alone(MethodType(Leverages.constant, Leverages()).__call__)


def test_a_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without numba the message says what to install."""
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(NotModelled, match=r"robustop\[lab\]"):
        compiled(())


def test_machine_code_that_cannot_be_kept_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a writable folder functions are compiled all the same."""
    pytest.importorskip("numba")
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("ROBUSTOP_CACHE", str(tmp_path / "file"))
    assert compiled((side,), kept=True)[side.beyond](1, 99.0, 100.0)
    monkeypatch.setenv("ROBUSTOP_CACHE", str(tmp_path / "cache"))
    assert compiled((side,), kept=True)[side.tighter](1, 101.0, 100.0)
    assert list((tmp_path / "cache").rglob("side.tighter*.nbi"))


def test_candles_with_an_open_outside_are_refused(short: Bench, tmp_path: Path) -> None:
    """Freqtrade would not fill an entry there."""
    backtesting = short.backtesting("HandSpanTrend", {"partials": []})
    load = backtesting.load_bt_data

    def broken() -> Any:
        data, timerange = load()
        data["BTC/USDT"].loc[len(data["BTC/USDT"]) - 5, "open"] *= 2
        return data, timerange

    backtesting.load_bt_data = broken
    with pytest.raises(NotModelled, match="BTC/USDT opens outside"):
        ReplayEvaluator(backtesting)


@pytest.mark.parametrize(("column", "price"), [("close", np.nan), ("high", np.inf), ("low", 0.0)])
def test_candles_with_prices_that_cannot_be_are_refused(short: Bench, column: str, price: float) -> None:
    """Freqtrade's handling of invalid prices is not modelled."""
    backtesting = short.backtesting("HandSpanTrend", {"partials": []})
    load = backtesting.load_bt_data

    def broken() -> Any:
        data, timerange = load()
        data["BTC/USDT"].loc[len(data["BTC/USDT"]) - 5, column] = price
        return data, timerange

    backtesting.load_bt_data = broken
    with pytest.raises(NotModelled, match="BTC/USDT has a price that is not finite and positive"):
        ReplayEvaluator(backtesting)


def test_every_callback_of_the_mixin_is_looked_at() -> None:
    """Every callback that robustop answers is in the list of the replay."""
    from robustop_plugin.lab.replay.loader.unsupported import OF_MIXIN  # noqa: PLC0415 (beside what it is compared with)

    own = {name for name, value in vars(RobustopMixin).items() if callable(value) and not name.startswith("_")}
    assert own - set(OF_MIXIN) == {"ft_bot_start", "advise_indicators", "analyze"}
