"""Settings that limit the risk of all trades together."""

from typing import Any

from tests.support.hand_candles import BLOCK

WALLET: dict[str, Any] = {"dry_run_wallet": 10_000, "position_adjustment_enable": True}


def limited(percent: float | None, stop: float = 2.0, **over: Any) -> dict[str, Any]:
    """Return settings that limit the total risk of all trades, without slippage."""
    initial_stop = {"kind": "percent", "percent": stop}
    risk = {} if percent is None else {"risk": {"max_portfolio_percent": percent}}
    return {**BLOCK, "initial_stop": initial_stop, "breakeven": {"slippage_percent": 0.0}, **risk, **over}
