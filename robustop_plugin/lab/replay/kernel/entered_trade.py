"""Simulates the trade of an entry signal: to its end, or up to a candle at which its stop is asked for."""

from typing import NamedTuple

from robustop_plugin.core.exact import Exact, negate
from robustop_plugin.core.grid import Grid
from robustop_plugin.lab.replay.kernel.exit_prices import Fill
from robustop_plugin.lab.replay.kernel.partial_sales import PartialSchedule
from robustop_plugin.lab.replay.kernel.partial_trade import simulate_partial_trade
from robustop_plugin.lab.replay.kernel.scalars import Position
from robustop_plugin.lab.replay.kernel.setting_tables import RunSettings
from robustop_plugin.lab.replay.kernel.step import gain_at
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio, Table
from robustop_plugin.lab.replay.kernel.trade import TradeEnd, simulate_trade


class EnteredTrade(NamedTuple):
    """A trade to simulate.

    Attributes:
        signal: Index of its entry signal.
        fill: Its fill.
        initial_stop: Its initial stop, in price; NaN for none.
        end: Index of the candle from which on it stays open.
    """

    signal: int
    fill: Fill
    initial_stop: float
    end: int


def end_of(
    market: Market,
    settings: RunSettings,
    partials: PartialSchedule | None,
    portfolio: Portfolio,
    entered: EnteredTrade,
) -> TradeEnd:
    """Return the end of a trade, and record its sales.

    Args:
        market: The market.
        settings: The settings.
        partials: What they sell in parts.
        portfolio: The run, for the sales.
        entered: The trade.
    """
    signal, engines, run, roi = market.signals[entered.signal], settings.engines, settings.run, settings.roi
    side, rate, known = signal.side, signal.rate, market.decimals[entered.signal]
    grid, entry = Grid(signal.step, signal.scale), Exact(signal.ticks, signal.ticks_rest)
    position = Position(
        side=side,
        grid=grid,
        tick_size=signal.tick_size,
        entry=rate,
        entry_ticks=entry,
        risk=negate(gain_at(side, grid, rate, entry, entered.initial_stop)),
        initial_stop=entered.initial_stop,
        opened_at=signal.time,
        atr_mean=known.atr_mean,
        regime=known.regime,
    )
    options: Table = engines.bracket_options
    options.base_ratio = settings.ratios[signal.pair]
    pair, first, fill, end = signal.pair, signal.candle, entered.fill, entered.end
    # Compiled separately for None: trades without partial sales have machine code of their own.
    if partials is None:
        return simulate_trade(market, engines, run, roi, pair, first, position, fill, end)
    return simulate_partial_trade(market, engines, run, roi, partials, portfolio, pair, first, position, fill, end)
