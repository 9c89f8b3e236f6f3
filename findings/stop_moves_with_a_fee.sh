#!/usr/bin/env bash
# Freqtrade 2026.9: a stop moves when the fee of the entry is reported later.
#
# custom_stoploss returns a distance from the current rate, and Freqtrade keeps it as a ratio. Whenever it recalculates the
# trade from its orders (a fill, or a fee that the exchange reports a loop later), it places that ratio below the open rate
# again. Where the rate was below the open rate, as the bid after a market buy always is, the stop moves up by as much, and
# the trade is marked as trailing: an exit there is no longer a stop_loss but a trailing_stop_loss.
#
# Example: bought at 100, rate 99, stop placed at 98; after the fee is reported the stop is at 98.99.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet freqtrade==2026.9
"$folder/venv/bin/python" - <<'PYTHON'
from datetime import UTC, datetime

import freqtrade
from ccxt import TICK_SIZE
from freqtrade.persistence import LocalTrade, Order

opened = datetime(2026, 1, 1, tzinfo=UTC)
trade = LocalTrade(
    id=1, pair="BTC/USDT", open_rate=100.0, open_date=opened, stake_amount=1000.0, amount=10.0, fee_open=0.001,
    fee_close=0.001, exchange="binance", is_short=False, leverage=1.0, amount_precision=0.001, price_precision=0.01,
    precision_mode=TICK_SIZE, precision_mode_price=TICK_SIZE, orders=[],
)
order = Order(
    id=1, ft_trade_id=1, ft_is_open=False, ft_pair="BTC/USDT", order_id="1", ft_order_side="buy", side="buy",
    status="closed", order_type="market", ft_price=100.0, price=100.0, average=100.0, ft_amount=10.0, amount=10.0,
    filled=10.0, remaining=0.0, cost=1000.0, order_date=opened, order_filled_date=opened,
)
order._trade_bt = trade
trade.orders = [order]
trade.adjust_stop_loss(trade.open_rate, -0.10, initial=True)

rate, level = 99.0, 98.0
trade.adjust_stop_loss(rate, 1 - level / rate, allow_refresh=True)  # what a fill does with custom_stoploss's answer
placed, trailing = trade.stop_loss, trade.is_stop_loss_trailing
trade.recalc_trade_from_orders()  # what a fee that is learned later does
print(f"Freqtrade {freqtrade.__version__}: stop {placed} (trailing: {bool(trailing)}), then {trade.stop_loss} "
      f"(trailing: {trade.is_stop_loss_trailing})")
assert (placed, bool(trailing)) == (98.0, False), "the stop was placed elsewhere"
assert (trade.stop_loss, trade.is_stop_loss_trailing) == (98.99, True), "the behavior has changed"
PYTHON
