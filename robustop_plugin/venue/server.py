"""The exchange as a process sees it: HTTP on this machine only."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread

from aiohttp import web

from robustop_plugin.venue.exchange_info import exchange_info
from robustop_plugin.venue.market import Market

LOOPBACK = "127.0.0.1"
UNKNOWN = -1000  # Binance's code for what it cannot process
SECONDS_TO_FINISH = 1.0

logger = logging.getLogger(__name__)


class Venue:
    """A loopback Binance that lists some markets.

    `with Venue(markets).serve() as url:` answers at `url` until the block ends.
    """

    def __init__(self, markets: Sequence[Market]) -> None:
        """Take the markets to list."""
        self.markets = tuple(markets)

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[str]:
        """Answer in a thread of its own and yield the URL; at the end, close the server and join the thread.

        Args:
            port: the port to listen on; 0 picks a free one.

        Raises:
            OSError: the port is taken.
        """
        # Bound here and not in the thread: a taken port is the caller's error.
        with socket.create_server((LOOPBACK, port)) as listener:
            loop, closing = asyncio.new_event_loop(), asyncio.Event()
            answering = self._answer(listener, closing)
            thread = Thread(target=loop.run_until_complete, args=(answering,), name="venue", daemon=True)
            thread.start()
            try:
                yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
            finally:
                loop.call_soon_threadsafe(closing.set)
                thread.join()
                loop.close()

    def run_forever(self, port: int = 0, ready: Callable[[str], None] | None = None) -> None:
        """Answer until the keyboard interrupts; `ready` is called with the URL once the venue answers."""
        with self.serve(port) as url, suppress(KeyboardInterrupt):
            if ready is not None:
                ready(url)
            Event().wait()

    async def _answer(self, listener: socket.socket, closing: asyncio.Event) -> None:
        """Answer what comes in at `listener` until `closing` is set."""
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=SECONDS_TO_FINISH)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        await closing.wait()
        await runner.cleanup()

    def _application(self) -> web.Application:
        """Return the routes; what none of them matches is unknown."""
        application = web.Application()
        application.add_routes(
            [
                web.get("/api/v3/ping", self._ping),
                web.get("/api/v3/time", self._time),
                web.get("/api/v3/exchangeInfo", self._exchange_info),
                web.route("*", "/{path:.*}", self._unknown),
            ]
        )
        return application

    async def _ping(self, _: web.Request) -> web.Response:
        return web.json_response({})

    async def _time(self, _: web.Request) -> web.Response:
        return web.json_response({"serverTime": _now()})

    async def _exchange_info(self, _: web.Request) -> web.Response:
        return web.json_response(exchange_info(self.markets, _now()))

    async def _unknown(self, request: web.Request) -> web.Response:
        logger.warning("the venue has no %s %s", request.method, request.path)
        message = f"The venue has no {request.method} {request.path}"
        return web.json_response({"code": UNKNOWN, "msg": message}, status=404)


def _now() -> int:
    """Return the time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
