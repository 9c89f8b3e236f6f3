#!/usr/bin/env bash
# ccxt 4.5.90 and Freqtrade 2026.9: a Binance key that is revoked while a bot runs looks like a rate limit.
#
# Binance answers code -2015, "Invalid API-key, IP, or permissions for action". A client whose first private call gets that
# answer raises AuthenticationError. A client that has been authenticated once raises DDoSProtection for the same answer,
# and Freqtrade takes that as a reason to wait and to repeat the call: the bot neither ends nor reports a wrong key, and each
# call to the exchange blocks its loop for 1 + 2 + 5 + 10 seconds before it fails.
#
# Seen: AuthenticationError from a new client, DDoSProtection from one that has read its balance before.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet freqtrade==2026.9 ccxt==4.5.90
"$folder/venv/bin/python" - <<'PYTHON'
import json

import ccxt
import freqtrade
from freqtrade.exchange.common import calculate_backoff
from requests import Response
from requests.adapters import BaseAdapter

REFUSED = (401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."})
BALANCES = (200, {"balances": [{"asset": "USDT", "free": "100", "locked": "0"}]})


class Binance(BaseAdapter):
    """Answers every request the same way."""

    answer = BALANCES

    def send(self, request, **_):
        response = Response()
        response.status_code, body = self.answer
        response._content, response.url, response.request = json.dumps(body).encode(), request.url, request
        return response

    def close(self):
        """Nothing is open."""


def error_of(authenticated_before):
    client, binance = ccxt.binance({"apiKey": "key", "secret": "secret"}), Binance()
    client.session.mount("https://", binance)
    client.set_markets([])
    client.options["fetchCurrencies"] = False
    if authenticated_before:
        assert client.fetch_balance()["USDT"]["free"] == 100
    binance.answer = REFUSED
    try:
        client.fetch_balance()
    except ccxt.BaseError as error:
        return type(error).__name__
    return None


new, known = error_of(authenticated_before=False), error_of(authenticated_before=True)
waits = [calculate_backoff(left + 1, 4) for left in (3, 2, 1, 0)]
print(f"ccxt {ccxt.__version__}: a new client raises {new}, one that was authenticated raises {known}")
print(f"Freqtrade {freqtrade.__version__} waits {waits} s before it repeats a call that raised it")
assert (new, known) == ("AuthenticationError", "DDoSProtection"), "the behavior has changed"
assert waits == [1, 2, 5, 10], "the behavior has changed"
PYTHON
