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
"""Digits; Python refuses to read very long whole numbers, and a float of that size is infinite."""


def whole_number(digits: str) -> int | float:
    """Return the number that JSON wrote as a whole one."""
    return int(digits) if len(digits) < LONGEST_INTEGER else float(digits)


@click.command("simulate", epilog=EXAMPLE)
@click.option("--table", "as_table", is_flag=True, help="Print a table for people instead of JSON.")
@click.option(
    "--plot",
    metavar="FILE",
    # Whether it can be written is seen when it is: click's own answer would have more than one line.
    type=click.Path(path_type=Path),
    help='Draw prices and stop too, as .svg, .png or .pdf; needs: pip install "robustop[report]".',
)
def simulate_command(as_table: bool, plot: Path | None) -> None:
    """Show what the stop would do: read a case as JSON from standard input, print its steps as JSON.

    A case has a side, an entry, an initial_stop, a tick_size, ticks (t in seconds, price, and where needed
    atr) and settings, which is a robustop block as in config.json. Nothing is asked of any exchange.

    Exit status 0: the steps are printed. 2: the case was refused, or the picture cannot be drawn; one line
    says which parameter, its value and the bound.
    """
    draw = None if plot is None else _drawing(plot)
    walked = _read()
    # A picture that cannot be written is said before anything is printed.
    if draw is not None:
        draw(walked)
    if as_table:
        _print_table(walked)
    else:
        click.echo(json.dumps({"steps": walked.steps}, indent=1))


def _read() -> CaseReport:
    """Return the walk of the case on standard input."""
    try:
        # JSON is UTF-8, whatever the terminal's encoding is.
        return report(json.loads(sys.stdin.buffer.read(), parse_int=whole_number))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        refuse(f"standard input was no JSON: {error}; pipe a case into the command, see --help")
    except (RobustopError, RecursionError, ValueError) as error:
        refuse(str(error))


def _print_table(walked: CaseReport) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(steps_table(walked))
    console.print()
    console.print(summary(walked), markup=False, soft_wrap=True)


def _drawing(path: Path) -> Callable[[CaseReport], None]:
    """Return what draws a walk into a file, or refuse a file that cannot become a picture."""
    try:
        # Slow to load, and not everybody has it.
        from robustop_plugin.lab.pictures.canvas import UNDATED  # noqa: PLC0415
        from robustop_plugin.lab.pictures.steps import draw_walk  # noqa: PLC0415
    except ImportError:
        refuse(INSTALL_REPORT)
    if path.suffix.lower() not in UNDATED:
        refuse(f"--plot was {str(path)!r}: its name must end with one of {', '.join(UNDATED)}")

    def draw(walked: CaseReport) -> None:
        try:
            draw_walk(walked, path)
        except OSError as error:
            refuse(f"--plot was {str(path)!r}: it cannot be written, {error.strerror}")

    return draw
