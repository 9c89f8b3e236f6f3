"""Wherever a bot is killed between deciding, writing the state and storing the records, its audit has each event once.

An event counts once the state that carries it is written: a bot that dies before that decides anew.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Trade, init_db
from freqtrade.persistence.custom_data import CustomDataWrapper, _CustomData
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from robustop_plugin.audit import table
from robustop_plugin.audit.table import read_table
from tests.support.hand_candles import PAIR, Hand, at
from tests.support.host import Host
from tests.support.markets import examples
from tests.support.trades import in_database

PAIRS = (PAIR, "OTHER/USDT")
FILES = count(1)
STATE, RECORDS = "the state", "the records"
KILLS = tuple((when, what) for when in ("before", "after") for what in (STATE, RECORDS))
STEPS = st.tuples(st.sampled_from([*range(len(PAIRS)), "loop", "end"]), st.sampled_from([None, None, *KILLS, "locked"]))
"""An event of a trade, a new loop or an orderly end; with a kill at a point, or a database that is locked meanwhile."""


class Killed(BaseException):
    """The process is gone: nothing may catch this and go on."""


class Life:
    """Bots on one trade database, one after the other.

    Attributes:
        made: the events of each trade that must be in the audit, in order.
        now: a kill point or "locked", for the current step; None without trouble.
    """

    def __init__(self, host: Host, folder: Path) -> None:
        """Open a new database, and let a bot buy."""
        self._host, self._url = host, f"sqlite:///{folder / str(next(FILES))}.sqlite?timeout=0"
        self.now: Any = None
        self._numbers = count(1)
        init_db(self._url)
        self._begin()
        self.made: dict[int, list[str]] = {}
        self._durable: dict[int, int] = {}
        for pair in PAIRS:
            trade = in_database(pair=pair, max_rate=None, min_rate=None)
            self.made[trade.id], self._durable[trade.id] = ["initial"], 1
            self._bot.order_filled(pair=pair, trade=trade, order=trade.orders[0], current_time=at(0))
            self._bot.ft_stoploss_adjust(100.0, trade, at(0), 0.0, 0, after_fill=True)
            Trade.commit()

    def _begin(self) -> None:
        self._bot = self._host.start(Hand, runmode="live", db_url=self._url)
        self._manager = self._bot._robustop

    def _trades(self) -> list[Trade]:
        return sorted(Trade.get_trades_proxy(is_open=True), key=lambda trade: trade.id)

    def _around(self, what: str, works: Callable[..., Any]) -> Callable[..., Any]:
        """Return a write with its kill points and its trouble."""

        def write(*args: Any, **kwargs: Any) -> Any:
            if self.now == ("before", what):
                raise Killed
            if self.now == "locked":
                raise OperationalError("INSERT", {}, Exception("database is locked"))
            result = works(*args, **kwargs)
            if what == STATE and kwargs["key"] == "robustop":
                self._durable[kwargs["trade_id"]] = len(self.made[kwargs["trade_id"]])
            if self.now == ("after", what):
                raise Killed
            return result

        return write

    @contextmanager
    def troubled(self) -> Iterator[None]:
        """Put the kill points around the writes."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(table, "LONGEST_PAUSE", 0.0)
            patch.setattr(table, "add_rows", self._around(RECORDS, table.add_rows))
            set_data = CustomDataWrapper.set_custom_data
            patch.setattr(CustomDataWrapper, "set_custom_data", self._around(STATE, set_data))
            yield

    def step(self, what: Any, trouble: Any) -> None:
        """Do one thing; after a kill, a new bot reads what the database holds."""
        self.now = trouble
        try:
            if what == "loop":
                self._manager.new_loop()
            elif what == "end":
                self._bot.ft_bot_cleanup()
            else:
                self._event(self._trades()[what])
        except Killed:
            self.now = None
            self._die()
        self.now = None

    def _event(self, trade: Trade) -> None:
        reason = f"event {next(self._numbers)}"
        self.made[trade.id].append(reason)
        state = self._manager.store.get(trade)
        self._manager.recorder.commit(trade, state, at(1), "wait", reason=reason)

    def _die(self) -> None:
        for sessions in (Trade.session, _CustomData.session):
            with suppress(Exception):
                sessions.rollback()
            sessions.remove()
        for number, durable in self._durable.items():
            del self.made[number][durable:]
        self._begin()
        for trade in self._trades():
            assert self._manager.store.get(trade) is not None

    def audit(self) -> dict[int, list[str]]:
        """Return the events of each trade that are stored, once all trouble is over."""
        for _ in range(8):  # more loops than a database that was locked is given
            self._manager.store.health._try_again_at = 0.0
            self._manager.new_loop()
        records = list(read_table(Trade.session.get_bind()))
        assert len({record["token"] for record in records}) == len(records)
        return {
            trade.id: [record["reason"] or record["action"] for record in records if record["trade_id"] == trade.id]
            for trade in self._trades()
        }

    def close(self) -> None:
        """Close the database."""
        Trade.session.remove()
        _CustomData.session.remove()
        Trade.session.get_bind().dispose()


@pytest.mark.usefixtures("path")
@settings(max_examples=examples(0.1), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=12))
def test_no_kill_loses_or_doubles_an_event(host: Host, tmp_path: Path, steps: list[tuple[Any, Any]]) -> None:
    """The audit of each trade is the list of its events, in order, each with a token of its own."""
    logging.disable(logging.CRITICAL)
    life = Life(host, tmp_path)
    try:
        with life.troubled():
            # What the bot has bought is written before anything goes wrong.
            life.step("loop", None)
            for what, trouble in steps:
                life.step(what, trouble)
            assert life.audit() == life.made
    finally:
        life.close()
        logging.disable(logging.NOTSET)
