"""The Freqtrade settings that lead its class `binance` to a venue, and nowhere else."""

from collections.abc import Sequence
from typing import Any

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


def offline_overlay(url: str, pairs: Sequence[str]) -> dict[str, Any]:
    """Return settings to lay over a spot configuration, so that Freqtrade talks to the venue only.

    Args:
        url: the venue's, as `Venue.serve` yields it.
        pairs: the pairs to trade, `BTC/USDT`.
    """
    return {
        "trading_mode": "spot",
        "margin_mode": "",
        "exchange": {
            "name": "binance",
            "enable_ws": False,
            "only_from_ccxt": True,
            "pair_whitelist": list(pairs),
            "pair_blacklist": [],
            "ccxt_config": {
                "enableRateLimit": False,
                "options": {
                    "fetchMarkets": {"types": ["spot"]},
                    "fetchMargins": False,
                    "fetchCurrencies": False,
                },
                "urls": {"api": {name: f"{url}/{path}" for name, path in PATHS.items()}},
            },
        },
        "pairlists": [{"method": "StaticPairList"}],
    }
