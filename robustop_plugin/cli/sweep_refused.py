"""Options of Freqtrade's hyperopt that `robustop sweep` does not have: refused with what to do instead."""

from typing import Any

import click

from robustop_plugin.cli.errors import refuse

INSTEAD = {
    "--spaces": "sweep searches the space robustop only: leave --spaces out, and name parameters with --set",
    "--timeframe": "the strategy's timeframe counts: set it in the strategy or in the configuration",
    "--enable-protections": "sweep does not model protections: leave it out, or use freqtrade hyperopt",
    "--early-stop": "sweep evaluates all of its settings: give fewer with --settings",
    "--print-all": "the table of --out has every setting: leave --print-all out",
    "--analyze-per-epoch": "stops do not change indicators, which are analyzed once: leave it out",
}
"""What to do instead, by an option of Freqtrade's hyperopt that a sweep does not have."""


def refused_option(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Refuse an option of Freqtrade's hyperopt, and say what to do instead."""
    if value and not ctx.resilient_parsing:
        refuse(f"{parameter.opts[0]}: {INSTEAD[parameter.opts[0]]}")


WITH_VALUES = ("--spaces", "--timeframe", "--early-stop")

REFUSED = [
    click.option(name, multiple=True, hidden=True, expose_value=False, callback=refused_option)
    if name in WITH_VALUES
    else click.option(name, is_flag=True, hidden=True, expose_value=False, callback=refused_option)
    for name in INSTEAD
]
