"""Reads robustop's state of a trade, and says what is wrong with it instead of failing."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from robustop_plugin.core.errors import RobustopError, UnknownSchema
from robustop_plugin.core.side import LONG, SHORT
from robustop_plugin.core.trade_state import TradeState, from_dict
from robustop_plugin.operate.tables import CUSTOM_DATA

STATE_KEY = "robustop"
"""The custom-data key of a state, as the bot writes it."""
SHADOWED_KEY = "robustop-shadowed"
"""The custom-data key of what was chosen for a trade that robustop only decides about."""


class Trouble(StrEnum):
    """Why a trade has no state that can be used."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    NEWER = "newer"
    OF_ANOTHER_TRADE = "of another trade"


@dataclass(frozen=True, slots=True)
class StoredState:
    """What the database holds about a trade under robustop's keys.

    Attributes:
        state: the state; None if there is none that can be used.
        trouble: why; None with a state, and for a trade that needs none: one in shadow, or an entry that rests.
        detail: what was found, in one line; None without trouble.
        is_shadowed: True if robustop only decides about the trade, and changes nothing.
    """

    state: TradeState | None
    trouble: Trouble | None = None
    detail: str | None = None
    is_shadowed: bool = False


def read_custom_data(connection: sa.Connection, chosen: sa.Select[tuple[int]]) -> dict[tuple[int, str], str]:
    """Return robustop's values by number of the trade and key, as text.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: they cannot be read.
    """
    value = CUSTOM_DATA.c
    query = sa.select(value.ft_trade_id, value.cd_key, value.cd_value).where(
        value.cd_key.in_((STATE_KEY, SHADOWED_KEY)), value.ft_trade_id.in_(chosen)
    )
    return {(row.ft_trade_id, row.cd_key): row.cd_value for row in connection.execute(query)}


def stored_state(
    text: str | None, shadowed: str | None, opened_ms: int, pair: str, side: int, *, holds: bool
) -> StoredState:
    """Return the state of a trade out of the values of its keys.

    Args:
        text: the value of the state; None without one.
        shadowed: what was chosen for the trade, as text; None if nothing was.
        opened_ms: when the trade was opened, in milliseconds since the epoch.
        pair: its pair.
        side: +1 long, -1 short.
        holds: True if something of its entry is filled; before that it has no state.
    """
    is_shadowed = shadowed is not None and _is_of(shadowed, opened_ms, pair, side)
    if text is None:
        if is_shadowed or not holds:
            return StoredState(None, is_shadowed=is_shadowed)
        return StoredState(None, Trouble.MISSING, "robustop has no state of this trade")
    try:
        state = from_dict(json.loads(text))
    except UnknownSchema as error:
        return StoredState(None, Trouble.NEWER, str(error))
    except (RobustopError, ValueError, RecursionError) as error:
        return StoredState(None, Trouble.UNREADABLE, _shortened(f"the state is damaged: {error}"))
    if (state.opened_ms, state.pair or pair, state.position.side) != (opened_ms, pair, side):
        return StoredState(None, Trouble.OF_ANOTHER_TRADE, _of_another(state))
    return StoredState(state)


def _of_another(state: TradeState) -> str:
    side = {LONG: "long", SHORT: "short"}[state.position.side]
    return f"the state is of another {side} trade of {state.pair}, which had this number before"


def _is_of(text: str, opened_ms: int, pair: str, side: int) -> bool:
    """Return True if what was chosen was chosen for this trade."""
    try:
        chosen: Any = json.loads(text)
        return list(chosen["identity"]) == [opened_ms, pair, side]
    except (KeyError, TypeError, ValueError):
        return False


def _shortened(text: str, most: int = 200) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
