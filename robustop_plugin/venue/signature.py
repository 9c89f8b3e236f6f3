"""Signature check of the loopback Binance for private requests: API key, HMAC and time window."""

import hashlib
import hmac
from typing import NamedTuple
from urllib.parse import parse_qsl

from robustop_plugin.venue.params import Query, integer, text
from robustop_plugin.venue.refusal import Refusal

KEY, SECRET = "venue-key", "venue-secret"  # fixed and public: no real money is traded
KEY_HEADER = "X-MBX-APIKEY"
DEFAULT_WINDOW, LONGEST_WINDOW = 5000, 60000  # milliseconds
AHEAD = 1000  # largest lead of a client's clock, in milliseconds


class Sent(NamedTuple):
    """A private request as received.

    Attributes:
        key: API key header; None if missing.
        query: raw query string.
        body: raw body.
    """

    key: str | None
    query: str
    body: str


def signed(sent: Sent, now: int, *, revoked: bool = False) -> Query:
    """Check a request's key, time and signature, and return its parameters.

    Args:
        sent: the request.
        now: the exchange's time, in milliseconds since the epoch.
        revoked: True if the key has been revoked.

    Raises:
        Refusal: the key, time or signature is invalid.
    """
    if not sent.key:
        raise Refusal(-2014, "API-key format invalid.", status=401)
    if sent.key != KEY or revoked:
        raise Refusal(-2015, "Invalid API-key, IP, or permissions for action.", status=401)
    # If a parameter is in both, the query's value wins.
    params = dict(parse_qsl(sent.body)) | dict(parse_qsl(sent.query))
    _check_time(params, now)
    payload = _without_signature(sent.query) + _without_signature(sent.body)
    expected = hmac.new(SECRET.encode(), payload.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), text(params, "signature").encode()):
        raise Refusal(-1022, "Signature for this request is not valid.")
    return params


def _check_time(params: Query, now: int) -> None:
    """Refuse a request whose timestamp is outside its time window."""
    text(params, "timestamp")
    timestamp, window = integer(params, "timestamp") or 0, integer(params, "recvWindow")
    window = DEFAULT_WINDOW if window is None else window
    if window > LONGEST_WINDOW:
        raise Refusal(-1131, f"recvWindow must be less than {LONGEST_WINDOW}.")
    if timestamp >= now + AHEAD:
        raise Refusal(-1021, f"Timestamp for this request was {AHEAD}ms ahead of the server's time.")
    if now - timestamp > window:
        raise Refusal(-1021, "Timestamp for this request is outside of the recvWindow.")


def _without_signature(part: str) -> str:
    """Return a raw query or body without its signature parameter."""
    return "&".join(pair for pair in part.split("&") if not pair.startswith("signature="))
