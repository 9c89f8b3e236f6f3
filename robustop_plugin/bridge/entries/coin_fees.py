"""Has Freqtrade take the fee of an entry off the amount of its trade, where it could not do so at the fill.

On spot, the fee of a purchase is often paid in the bought coin. Freqtrade takes it off after it has read its balances.
If they cannot be read at that moment, it never tries again: the trade counts more coins than there are, and the
exchange refuses every stop order for lack of funds. Freqtrade's own method for the fee of a fill is therefore called
again. Nothing here changes a trade by itself.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from freqtrade.persistence import Order, Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.facts.order_search import WALLET
from robustop_plugin.bridge.messages.message import Message
from robustop_plugin.bridge.state.open_trades import OpenTrades

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_TRIES = 60.0
"""Each try is up to four requests."""


@dataclass
class CoinFees:
    """The fees of a bot's entries that were paid in the bought coin.

    Attributes:
        strategy: The strategy, which has Freqtrade's balances.
        open_trades: The records that hold the time of the last try.
        notify: Sends messages.
    """

    strategy: IStrategy
    open_trades: OpenTrades
    notify: Callable[[str], None]

    def correct(self, trade: Trade) -> None:
        """Correct a trade that counts more coins than there are; report it once if that fails."""
        record, now = self.open_trades.of(trade), time.monotonic()
        if self.strategy.wallets is None:
            return
        if not self._counts_too_much(trade) or now - record.fees_tried_at < SECONDS_BETWEEN_TRIES:
            return
        record.fees_tried_at = now
        # The known balances may be older than the last fill.
        self.strategy.wallets.update()
        if not self._counts_too_much(trade):
            return
        self._try(trade)
        if self._counts_too_much(trade) and not record.reported_amount:
            record.reported_amount = True
            self._report(trade)

    def _counts_too_much(self, trade: Trade) -> bool:
        """Return True if slightly more coins are counted than there are, as with a fee; more were sold by hand."""
        return bool(trade.amount * WALLET <= self._held(trade) < trade.amount)

    def _held(self, trade: Trade) -> float:
        return float(self.strategy.wallets.get_total(trade.safe_base_currency))

    def _try(self, trade: Trade) -> None:
        """Have Freqtrade find out the fees again, until the amount fits."""
        bot = bot_of(self.strategy)
        # A forced exit in another thread holds this lock while it waits for robustop: do not wait for it here.
        if bot is None or trade.fee_open_currency != trade.safe_base_currency:
            return
        if not bot._exit_lock.acquire(blocking=False):  # noqa: SLF001 (Freqtrade's own protection of trades)
            return
        try:
            for order in reversed(trade.select_filled_orders(trade.entry_side)):
                if self._counts_too_much(trade) and not order.ft_fee_base:
                    _find_fee(bot, trade, order)
        except Exception:
            logger.exception("robustop: the fee of the entry into %s could not be found out", trade.pair)
        finally:
            bot._exit_lock.release()  # noqa: SLF001

    def _report(self, trade: Trade) -> None:
        text = (
            f"trade {trade.id} of {trade.pair} counts {trade.amount:.8g} {trade.safe_base_currency}, but the account "
            f"holds {self._held(trade):.8g}: the exchange refuses its stop order, and only the bot checks the stop "
            f"{trade.stop_loss:g}. Reload the trade with /reload_trade {trade.id}"
        )
        logger.error("robustop: %s", text)
        self.notify(Message(text, f"amount {trade.id} {trade.open_date} {trade.amount:.8g}"))


def bot_of(strategy: IStrategy) -> Any:
    """Return Freqtrade's bot, which strategies are not given; None if a release keeps it elsewhere."""
    messages = getattr(strategy.dp, "_DataProvider__rpc", None)
    return getattr(getattr(messages, "_rpc", None), "_freqtrade", None)


def _find_fee(bot: Any, trade: Trade, order: Order) -> None:
    """Let Freqtrade handle the fee of a filled order again, and then the fill, as it does with late fees."""
    answer = bot.exchange.fetch_order(order.order_id, trade.pair)
    # Freqtrade looks for the fee of each side only once. Without a side, it looks for that of this order.
    bot.handle_order_fee(trade, order, {**answer, "side": ""})
    if order.ft_fee_base:
        bot.update_trade_state(trade, order.order_id, answer, send_msg=False)
        logger.warning(
            "robustop: the fee of order %s, %.8g %s, was taken off the amount of trade %s, as Freqtrade could not do "
            "at the fill",
            order.order_id,
            order.ft_fee_base,
            trade.safe_base_currency,
            trade.id,
        )
