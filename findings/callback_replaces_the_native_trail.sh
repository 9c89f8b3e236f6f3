#!/usr/bin/env bash
# Freqtrade 2026.9: with custom_stoploss and trailing_stop both on, the trail uses the callback's distance, not its own.
#
# The two do not compose, as "the tighter stop wins" suggests: whatever distance the callback returns replaces
# `stoploss` as the distance of the native trail in that call (where `trailing_stop_positive` does not apply). A callback
# that returns a wide distance as a fallback switches the trail off; one that returns None leaves it alone.
#
# Example: stoploss -0.05 with trailing_stop, bought at 100, rate 110. The trail alone puts the stop at 104.5; with a
# callback that returns 0.2 the stop stays at 95; with one that returns None it is 104.5 again.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet freqtrade==2026.9
"$folder/venv/bin/python" - <<'PYTHON'
from datetime import UTC, datetime

import freqtrade
from ccxt import TICK_SIZE
from freqtrade.persistence import LocalTrade
from freqtrade.strategy import IStrategy


class Trails(IStrategy):
    timeframe, stoploss, trailing_stop = "5m", -0.05, True

    def populate_indicators(self, dataframe, metadata):
        return dataframe


class Wide(Trails):
    use_custom_stoploss = True

    def custom_stoploss(self, pair, trade, current_time, current_rate, current_profit, after_fill, **kwargs):
        return 0.2


class Silent(Wide):
    def custom_stoploss(self, pair, trade, current_time, current_rate, current_profit, after_fill, **kwargs):
        return None


def stop_at_110(strategy):
    trade = LocalTrade(
        id=1, pair="BTC/USDT", open_rate=100.0, open_date=datetime(2026, 1, 1, tzinfo=UTC), stake_amount=1000.0,
        amount=10.0, fee_open=0.0, fee_close=0.0, exchange="binance", is_short=False, leverage=1.0,
        amount_precision=0.001, price_precision=0.01, precision_mode=TICK_SIZE, precision_mode_price=TICK_SIZE, orders=[],
    )
    trade.adjust_stop_loss(trade.open_rate, strategy.stoploss, initial=True)
    strategy.ft_stoploss_adjust(110.0, trade, datetime(2026, 1, 1, 1, tzinfo=UTC), 0.1, 0)
    return trade.stop_loss


stops = {kind.__name__: stop_at_110(kind({})) for kind in (Trails, Wide, Silent)}
print(f"Freqtrade {freqtrade.__version__}: {stops}")
assert stops == {"Trails": 104.5, "Wide": 95.0, "Silent": 104.5}, "the behavior has changed"
PYTHON
