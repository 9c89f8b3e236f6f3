"""The checks of `robustop check`: everything about one strategy at once, protected or not."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.callbacks.conflicts import MIXIN
from robustop_plugin.bridge.startup.refusals import REFUSES, collected_refusals
from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.runner.checks.callbacks import callbacks_beside
from robustop_plugin.runner.checks.configuration import is_futures, layers, read_configuration, with_futures
from robustop_plugin.runner.checks.finding import NOTE, OK, PROBLEM, UNLOADABLE, Finding, Report, one_line
from robustop_plugin.runner.checks.loading import FoundClass, NotLoaded, find_class, load_class
from robustop_plugin.runner.checks.notes import notes
from robustop_plugin.runner.checks.problems import conflicts_by_mode, settings_of
from robustop_plugin.runner.checks.request import Request
from robustop_plugin.runner.checks.sources import values
from robustop_plugin.settings import Settings

NEUTRAL: dict[str, Any] = {"partials": []}
"""A valid block, with which a strategy whose own block is invalid is checked further."""


def check_strategy(request: Request, strategy: str | None) -> Report:
    """Return the findings about a strategy under a configuration; no exchange is contacted.

    Args:
        request: The configuration and the folders.
        strategy: Name of the strategy class; None to take that of the configuration.

    Raises:
        InvalidSettings: The configuration cannot be loaded, or names no strategy.
    """
    with read_configuration(request, strategy) as config:
        name = config.get("strategy")
        if not name:
            raise InvalidSettings("no strategy was named: use --strategy, --strategy-list or --all --strategy-path")
        return check_class(request, config, str(name))


def check_class(request: Request, config: dict[str, Any], name: str, found: FoundClass | None = None) -> Report:
    """Return the findings about a strategy.

    Args:
        request: The configuration and the folders.
        config: The configuration as Freqtrade reads it.
        name: Name of the strategy class.
        found: The class, if it was found before; None to search it as Freqtrade does.
    """
    try:
        found = found or find_class(config)
        own, config, notes_on_mode = loaded_alone(request, config, found)
    except NotLoaded as error:
        path = "" if found is None else str(found.path)
        return Report(name, path, [Finding("strategy", UNLOADABLE, str(error))])
    # A class that derives from the mixin first has the mixin's empty block, unless it has one itself.
    whole = found.protected()
    settings, problems = settings_of(whole.strategy, config)
    block = None if settings else NEUTRAL
    with collected_refusals() as refused:
        try:
            protected = load_class(found.protected(block), {**config, "robustop": block} if block else config)
        except NotLoaded as error:
            detail = str(error).removeprefix(REFUSES)
            verdict = UNLOADABLE if own is None and REFUSES not in str(error) else PROBLEM
            findings = [Finding("settings", PROBLEM, problem) for problem in problems]
            return Report(name, str(found.path), [*findings, Finding("with robustop", verdict, detail)])
    findings = [*_beginning(found), *notes_on_mode]
    findings += [Finding("settings", PROBLEM, problem) for problem in problems]
    try:
        findings += _judged(protected, own or protected, settings, refused)
    except Exception as error:  # noqa: BLE001 (properties of the user's class may raise anything)
        detail = f"the code of {name} failed when its options were read: {type(error).__name__}: {one_line(error)}"
        findings.append(Finding("options", PROBLEM, detail))
    hyperopt = settings is not None and settings.default.hyperopt
    parameters = Path(protected.__file__).with_suffix(".json").name
    findings += values(own or protected, whole.strategy, layers(request.configs), parameters, hyperopt=hyperopt)
    return Report(name, str(found.path), findings)


def loaded_alone(
    request: Request, config: dict[str, Any], found: FoundClass
) -> tuple[IStrategy | None, dict[str, Any], list[Finding]]:
    """Return the strategy without robustop (None if its class has the mixin), its configuration, and notes about that.

    Raises:
        NotLoaded: Freqtrade's reason.
    """
    cls = found.strategy
    shorts = getattr(cls, "can_short", False) is True
    if shorts and (request.any_trading_mode or not request.configs) and not is_futures(config):
        config = with_futures(config)
        note = Finding("trading_mode", NOTE, f"{cls.__name__} can short: checked with futures, and it needs them")
        return None if found.is_protected else load_class(found, config), config, [note]
    own = None if found.is_protected else load_class(found, config)
    if own is not None and not hasattr(own, "stoploss"):
        raise NotLoaded("it has no stoploss, which Freqtrade needs in the strategy or in the configuration")
    return own, config, []


def _beginning(found: FoundClass) -> Iterator[Finding]:
    """Yield whether the strategy is protected already."""
    name = found.strategy.__name__
    if found.is_protected:
        bases = [base.__name__ for base in found.strategy.__mro__]
        yield Finding("order of bases", OK, " -> ".join(bases[: bases.index("IStrategy") + 1]))
        return
    yield Finding(
        "protection",
        NOTE,
        f"{name} is not protected yet; it was checked as if it were. To write class {name}Protected({MIXIN}, {name}) "
        f"beside it: robustop protect {name}",
    )


def _judged(
    protected: IStrategy, own: IStrategy, settings: Settings | None, refused: Sequence[str]
) -> Iterator[Finding]:
    """Yield problems and notes; without valid settings only those that hold for any."""
    in_force: Settings = protected._robustop_settings  # noqa: SLF001 (the mixin's own)
    if settings is not None:
        engines = ", ".join(engine.name for engine in in_force.default.engines)
        yield Finding("settings", OK, f"engines {engines}; initial stop {in_force.default.initial_stop.kind}")
    problems, in_live = conflicts_by_mode(protected, in_force)
    problems = list(dict.fromkeys([*refused, *problems]))
    yield from (Finding("conflicts", PROBLEM, problem) for problem in problems)
    if not problems:
        yield Finding("conflicts", OK, "none")
    yield from (Finding("live trading", NOTE, f"a live bot would be refused: {sentence}") for sentence in in_live)
    yield from callbacks_beside(own, problems)
    if settings is not None:
        yield from notes(protected, in_force)


def _findings(strategy: IStrategy) -> Iterator[Finding]:
    """Yield problems and notes about a strategy that is loaded with the mixin."""
    yield from _judged(strategy, strategy, strategy._robustop_settings, [])  # noqa: SLF001
