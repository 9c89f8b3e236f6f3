"""HTTP routes of the loopback Binance: public, signed and control endpoints."""

import json
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from robustop_plugin.venue import (
    control_calls,
    elsewhere,
    futures,
    futures_account,
    futures_algo,
    futures_orders,
    spot,
    spot_orders,
)
from robustop_plugin.venue.endpoint import Endpoint
from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.fault_answer import faulty
from robustop_plugin.venue.refusal import Refusal
from robustop_plugin.venue.signature import KEY_HEADER, Sent, signed

UNKNOWN = -1000  # Binance's code for an unknown error

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

logger = logging.getLogger(__name__)


def application_of(exchange: Exchange) -> web.Application:
    """Return an application with all routes; any other path is answered with 404."""
    application = web.Application(middlewares=[faulty(exchange)])
    router = application.router
    for path, endpoint in (spot.ENDPOINTS | futures.ENDPOINTS | elsewhere.ENDPOINTS).items():
        router.add_get(path, _public_handler(exchange, endpoint))
    for module in (spot_orders, futures_orders, futures_algo, futures_account):
        for (method, path), endpoint in module.ENDPOINTS.items():
            router.add_route(method, path, _signed_handler(exchange, endpoint))
    for path, act in control_calls.ACTS.items():
        router.add_post(path, _control_handler(exchange, act))
    for path, report in control_calls.REPORTS.items():
        router.add_get(path, _report_handler(exchange, report))
    router.add_route("*", "/{path:.*}", _not_found)
    return application


def _public_handler(exchange: Exchange, endpoint: Endpoint) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response(endpoint(exchange, request.query))
        except Refusal as refusal:
            logger.info("the venue refused %s: %s", request.path_qs, refusal)
            return web.json_response(refusal.answer, status=refusal.status)

    return answer


def _signed_handler(exchange: Exchange, endpoint: Endpoint) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        # The signature covers the query as sent, before decoding.
        query = request.raw_path.partition("?")[2]
        sent = Sent(request.headers.get(KEY_HEADER), query, await request.text())
        try:
            params = signed(sent, exchange.server_time, revoked=exchange.key_revoked)
            return web.json_response(endpoint(exchange, params))
        except Refusal as refusal:
            logger.info("the venue refused %s %s: %s", request.method, request.path, refusal)
            return web.json_response(refusal.answer, status=refusal.status)

    return answer


def _control_handler(exchange: Exchange, act: control_calls.Act) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response(act(exchange, await request.json()))
        except json.JSONDecodeError as error:
            return web.json_response({"error": f"the request is not JSON: {error}"}, status=400)
        except (ValueError, Refusal) as error:
            return web.json_response({"error": f"{error}"}, status=400)

    return answer


def _report_handler(exchange: Exchange, report: control_calls.Report) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response(report(exchange, request.query))
        except ValueError as error:
            return web.json_response({"error": f"{error}"}, status=400)

    return answer


async def _not_found(request: web.Request) -> web.Response:
    logger.warning("the venue has no %s %s", request.method, request.path)
    message = f"The venue has no {request.method} {request.path}"
    return web.json_response({"code": UNKNOWN, "msg": message}, status=404)
