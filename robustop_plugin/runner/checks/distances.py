"""Notes about distances: the hard stop and the leverage, Freqtrade's own trailing stop, and profits taken earlier."""

from collections.abc import Iterator

from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.startup.start import ROI_OFF
from robustop_plugin.runner.checks.finding import NOTE, Finding
from robustop_plugin.runner.checks.leverage import constant_leverage
from robustop_plugin.settings import Settings
from robustop_plugin.settings.engines import SmartTrail


def hard_stop(strategy: IStrategy, settings: Settings) -> Iterator[Finding]:
    """Yield whether the strategy's `stoploss` clamps the initial stop; leverage brings it nearer."""
    stop, leverage = settings.default.initial_stop, constant_leverage(strategy)
    percent = 100 * abs(strategy.stoploss)
    written = f"stoploss {strategy.stoploss:g}"
    if leverage is None:
        yield Finding(
            "stoploss",
            NOTE,
            f"{written} at N x leverage clamps initial stops farther than {percent:g} % / N; at 10x, that is "
            f"{percent / 10:g} %",
        )
        return
    hard = percent / leverage
    if leverage != 1:
        written += f" at {leverage:g}x leverage"
    if stop.kind == "percent" and stop.percent > hard:
        yield Finding("stoploss", NOTE, f"{written} clamps the initial stop of {stop.percent:g} % to {hard:g} %")
    elif hard < stop.max_percent:
        yield Finding("stoploss", NOTE, f"{written} clamps initial stops farther than {hard:g} % to {hard:g} %")


def native_trail(strategy: IStrategy, settings: Settings) -> Iterator[Finding]:
    """Yield how Freqtrade's own trailing stop compares with robustop's."""
    if not strategy.trailing_stop:
        return
    leverage = constant_leverage(strategy) or 1.0
    wide = 100 * abs(strategy.stoploss) / leverage
    near = 100 * strategy.trailing_stop_positive / leverage if strategy.trailing_stop_positive else wide
    offset = 100 * (strategy.trailing_stop_positive_offset or 0) / leverage
    begins = f" from a profit of {offset:g} % on" if offset else ""
    trails = [engine.distance_percent for engine in settings.default.engines if isinstance(engine, SmartTrail)]
    tighter = [f"smart_trail ({distance:g} %)" for distance in trails if near < distance]
    stop = settings.default.initial_stop
    if stop.kind == "percent" and near < stop.percent:
        tighter.append(f"the initial stop ({stop.percent:g} %)")
    effect = (
        f"tighter than {' and '.join(tighter)}, which" if tighter else "wherever robustop's stop is looser, that one"
    )
    yield Finding(
        "trailing_stop",
        NOTE,
        f"Freqtrade's own trail follows at {near:g} %{begins}: {effect} has no effect there; the tightest stop is in "
        "force, and trailing_stop can stay on",
    )


def other_profits(strategy: IStrategy, settings: Settings) -> Iterator[Finding]:
    """Yield whether `minimal_roi` takes profit before robustop's exits."""
    if not strategy.minimal_roi or min(strategy.minimal_roi.values()) >= ROI_OFF:
        return
    if any(block.brackets for block in settings.blocks()):
        effect = "takes profit before the bracket wherever it is lower; leave it empty if the bracket is to decide"
    else:
        effect = "takes profit independently of the stops"
    yield Finding("minimal_roi", NOTE, f"{effect}: {strategy.minimal_roi}")
