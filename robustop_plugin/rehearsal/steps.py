"""The steps of a scenario, as its file names them with `do`."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from robustop_plugin.settings.base import Block, wrong

MOST_PAIRS = 100
"""Pairs of a scenario; beyond the embedded market's six, they are copies of these under other names."""
EACH = 0
"""As a step's pair: the step is played for each of the scenario's pairs, one after the other."""

Pair = Annotated[int, Field(ge=EACH, le=MOST_PAIRS)]
"""Which of the scenario's pairs, from 1; 0 for each of them."""
Seconds = Annotated[float, Field(gt=0, le=300)]
Loops = Annotated[int, Field(ge=0, le=100)]
Fraction = Annotated[float, Field(gt=0, le=1)]
Percent = Annotated[float, Field(gt=-100, lt=1000)]
Place = Literal["entry", "exit", "stop"]
Event = Literal[
    "filled", "resting", "part_filled", "gone", "closed", "stop_on_exchange", "loops", "faults_met", "bot_stopped"
]


class Step(Block):
    """A step; `within` is the longest time that it may take, in seconds."""

    within: Seconds = 30.0


class Enter(Step):
    """Request an entry; `better_percent` rests a limit order so much below (for shorts above) the price."""

    do: Literal["enter"]
    pair: Pair = 1
    order: Literal["market", "limit"] = "market"
    better_percent: Percent = 0.0
    refused: bool = False


class Price(Step):
    """Trade at prices, one after the other, each for so many loops of the bot.

    `percent` counts from the entry and `r` in distances of the first stop from it, both positive in profit;
    `beyond_stop_percent` counts from the stop in force, positive in loss.
    """

    do: Literal["price"]
    pair: Pair = 1
    percent: list[Percent] = Field(default_factory=list)
    r: list[float] = Field(default_factory=list)
    beyond_stop_percent: list[Percent] = Field(default_factory=list)
    loops: Loops = 2

    @model_validator(mode="after")
    def _counts_in_one_way(self) -> "Price":
        given = [name for name in ("percent", "r", "beyond_stop_percent") if getattr(self, name)]
        if len(given) != 1:
            raise wrong("do", "price", f"given exactly one of percent, r and beyond_stop_percent, not {len(given)}")
        return self


class Await(Step):
    """Wait for an event."""

    do: Literal["await"]
    event: Event
    pair: Pair = 1
    order: Place = "entry"
    loops: Loops = 2


class Fill(Step):
    """Fill a part of a resting order."""

    do: Literal["fill"]
    pair: Pair = 1
    order: Place = "entry"
    fraction: Fraction = 1.0


class Cancel(Step):
    """Cancel a resting order by hand, on the exchange."""

    do: Literal["cancel"]
    pair: Pair = 1
    order: Place = "entry"


class ForceExit(Step):
    """Ask the bot for an exit; `better_percent` rests a limit order so much above (for shorts below) the price."""

    do: Literal["forceexit"]
    pair: Pair = 1
    order: Literal["market", "limit"] = "market"
    better_percent: Percent = 0.0
    fraction: Fraction = 1.0


class StopEntry(Step):
    """Ask the bot to make no further entries."""

    do: Literal["stopentry"]


class ReloadConfig(Step):
    """Change the configuration and ask the bot to read it again."""

    do: Literal["reload_config"]
    config: dict[str, Any]


class ReloadTrade(Step):
    """Ask the bot to read the trade's orders from the exchange again."""

    do: Literal["reload_trade"]
    pair: Pair = 1


class Kill(Step):
    """Kill the bot without a shutdown, as a power cut would."""

    do: Literal["kill"]


class Start(Step):
    """Start the bot again and wait until it trades; or, if it `fails`, until it has ended."""

    do: Literal["start"]
    fails: bool = False
    within: Seconds = 120.0


class Panic(Step):
    """Run `robustop panic` for the bot's trade database, or `robustop resume`."""

    do: Literal["panic"]
    resume: bool = False
    within: Seconds = 120.0


STEPS: dict[str, type[Step]] = {
    "enter": Enter,
    "price": Price,
    "await": Await,
    "fill": Fill,
    "cancel": Cancel,
    "forceexit": ForceExit,
    "stopentry": StopEntry,
    "reload_config": ReloadConfig,
    "reload_trade": ReloadTrade,
    "kill": Kill,
    "start": Start,
    "panic": Panic,
}
"""The model of each step of bot and market, by its `do`."""
