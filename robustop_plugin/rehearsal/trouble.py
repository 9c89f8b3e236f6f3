"""The steps of a scenario that happen beside prices and the bot: faults, hands of others, halts, locks."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from robustop_plugin.rehearsal.steps import STEPS, Fraction, Pair, Percent, Step
from robustop_plugin.settings.base import wrong

Call = Literal[
    "place_entry",
    "place_exit",
    "place_stop",
    "cancel_stop",
    "cancel_order",
    "read_order",
    "read_stop",
    "balance",
    "price",
    "candles",
]
LONGEST = 120.0
"""Seconds of silence or slowness."""
NEEDED = {"code": "code", "silence": "seconds", "slow": "seconds", "status": "status"}
"""What a fault has to name."""


class Fault(Step):
    """Let the next calls of one kind fail, before or after the exchange has acted."""

    do: Literal["fault"]
    call: Call
    fault: Literal["status", "code", "reset", "silence", "slow"]
    when: Literal["before", "after"] = "before"
    count: Annotated[int, Field(ge=1, le=1000)] = 1
    skip: Annotated[int, Field(ge=0, le=1000)] = 0
    status: Annotated[int, Field(ge=400, le=599)] | None = None
    code: Annotated[int, Field(lt=0)] | None = None
    futures_code: Annotated[int, Field(lt=0)] | None = None
    msg: str = ""
    futures_msg: str = ""
    seconds: Annotated[float, Field(gt=0, le=LONGEST)] | None = None

    @model_validator(mode="after")
    def _says_what_it_needs(self) -> "Fault":
        needed = NEEDED.get(self.fault)
        if needed is not None and getattr(self, needed) is None:
            raise wrong(needed, None, f"given with fault {self.fault!r}")
        return self


class ClearFaults(Step):
    """Let every call pass again."""

    do: Literal["clear_faults"]


class Trade(Step):
    """Sell the position, or a part of it, by hand on the exchange (buy back that of a short)."""

    do: Literal["trade_by_hand"]
    pair: Pair = 1
    fraction: Fraction = 1.0


class Funding(Step):
    """Pay funding now, so many percent of the position's value; longs pay a positive rate."""

    do: Literal["funding"]
    pair: Pair = 1
    rate_percent: Percent


class Reduce(Step):
    """Let the exchange reduce or close a futures position."""

    do: Literal["reduce"]
    reason: Literal["liquidation", "adl", "settlement"]
    pair: Pair = 1
    fraction: Fraction = 1.0


class Listing(Step):
    """Halt a pair or let it trade again: orders are refused meanwhile; or announce its end in so many seconds."""

    do: Literal["halt"]
    pair: Pair = 1
    halted: bool = True
    delist_in: Annotated[float, Field(gt=0, le=LONGEST)] | None = None


class Clock(Step):
    """Set the exchange's clock ahead of the bot's."""

    do: Literal["clock"]
    ahead_seconds: Annotated[int, Field(ge=-3600, le=3600)]


class Key(Step):
    """Revoke the bot's key, or restore it."""

    do: Literal["key"]
    revoked: bool = True


class LockDatabase(Step):
    """Let another program write to the bot's trade database for so many seconds, in which the bot cannot."""

    do: Literal["lock_database"]
    seconds: Annotated[float, Field(gt=0, le=LONGEST)]


TROUBLES: dict[str, type[Step]] = {
    "fault": Fault,
    "clear_faults": ClearFaults,
    "trade_by_hand": Trade,
    "funding": Funding,
    "reduce": Reduce,
    "halt": Listing,
    "clock": Clock,
    "key": Key,
    "lock_database": LockDatabase,
}
ALL_STEPS = STEPS | TROUBLES
"""The model of each step, by its `do`."""
