"""`robustop sweep`: which stop settings, and how far to trust them."""

import json
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from robustop_plugin.cli.errors import INSTALL_REPORT, refuse
from robustop_plugin.cli.sweep_options import EPILOG, default_config, with_options
from robustop_plugin.cli.sweep_progress import Shown, shown_on
from robustop_plugin.core.errors import InvalidSettings, RobustopError

if TYPE_CHECKING:  # loading Freqtrade takes seconds: not for --help
    from robustop_plugin.lab.sweep.judging.verify import Difference
    from robustop_plugin.lab.sweep.sweep import Found, Sweep

INSTALL_LAB = 'the sweep needs libraries that are not there: pip install "robustop[lab]"'
DIFFERENT = 1
INTERRUPTED = 1
AXES = 2


@click.command("sweep", epilog=EPILOG)
@with_options
def sweep_command(**options: Any) -> None:
    """Try many stop settings on the same strategy, and say how far the best can be trusted.

    The strategy is analyzed once; each setting is a backtest of its own. A setting is judged with its
    neighbours (plateau), on candles it was not chosen on (--walk-forward), and against the luck of so many
    tries (deflated Sharpe ratio). At the end the parameters are written where Freqtrade loads them; the
    strategy needs "hyperopt": true in its robustop block for that.

    The work is done by the compiled replay; with --evaluator freqtrade by Freqtrade itself, slowly. --verify
    runs Freqtrade itself on some settings, from the files on, and compares the trades to the last digit.

    Exit status 0: done. 1: Freqtrade's trades were others, or it was interrupted (--resume goes on). 2:
    something was refused or missing, and the line says what to do.
    """
    _check(options)
    try:
        # Loading Freqtrade takes seconds: not for --help, and not for a wrong path.
        from robustop_plugin.cli.sweep_plan import plan_of  # noqa: PLC0415
        from robustop_plugin.lab.sweep.sweep import Sweep  # noqa: PLC0415
        from robustop_plugin.runner.progress import heard_by  # noqa: PLC0415
    except ImportError:
        refuse(INSTALL_LAB)
    console = Console(stderr=bool(options["as_json"]))
    try:
        with shown_on(console) as shown, heard_by(shown.stage):
            session = Sweep(plan_of(options))
            _open_table(session, options)
            found = _search(session, options, shown)
            different = _verify(session, found, options["checks"], shown)
        _finish(session, found, different, options, console)
    except InvalidSettings as error:
        refuse(str(error))
    except RobustopError as error:
        # The replay has errors of its own for what it does not model.
        refuse(f"{error}; --evaluator freqtrade lets Freqtrade itself run every setting, slowly")
    except KeyboardInterrupt:
        click.echo(
            f"interrupted: what is done is in {session.table.path}; the same command with --resume goes on", err=True
        )
        raise SystemExit(INTERRUPTED) from None


def _check(options: dict[str, Any]) -> None:
    """Refuse what can be seen before anything is loaded."""
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


def _open_table(session: "Sweep", options: dict[str, Any]) -> None:
    if options["heat_map"] is not None:
        _axes(session, options["axes"])
    if options["resume"]:
        session.resume()
    elif session.table.path.exists() and not options["overwrite"]:
        refuse(f"{session.table.path} is there: --resume goes on with it, --overwrite begins anew, --out elsewhere")


def _search(session: "Sweep", options: dict[str, Any], shown: Shown) -> "Found":
    from robustop_plugin.lab.sweep.search.workers import workplace  # noqa: PLC0415

    with workplace(options["jobs"], options["backend"], options["scheduler"]) as place:
        return session.sweep(place, shown.count("settings", session.size))


def _verify(session: "Sweep", found: "Found", checks: int, shown: Shown) -> "list[Difference] | None":
    """Return what Freqtrade itself has otherwise; None where it was not asked."""
    return session.verify(found, checks, shown.count("verified by Freqtrade", checks)) if checks else None


def _finish(
    session: "Sweep",
    found: "Found",
    different: "list[Difference] | None",
    options: dict[str, Any],
    console: Console,
) -> None:
    """Draw what was found, write it and tell of it."""
    from robustop_plugin.cli.sweep_summary import as_data, show  # noqa: PLC0415

    if options["heat_map"] is not None:
        from robustop_plugin.lab.sweep.heat_map import write_heat_map  # noqa: PLC0415

        across, down = _axes(session, options["axes"])
        chosen = found.chosen.row.values
        write_heat_map(options["heat_map"], found.rows, across, down, chosen, session.objective.name)
    written = None if different or options["no_export"] else session.export(found, options["export"])
    data = json.dumps(as_data(session, found, different, written), indent=1)
    session.findings.write_text(data + "\n", encoding="utf-8")
    if options["as_json"]:
        click.echo(data)
    else:
        show(console, session, found, different, written)
    if different:
        raise SystemExit(DIFFERENT)


def _axes(session: "Sweep", names: str | None) -> list[Any]:
    dimensions = {one.name: one for one in session.space.dimensions}
    wanted = [f"robustop_{name.strip().removeprefix('robustop_')}" for name in names.split(",")] if names else []
    axes = [dimensions[name] for name in wanted or list(dimensions)[:AXES] if name in dimensions]
    if len(axes) != AXES:
        known = ", ".join(name.removeprefix("robustop_") for name in dimensions)
        refuse(f"--axes was {names}: a heat map has two of the numbers that are swept, which are {known}")
    return axes
