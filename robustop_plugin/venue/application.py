"""The addresses of the exchange on the wire."""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from robustop_plugin.venue import (
    control,
    control_orders,
    elsewhere,
    futures,
    futures_account,
    futures_orders,
    spot,
    spot_orders,
)
from robustop_plugin.venue.endpoint import Endpoint
from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.refusal import Refusal
from robustop_plugin.venue.signature import KEY_HEADER, Sent, signed

UNKNOWN = -1000  # Binance's code for what it cannot process

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

logger = logging.getLogger(__name__)


def application_of(exchange: Exchange) -> web.Application:
    """Return all addresses; what is none of them is unknown."""
    application = web.Application()
    for path, endpoint in (spot.ENDPOINTS | futures.ENDPOINTS | elsewhere.ENDPOINTS).items():
        application.router.add_get(path, _answering(exchange, endpoint))
    private = spot_orders.ENDPOINTS | futures_orders.ENDPOINTS | futures_account.ENDPOINTS
    for (method, path), endpoint in private.items():
        application.router.add_route(method, path, _answering_signed(exchange, endpoint))
    application.router.add_post(control.PRICE, _controlled(exchange, control.move_price))
    application.router.add_post(control_orders.FILL, _controlled(exchange, control_orders.fill))
    application.router.add_post(control_orders.CANCEL, _controlled(exchange, control_orders.cancel))
    application.router.add_get(control.STATE, _telling(exchange))
    application.router.add_route("*", "/{path:.*}", _unknown)
    return application


def _answering(exchange: Exchange, endpoint: Endpoint) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response(endpoint(exchange, request.query))
        except Refusal as refusal:
            logger.info("the venue refuses %s: %s", request.path_qs, refusal)
            return web.json_response(refusal.answer, status=refusal.status)

    return answer


def _answering_signed(exchange: Exchange, endpoint: Endpoint) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        # The signature covers the query as it was sent, not as it is decoded.
        query = request.raw_path.partition("?")[2]
        sent = Sent(request.headers.get(KEY_HEADER), query, await request.text())
        try:
            return web.json_response(endpoint(exchange, signed(sent, exchange.now)))
        except Refusal as refusal:
            logger.info("the venue refuses %s %s: %s", request.method, request.path, refusal)
            return web.json_response(refusal.answer, status=refusal.status)

    return answer


def _controlled(exchange: Exchange, act: Callable[[Exchange, Any], Any]) -> Handler:
    async def control(request: web.Request) -> web.Response:
        try:
            return web.json_response(act(exchange, await request.json()))
        except json.JSONDecodeError as error:
            return web.json_response({"error": f"the request is no JSON: {error}"}, status=400)
        except ValueError as error:
            return web.json_response({"error": f"{error}"}, status=400)

    return control


def _telling(exchange: Exchange) -> Handler:
    async def tell(_: web.Request) -> web.Response:
        return web.json_response(control.state(exchange) | control_orders.state(exchange))

    return tell


async def _unknown(request: web.Request) -> web.Response:
    logger.warning("the venue has no %s %s", request.method, request.path)
    message = f"The venue has no {request.method} {request.path}"
    return web.json_response({"code": UNKNOWN, "msg": message}, status=404)
