#!/usr/bin/env bash
# Freqtrade 2026.9: a trade of which exactly half was sold is closed when its orders are read from the exchange again.
#
# Freqtrade reads the orders of a trade again at /reload_trade, and by itself whenever a balance does not suffice for an exit
# ("Not enough ... in wallet to exit. Trying to recover"). It applies each known order once more: the entry first recomputes the
# amount from all orders, exits included, and then the exit of half equals that amount, which counts as the end of the trade. The
# other half is still held, without a trade, and so without a stop. A quarter sold after that half does the same.
#
# Seen: 10 bought, 5 sold, 5 held; after the orders were read again the trade is closed, with 5 held. With 4 sold it stays open.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet freqtrade==2026.9
"$folder/venv/bin/python" - <<'PYTHON'
from datetime import UTC, datetime
from types import SimpleNamespace

import freqtrade
from freqtrade.freqtradebot import FreqtradeBot
from freqtrade.persistence import Order, Trade, init_db

init_db("sqlite://")


def answer(number, side, amount):
    """An order as ccxt returns it."""
    return {
        "id": number, "symbol": "BTC/USDT", "side": side, "type": "market", "status": "closed", "price": 100.0,
        "average": 100.0, "amount": amount, "filled": amount, "remaining": 0.0, "cost": amount * 100.0,
        "datetime": None, "timestamp": None, "fee": None,
    }


def after_reload(sold):
    """Buy 10, sell a part, and let Freqtrade read both orders again; return whether the trade is open."""
    trade = Trade(
        pair="BTC/USDT", base_currency="BTC", stake_currency="USDT", open_rate=100.0, amount=10.0, stake_amount=1000.0,
        fee_open=0.0, fee_close=0.0, is_open=True, exchange="binance", open_date=datetime.now(UTC),
        amount_precision=0.001, price_precision=0.01, precision_mode=4, precision_mode_price=4,
    )
    Trade.session.add(trade)
    Trade.commit()
    orders = [answer(f"{trade.id}-1", "buy", 10.0), answer(f"{trade.id}-2", "sell", sold)]
    for order in orders:
        known = Order.parse_from_ccxt_object(order, trade.pair, order["side"])
        trade.orders.append(known)
        trade.update_trade(known)
    assert trade.is_open and trade.amount == 10.0 - sold
    # The bot's own methods, without what they ask of an exchange.
    bot = FreqtradeBot.__new__(FreqtradeBot)
    bot.exchange = SimpleNamespace(fetch_orders=lambda *_: orders, check_order_canceled_empty=lambda _: False)
    bot.wallets = SimpleNamespace(get_owned=lambda *_: 10.0 - sold)
    bot.handle_order_fee = bot.order_close_notify = lambda *_, **__: None
    bot._update_trade_after_fill = lambda trade, *_: trade
    bot.handle_onexchange_order(trade)
    return trade.is_open


half, less = after_reload(5.0), after_reload(4.0)
print(f"Freqtrade {freqtrade.__version__}: 5 of 10 sold, read again: open {half}; 4 of 10 sold, read again: open {less}")
assert (half, less) == (False, True), "the behavior has changed"
PYTHON
