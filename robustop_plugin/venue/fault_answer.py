"""Applies the loopback Binance's faults to HTTP requests, and counts the requests by name."""

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.fault import AFTER, RESET, SILENCE, SLOW, Fault

CONTROL = "/_control/"
PRICES = ("/ticker/24hr", "/ticker/bookTicker", "/ticker/price", "/depth")
CLIENT_ERROR, TOO_MANY, BANNED, SERVER_ERROR = 400, 429, 418, 500
RATE_LIMIT_CODE = -1003
RATE_LIMITED = "Too many requests; current limit is 6000 request weight per 1 MINUTE."
BAN = "Way too much request weight used; IP banned. Please use WebSocket Streams for live updates to avoid bans."
UNKNOWN = -1000


def faulty(exchange: Exchange) -> Middleware:
    """Return a middleware that counts requests, hits them with the exchange's faults, and notes price checks."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(CONTROL):
            return await handler(request)
        params = await _params(request)
        fault = exchange.faults.arriving(f"{request.method} {request.path}", params)
        if fault is None:
            answer = await handler(request)
            if answer.status < CLIENT_ERROR:
                _note_check(exchange, request)
            return answer
        if fault.when == AFTER:
            answer = await handler(request)
            if answer.status >= CLIENT_ERROR or fault.count <= 0:  # refused by itself, or another call was faster
                return answer
            exchange.faults.used(fault)
            return await _hit(fault, request, answer)
        if fault.kind == SLOW:
            await asyncio.sleep(fault.seconds)
            return await handler(request)
        return await _hit(fault, request, None)

    return middleware


def _note_check(exchange: Exchange, request: web.Request) -> None:
    """Note that a price was asked for: of one pair, or of all without a symbol."""
    path, symbol = request.path, request.query.get("symbol")
    if not path.endswith(PRICES):
        return
    section = exchange.spot if path.startswith("/api") else exchange.futures
    for instrument in section.all() if symbol is None else [section.of(symbol)]:
        exchange.coverage.check(instrument.market.pair, exchange.now)


async def _params(request: web.Request) -> Mapping[str, str]:
    """Return the parameters of query and body."""
    return dict(parse_qsl(await request.text())) | dict(request.query)


async def _hit(fault: Fault, request: web.Request, answer: web.StreamResponse | None) -> web.StreamResponse:
    if fault.kind == SLOW and answer is not None:
        await asyncio.sleep(fault.seconds)
        return answer
    if fault.kind in (RESET, SILENCE):
        await asyncio.sleep(fault.seconds if fault.kind == SILENCE else 0)
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=SERVER_ERROR)  # the connection is gone, so nobody reads it
    return _error(fault)


def _error(fault: Fault) -> web.Response:
    """Return Binance's answer for a status, or for a code."""
    if fault.code is not None:
        return web.json_response({"code": fault.code, "msg": fault.message}, status=fault.status)
    if fault.status in (TOO_MANY, BANNED):
        body = {"code": RATE_LIMIT_CODE, "msg": fault.message or (BAN if fault.status == BANNED else RATE_LIMITED)}
        return web.json_response(body, status=fault.status, headers={"Retry-After": "1"})
    if fault.status > SERVER_ERROR:
        # A gateway answers in HTML, as in front of Binance.
        return web.Response(text=f"<html><h1>{fault.status}</h1></html>", content_type="text/html", status=fault.status)
    body = {"code": UNKNOWN, "msg": fault.message or "An unknown error occurred while processing the request."}
    return web.json_response(body, status=fault.status)
