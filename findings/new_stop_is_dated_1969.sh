#!/usr/bin/env bash
# ccxt 4.5.90 and Freqtrade 2026.9: a new stop order on Binance spot is dated 1969-12-31 until it is fetched.
#
# Binance answers a new STOP_LOSS_LIMIT order with "workingTime": -1, as it is not in the book before it triggers, and with
# its time in "transactTime". ccxt takes the first of the two as the order's timestamp, and Freqtrade stores it as the
# order's date. The next look at the order corrects it. A bot that ends in between keeps the wrong date in its database, and
# a program that asks which orders are newer than a moment misses the stop.
#
# Seen: timestamp -1 from ccxt, order_date 1969-12-31 23:59:59 from Freqtrade.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet freqtrade==2026.9 ccxt==4.5.90
"$folder/venv/bin/python" - <<'PYTHON'
import ccxt
import freqtrade
from freqtrade.persistence import Order

ANSWER = {
    "symbol": "BTCUSDT", "orderId": 7, "orderListId": -1, "clientOrderId": "mine", "transactTime": 1796000000000,
    "price": "58410.00", "origQty": "0.1", "executedQty": "0.0", "cummulativeQuoteQty": "0.0", "status": "NEW",
    "timeInForce": "GTC", "type": "STOP_LOSS_LIMIT", "side": "SELL", "stopPrice": "59000.00", "workingTime": -1, "fills": [],
}
MARKET = {
    "id": "BTCUSDT", "symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "baseId": "BTC", "quoteId": "USDT",
    "type": "spot", "spot": True, "margin": False, "swap": False, "future": False, "option": False, "contract": False,
    "inverse": None, "linear": None, "active": True, "precision": {"amount": 0.00001, "price": 0.01}, "limits": {}, "info": {},
}
client = ccxt.binance()
client.set_markets([MARKET])
placed = client.parse_order(ANSWER, client.market("BTC/USDT"))
order = Order.parse_from_ccxt_object(placed, "BTC/USDT", "stoploss", 0.1, 59000.0)
print(f"ccxt {ccxt.__version__}: timestamp {placed['timestamp']} of an order with transactTime {ANSWER['transactTime']}")
print(f"Freqtrade {freqtrade.__version__}: order_date {order.order_date}")
assert (placed["timestamp"], order.order_date.year) == (-1, 1969), "the behavior has changed"
PYTHON
