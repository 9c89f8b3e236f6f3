"""`robustop simulate`: what would the stop do?"""

import json
import sys

import click

from robustop_plugin.cli.errors import refuse
from robustop_plugin.core.errors import RobustopError
from robustop_plugin.lab.simulate import simulate

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
def simulate_command() -> None:
    """Show what the stop would do: read a case as JSON from standard input, print its steps as JSON.

    A case has a side, an entry, an initial_stop, a tick_size, ticks (t in seconds, price, and where needed
    atr) and settings, which is a robustop block as in config.json. Nothing is asked of any exchange.

    Exit status 0: the steps are printed. 2: the case was refused; one line says which parameter, its value
    and the bound.
    """
    try:
        steps = simulate(json.load(sys.stdin, parse_int=whole_number))
    except json.JSONDecodeError as error:
        refuse(f"standard input was no JSON: {error}; pipe a case into the command, see --help")
    except (RobustopError, UnicodeDecodeError, RecursionError, ValueError) as error:
        refuse(str(error))
    click.echo(json.dumps(steps, indent=1))
