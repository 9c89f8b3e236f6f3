"""`robustop`: the console script."""

import sys
from importlib import import_module
from io import TextIOWrapper
from typing import Any

import click

from robustop_plugin import __version__

COMMANDS = {
    "adjust": "adjust:adjust_command",
    "audit": "audit:audit_command",
    "check": "check:check_command",
    "demo": "demo:demo_command",
    "metrics": "metrics:metrics_command",
    "monitor": "monitor:monitor_command",
    "panic": "panic:panic_command",
    "protect": "protect:protect_command",
    "rehearse": "rehearse:rehearse_command",
    "resume": "panic:resume_command",
    "simulate": "simulate:simulate_command",
    "status": "status:status_command",
    "sweep": "sweep:sweep_command",
    "venue": "venue:venue_command",
}
"""Module and function of each command. Only the command that runs is imported, so that the kill switch starts fast."""


def escape_unprintable() -> None:
    """Print characters that the terminal's encoding lacks as escape sequences."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


class LazyGroup(click.Group):
    """Imports a command when it is used."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; no printed character can make it fail."""
        escape_unprintable()
        return super().main(*args, **kwargs)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's signature)
        """Return a command; None if the name is unknown."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(f"robustop_plugin.cli.{module}"), name)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="robustop")
def main() -> None:
    """Stops and exits for Freqtrade strategies: see what they do, check what would disable them."""
