"""`robustop sweep`: tries many stop settings, and tests how far to trust the best."""

import json
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from robustop_plugin.cli.config_files import default_config
from robustop_plugin.cli.errors import INSTALL_REPORT, refuse
from robustop_plugin.cli.sweep_options import EPILOG, with_options
from robustop_plugin.cli.sweep_progress import ProgressDisplay, progress_display
from robustop_plugin.cli.variadic import VariadicCommand
from robustop_plugin.core.errors import InvalidSettings, RobustopError

if TYPE_CHECKING:  # loading Freqtrade takes seconds: skip it for --help
    from robustop_plugin.lab.sweep.judging.verify import Difference
    from robustop_plugin.lab.sweep.sweep import Sweep, SweepResult

INSTALL_LAB = 'the sweep needs libraries that are not installed: pip install "robustop[lab]"'
UNTRUSTED = (
    "parameters  none were written, because the choice could be luck; the same command with --resume --export-anyway "
    "writes them"
)
DIFFERENT = 1
INTERRUPTED = 1
AXES = 2


@click.command("sweep", epilog=EPILOG, cls=VariadicCommand, several=("-p", "--pairs"))
@with_options
def sweep_command(**options: Any) -> None:
    """Try many stop settings on the same strategy, and report how far the best can be trusted.

    The strategy is analyzed once; each setting is one backtest. A setting is rated together with its neighbors
    (plateau), on candles it was not chosen on (--walk-forward), and against the luck of many tries (deflated
    Sharpe ratio, reality check). At the end the parameters are written to the file that Freqtrade loads; this
    needs "hyperopt": true in the robustop block of the strategy.

    The compiled replay evaluates the settings; with --evaluator freqtrade, Freqtrade itself does, slowly. --verify
    runs Freqtrade itself on some settings and compares every digit of the trades.

    Exit status 0: done. 1: Freqtrade's trades differ from the replay's, or the sweep was interrupted (continue
    with --resume). 2: invalid input or something missing; the message says what to do.
    """
    _check(options)
    try:
        # Loading Freqtrade takes seconds: skip it for --help and for a wrong path, and compile meanwhile.
        if options["evaluator"] == "replay":
            from robustop_plugin.lab.replay.ahead import AHEAD  # noqa: PLC0415

            AHEAD.start()
        from robustop_plugin.cli.sweep_plan import plan_of  # noqa: PLC0415
        from robustop_plugin.lab.sweep.sweep import Sweep  # noqa: PLC0415
        from robustop_plugin.runner.progress import listening  # noqa: PLC0415
    except ImportError:
        refuse(INSTALL_LAB)
    console = Console(stderr=bool(options["as_json"]))
    interrupted = "interrupted before any setting was evaluated"
    try:
        with progress_display(console) as display, listening(display.show_stage):
            sweep = Sweep(plan_of(options))
            _open_table(sweep, options)
            interrupted = (
                f"interrupted: finished settings are in {sweep.table.path}; the same command with --resume continues"
            )
            result = _search(sweep, options, display)
            differences = _verify(sweep, result, options["checks"], display)
        _finish(sweep, result, differences, options, console)
    except InvalidSettings as error:
        refuse(str(error))
    except RobustopError as error:
        # The replay raises its own errors for what it does not model.
        refuse(f"{error}; --evaluator freqtrade lets Freqtrade itself run every setting, slowly")
    except KeyboardInterrupt:
        click.echo(interrupted, err=True)
        raise SystemExit(INTERRUPTED) from None


def _check(options: dict[str, Any]) -> None:
    """Reject invalid options before anything is loaded."""
    options["configs"] = options["configs"] or (default_config(options["userdir"]),)
    named = {"--config": options["configs"], "--strategy-path": [options["strategy_path"]]}
    named |= {"--datadir": [options["datadir"]], "--userdir": [options["userdir"]]}
    for name, paths in named.items():
        for path in paths:
            if path is not None and not path.exists():
                refuse(f"{path} was not found: see {name}")
    if options["heat_map"] is not None:
        try:
            import plotly  # noqa: F401, PLC0415
        except ImportError:
            refuse(INSTALL_REPORT)


def _open_table(sweep: "Sweep", options: dict[str, Any]) -> None:
    if options["heat_map"] is not None:
        _axes(sweep, options["axes"])
    if options["resume"]:
        sweep.resume()
    elif sweep.table.path.exists() and not options["overwrite"]:
        refuse(
            f"{sweep.table.path} exists: continue it with --resume, replace it with --overwrite, or use another --out"
        )


def _search(sweep: "Sweep", options: dict[str, Any], display: ProgressDisplay) -> "SweepResult":
    from robustop_plugin.lab.sweep.search.workers import connect_workers  # noqa: PLC0415

    with connect_workers(options["jobs"], options["backend"], options["scheduler"]) as place:
        return sweep.run(place, display.start_counting("settings", sweep.total_settings))


def _verify(sweep: "Sweep", result: "SweepResult", checks: int, display: ProgressDisplay) -> "list[Difference] | None":
    """Return the differences to Freqtrade itself; None if it was not run."""
    return sweep.verify(result, checks, display.start_counting("verified by Freqtrade", checks)) if checks else None


def _finish(
    sweep: "Sweep",
    result: "SweepResult",
    differences: "list[Difference] | None",
    options: dict[str, Any],
    console: Console,
) -> None:
    """Draw the result, export the parameters and print the report."""
    from robustop_plugin.cli.sweep_summary import as_data, show  # noqa: PLC0415
    from robustop_plugin.cli.sweep_verdict import is_trusted  # noqa: PLC0415

    if options["heat_map"] is not None:
        from robustop_plugin.lab.sweep.heat_map import write_heat_map  # noqa: PLC0415

        across, down = _axes(sweep, options["axes"])
        chosen = result.chosen.row.values
        write_heat_map(options["heat_map"], result.rows, across, down, chosen, sweep.objective.name)
    asked_for = options["export"] is not None or options["export_anyway"]
    trusted = is_trusted(result.deflated_sharpe, result.reality_check)
    writes = not differences and not options["no_export"] and (trusted or asked_for)
    exported = sweep.export(result, options["export"]) if writes else None
    data = json.dumps(as_data(sweep, result, differences, exported), indent=1)
    sweep.results_path.write_text(data + "\n", encoding="utf-8")
    if options["as_json"]:
        click.echo(data)
    else:
        show(console, sweep, result, differences, exported)
        if exported is None and not differences and not options["no_export"]:
            console.print(UNTRUSTED, highlight=False, markup=False, soft_wrap=True)
    if differences:
        raise SystemExit(DIFFERENT)


def _axes(sweep: "Sweep", names: str | None) -> list[Any]:
    dimensions = {dimension.name: dimension for dimension in sweep.space.dimensions}
    wanted = [f"robustop_{name.strip().removeprefix('robustop_')}" for name in names.split(",")] if names else []
    axes = [dimensions[name] for name in wanted or list(dimensions)[:AXES] if name in dimensions]
    if len(axes) != AXES:
        known = ", ".join(name.removeprefix("robustop_") for name in dimensions)
        refuse(f"--axes was {names}: a heat map needs two of the swept parameters, which are {known}")
    return axes
