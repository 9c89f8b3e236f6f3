"""GET /api/v3/exchangeInfo of the loopback Binance: spot markets and their order filters."""

from collections.abc import Iterable
from typing import Any

from robustop_plugin.venue.decimals import FINEST, number
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.listing import HALTED, TRADING

HIGHEST_PRICE = 1_000_000.0  # in the quote currency
LARGEST_QUANTITY = 46116860414.0  # Binance's overall limit, 2**62 units of 1e-08
ORDER_TYPES = (
    "LIMIT",
    "LIMIT_MAKER",
    "MARKET",
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
)
RATE_LIMITS = (
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100},
    {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": 200000},
    {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 61000},
)

Answer = dict[str, Any]


def exchange_info(instruments: Iterable[Instrument], now: int) -> Answer:
    """Return the answer for some markets; `now` is in milliseconds since the epoch."""
    return {
        "timezone": "UTC",
        "serverTime": now,
        "rateLimits": RATE_LIMITS,
        "exchangeFilters": [],
        "symbols": [symbol_of(instrument, now) for instrument in instruments],
    }


def symbol_of(instrument: Instrument, now: int) -> Answer:
    """Return a market's entry in `symbols`."""
    market = instrument.market
    return {
        "symbol": market.symbol,
        "status": TRADING if instrument.listing.trades(now) else HALTED,
        "baseAsset": market.base,
        "baseAssetPrecision": FINEST,
        "quoteAsset": market.quote,
        "quotePrecision": FINEST,
        "quoteAssetPrecision": FINEST,
        "baseCommissionPrecision": FINEST,
        "quoteCommissionPrecision": FINEST,
        "orderTypes": ORDER_TYPES,
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": filters_of(instrument),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
    }


def filters_of(instrument: Instrument) -> list[Answer]:
    """Return a pair's filters; numbers are strings with eight decimals, as Binance writes them."""
    market, limits = instrument.market, instrument.limits
    tick, step = number(market.tick_size), number(market.step_size)
    most = number(LARGEST_QUANTITY)
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": tick,
            "maxPrice": number(HIGHEST_PRICE),
            "tickSize": tick,
        },
        {"filterType": "LOT_SIZE", "minQty": step, "maxQty": most, "stepSize": step},
        {"filterType": "ICEBERG_PARTS", "limit": 10},
        {"filterType": "MARKET_LOT_SIZE", "minQty": number(0), "maxQty": most, "stepSize": number(0)},
        {
            "filterType": "TRAILING_DELTA",
            "minTrailingAboveDelta": 10,
            "maxTrailingAboveDelta": 2000,
            "minTrailingBelowDelta": 10,
            "maxTrailingBelowDelta": 2000,
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": f"{limits.percent_up}",
            "bidMultiplierDown": f"{limits.percent_down}",
            "askMultiplierUp": f"{limits.percent_up}",
            "askMultiplierDown": f"{limits.percent_down}",
            "avgPriceMins": 5,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": number(limits.minimum_notional),
            "applyMinToMarket": True,
            "maxNotional": "9000000.00000000",
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": limits.orders},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": limits.stops},
    ]
