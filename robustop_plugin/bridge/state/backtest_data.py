"""Freqtrade's custom data in a backtest, where a state becomes JSON only when somebody reads it.

A bot writes the state of a trade to the database at each event. A backtest has no database: Freqtrade keeps its custom
data in a list, and hardly anybody reads robustop's entry. So the entry holds the state as it was, and makes of it what
a bot would have written, once it is asked.
"""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from freqtrade.persistence.custom_data import CustomDataWrapper, _CustomData
from freqtrade.util import dt_now

from robustop_plugin.core.trade_state import TradeState, to_dict


class StateEntry:
    """A state in Freqtrade's list of custom data, with the fields that Freqtrade's own entries have.

    Attributes:
        ft_trade_id: The number of the trade.
        cd_key: The key.
        cd_type: The type of the value, as Freqtrade names it.
        created_at: When the entry was made.
        updated_at: When its value was changed; None if it never was.
    """

    id: int | None = None
    cd_type = "dict"

    def __init__(self, trade_id: int, key: str, state: TradeState) -> None:
        """Keep a state as it is now."""
        self.ft_trade_id = trade_id
        self.cd_key = key
        self.created_at: datetime = dt_now()
        self.updated_at: datetime | None = None
        self.keep(state)

    def keep(self, state: TradeState) -> None:
        """Keep a state as it is now, in place of the one before. The parts of a state are never changed in place."""
        self._state = replace(state)
        self._value: Any = None
        self._text: str | None = None

    @property
    def value(self) -> Any:
        """The value, as a strategy reads it."""
        if self._value is None:
            self._value = to_dict(self._state) if self._text is None else json.loads(self._text)
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._value = value

    @property
    def cd_value(self) -> str:
        """The value as JSON, as Freqtrade would have written it."""
        if self._text is None:
            self._text = json.dumps(to_dict(self._state))
        return self._text

    @cd_value.setter
    def cd_value(self, text: str) -> None:
        self._text, self._value = text, None


def keep_in_backtest(trade_id: int, key: str, state: TradeState) -> None:
    """Keep a state in Freqtrade's list, in place of what the trade already has under the key."""
    entries = CustomDataWrapper.custom_data
    for index, entry in enumerate(entries):
        if entry.ft_trade_id == trade_id and entry.cd_key == key:
            if isinstance(entry, StateEntry):
                entry.keep(state)
                entry.updated_at = dt_now()
            else:
                entries[index] = cast("_CustomData", StateEntry(trade_id, key, state))
            return
    entries.append(cast("_CustomData", StateEntry(trade_id, key, state)))
