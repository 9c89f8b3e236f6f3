#!/usr/bin/env bash
# ccxt 4.5.90: a Binance client for perpetuals, asked for the open orders of all pairs, asks the spot market.
#
# With "defaultType": "swap" (or "future", the older word) every call with a symbol goes to the futures API. fetch_open_orders
# without a symbol takes the market from "defaultSubType" as well, and without that goes to api/v3, the spot account. There is
# no error: a futures account with open orders and positions answers an empty list, or the orders of the spot account. A
# program that checks at its start what rests on the exchange believes that nothing does.
#
# Seen: GET /api/v3/openOrders with "swap" and with "future"; GET /fapi/v1/openOrders with "defaultSubType": "linear" beside
# it, or from the class binanceusdm, which sets that itself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ccxt==4.5.90
"$folder/venv/bin/python" - <<'PYTHON'
import ccxt
from requests import Response
from requests.adapters import BaseAdapter

MARKET = {
    "id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
    "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
    "active": True, "precision": {"amount": 0.001, "price": 0.1}, "limits": {}, "info": {},
}


class Binance(BaseAdapter):
    """Answers an empty list; remembers which endpoints were called."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def send(self, request, **_):
        self.calls.append(f"{request.method} {request.path_url.partition('?')[0]}")
        response = Response()
        response.status_code, response.url, response.request, response._content = 200, request.url, request, b"[]"
        return response

    def close(self):
        """Nothing is open."""


def asked(kind, **options):
    """Return the endpoint that is asked for the open orders of all pairs, and of one."""
    client = kind({"apiKey": "key", "secret": "secret", "options": {"warnOnFetchOpenOrdersWithoutSymbol": False, **options}})
    binance = Binance()
    client.session.mount("https://", binance)
    client.set_markets([MARKET])
    client.fetch_open_orders()
    client.fetch_open_orders("BTC/USDT:USDT")
    print(f"ccxt {ccxt.__version__}, {kind.__name__} with {options or 'no options'}: {binance.calls}")
    return binance.calls


SPOT, FUTURES = "GET /api/v3/openOrders", "GET /fapi/v1/openOrders"
changed = "the behavior has changed"
assert asked(ccxt.binance, defaultType="swap") == [SPOT, FUTURES], changed
assert asked(ccxt.binance, defaultType="future") == [SPOT, FUTURES], changed
assert asked(ccxt.binance, defaultType="swap", defaultSubType="linear") == [FUTURES, FUTURES], changed
assert asked(ccxt.binanceusdm) == [FUTURES, FUTURES], changed
PYTHON
