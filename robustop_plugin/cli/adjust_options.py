"""The options of `robustop adjust`, and what they must be."""

import getpass
import math
import socket
from collections.abc import Callable
from typing import Any

import click

from robustop_plugin.cli.errors import refuse
from robustop_plugin.operate.adjusting import Wish

MOST_PERCENT = 10.0
"""Costs are below this share of the entry, as in the settings."""

OPTIONS = (
    click.option("--trade-id", type=int, help="The trade with this number."),
    click.option("--pair", help="Every open trade of this pair."),
    click.option("--all", "everything", is_flag=True, help="Every open trade; with --breakeven."),
    click.option("--stop", type=float, help="Where the stop shall be, in price."),
    click.option("--breakeven", is_flag=True, help="The price at which the trade covers its costs."),
    click.option("--fee-percent", type=float, help="Fees of breakeven, in percent of the entry.  [default: 0.1]"),
    click.option("--slippage-percent", type=float, help="Slippage of breakeven, in percent.  [default: 0.05]"),
    click.option("--reason", default="by hand", show_default=True, help="Reason, for the audit and the messages."),
    click.option("--dry-run", is_flag=True, help="Show what would change, and ask for nothing."),
    click.option("-y", "--yes", is_flag=True, help="Also ask for stops that close the trade at the next look."),
    click.option("--wait", type=click.FloatRange(0, 86400), help="Seconds to wait until the bot has answered."),
    click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table."),
)


def with_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def check_choice(*, trade_id: int | None, pair: str | None, everything: bool, stop: float | None) -> None:
    """Require one choice of trades; end the command otherwise."""
    chosen = [trade_id is not None, pair is not None, everything]
    if sum(chosen) != 1:
        refuse(f"{sum(chosen)} of --trade-id, --pair and --all were given: it must be one, such as --trade-id 7")
    if everything and stop is not None:
        refuse(f"--stop was {stop} for --all: a price is that of one pair, so give --pair or --trade-id with it")


def wish_of(
    *,
    stop: float | None,
    breakeven: bool,
    fee_percent: float | None,
    slippage_percent: float | None,
    yes: bool,
    reason: str,
) -> Wish:
    """Return what is wanted; end the command if that is unclear or impossible."""
    if (stop is None) is not breakeven:
        refuse("one of --stop PRICE and --breakeven is needed, such as --stop 98.5")
    if stop is not None and not (math.isfinite(stop) and stop > 0):
        refuse(f"--stop was {stop}: it must be finite and > 0")
    costs = {"--fee-percent": fee_percent, "--slippage-percent": slippage_percent}
    for name, value in costs.items():
        if value is not None and not breakeven:
            refuse(f"{name} was {value}: it goes with --breakeven, whose price it moves")
        if value is not None and not 0 <= value < MOST_PERCENT:
            refuse(f"{name} was {value}: it must be >= 0 and < {MOST_PERCENT:g}")
    from robustop_plugin.settings.base import Breakeven  # noqa: PLC0415 (the settings take a while to load)

    default = Breakeven()
    fee = default.fee_percent if fee_percent is None else fee_percent
    slippage = default.slippage_percent if slippage_percent is None else slippage_percent
    return Wish(stop, fee, slippage, yes, reason, _who())


def _who() -> str:
    """Return who asks, as user and machine."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a user without a name.
        user = "somebody"
    return f"{user}@{socket.gethostname()}"
