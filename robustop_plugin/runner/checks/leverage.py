"""The leverage of a strategy, if it is constant."""

import io
from contextlib import redirect_stdout
from datetime import UTC, datetime
from itertools import product

from freqtrade.enums import TradingMode
from freqtrade.strategy import IStrategy

from robustop_plugin.runner.checks.loading import collected_warnings

NOW = datetime(2024, 1, 1, tzinfo=UTC)
LARGEST = (50.0, 125.0)
RATES = (0.5, 30_000.0)
SIDES = ("long", "short")


def constant_leverage(strategy: IStrategy) -> float | None:
    """Return the leverage of all trades; None if it may differ between trades.

    The strategy's callback is asked about different pairs, rates and sides: one answer to all counts as constant.
    """
    if strategy.config.get("trading_mode", TradingMode.SPOT) == TradingMode.SPOT:
        return 1.0
    if type(strategy).leverage is IStrategy.leverage:
        return 1.0
    answers = set()
    with redirect_stdout(io.StringIO()), collected_warnings():
        for pair, rate, largest, side in product(("BTC/USDT:USDT", "XRP/USDT:USDT"), RATES, LARGEST, SIDES):
            try:
                answer = strategy.leverage(
                    pair=pair,
                    current_time=NOW,
                    current_rate=rate,
                    proposed_leverage=1.0,
                    max_leverage=largest,
                    entry_tag=None,
                    side=side,
                )
                answers.add(float(answer))
            except Exception:  # noqa: BLE001 (the code is the user's; without a bot it may lack what it asks)
                return None
    (only, *others) = answers
    return only if not others and only > 0 else None
