"""HTTPS proxy to the loopback Binance, for clients that keep Binance's own URLs.

It accepts CONNECT for Binance's hosts, then terminates TLS itself; no connection leaves this machine.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from robustop_plugin.venue.certificate import DOMAIN, server_context

LONGEST_HEAD = 65536  # bytes
END_OF_HEAD = b"\r\n\r\n"
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

logger = logging.getLogger(__name__)

Answering = Callable[[], asyncio.Protocol]


class Proxy:
    """Listens for CONNECT requests."""

    def __init__(self, answering: Answering) -> None:
        """Create the TLS context; `answering` creates the protocol that serves a connection."""
        self.answering = answering
        self.context = server_context()
        self.waiting: set[asyncio.Transport] = set()
        self.handovers: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, listener: socket.socket) -> None:
        """Listen on a bound socket."""
        self._server = await asyncio.get_running_loop().create_server(lambda: Doorman(self), sock=listener)

    async def close(self) -> None:
        """Stop listening and drop pending connections; the venue closes those that were handed over."""
        if self._server is not None:
            self._server.close()
        for transport in self.waiting:
            transport.abort()
        for handover in self.handovers:
            handover.cancel()
        await asyncio.gather(*self.handovers, return_exceptions=True)


class Doorman(asyncio.Protocol):
    """Reads one CONNECT request, then starts TLS and hands the connection to the venue."""

    def __init__(self, proxy: Proxy) -> None:
        """Start without data; `proxy` tracks pending connections."""
        self._proxy = proxy
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Add the connection to the pending ones."""
        self._transport = cast("asyncio.Transport", transport)
        self._proxy.waiting.add(self._transport)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 (asyncio's signature)
        """Remove the connection from the pending ones."""
        self._proxy.waiting.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        """Collect the request's head, then accept or refuse it."""
        self._head += data
        if END_OF_HEAD in self._head:
            if wants_binance(self._head):
                self._transport.write(ESTABLISHED)
                handover = asyncio.get_running_loop().create_task(self._hand_over())
                self._proxy.handovers.add(handover)
                handover.add_done_callback(self._proxy.handovers.discard)
            else:
                logger.warning("the venue's proxy serves only %s: it refused %r", DOMAIN, self._head[:80])
                self._transport.write(REFUSED)
                self._transport.close()
        elif len(self._head) > LONGEST_HEAD:
            self._transport.abort()

    async def _hand_over(self) -> None:
        protocol = self._proxy.answering()
        loop = asyncio.get_running_loop()
        with suppress(ConnectionError, ssl.SSLError):
            encrypted = await loop.start_tls(self._transport, protocol, self._proxy.context, server_side=True)
            if encrypted is not None:
                protocol.connection_made(encrypted)
        self._proxy.waiting.discard(self._transport)


def wants_binance(head: bytes) -> bool:
    """Return whether a request head is a CONNECT to one of Binance's hosts."""
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split()
    if len(words) != len(("CONNECT", "host:port", "HTTP/1.1")) or words[0] != "CONNECT":
        return False
    host = words[1].rpartition(":")[0]
    return host == DOMAIN or host.endswith(f".{DOMAIN}")
