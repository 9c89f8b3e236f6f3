"""What works, but may surprise."""

from collections.abc import Iterator

from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.facts.indicators import startup_candles
from robustop_plugin.bridge.metrics.exporter import exposure
from robustop_plugin.bridge.startup.whitelist import pairs_never_traded
from robustop_plugin.runner.checks.database import trade_database
from robustop_plugin.runner.checks.distances import hard_stop, native_trail, other_profits
from robustop_plugin.runner.checks.finding import NOTE, Finding
from robustop_plugin.runner.checks.messages import messages
from robustop_plugin.runner.checks.orders import resting_exits, stop_orders
from robustop_plugin.settings import RobustopBlock, Settings

CACHE = (
    "freqtrade backtesting reuses a result while the configuration and the strategy's own file are the same: it looks "
    "at no candles and at no imported file. After a change of these, add --cache none"
)


def notes(strategy: IStrategy, settings: Settings) -> Iterator[Finding]:
    """Yield all notes about a protected strategy."""
    yield from hard_stop(strategy, settings)
    yield from native_trail(strategy, settings)
    yield from other_profits(strategy, settings)
    yield from _startup(strategy, settings)
    yield from _averaging(strategy, settings)
    yield from _protections(strategy)
    yield from resting_exits(strategy)
    yield from stop_orders(strategy)
    yield from trade_database(strategy.config)
    yield from messages(strategy, settings)
    yield from _metrics(settings)
    for pair in pairs_never_traded(settings, strategy.config):
        yield Finding("pairs", NOTE, f"settings for {pair}, which is not in exchange.pair_whitelist")
    yield Finding("backtest cache", NOTE, CACHE)


def _metrics(settings: Settings) -> Iterator[Finding]:
    """Yield who can read the metrics, if others than programs on this machine can."""
    block = settings.default.metrics
    if block is not None and block.enabled and (warning := exposure(block.host)):
        yield Finding("metrics", NOTE, warning)


def _startup(strategy: IStrategy, settings: Settings) -> Iterator[Finding]:
    """Yield how many entries may get the fallback stop, because the candles before them are too few."""
    block, startup = settings.default, int(strategy.startup_candle_count)
    needed = max(map(_candles_before_the_first_stop, settings.blocks()))
    settled = startup_candles(settings)
    if not needed or startup >= settled:
        return
    missing = needed - 1 - startup
    first = (
        f"entries in the first {missing} candles of a backtest get initial_stop.fallback_percent "
        f"({block.initial_stop.fallback_percent:g} %)"
        if missing > 0
        else "every entry gets its own initial stop"
    )
    yield Finding(
        "startup_candle_count",
        NOTE,
        f"is {startup}: the indicators of the stops need {needed} candles to exist and {settled} to settle. So "
        f"{first}, and those in the first {settled - startup} candles may differ slightly from a run that begins "
        "earlier. Raising it changes the strategy's own signals too; a bot loads more candles",
    )


def _candles_before_the_first_stop(block: RobustopBlock) -> int:
    """Return how many candles the initial stop and the engines need to be computed; 0 if they need none."""
    stop = block.initial_stop
    if stop.kind == "atr" or any(engine.follows_atr for engine in block.engines):
        # The ATR averages differences between neighboring candles.
        return stop.period + 1
    return stop.lookback if stop.kind == "swing" else 0


def _averaging(strategy: IStrategy, settings: Settings) -> Iterator[Finding]:
    """Yield how limits of risk treat purchases after the first."""
    overridden = type(strategy).adjust_trade_position is not IStrategy.adjust_trade_position
    if not strategy.position_adjustment_enable or not overridden:
        return
    if any(block.risk_percent for block in settings.blocks()):
        yield Finding(
            "risk.percent_per_trade",
            NOTE,
            "sizes the first entry; what adjust_trade_position buys later adds its own risk to it, up to "
            "risk.max_portfolio_percent if that is set",
        )
    if any(block.portfolio_percent for block in settings.blocks()):
        yield Finding(
            "risk.max_portfolio_percent", NOTE, "holds for purchases of adjust_trade_position too: some may be refused"
        )


def _protections(strategy: IStrategy) -> Iterator[Finding]:
    """Yield how Freqtrade's protections see robustop's exits."""
    try:
        methods = [str(protection["method"]) for protection in strategy.protections]
    except Exception:  # noqa: BLE001 (the code is the user's; a property may ask for what only a bot has)
        return
    if "StoplossGuard" in methods:
        yield Finding(
            "StoplossGuard",
            NOTE,
            "counts losing exits at any stop, robustop's as well as the strategy's: tighter stops may lock entries "
            "more often. A backtest applies it with --enable-protections only",
        )
    others = [method for method in dict.fromkeys(methods) if method != "StoplossGuard"]
    if others:
        yield Finding("protections", NOTE, f"{', '.join(others)}: robustop's exits count as any other exit")
