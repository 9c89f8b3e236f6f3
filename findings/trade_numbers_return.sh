#!/usr/bin/env bash
# Freqtrade 2026.9 on SQLite: the number of a deleted trade is given to the next one.
#
# A bot deletes a trade if its entry order is canceled without a fill, or if the user requests it. The table of trades has no
# AUTOINCREMENT, so SQLite gives the highest free number again: data that a strategy keeps in memory under trade.id (a stop, a
# profit, a pending order) is then found for another trade, of another pair or side.
#
# Seen: the deleted BTC/USDT trade and the ETH/USDT trade after it both have number 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet freqtrade==2026.9
"$folder/venv/bin/python" - "$folder/trades.sqlite" <<'PYTHON'
import sys
from datetime import UTC, datetime

import freqtrade
from freqtrade.persistence import Trade, init_db

init_db(f"sqlite:///{sys.argv[1]}")


def opened(pair):
    trade = Trade(
        pair=pair, base_currency=pair.split("/")[0], stake_currency="USDT", open_rate=100.0, amount=0.0,
        stake_amount=100.0, fee_open=0.001, fee_close=0.001, is_open=True, exchange="binance",
        open_date=datetime.now(UTC),
    )
    Trade.session.add(trade)
    Trade.commit()
    return trade


first = opened("BTC/USDT")
number = first.id
first.delete()
second = opened("ETH/USDT")
print(f"Freqtrade {freqtrade.__version__}: BTC/USDT was trade {number} and is deleted, ETH/USDT is trade {second.id}")
assert second.id == number == 1, "the behavior has changed"
PYTHON
