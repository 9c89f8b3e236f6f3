"""Freqtrade settings that point its exchange `binance` to the loopback Binance and nowhere else."""

from collections.abc import Sequence
from typing import Any

from robustop_plugin.venue.signature import KEY, SECRET

# Every API that ccxt's class knows: a missing entry would reach the real exchange.
PATHS = {
    "public": "api/v3",
    "private": "api/v3",
    "v1": "api/v1",
    "sapi": "sapi/v1",
    "sapiV2": "sapi/v2",
    "sapiV3": "sapi/v3",
    "sapiV4": "sapi/v4",
    "fapiPublic": "fapi/v1",
    "fapiPublicV2": "fapi/v2",
    "fapiPublicV3": "fapi/v3",
    "fapiPrivate": "fapi/v1",
    "fapiPrivateV2": "fapi/v2",
    "fapiPrivateV3": "fapi/v3",
    "fapiData": "futures/data",
    "dapiPublic": "dapi/v1",
    "dapiPrivate": "dapi/v1",
    "dapiPrivateV2": "dapi/v2",
    "dapiData": "futures/data",
    "eapiPublic": "eapi/v1",
    "eapiPrivate": "eapi/v1",
    "papi": "papi/v1",
    "papiV2": "papi/v2",
}


ORDER_BOOK = {"use_order_book": True, "order_book_top": 1}


def offline_overlay(url: str, pairs: Sequence[str], *, futures: bool = False) -> dict[str, Any]:
    """Return configuration settings that make Freqtrade talk only to the venue.

    They replace every Binance URL by the venue's.

    Args:
        url: URL of the venue, as `Venue.serve` yields it.
        pairs: pairs to trade, `BTC/USDT`, or `BTC/USDT:USDT` for futures.
        futures: True to trade USD-M futures instead of spot.
    """
    return _overlay(pairs, futures, {"urls": {"api": {name: f"{url}/{path}" for name, path in PATHS.items()}}})


def proxy_overlay(proxy_url: str, pairs: Sequence[str], *, futures: bool = False) -> dict[str, Any]:
    """Return configuration settings that make Freqtrade talk only to the venue's proxy.

    Binance's URLs stay unchanged, so that ccxt maps errors as it does for the real exchange.

    Args:
        proxy_url: URL of the venue's proxy, `Venue.proxy_url`.
        pairs: pairs to trade, `BTC/USDT`, or `BTC/USDT:USDT` for futures.
        futures: True to trade USD-M futures instead of spot.
    """
    return _overlay(pairs, futures, {"httpsProxy": proxy_url, "verify": False})


def live(overlay: dict[str, Any]) -> dict[str, Any]:
    """Return an overlay with which Freqtrade trades live at the venue.

    Args:
        overlay: result of `offline_overlay` or `proxy_overlay`.
    """
    return {**overlay, "dry_run": False, "exchange": {**overlay["exchange"], "key": KEY, "secret": SECRET}}


def _overlay(pairs: Sequence[str], futures: bool, route: dict[str, Any]) -> dict[str, Any]:
    """Return the shared settings, with `route` merged into `ccxt_config`."""
    # The futures ticker has no bid and ask, so Freqtrade must price from the order book.
    pricing = {"entry_pricing": ORDER_BOOK, "exit_pricing": ORDER_BOOK} if futures else {}
    return {
        "trading_mode": "futures" if futures else "spot",
        "margin_mode": "isolated" if futures else "",
        **pricing,
        "exchange": {
            "name": "binance",
            "enable_ws": False,
            "only_from_ccxt": True,
            "pair_whitelist": list(pairs),
            "pair_blacklist": [],
            "ccxt_config": {
                "enableRateLimit": False,
                "options": {
                    "fetchMarkets": {"types": ["linear" if futures else "spot"]},
                    "fetchMargins": False,
                    "fetchCurrencies": False,
                },
                **route,
            },
        },
        "pairlists": [{"method": "StaticPairList"}],
    }
