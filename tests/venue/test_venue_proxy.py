"""The proxy serves Binance's hosts and no others."""

import gc
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from robustop_plugin.venue.market import PAIRS
from robustop_plugin.venue.proxy import LONGEST_HEAD
from robustop_plugin.venue.server import Venue
from tests.support.bot import ask


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    """Serve the embedded markets behind a proxy; return the proxy's host and port."""
    venue = Venue(list(PAIRS))
    with venue.serve(proxy_port=0) as url:
        assert venue.proxy_url not in (None, url)
        parts = urlsplit(str(venue.proxy_url))
        yield str(parts.hostname), int(parts.port or 0)
    assert venue.proxy_url is None


def is_over(connection: socket.socket) -> bool:
    """Return whether the other end has closed or reset a connection."""
    try:
        return connection.recv(1000) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("host", ["api.binance.com", "fapi.binance.com", "binance.com"])
def test_it_answers_as_binance(address: tuple[str, int], host: str) -> None:
    """After CONNECT, the venue answers over TLS."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(*address, timeout=5, context=trusting)
    connection.set_tunnel(host, 443)
    for _ in range(2):  # the connection is kept alive
        connection.request("GET", "/api/v3/ping")
        assert json.loads(connection.getresponse().read()) == {}
    connection.close()


def test_nobody_else_trusts_it(address: tuple[str, int]) -> None:
    """A client that verifies certificates rejects the proxy's, which is self-signed."""
    connection = http.client.HTTPSConnection(*address, timeout=5)
    connection.set_tunnel("api.binance.com", 443)
    with pytest.raises(ssl.SSLCertVerificationError, match="self-signed"):
        connection.request("GET", "/api/v3/ping")


@pytest.mark.parametrize(
    "request_",
    [
        b"CONNECT example.org:443 HTTP/1.1\r\n\r\n",
        b"CONNECT notbinance.com:443 HTTP/1.1\r\n\r\n",
        b"GET http://api.binance.com/ HTTP/1.1\r\n\r\n",
        b"CONNECT\r\n\r\n",
        b"\r\n\r\n",
    ],
)
def test_other_hosts_and_methods_are_refused(address: tuple[str, int], request_: bytes) -> None:
    """Any request other than CONNECT to Binance's hosts is answered with 403."""
    with socket.create_connection(address, timeout=5) as connection:
        connection.sendall(request_)
        assert connection.recv(1000).startswith(b"HTTP/1.1 403")
        assert connection.recv(1000) == b""


def test_a_request_head_in_pieces(address: tuple[str, int]) -> None:
    """A request head may arrive byte by byte, and one that is too long is dropped."""
    with socket.create_connection(address, timeout=5) as connection:
        for byte in b"CONNECT api.binance.com:443 HTTP/1.1\r\nHost: x\r\n\r\n":
            connection.sendall(bytes([byte]))
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    with socket.create_connection(address, timeout=5) as connection:
        connection.sendall(b"x" * (LONGEST_HEAD + 1))
        assert is_over(connection)


def test_a_client_without_tls_is_dropped(address: tuple[str, int]) -> None:
    """A client that does not speak TLS after CONNECT is dropped, and the next one is served."""
    with socket.create_connection(address, timeout=5) as connection:
        connection.sendall(b"CONNECT api.binance.com:443 HTTP/1.1\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n" + b"\0" * 100)
        while connection.recv(1000):
            pass
    test_it_answers_as_binance(address, "api.binance.com")


def test_the_proxy_is_closed_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    """After the block, the port is closed and no thread is left, even with connections pending before or during TLS."""
    before = set(threading.enumerate())
    venue = Venue(list(PAIRS))
    with venue.serve(proxy_port=0) as url:
        parts = urlsplit(str(venue.proxy_url))
        waiting = socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=5)
        halfway = socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=5)
        halfway.sendall(b"CONNECT api.binance.com:443 HTTP/1.1\r\n\r\n")
        assert halfway.recv(1000).startswith(b"HTTP/1.1 200")
        assert ask(url, "/api/v3/ping") == (200, {})
    with waiting, halfway:
        assert is_over(waiting)
        assert is_over(halfway)
    gc.collect()
    assert "Task was destroyed" not in caplog.text
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=5)
    assert set(threading.enumerate()) <= before


def test_a_taken_proxy_port_is_the_caller_s_error() -> None:
    """A proxy port in use raises at once, and the venue's own port is free again."""
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        other.close()
        with pytest.raises(OSError, match="in use"), Venue([]).serve(port, taken.getsockname()[1]):
            pass
    with Venue([]).serve(port):
        pass
