"""The Freqtrade settings that lead its class `binance` to a venue, and nowhere else."""

from collections.abc import Sequence
from typing import Any

from robustop_plugin.venue.signature import KEY, SECRET

# Every address the class knows: one left out would be a call to the real exchange.
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
    """Return settings to lay over a configuration, so that Freqtrade talks to the venue only.

    Every address of Binance's becomes the venue's.

    Args:
        url: the venue's, as `Venue.serve` yields it.
        pairs: the pairs to trade, `BTC/USDT`, or `BTC/USDT:USDT` for futures.
        futures: trade USD-M futures instead of spot.
    """
    return _overlay(pairs, futures, {"urls": {"api": {name: f"{url}/{path}" for name, path in PATHS.items()}}})


def proxy_overlay(proxy_url: str, pairs: Sequence[str], *, futures: bool = False) -> dict[str, Any]:
    """Return settings to lay over a configuration, so that Freqtrade talks to the venue's proxy only.

    Binance's addresses stay as they are, and with them what ccxt makes of the errors behind each.

    Args:
        proxy_url: of the venue's proxy, `Venue.proxy_url`.
        pairs: the pairs to trade, `BTC/USDT`, or `BTC/USDT:USDT` for futures.
        futures: trade USD-M futures instead of spot.
    """
    return _overlay(pairs, futures, {"httpsProxy": proxy_url, "verify": False})


def live(overlay: dict[str, Any]) -> dict[str, Any]:
    """Return an overlay of either route with which Freqtrade sends real orders to the venue.

    Args:
        overlay: what `offline_overlay` or `proxy_overlay` returns.
    """
    return {**overlay, "dry_run": False, "exchange": {**overlay["exchange"], "key": KEY, "secret": SECRET}}


def _overlay(pairs: Sequence[str], futures: bool, route: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that both ways share, around one of them."""
    # A ticker of futures has no bid and ask for Freqtrade, the order book has.
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
