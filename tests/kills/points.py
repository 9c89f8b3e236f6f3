"""Kill points inside a bot: installed from outside, after Freqtrade and robustop were imported and before they run.

A point is passed before and after each request to the exchange, each flush and commit of the trade database, each
callback of robustop, and each write to its audit. Everything between two points is in memory only, so that a kill there
is the same as one at the point before it. So is a kill after the exchange has acted and before its answer arrives, the
same as one after the answer: what the process would have remembered of it is gone.

The driver holds the other end of standard input: it hears of each point, and lets the bot go from loop to loop, with
the name of the step that is played.
"""

import functools
import os
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KILL = "ROBUSTOP_KILL"
"""Environment variable: the point to die at and its occurrence, `NAME#3`; any name is `*`."""
CALLBACKS = (
    "analyze",
    "should_exit",
    "ft_stoploss_adjust",
    "custom_stoploss",
    "custom_exit",
    "confirm_trade_entry",
    "check_entry_timeout",
    "_adjust_trade_position_internal",
    "order_filled",
)
"""Callbacks of the mixin."""
SHORT_WAIT = 0.2
"""Seconds until a refused partial exit is asked for again; a minute would be waited out for nothing."""
BEGINNING = "start"
"""The step before the first loop."""
WRITES = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)
CREATES = re.compile(r"\s*(?:CREATE|ALTER|DROP)\s", re.IGNORECASE)
TABLES = "tables"
"""Stands for the names of tables that are created."""


class Points:
    """Counts the points that are passed, tells the driver, and kills the process at one of them.

    Attributes:
        step: the name of the step that is played.
    """

    def __init__(self, channel: int, kill: str | None) -> None:
        """Take the descriptor of the driver's channel and the point to die at; None to live."""
        self.step = BEGINNING
        self._channel = channel
        name, _, number = (kill or "").rpartition("#")
        self._kill = (name, int(number or 0))
        self._passed: Counter[str] = Counter()

    def passed(self, what: str) -> None:
        """Pass a point."""
        # The API's threads and the like are no part of a loop: which of them comes first is not the same twice.
        if threading.current_thread() is not threading.main_thread():
            return
        name = f"{self.step}: {what}"
        os.write(self._channel, f"{name}\n".encode())
        for counted in (name, "*"):
            self._passed[counted] += 1
            if (counted, self._passed[counted]) == self._kill:
                os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def around(self, what: str) -> Iterator[None]:
        """Pass a point before and one after."""
        self.passed(f"before {what}")
        yield
        self.passed(f"after {what}")

    def end_loop(self, _: float = 0.0) -> None:
        """Tell the driver that a loop has ended, and wait until it lets the bot go."""
        os.write(self._channel, b"\n")
        step = os.read(self._channel, 1024)
        if not step:
            os._exit(0)  # the driver is gone
        self.step = step.decode().strip()


def install() -> None:
    """Install all points in this process."""
    channel = os.dup(0)
    points = Points(channel, os.environ.get(KILL))
    _at_requests(points)
    _at_the_database(points)
    _at_callbacks(points)
    _at_the_audit(points)
    loaded("freqtrade.worker").Worker._sleep = staticmethod(points.end_loop)
    loaded("robustop_plugin.bridge.partials.pending_sales").FIRST_WAIT = SHORT_WAIT


def loaded(name: str) -> Any:
    """Return a module that has been imported."""
    return sys.modules[name]


def _at_requests(points: Points) -> None:
    """Pass points before a request is sent and after its answer has come."""
    sync = loaded("ccxt.base.exchange").Exchange
    asynchronous = loaded("ccxt.async_support.base.exchange").Exchange
    fetch, fetch_later = sync.fetch, asynchronous.fetch

    @functools.wraps(fetch)
    def fetched(self: Any, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        with points.around(name_of_request(url, method, body)):
            return fetch(self, url, method, headers, body)

    @functools.wraps(fetch_later)
    async def fetched_later(self: Any, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        with points.around(name_of_request(url, method, body)):
            return await fetch_later(self, url, method, headers, body)

    sync.fetch, asynchronous.fetch = fetched, fetched_later


def name_of_request(url: str, method: str, body: Any) -> str:
    """Return a request's method and path, and what kind of order it places."""
    parts = urlsplit(url)
    params = dict(parse_qsl(parts.query)) | dict(parse_qsl(body if isinstance(body, str) else ""))
    kind = [params[name] for name in ("type", "side") if method == "POST" and name in params]
    return " ".join([method, parts.path.rsplit("/", 1)[-1], *kind])


def _at_the_database(points: Points) -> None:
    """Pass points around each flush, and around each commit that writes."""
    event, orm = loaded("sqlalchemy").event, loaded("sqlalchemy.orm")
    engine, dialect = loaded("sqlalchemy").Engine, loaded("sqlalchemy.engine.default").DefaultDialect
    written: dict[int, set[str]] = {}
    flushing: dict[int, str] = {}
    commit = dialect.do_commit

    @event.listens_for(orm.Session, "before_flush")
    def before_flush(session: Any, *_: Any) -> None:
        names = {
            type(row).__name__.strip("_") for rows in (session.new, session.dirty, session.deleted) for row in rows
        }
        flushing[id(session)] = f"flush {' '.join(sorted(names))}"
        points.passed(f"before {flushing[id(session)]}")

    @event.listens_for(orm.Session, "after_flush")
    def after_flush(session: Any, *_: Any) -> None:
        points.passed(f"after {flushing.pop(id(session))}")

    @event.listens_for(engine, "before_cursor_execute")
    def before_execute(connection: Any, _: Any, statement: str, *__: Any) -> None:
        table = WRITES.match(statement)
        name = table[1] if table else TABLES if CREATES.match(statement) else None
        if name is not None:
            written.setdefault(id(connection.connection.dbapi_connection), set()).add(name)

    @functools.wraps(commit)
    def committed(self: Any, connection: Any) -> None:
        tables = written.pop(id(getattr(connection, "dbapi_connection", connection)), None)
        if not tables:
            commit(self, connection)
            return
        with points.around(f"commit {' '.join(sorted(tables))}"):
            commit(self, connection)

    dialect.do_commit = committed


def _at_callbacks(points: Points) -> None:
    """Pass points around each callback of a strategy that has robustop's mixin, once it has started."""
    mixin = loaded("robustop_plugin.bridge.mixin").RobustopMixin
    begin = mixin.ft_bot_start

    @functools.wraps(begin)
    def begun(self: Any, **kwargs: Any) -> None:
        begin(self, **kwargs)
        for name in CALLBACKS:
            setattr(self, name, _around(points, name, getattr(self, name)))

    mixin.ft_bot_start = begun


def _at_the_audit(points: Points) -> None:
    """Pass points around each write to the audit file."""
    sink = loaded("robustop_plugin.audit.file").AuditFile
    sink._append = _around(points, "write to the audit", sink._append)


def _around(points: Points, what: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def called(*args: Any, **kwargs: Any) -> Any:
        with points.around(what):
            return call(*args, **kwargs)

    return called
