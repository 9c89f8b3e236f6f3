"""Notes about distances: the hard stop and the leverage, Freqtrade's own trailing stop, and profits taken earlier."""

from collections.abc import Iterator

from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.startup.surprises import ROI_OFF
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
        yield Finding("stoploss", NOTE, f"{written} clamps initial stops farther than {hard:g} % to that distance")


def native_trail(strategy: IStrategy, settings: Settings) -> Iterator[Finding]:
    """Yield how Freqtrade's own trailing stop compares with robustop's."""
    if not strategy.trailing_stop:
        return
    constant = constant_leverage(strategy)
    leverage, varying = constant or 1.0, "" if constant else ", all divided by the leverage of the trade"
    wide = 100 * abs(strategy.stoploss) / leverage
    near = 100 * strategy.trailing_stop_positive / leverage if strategy.trailing_stop_positive else wide
    offset = 100 * (strategy.trailing_stop_positive_offset or 0) / leverage
    begins = f" from a profit of {offset:g} % on" if offset else ""
    trails = [engine.distance_percent for engine in settings.default.engines if isinstance(engine, SmartTrail)]
    tighter = [f"smart_trail ({distance:g} %)" for distance in trails if near < distance]
    stop = settings.default.initial_stop
    if stop.kind == "percent" and near < stop.percent:
        tighter.append(f"the initial stop ({stop.percent:g} %)")
    effect = f". It is tighter than {' and '.join(tighter)}, which has no effect while it trails" if tighter else ""
    yield Finding(
        "trailing_stop",
        NOTE,
        f"Freqtrade's own trail follows at {near:g} %{begins}{varying}; the tighter of it and robustop's stop is in "
        f"force, so trailing_stop can stay on{effect}",
    )


def other_profits(strategy: IStrategy, settings: Settings) -> Iterator[Finding]:
    """Yield whether `minimal_roi` takes profit before robustop's exits."""
    brackets = any(block.brackets for block in settings.blocks())
    if brackets and strategy.ignore_roi_if_entry_signal:
        detail = "keeps the bracket waiting while an entry signal stands: set it to False"
        yield Finding("ignore_roi_if_entry_signal", NOTE, detail)
    if not strategy.minimal_roi or min(strategy.minimal_roi.values()) >= ROI_OFF:
        return
    if brackets:
        effect = "takes profit before the bracket wherever it is lower; leave it empty if the bracket is to decide"
    else:
        effect = "takes profit independently of the stops"
    yield Finding("minimal_roi", NOTE, f"{effect}: {strategy.minimal_roi}")
