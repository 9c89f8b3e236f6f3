"""How commands fail: one line on standard error, exit status 2 for invalid input."""

import sys
from typing import NoReturn

import click

BAD_INPUT = 2
INSTALL_REPORT = 'drawing needs a library that is not installed: pip install "robustop[report]"'


def refuse(message: str) -> NoReturn:
    """Print one line and exit with the status for invalid input."""
    click.echo("error: " + " ".join(message.split()), err=True)
    sys.exit(BAD_INPUT)
