"""`robustop`: the console script."""

import click

from robustop_plugin import __version__
from robustop_plugin.cli.check import check_command
from robustop_plugin.cli.demo import demo_command
from robustop_plugin.cli.panic import panic_command, resume_command
from robustop_plugin.cli.simulate import simulate_command
from robustop_plugin.cli.venue import venue_command


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="robustop")
def main() -> None:
    """Stops and exits for Freqtrade strategies: see what they do, check what would neutralise them."""


for command in (
    check_command,
    demo_command,
    panic_command,
    resume_command,
    simulate_command,
    venue_command,
):
    main.add_command(command)
