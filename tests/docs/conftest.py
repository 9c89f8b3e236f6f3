"""The loopback exchange of the bridge's tests, for pages whose examples are traded."""

from tests.bridge.conftest import database, host, loopback

__all__ = ["database", "host", "loopback"]
