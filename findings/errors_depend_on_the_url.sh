#!/usr/bin/env bash
# ccxt 4.5.90: behind another URL, what Binance says about a refused futures order is no longer understood.
#
# ccxt chooses Binance's table of error codes by the beginning of the URL. A gateway or a test server that is configured in
# `urls.api` matches none, so codes that mean something else on futures, or that only futures have, are no longer
# understood: they become a plain ExchangeError. A bot that sells at once when its stop "would immediately trigger" (-2021,
# an InvalidOrder) takes the same answer for a temporary error, and repeats the order while the position has no stop. An
# HTTP proxy (`httpsProxy`) keeps the URL.
#
# Seen: OrderImmediatelyFillable with Binance's URL, ExchangeError with another; InsufficientFunds (-2019) likewise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ccxt==4.5.90
"$folder/venv/bin/python" - <<'PYTHON'
import json

import ccxt
from requests import Response
from requests.adapters import BaseAdapter

GATEWAY = "https://gateway.example/fapi/v1"
ANSWERS = {
    "OrderImmediatelyFillable": {"code": -2021, "msg": "Order would immediately trigger."},
    "InsufficientFunds": {"code": -2019, "msg": "Margin is insufficient."},
}


class Binance(BaseAdapter):
    """Refuses every request with one answer."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def send(self, request, **_):
        response = Response()
        response.status_code = 400
        response._content, response.url, response.request = json.dumps(self.answer).encode(), request.url, request
        return response

    def close(self):
        """Nothing is open."""


def error_of(answer, url=None):
    client = ccxt.binance({"apiKey": "key", "secret": "secret"})
    client.session.mount("https://", Binance(answer))
    if url:
        client.urls["api"]["fapiPrivate"] = url
    try:
        client.fapiPrivatePostAlgoOrder({"symbol": "BTCUSDT", "side": "SELL", "triggerPrice": "60000"})
    except ccxt.BaseError as error:
        return type(error)
    return None


for expected, answer in ANSWERS.items():
    usual, behind = error_of(answer), error_of(answer, GATEWAY)
    print(f"ccxt {ccxt.__version__}, code {answer['code']}: {usual.__name__}; behind another URL {behind.__name__}")
    assert (usual.__name__, behind) == (expected, ccxt.ExchangeError), "the behavior has changed"
    assert not issubclass(behind, (ccxt.InvalidOrder, ccxt.InsufficientFunds))
PYTHON
