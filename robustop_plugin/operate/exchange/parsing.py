"""Turns what ccxt returns into facts; amounts of contracts become amounts of base currency."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from robustop_plugin.operate.exchange.account import Market, OpenOrder

TICK_SIZE, DECIMAL_PLACES = 4, 2
"""ccxt's modes of a precision: a step, or a number of decimals."""


def market_of(market: Mapping[str, Any], mode: int) -> Market:
    """Return a market.

    Args:
        market: ccxt's market.
        mode: ccxt's mode of precisions.
    """
    limits, contract = market.get("limits") or {}, contract_size(market)
    precision: Mapping[str, Any] = market.get("precision") or {}
    return Market(
        pair=str(market["symbol"]),
        coin=str(market["base"]),
        is_active=market.get("active") is not False,
        lot=_step(precision.get("amount"), mode) * contract,
        least_amount=(_number((limits.get("amount") or {}).get("min")) or 0.0) * contract,
        least_cost=_number((limits.get("cost") or {}).get("min")) or 0.0,
        tick=_step(precision.get("price"), mode),
    )


def contract_size(market: Mapping[str, Any]) -> float:
    """Return what one contract is in base currency; 1 on spot."""
    return (_number(market.get("contractSize")) or 1.0) if market.get("contract") else 1.0


def order_of(order: Mapping[str, Any], market: Mapping[str, Any]) -> OpenOrder:
    """Return an open order.

    Args:
        order: ccxt's order.
        market: ccxt's market of it.
    """
    info: Mapping[str, Any] = order.get("info") or {}
    amount, filled = _number(order.get("amount")), _number(order.get("filled")) or 0.0
    # Some exchanges say nothing about what remains of an order that waits for its trigger.
    remaining = _number(order.get("remaining"))
    left = remaining if remaining is not None else None if amount is None else amount - filled
    closes = _is_true(info.get("closePosition")) or not left
    return OpenOrder(
        order_id=str(order.get("id")),
        pair=str(market["symbol"]),
        side=str(order.get("side")),
        kind=str(order.get("type") or info.get("type") or "").lower(),
        price=_number(order.get("price")) or None,
        trigger=_number(order.get("stopLossPrice")) or _number(order.get("triggerPrice")) or None,
        amount=None if closes or left is None else left * contract_size(market),
        reduces=bool(order.get("reduceOnly")) or closes,
        is_triggered=_is_true(info.get("isWorking")),
    )


def positions_of(positions: Iterable[Mapping[str, Any]], markets: Mapping[str, Any]) -> dict[str, float]:
    """Return what positions hold, by pair; short ones are negative."""
    found: dict[str, float] = {}
    for position in positions:
        pair, contracts = str(position.get("symbol")), _number(position.get("contracts")) or 0.0
        if contracts and pair in markets:
            sign = -1 if position.get("side") == "short" else 1
            found[pair] = found.get(pair, 0.0) + sign * abs(contracts) * contract_size(markets[pair])
    return found


def coins_of(balances: Mapping[str, Any]) -> dict[str, float]:
    """Return what is held of each coin, free or in orders."""
    totals: Mapping[str, Any] = balances.get("total") or {}
    return {coin: amount for coin, value in totals.items() if (amount := _number(value))}


def _step(precision: Any, mode: int) -> float:
    """Return the step that a precision means; 0 if it is unknown, or means significant digits."""
    value = _number(precision)
    if value is None:
        return 0.0
    if mode == TICK_SIZE:
        return value
    return float(10 ** -int(value)) if mode == DECIMAL_PLACES else 0.0


def _number(value: Any) -> float | None:
    """Return a value as a finite number; None if it is none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _is_true(value: Any) -> bool:
    """Return True for true, which some exchanges write as text."""
    return value is True or str(value).lower() == "true"
