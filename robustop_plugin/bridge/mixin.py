"""The strategy mixin: Freqtrade asks, the manager of the trades answers.

Kept tiny on purpose. Freqtrade pickles the modules in a strategy's line of ancestors by value, so whatever is
defined here would exist twice in a hyperopt worker; everything else lives in modules of its own.
"""

from datetime import datetime
from typing import Any

from freqtrade.persistence import Order, Trade
from freqtrade.strategy import IStrategy
from pandas import DataFrame

from robustop_plugin.bridge.decisions.skipped_candles import CandleSkipper
from robustop_plugin.bridge.entries.checks import ProposedEntry
from robustop_plugin.bridge.facts.bad_candles import BadCandleLog
from robustop_plugin.bridge.facts.indicators import add_columns
from robustop_plugin.bridge.startup.hyperopt import check_values
from robustop_plugin.bridge.startup.start import build_entry_limits, build_manager, read_settings
from robustop_plugin.core.side import LONG, SHORT


class RobustopMixin(IStrategy):  # type: ignore[misc]
    """Gives a strategy robustop's stops: `class MyStrategy(RobustopMixin, IStrategy)` and a block `robustop`.

    Attributes:
        robustop: the settings; a block of the same name in the configuration wins over it, key by key.
    """

    use_custom_stoploss = True
    robustop: dict[str, Any] = {}  # noqa: RUF012 (a user's class attribute, read only)

    def __init__(self, config: dict[str, Any]) -> None:
        """Read the settings; errors in them end the start with one line."""
        super().__init__(config)
        self._robustop_settings = read_settings(self, config)
        self._robustop_bad_candles = BadCandleLog()

    def ft_bot_start(self, **kwargs: Any) -> None:
        """Refuse what would neutralize the stops, then build the manager of the trades."""
        self._robustop = build_manager(self, self._robustop_settings, RobustopMixin)
        self._robustop_entry_limits = build_entry_limits(self, self._robustop)
        self._robustop_skipper = CandleSkipper(self, RobustopMixin, self._robustop)
        super().ft_bot_start(**kwargs)
        # Only now has Freqtrade loaded the values of parameters.
        check_values(self._robustop.settings)

    def advise_indicators(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Add the columns of the stops to the strategy's own."""
        dataframe = super().advise_indicators(dataframe, metadata)
        pair = str(metadata.get("pair"))
        return add_columns(dataframe, self._robustop_settings.for_pair(pair), pair, self._robustop_bad_candles)

    def analyze(self, pairs: list[str]) -> None:
        """Begin a bot's loop, then analyze as Freqtrade does."""
        self._robustop.new_loop()
        super().analyze(pairs)

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
        if low is not None and self._robustop.open_tick(trade, rate, current_time):
            profit = trade.calc_profit_ratio(rate)
            self.ft_stoploss_adjust(rate, trade, current_time, profit, force_stoploss=0)
        exits: list[Any] = super().should_exit(
            trade, rate, current_time, enter=enter, exit_=exit_, low=low, high=high, **kwargs
        )
        # After an error the answer is None; an error in finding a tag must not cost an exit its place.
        exits = self._robustop.tagged(trade, self, current_time, exits) or exits
        return self._robustop.with_our_exits_first(trade, current_time, exits) or exits

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
        """Skip the question if a candle's extreme cannot change the stop."""
        if self._robustop_skipper.skip_stop_update(trade, low, high, current_time):
            return
        super().ft_stoploss_adjust(
            current_rate, trade, current_time, current_profit, force_stoploss, low, high, **kwargs
        )
        if kwargs.get("after_fill") or not self._robustop.simulated:
            self._robustop.anchor_first_stop(trade, current_rate, current_time)

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
        """Return the decided stop as Freqtrade's ratio; None for no change."""
        return self._robustop.stop_at(trade, current_rate, current_time, after_fill)

    def custom_exit(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        **kwargs: Any,
    ) -> str | bool | None:
        """Return the exit that was decided at this moment, else the answer of the strategy's other bases."""
        tag = self._robustop.exit_tag_at(trade, current_time)
        if tag is not None:
            return tag
        answer: str | bool | None = super().custom_exit(
            pair, trade, current_time, current_rate, current_profit, **kwargs
        )
        return answer

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
        """Return the profit of a bracket, or a lower one of the strategy's other bases."""
        ours = self._robustop.take_profit_at(trade, current_time)
        theirs = super().custom_roi(pair, trade, current_time, trade_duration, entry_tag, side, **kwargs)
        return min((ratio for ratio in (ours, theirs) if ratio is not None), default=None)

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
        """Size an entry by its risk if the settings say so, else return the answer of the strategy's other bases."""
        entry = ProposedEntry(pair, SHORT if side == "short" else LONG, current_rate, 0.0, current_time)
        ours = self._robustop_entry_limits.stake(entry, leverage, min_stake, max_stake)
        if ours is not None:
            return ours
        theirs: float = super().custom_stake_amount(
            pair, current_time, current_rate, proposed_stake, min_stake, max_stake, leverage, entry_tag, side, **kwargs
        )
        return theirs

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
        """Refuse an entry that the settings do not allow, else return the answer of the strategy's other bases."""
        entry = ProposedEntry(pair, SHORT if side == "short" else LONG, rate, amount, current_time)
        return self._robustop.entries.allow(entry) and super().confirm_trade_entry(
            pair, order_type, amount, rate, time_in_force, current_time, entry_tag, side, **kwargs
        )

    def check_entry_timeout(self, pair: str, trade: Trade, order: Order, current_time: datetime, **kwargs: Any) -> bool:
        """Give up an entry that rests too long, that is unprotected in part, or that other bases give up."""
        return self._robustop_entry_limits.gives_up(trade, order, current_time) or bool(
            super().check_entry_timeout(pair, trade, order, current_time, **kwargs)
        )

    def _adjust_trade_position_internal(self, trade: Trade, current_time: datetime, **kwargs: Any) -> Any:
        """Refuse a purchase that the settings do not allow.

        In a backtest the question is skipped if no part of the position can be due.
        """
        if self._robustop_skipper.skip_partials(trade, kwargs.get("current_exit_rate"), current_time):
            return None, ""
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
    ) -> float | tuple[float | None, str | None] | None:
        """Return the part of the position that is due, else the answer of the strategy's other bases."""
        sale: tuple[float, str] | None = self._robustop.sale_at(trade, current_exit_rate, current_time, min_stake)
        if sale is not None:
            # The decision may have moved the stop as well: that comes first.
            self.ft_stoploss_adjust(current_exit_rate, trade, current_time, current_exit_profit, force_stoploss=0)
            return sale
        answer: float | tuple[float | None, str | None] | None = super().adjust_trade_position(
            trade,
            current_time,
            current_rate,
            current_profit,
            min_stake,
            max_stake,
            current_entry_rate,
            current_exit_rate,
            current_entry_profit,
            current_exit_profit,
            **kwargs,
        )
        return answer

    def order_filled(self, pair: str, trade: Trade, order: Order, current_time: datetime, **kwargs: Any) -> None:
        """Open a state at the first entry, close it at the last exit."""
        self._robustop.filled(trade, order, current_time)
        super().order_filled(pair, trade, order, current_time, **kwargs)
