"""Simulates the trade of an entry signal: to its end, or up to a candle at which its stop is asked for."""

from robustop_plugin.core.exact import Exact, negate
from robustop_plugin.core.grid import Grid
from robustop_plugin.lab.replay.kernel.exit_prices import Fill
from robustop_plugin.lab.replay.kernel.partial_trade import simulate
from robustop_plugin.lab.replay.kernel.scalars import Position
from robustop_plugin.lab.replay.kernel.setting_tables import RunSettings
from robustop_plugin.lab.replay.kernel.step import gain_at
from robustop_plugin.lab.replay.kernel.tables import Market, Portfolio, Table
from robustop_plugin.lab.replay.kernel.trade import TradeEnd


def end_of(
    market: Market,
    settings: RunSettings,
    portfolio: Portfolio,
    index: int,
    fill: Fill,
    initial_stop: float,
    end: int,
) -> TradeEnd:
    """Return the end of the trade that enters at a signal, and record its sales.

    Args:
        market: The market.
        settings: The settings.
        portfolio: The run, for the sales.
        index: Index of the signal.
        fill: The fill.
        initial_stop: The initial stop.
        end: Index of the candle from which on it stays open.
    """
    signal = market.signals[index]
    side, rate, columns = signal.side, signal.rate, market.columns[signal.candle]
    grid, entry = Grid(signal.step, signal.scale), Exact(signal.ticks, signal.ticks_rest)
    position = Position(
        side=side,
        grid=grid,
        tick_size=signal.tick_size,
        entry=rate,
        entry_ticks=entry,
        risk=negate(gain_at(side, grid, rate, entry, initial_stop)),
        initial_stop=initial_stop,
        opened_at=signal.time,
        atr_mean=columns.atr_mean,
        regime=columns.regime,
    )
    options: Table = settings.engines.bracket_options
    options.base_ratio = settings.ratios[signal.pair]
    return simulate(
        market,
        settings.engines,
        settings.run,
        settings.roi,
        settings.partials,
        portfolio,
        signal.pair,
        signal.candle,
        position,
        fill,
        end,
    )
