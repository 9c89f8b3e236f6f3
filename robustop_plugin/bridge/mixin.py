"""The strategy mixin: Freqtrade asks, the manager of the trades answers.

Kept tiny on purpose. Freqtrade pickles the modules in a strategy's line of ancestors by value, so whatever is
defined here would exist twice in a hyperopt worker; everything else lives in modules of its own.
"""

from datetime import datetime
from functools import partial
from typing import Any

from freqtrade.persistence import Order, Trade
from freqtrade.strategy import IStrategy
from pandas import DataFrame

from robustop_plugin.bridge.callbacks.forwarding import Adjustment, arguments, forward
from robustop_plugin.bridge.decisions.ordered_exits import OrderedExits
from robustop_plugin.bridge.decisions.stop_updates import StopLook, StopUpdates
from robustop_plugin.bridge.facts.bad_candles import BadCandleLog
from robustop_plugin.bridge.facts.indicators import add_columns
from robustop_plugin.bridge.startup.around import put_around
from robustop_plugin.bridge.startup.hyperopt import check_values
from robustop_plugin.bridge.startup.start import (
    build_entry_limits,
    build_manager,
    build_skipper,
    read_settings,
    share_callbacks,
)


class RobustopMixin(IStrategy):  # type: ignore[misc]
    """Gives a strategy robustop's stops: `class MyStrategy(RobustopMixin, IStrategy)` and a block `robustop`.

    `class Protected(RobustopMixin, MyStrategy)` gives them to a strategy as it is: its own callbacks and options keep
    working, and the tightest of all stops wins.

    Attributes:
        robustop: the settings, of any class of the strategy; the configuration's block wins over it, key by key.
    """

    robustop: dict[str, Any]

    def __init__(self, config: dict[str, Any]) -> None:
        """Read the settings; errors in them end the start with one line."""
        super().__init__(config)
        self._robustop_settings = read_settings(self, config)
        self._robustop_bad_candles = BadCandleLog()

    def ft_bot_start(self, **kwargs: Any) -> None:
        """Let the strategy start, refuse what would neutralize the stops, and build the manager of the trades."""
        # Strategies set switches in `bot_start`, and Freqtrade loads the values of parameters.
        super().ft_bot_start(**kwargs)
        self._robustop = build_manager(self, self._robustop_settings, RobustopMixin)
        check_values(self._robustop.settings)
        self._robustop_entry_limits = build_entry_limits(self, self._robustop)
        self._robustop_skipper = build_skipper(self, RobustopMixin, self._robustop)
        self._robustop_stops = StopUpdates(self._robustop)
        self._robustop_exits = OrderedExits(self._robustop)
        self._robustop_shared = share_callbacks(self, RobustopMixin, self._robustop, self._robustop_entry_limits)
        put_around(self, RobustopMixin)

    def advise_indicators(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Add the columns of the stops to the strategy's own."""
        dataframe = super().advise_indicators(dataframe, metadata)
        pair = str(metadata.get("pair"))
        return add_columns(dataframe, self._robustop_settings.for_pair(pair), pair, self._robustop_bad_candles)

    def analyze(self, pairs: list[str]) -> None:
        """Begin a bot's loop, then analyze as Freqtrade does."""
        self._robustop.new_loop()
        super().analyze(pairs)
        self._robustop_entry_limits.after_analysis()

    def should_exit(
        self,
        trade: Trade,
        rate: float,
        current_time: datetime,
        *,
        enter: bool,
        exit_: bool,
        low: float | None = None,
        high: float | None = None,
        **kwargs: Any,
    ) -> list[Any]:
        """Put robustop's exits first; a backtest decides them at the open, with the memory from before the candle."""
        if self._robustop_skipper.skip_exit_checks(trade, self, rate, current_time, low, high, exit_ or kwargs):
            return []
        self._robustop.refresh_requests(trade, rate, current_time)
        if low is not None:
            self._robustop.open_tick(trade, rate, current_time, high if trade.is_short else low)
        if self._robustop_skipper.move_without_host(trade, self, rate, current_time, low, high, exit_ or kwargs):
            return []
        exits: list[Any] = super().should_exit(
            trade, rate, current_time, enter=enter, exit_=exit_, low=low, high=high, **kwargs
        )
        return self._robustop_exits.arrange(trade, self, rate, current_time, exits)

    def ft_stoploss_adjust(
        self,
        current_rate: float,
        trade: Trade,
        current_time: datetime,
        current_profit: float,
        force_stoploss: float,
        low: float | None = None,
        high: float | None = None,
        **kwargs: Any,
    ) -> None:
        """Let the strategy's own stops act, then robustop's; skip a candle whose extremes cannot change the stop."""
        if self._robustop_skipper.skip_stop_update(trade, low, high, current_time):
            return
        ask_host = partial(super().ft_stoploss_adjust, **arguments(locals()))
        best, worst = (low, high) if trade.is_short else (high, low)
        look = StopLook(
            trade, best or current_rate, worst or current_rate, current_time, bool(kwargs.get("after_fill"))
        )
        by_ratio = self.use_custom_stoploss and not self._robustop.own.move_the_stop
        self._robustop_stops.update(look, ask_host, by_ratio=by_ratio)

    def custom_stoploss(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        after_fill: bool,
        **kwargs: Any,
    ) -> float | None:
        """Return the decided stop as Freqtrade's ratio; None for no change.

        While the strategy's own stops move Freqtrade's, their answer is returned instead.
        """
        return self._robustop.own.answer(
            super().custom_stoploss,
            arguments(locals()),
            partial(self._robustop.stop_at, trade, current_rate, current_time, after_fill),
        )

    def custom_exit(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        **kwargs: Any,
    ) -> str | bool | None:
        """Return the exit that was decided at this moment, else the answer of the strategy's own."""
        question = arguments(locals())
        answer: str | bool | None = self._robustop.exit_tag_at(trade, current_time)
        return forward(super().custom_exit, question) if answer is None else answer

    def custom_roi(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        trade_duration: int,
        entry_tag: str | None,
        side: str,
        **kwargs: Any,
    ) -> float | None:
        """Return the profit of a bracket, or a lower one of the strategy's own."""
        question = arguments(locals())
        answer: float | None = self._robustop_shared.answer("custom_roi", super().custom_roi, question)
        return answer

    def custom_stake_amount(
        self,
        pair: str,
        current_time: datetime,
        current_rate: float,
        proposed_stake: float,
        min_stake: float | None,
        max_stake: float,
        leverage: float,
        entry_tag: str | None,
        side: str,
        **kwargs: Any,
    ) -> float:
        """Size an entry by its risk if the settings say so, else return the strategy's own stake."""
        question = arguments(locals())
        answer: float = self._robustop_shared.answer("custom_stake_amount", super().custom_stake_amount, question)
        return answer

    def confirm_trade_entry(
        self,
        pair: str,
        order_type: str,
        amount: float,
        rate: float,
        time_in_force: str,
        current_time: datetime,
        entry_tag: str | None,
        side: str,
        **kwargs: Any,
    ) -> bool:
        """Refuse an entry that the settings do not allow, else return the strategy's own answer."""
        question = arguments(locals())
        answer: bool = self._robustop_shared.answer("confirm_trade_entry", super().confirm_trade_entry, question)
        return answer

    def check_entry_timeout(self, pair: str, trade: Trade, order: Order, current_time: datetime, **kwargs: Any) -> bool:
        """Give up an entry that rests too long, that is unprotected in part, or that the strategy gives up."""
        question = arguments(locals())
        answer: bool = self._robustop_shared.answer("check_entry_timeout", super().check_entry_timeout, question)
        return answer

    def _adjust_trade_position_internal(self, trade: Trade, current_time: datetime, **kwargs: Any) -> Any:
        """Sell the part that is due, else ask the strategy if it adjusts positions; refuse what it may not buy.

        In a backtest the question is skipped if no part of the position can be due.
        """
        price = kwargs.get("current_exit_rate")
        if self._robustop_skipper.skip_partials(trade, price, current_time):
            return None, ""
        sale = self._robustop.sale_at(trade, price, current_time, kwargs.get("min_stake"))
        if sale is not None or not self._robustop_skipper.asks_for_adjustments:
            return sale or (None, "")
        wanted = super()._adjust_trade_position_internal(trade=trade, current_time=current_time, **kwargs)
        return self._robustop_entry_limits.additions.allowed(trade, current_time, wanted, kwargs)

    def adjust_trade_position(
        self,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        min_stake: float | None,
        max_stake: float,
        current_entry_rate: float,
        current_exit_rate: float,
        current_entry_profit: float,
        current_exit_profit: float,
        **kwargs: Any,
    ) -> Adjustment:
        """Return the part of the position that is due, else the strategy's own adjustment."""
        question = arguments(locals())
        sale: Adjustment = self._robustop.sale_at(trade, current_exit_rate, current_time, min_stake)
        if sale is not None or not self._robustop_skipper.asks_for_adjustments:
            return sale
        answer: Adjustment = forward(super().adjust_trade_position, question)
        return answer

    def order_filled(self, pair: str, trade: Trade, order: Order, current_time: datetime, **kwargs: Any) -> None:
        """Open a state at the first entry, close it at the last exit; then tell the strategy's own."""
        self._robustop_shared.answer("order_filled", super().order_filled, arguments(locals()))
