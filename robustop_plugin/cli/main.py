"""`robustop`: the console script."""

import sys
from importlib import import_module
from io import TextIOWrapper
from typing import Any

import click

from robustop_plugin import __version__

COMMANDS = {
    "check": "check:check_command",
    "demo": "demo:demo_command",
    "panic": "panic:panic_command",
    "resume": "panic:resume_command",
    "simulate": "simulate:simulate_command",
    "sweep": "sweep:sweep_command",
    "venue": "venue:venue_command",
}
"""Where each command is. Only the one that is run is imported: a kill switch waits for nothing else."""


def escape_what_terminals_cannot_show() -> None:
    """Let every character be printed: where the terminal's encoding has no such character, as its escaped number."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


class LateGroup(click.Group):
    """Imports a command when it is asked for."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; nothing that it prints ends it."""
        escape_what_terminals_cannot_show()
        return super().main(*args, **kwargs)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's signature)
        """Return a command; None for a name that is none."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(f"robustop_plugin.cli.{module}"), name)
        return command


@click.group(cls=LateGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="robustop")
def main() -> None:
    """Stops and exits for Freqtrade strategies: see what they do, check what would neutralise them."""
