"""The exchange as a process sees it: HTTP on this machine only."""

import asyncio
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from aiohttp import web

from robustop_plugin.venue.application import application_of
from robustop_plugin.venue.archive import instruments_of
from robustop_plugin.venue.exchange import Clock, Exchange, real_time
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.market import Market
from robustop_plugin.venue.proxy import Proxy
from robustop_plugin.venue.replay import Replay
from robustop_plugin.venue.tape import Tape

LOOPBACK = "127.0.0.1"
SECONDS_TO_FINISH = 1.0
SHORTEST = "1m"  # candles of markets without a file


class Venue:
    """A loopback Binance that lists some markets.

    `with Venue(markets).serve() as url:` answers at `url` until the block ends.

    Attributes:
        markets: as they are listed.
        exchange: what they trade at.
        proxy_url: of the HTTPS proxy, while the venue is served with one.
    """

    def __init__(
        self,
        markets: Sequence[Market],
        datadir: Path | None = None,
        replay: Replay | None = None,
        clock: Clock = real_time,
    ) -> None:
        """Take the markets to list.

        Args:
            markets: spot and futures.
            datadir: a folder of their candles, which become current; without it no market has a price yet.
            replay: play the folder's candles from here on, instead of waiting for prices to be moved.
            clock: returns the time in milliseconds since the epoch.

        Raises:
            ValueError: the replay starts where there are no candles.
        """
        self.markets = tuple(markets)
        self.proxy_url: str | None = None
        if datadir is None:
            instruments = [Instrument(market, Tape(SHORTEST)) for market in self.markets]
        else:
            instruments = instruments_of(datadir, self.markets, clock(), replay)
        self.exchange = Exchange(instruments, clock)

    @contextmanager
    def serve(self, port: int = 0, proxy_port: int | None = None) -> Iterator[str]:
        """Answer in a thread of its own and yield the URL; at the end, close the server and join the thread.

        Args:
            port: the port to listen on; 0 picks a free one.
            proxy_port: the port of the HTTPS proxy; None for no proxy.

        Raises:
            OSError: a port is taken.
        """
        # Bound here and not in the thread: a taken port is the caller's error.
        with ExitStack() as sockets:
            listener = sockets.enter_context(socket.create_server((LOOPBACK, port)))
            proxy = None
            if proxy_port is not None:
                proxy = sockets.enter_context(socket.create_server((LOOPBACK, proxy_port)))
                self.proxy_url = _url(proxy)
            loop, closing = asyncio.new_event_loop(), asyncio.Event()
            answering = self._answer(listener, proxy, closing)
            thread = Thread(target=loop.run_until_complete, args=(answering,), name="venue", daemon=True)
            thread.start()
            try:
                yield _url(listener)
            finally:
                loop.call_soon_threadsafe(closing.set)
                thread.join()
                loop.close()
                self.proxy_url = None

    def run_forever(
        self, port: int = 0, ready: Callable[[str], None] | None = None, proxy_port: int | None = None
    ) -> None:
        """Answer until the keyboard interrupts; `ready` is called with the URL once the venue answers."""
        with self.serve(port, proxy_port) as url, suppress(KeyboardInterrupt):
            if ready is not None:
                ready(url)
            Event().wait()

    async def _answer(self, listener: socket.socket, proxy: socket.socket | None, closing: asyncio.Event) -> None:
        """Answer what comes in at both sockets until `closing` is set."""
        application = application_of(self.exchange)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=SECONDS_TO_FINISH)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        if proxy is None or runner.server is None:
            await closing.wait()
        else:
            door = Proxy(runner.server)
            await door.start(proxy)
            await closing.wait()
            await door.close()
        await runner.cleanup()


def _url(listener: socket.socket) -> str:
    """Return where a bound socket answers."""
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}"
