"""Builds what a bot and a backtest ask for requested exits, and what a bot asks for sales whose answers are missing."""

from collections.abc import Callable
from functools import partial

from freqtrade.enums import RunMode, TradingMode
from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.entries.exchange_terms import exchange_of, refresh_wallets
from robustop_plugin.bridge.exit_requests.asked_stops import AskedStops
from robustop_plugin.bridge.exit_requests.council import Councils
from robustop_plugin.bridge.exit_requests.drawdown import PortfolioDrawdown, starting_balance
from robustop_plugin.bridge.exit_requests.requests import ExitRequests
from robustop_plugin.bridge.exit_requests.sources import BacktestRequests, LiveRequests
from robustop_plugin.bridge.exit_requests.trading_halt import TradingHalt
from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.order_search import OrderSearch
from robustop_plugin.bridge.partials.pending_sales import PendingSales
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.settings import Settings


def exit_requests_of(
    strategy: IStrategy,
    settings: Settings,
    candles: AnalyzedCandles,
    recorder: Recorder,
    is_shadowed: Callable[[Trade], bool],
    *,
    live: bool,
    on_exchange: bool,
) -> ExitRequests:
    """Return the exit requests, with their sources; a bot also takes the stops that persons ask for."""
    store = recorder.store
    percent, halt, errors, open_trades = (
        settings.default.max_drawdown_percent,
        TradingHalt(),
        store.errors,
        store.open_trades,
    )
    portfolio = None
    # The drawdown is that of all trades: robustop acts on it if it acts on all trades but those of single pairs.
    if percent is not None and settings.default.canary_share == 1:
        balance = partial(starting_balance, strategy)
        portfolio = PortfolioDrawdown(percent, balance, open_trades, simulated=not live)
    asked = AskedStops(store, recorder, is_shadowed)
    source = LiveRequests(halt, portfolio, errors, store.health, asked) if live else BacktestRequests(halt, portfolio)
    councils = Councils(settings, candles, simulated=not live)
    return ExitRequests(halt, source, councils, open_trades, errors, simulated=not live, on_exchange=on_exchange)


def pending_sales(strategy: IStrategy, recorder: Recorder) -> PendingSales:
    """Return what keeps track of a bot's unanswered partial exits."""
    futures = strategy.config.get("trading_mode") == TradingMode.FUTURES
    search, reloads = OrderSearch(exchange_of(strategy).fetch_orders), strategy.config.get("runmode") == RunMode.LIVE
    return PendingSales(search, recorder, futures, partial(refresh_wallets, strategy), reloads)
