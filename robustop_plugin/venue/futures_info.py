"""GET /fapi/v1/exchangeInfo of the loopback Binance: perpetuals and their order filters."""

from collections.abc import Iterable
from typing import Any

from robustop_plugin.venue.decimals import FINEST, decimals_of, number
from robustop_plugin.venue.exchange_info import HIGHEST_PRICE
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.listing import SETTLING, TRADING

LISTED_SINCE = 1569398400000  # milliseconds; onboard date of Binance's first perpetual
DELIVERED = 4133404800000  # milliseconds; Binance's placeholder for contracts that never expire
SHARE_OF_A_MARKET_ORDER = 0.12  # largest market order, as a fraction of the largest limit order
MOST_STEPS = 1_000_000_000  # largest limit order, in quantity steps
CHEAPEST_MOST = 100.0  # worth of the largest limit order, in the quote currency, at a price of one tick
ORDER_TYPES = (
    "LIMIT",
    "MARKET",
    "STOP",
    "STOP_MARKET",
    "TAKE_PROFIT",
    "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET",
)
RATE_LIMITS = (
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400},
    {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300},
)

Answer = dict[str, Any]


def futures_info(instruments: Iterable[Instrument], now: int) -> Answer:
    """Return the answer for some perpetuals; `now` is in milliseconds since the epoch."""
    listed = list(instruments)
    assets = sorted({instrument.market.settle for instrument in listed})
    return {
        "timezone": "UTC",
        "serverTime": now,
        "futuresType": "U_MARGINED",
        "rateLimits": RATE_LIMITS,
        "exchangeFilters": [],
        "assets": [{"asset": asset, "marginAvailable": True, "autoAssetExchange": "-10000"} for asset in assets],
        "symbols": [perpetual_of(instrument, now) for instrument in listed],
    }


def perpetual_of(instrument: Instrument, now: int) -> Answer:
    """Return a perpetual's entry in `symbols`."""
    market = instrument.market
    return {
        "symbol": market.symbol,
        "pair": market.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": instrument.listing.ends or DELIVERED,
        "onboardDate": LISTED_SINCE,
        "status": TRADING if instrument.listing.trades(now) else SETTLING,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": market.base,
        "quoteAsset": market.quote,
        "marginAsset": market.settle,
        "pricePrecision": decimals_of(market.tick_size),
        "quantityPrecision": decimals_of(market.step_size),
        "baseAssetPrecision": FINEST,
        "quotePrecision": FINEST,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10000,
        "filters": filters_of(instrument),
        "orderTypes": ORDER_TYPES,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }


def filters_of(instrument: Instrument) -> list[Answer]:
    """Return a perpetual's order filters."""
    market, limits = instrument.market, instrument.limits
    tick, step = number(market.tick_size), number(market.step_size)
    most = max(MOST_STEPS * market.step_size, float(round(CHEAPEST_MOST / market.tick_size)))
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": tick,
            "maxPrice": number(HIGHEST_PRICE),
            "tickSize": tick,
        },
        {"filterType": "LOT_SIZE", "minQty": step, "maxQty": number(most), "stepSize": step},
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": step,
            "maxQty": number(most * SHARE_OF_A_MARKET_ORDER),
            "stepSize": step,
        },
        {"filterType": "MAX_NUM_ORDERS", "limit": limits.orders},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": limits.stops},
        {"filterType": "MIN_NOTIONAL", "notional": f"{limits.minimum_notional.normalize():f}"},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": f"{limits.percent_up}",
            "multiplierDown": f"{limits.percent_down}",
            "multiplierDecimal": "4",
        },
    ]
