"""Finds a bot that looks at its trades no longer."""

from collections.abc import Iterator

from robustop_plugin.operate.bot_view import Pulse
from robustop_plugin.operate.findings.finding import Finding, Severity, Source
from robustop_plugin.operate.findings.look import Look

NAME = "bot_no_longer_looks"
STOPPED = "stopped"


def find(look: Look) -> Iterator[Finding]:
    """Yield a finding if the bot is silent."""
    beat, count = look.bot, len(look.positions)
    rests = "their stops rest on the exchange and do not move" if look.stops_rest else "nobody checks their stops"
    effect = f"{count} open positions: {rests}" if count else "it has no open position"
    remedy, since = "look at its log, and start it again", beat.looked_at or beat.started_at
    if beat.pulse == Pulse.UNREACHABLE:
        why, since = f"the bot does not answer ({beat.detail})", None
    elif beat.pulse != Pulse.ANSWERS or since is None or look.at - since < look.terms.silent + look.terms.two_loops:
        return
    elif beat.activity == STOPPED:
        why, remedy = f"the bot was stopped, and has not looked for {look.at - since:.0f} s", "start it again (/start)"
    else:
        why = f"the bot has not finished a loop for {look.at - since:.0f} s"
    yield Finding(
        NAME, Severity.CRITICAL if count else Severity.WARNING, Source.BOT, f"{why}; {effect}", remedy, since=since
    )
