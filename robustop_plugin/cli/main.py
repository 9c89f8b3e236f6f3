"""`robustop`: the console script."""

from importlib import import_module

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


class LateGroup(click.Group):
    """Imports a command when it is asked for."""

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
