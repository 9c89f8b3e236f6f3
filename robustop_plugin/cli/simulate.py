"""`robustop simulate`: what would the stop do?"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console

from robustop_plugin.cli.errors import INSTALL_REPORT, refuse
from robustop_plugin.cli.steps_table import WIDTH, steps_table
from robustop_plugin.core.errors import RobustopError
from robustop_plugin.lab.case_report import CaseReport, report, summary

EXAMPLE = """
\b
Example:
  echo '{"side": "long", "entry": 100, "initial_stop": 95, "tick_size": 0.01,
         "settings": {"engines": [{"name": "hand_span"}], "partials": []},
         "ticks": [{"t": 60, "price": 105}, {"t": 120, "price": 110}]}' | robustop simulate
"""


LONGEST_INTEGER = 400
"""In digits; Python rejects very long integers, and a float of that size is infinite."""


def parse_integer(digits: str) -> int | float:
    """Return the value of a JSON integer."""
    return int(digits) if len(digits) < LONGEST_INTEGER else float(digits)


@click.command("simulate", epilog=EXAMPLE)
@click.option("--table", "as_table", is_flag=True, help="Print a table for people instead of JSON.")
@click.option(
    "--plot",
    metavar="FILE",
    # Writability is checked on writing: click's own message has more than one line.
    type=click.Path(path_type=Path),
    help='Also draw prices and stop, as .svg, .png or .pdf; needs: pip install "robustop[report]".',
)
def simulate_command(as_table: bool, plot: Path | None) -> None:
    """Show what the stop would do: read a case as JSON from standard input, print its steps as JSON.

    A case has a side, an entry, an initial_stop, a tick_size, ticks (t in seconds, price, and atr if needed) and
    settings, which is a robustop block as in config.json. No exchange is contacted.

    Exit status 0: the steps are printed. 2: the case is invalid, or the picture cannot be drawn; one line names
    the parameter, its value and the bound.
    """
    draw = None if plot is None else _drawing(plot)
    case = _read()
    # Draw first: if the picture cannot be written, print nothing else.
    if draw is not None:
        draw(case)
    if as_table:
        _print_table(case)
    else:
        click.echo(json.dumps({"steps": case.steps}, indent=1))


def _read() -> CaseReport:
    """Return the simulated case from standard input."""
    try:
        # JSON is UTF-8, regardless of the terminal's encoding.
        return report(json.loads(sys.stdin.buffer.read(), parse_int=parse_integer))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        refuse(f"standard input was not JSON: {error}; pipe a case into the command, see --help")
    except (RobustopError, RecursionError, ValueError) as error:
        refuse(str(error))


def _print_table(case: CaseReport) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(steps_table(case))
    console.print()
    console.print(summary(case), markup=False, soft_wrap=True)


def _drawing(path: Path) -> Callable[[CaseReport], None]:
    """Return a function that draws a case into a file; reject an unknown file format."""
    try:
        # Slow to import, and an optional extra.
        from robustop_plugin.lab.pictures.canvas import UNDATED  # noqa: PLC0415
        from robustop_plugin.lab.pictures.steps import draw_case  # noqa: PLC0415
    except ImportError:
        refuse(INSTALL_REPORT)
    if path.suffix.lower() not in UNDATED:
        refuse(f"--plot was {str(path)!r}: its name must end with one of {', '.join(UNDATED)}")

    def draw(case: CaseReport) -> None:
        try:
            draw_case(case, path)
        except OSError as error:
            refuse(f"--plot was {str(path)!r}: it cannot be written, {error.strerror}")

    return draw
