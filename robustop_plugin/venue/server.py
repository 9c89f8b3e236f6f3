"""HTTP server of the loopback Binance, reachable from this machine only."""

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
SHORTEST = "1m"  # timeframe of markets without a file


class Venue:
    """A loopback Binance that lists some markets.

    `with Venue(markets).serve() as url:` answers at `url` until the block ends.

    Attributes:
        markets: the listed markets.
        exchange: prices, orders and accounts.
        proxy_url: URL of the HTTPS proxy; None unless the venue is served with one.
    """

    def __init__(
        self,
        markets: Sequence[Market],
        datadir: Path | None = None,
        replay: Replay | None = None,
        clock: Clock = real_time,
    ) -> None:
        """List the markets.

        Args:
            markets: spot and futures markets to list.
            datadir: folder of their candles, which become current; without it, no market has a price yet.
            replay: plays the folder's candles from its start on; None if control calls move prices.
            clock: returns the time, in milliseconds since the epoch.

        Raises:
            ValueError: the replay starts outside the candles.
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
        """Serve in a thread and yield the URL; on exit, close the server and join the thread.

        Args:
            port: port to listen on; 0 picks a free one.
            proxy_port: port of the HTTPS proxy, 0 picks a free one; None starts no proxy.

        Raises:
            OSError: a port is in use.
        """
        # Bound here rather than in the thread, so that a port in use raises in the caller.
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
        """Serve until a KeyboardInterrupt; `ready` is called with the URL once the venue answers."""
        with self.serve(port, proxy_port) as url, suppress(KeyboardInterrupt):
            if ready is not None:
                ready(url)
            Event().wait()

    async def _answer(self, listener: socket.socket, proxy: socket.socket | None, closing: asyncio.Event) -> None:
        """Serve both sockets until `closing` is set."""
        application = application_of(self.exchange)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=SECONDS_TO_FINISH)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        if proxy is None or runner.server is None:
            await closing.wait()
        else:
            https_proxy = Proxy(runner.server)
            await https_proxy.start(proxy)
            await closing.wait()
            await https_proxy.close()
        await runner.cleanup()
        # A call that a fault delays is still on its way.
        delayed = asyncio.all_tasks() - {asyncio.current_task()}
        for task in delayed:
            task.cancel()
        await asyncio.gather(*delayed, return_exceptions=True)


def _url(listener: socket.socket) -> str:
    """Return the URL of a bound socket."""
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}"
