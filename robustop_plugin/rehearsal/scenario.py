"""The model of a scenario: what happens to a bot, and what has to come of it."""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from robustop_plugin.rehearsal.steps import MOST_PAIRS, Step
from robustop_plugin.settings.base import Block

Kind = Literal["spot long", "futures long", "futures short"]
StopPlace = Literal["bot", "exchange"]
KINDS: tuple[Kind, ...] = ("spot long", "futures long", "futures short")
MOST_SECONDS = 8.0
"""Two loops of a second and the exchange's answers, with room for a busy machine; a frozen bot takes longer."""
PLACES: tuple[StopPlace, ...] = ("bot", "exchange")

Expected = Literal[
    "played",
    "ends",
    "reason",
    "exposed",
    "unprotected",
    "fill",
    "entries",
    "known",
    "sold_once",
    "stop",
    "ledger",
]
"""The names of the expectations; the last four, and `played`, hold for every scenario."""


class Limit(NamedTuple):
    """How long positions may be held in a state: in loops that the bot completes, and in seconds.

    The seconds are those of a bot whose loops take one second, as they are configured: where the median is longer, on a
    slow machine or with many positions, they are so many times as long.
    """

    loops: int
    seconds: float


class Expect(Block):
    """What has to come of a scenario.

    Attributes:
        ends: whether every position is closed at the end, is still open, or was never made.
        reasons: exit reasons of which the last closed trade must have one; empty for any.
        exposed_loops: most loops of the bot in which a position may be held beyond its stop.
        exposed_seconds: the same in seconds.
        unprotected_loops: most loops of the bot in which a position may have no stop on the exchange, if it is there.
        unprotected_seconds: the same in seconds; with the stop in the bot, longest time without a running bot.
        worse_percent: how much worse than the first price beyond its stop a position may be sold; None for any.
        entries: filled entry orders; None for one per `enter`.
    """

    ends: Literal["closed", "open", "never_open"] = "closed"
    reasons: list[str] = Field(default_factory=list)
    exposed_loops: Annotated[int, Field(ge=0)] = 2
    exposed_seconds: Annotated[float, Field(ge=0)] = MOST_SECONDS
    unprotected_loops: Annotated[int, Field(ge=0)] = 2
    unprotected_seconds: Annotated[float, Field(ge=0)] = MOST_SECONDS
    worse_percent: Annotated[float, Field(ge=0)] | None = None
    entries: Annotated[int, Field(ge=0)] | None = None

    @property
    def exposed(self) -> Limit:
        """How long a position may be held beyond its stop."""
        return Limit(self.exposed_loops, self.exposed_seconds)

    @property
    def unprotected(self) -> Limit:
        """How long a position may be held that nothing could end."""
        return Limit(self.unprotected_loops, self.unprotected_seconds)


class Incurable(Block):
    """A known limit of what a strategy can do.

    Attributes:
        reason: what the limit is.
        excuses: the expectations that may fail because of it.
        kinds: markets and sides that have it.
        stops: where the stop is, with this limit.
    """

    reason: Annotated[str, Field(min_length=1)]
    excuses: Annotated[list[Expected], Field(min_length=1)]
    kinds: list[Kind] = Field(default_factory=lambda: list(KINDS))
    stops: list[StopPlace] = Field(default_factory=lambda: list(PLACES))


class Scenario(Block):
    """A scenario.

    Attributes:
        name: its name, that of its file.
        sentence: what happens, in one sentence.
        kinds: markets and sides for which it is played.
        stops: where the stop may be: checked by the bot, or resting on the exchange.
        pairs: number of pairs.
        signal: True for a standing entry signal on the scenario's side.
        started: False to begin before the bot: a step starts it.
        config: changes of the bot's configuration.
        steps: what happens, in order.
        expect: what has to come of it.
        incurable: a known limit, if it may end so.
    """

    name: Annotated[str, Field(min_length=1)]
    sentence: Annotated[str, Field(min_length=1)]
    kinds: list[Kind] = Field(default_factory=lambda: list(KINDS))
    stops: list[StopPlace] = Field(default_factory=lambda: list(PLACES))
    pairs: Annotated[int, Field(ge=1, le=MOST_PAIRS)] = 1
    signal: bool = False
    started: bool = True
    config: dict[str, Any] = Field(default_factory=dict)
    steps: tuple[Step, ...]
    expect: Expect = Expect()
    incurable: Incurable | None = None

    def limit_of(self, variant: "Variant") -> Incurable | None:
        """Return the known limit of a way to play it; None without one."""
        limit = self.incurable
        return limit if limit and variant.kind in limit.kinds and variant.stop in limit.stops else None


class Variant(NamedTuple):
    """How a scenario is played.

    Attributes:
        kind: market and side.
        stop: where the stop is.
        route: how the bot reaches the exchange: `url` or `proxy`.
    """

    kind: Kind
    stop: StopPlace
    route: str

    @property
    def is_futures(self) -> bool:
        """True for futures."""
        return self.kind.startswith("futures")

    @property
    def side(self) -> str:
        """`long` or `short`."""
        return self.kind.split()[1]

    @property
    def sign(self) -> int:
        """+1 for long, -1 for short."""
        return 1 if self.side == "long" else -1
