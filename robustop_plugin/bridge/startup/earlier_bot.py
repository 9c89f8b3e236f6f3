"""What a bot takes over from the bot of before when it reads its configuration again, in the same process."""

from typing import Any

from freqtrade.enums import RunMode
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.state.open_trades import OpenTrades

LIVE = (RunMode.LIVE, RunMode.DRY_RUN)

_kept: dict[tuple[str, ...], OpenTrades] = {}


def take_over(strategy: IStrategy, open_trades: OpenTrades) -> None:
    """Let a bot's open breakers stay open. A bot that starts anew tries everything again, and so does a backtest."""
    config: dict[str, Any] = strategy.config
    files = tuple(str(file) for file in config.get("config_files") or ())
    if config.get("runmode") not in LIVE or not files:
        return
    key = (type(strategy).__name__, *files)
    before = _kept.get(key)
    if before is not None:
        open_trades.take_over_faults(before)
    _kept[key] = open_trades
