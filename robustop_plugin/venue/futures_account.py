"""Private account endpoints of the loopback Binance for USD-M futures: one-way, single-asset, isolated."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from robustop_plugin.venue.brackets import BRACKETS, HIGHEST_LEVERAGE, brackets_of, maintenance
from robustop_plugin.venue.decimals import exact, number
from robustop_plugin.venue.endpoint import SignedEndpoints, asked
from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.order import ZERO
from robustop_plugin.venue.params import Query, integer, text
from robustop_plugin.venue.refusal import Refusal

Answer = dict[str, Any]

ISOLATED = "ISOLATED"


def _account(exchange: Exchange, _: Query) -> Answer:
    assets = list(_assets(exchange))
    sums = {
        f"total{name[0].upper()}{name[1:]}": number(sum((Decimal(asset[name]) for asset in assets), ZERO))
        for name in ("walletBalance", "unrealizedProfit", "marginBalance", "initialMargin", "maintMargin")
    }
    positions = [position for position in _positions(exchange, exchange.futures.all()) if _is_held(position)]
    available = number(sum((Decimal(asset["availableBalance"]) for asset in assets), ZERO))
    return {**sums, "availableBalance": available, "canTrade": True, "assets": assets, "positions": positions}


def _assets(exchange: Exchange) -> Iterable[Answer]:
    """Yield each settle currency's entry. `initialMargin` + `availableBalance` = `walletBalance`."""
    markets, resting = exchange.futures.all(), exchange.futures_orders.resting()
    for settle in sorted({instrument.market.settle for instrument in markets}):
        wallet, held = exchange.margin.totals[settle], exchange.margin.held(settle)
        locked, free = exchange.margin.locked(settle, resting), exchange.margin.free(settle, resting)
        settled = [position for position in _positions(exchange, markets) if position["marginAsset"] == settle]
        profit = sum((Decimal(position["unRealizedProfit"]) for position in settled), ZERO)
        maintained = sum((Decimal(position["maintMargin"]) for position in settled), ZERO)
        yield {
            "asset": settle,
            "walletBalance": number(wallet),
            "unrealizedProfit": number(profit),
            "marginBalance": number(wallet + profit),
            "maintMargin": number(maintained),
            "initialMargin": number(held + locked),
            "positionInitialMargin": number(held),
            "openOrderInitialMargin": number(locked),
            "crossWalletBalance": number(wallet - held),
            "crossUnPnl": number(0),
            "availableBalance": number(free),
            "maxWithdrawAmount": number(free),
            "updateTime": exchange.now,
        }


def _position_risk(exchange: Exchange, query: Query) -> list[Answer]:
    # Version 3 lists only symbols with a position or an open order.
    busy = {order.market.symbol for order in exchange.futures_orders.resting()}
    positions = _positions(exchange, asked(exchange.futures, query))
    return [position for position in positions if _is_held(position) or position["symbol"] in busy]


def _position_risk_2(exchange: Exchange, query: Query) -> list[Answer]:
    return [
        {
            **position,
            "leverage": f"{exchange.margin.leverages[position['symbol']]}",
            "marginType": ISOLATED.lower(),
            "isAutoAddMargin": "false",
            "maxNotionalValue": f"{BRACKETS[-1].cap}",
        }
        for position in _positions(exchange, asked(exchange.futures, query))
    ]


def _is_held(position: Answer) -> bool:
    return Decimal(position["positionAmt"]) != 0


def _positions(exchange: Exchange, instruments: Iterable[Instrument]) -> Iterable[Answer]:
    """Yield the position of each perpetual, including empty ones."""
    resting = exchange.futures_orders.resting()
    for instrument in instruments:
        symbol, settle = instrument.market.symbol, instrument.market.settle
        position, mark = exchange.margin.positions[symbol], exact(instrument.mark.last or 0)
        notional, profit = position.amount * mark, position.profit_at(mark)
        rate, deduction = maintenance(abs(notional))
        orders = [order for order in resting if order.market.symbol == symbol]
        locked = exchange.margin.locked(settle, orders)
        yield {
            "symbol": symbol,
            "positionSide": "BOTH",
            "positionAmt": number(position.amount),
            "entryPrice": number(position.entry),
            "breakEvenPrice": number(position.entry),
            "markPrice": number(mark),
            "unRealizedProfit": number(profit),
            "liquidationPrice": number(position.liquidation()),
            "isolatedMargin": number(position.margin + profit),
            "isolatedWallet": number(position.margin),
            "notional": number(notional),
            "marginAsset": settle,
            "initialMargin": number(position.margin + locked),
            "maintMargin": number(max(ZERO, abs(notional) * rate - deduction)),
            "positionInitialMargin": number(position.margin),
            "openOrderInitialMargin": number(locked),
            "adl": 1,
            "updateTime": exchange.now,
        }


def _set_leverage(exchange: Exchange, query: Query) -> Answer:
    symbol = exchange.futures.of(text(query, "symbol")).market.symbol
    text(query, "leverage")
    leverage = integer(query, "leverage") or 0
    if not 1 <= leverage <= HIGHEST_LEVERAGE:
        raise Refusal(-4028, f"Leverage {leverage} is not valid")
    lower = leverage < exchange.margin.leverages[symbol]
    if lower and exchange.margin.positions[symbol].amount:
        raise Refusal(-4161, "Leverage reduction is not supported in Isolated Margin Mode with open positions.")
    exchange.margin.leverages[symbol] = leverage
    most = next(bracket.cap for bracket in reversed(BRACKETS) if bracket.leverage >= leverage)
    return {"symbol": symbol, "leverage": leverage, "maxNotionalValue": f"{most}"}


def _set_margin_type(exchange: Exchange, query: Query) -> Answer:
    symbol = exchange.futures.of(text(query, "symbol")).market.symbol
    if text(query, "marginType") != ISOLATED:
        raise Refusal(-1130, "Data sent for parameter 'marginType' is not valid.")
    if symbol in exchange.margin.isolated:
        raise Refusal(-4046, "No need to change margin type.")
    exchange.margin.isolated.add(symbol)
    return {"code": 200, "msg": "success"}


def _position_mode(_: Exchange, __: Query) -> Answer:
    return {"dualSidePosition": False}


def _asset_mode(_: Exchange, __: Query) -> Answer:
    return {"multiAssetsMargin": False}


def _brackets(exchange: Exchange, query: Query) -> list[Answer]:
    return [brackets_of(instrument.market.symbol) for instrument in asked(exchange.futures, query)]


ENDPOINTS: SignedEndpoints = {
    ("GET", "/fapi/v3/account"): _account,
    ("GET", "/fapi/v2/account"): _account,
    ("GET", "/fapi/v3/positionRisk"): _position_risk,
    ("GET", "/fapi/v2/positionRisk"): _position_risk_2,
    ("POST", "/fapi/v1/leverage"): _set_leverage,
    ("POST", "/fapi/v1/marginType"): _set_margin_type,
    ("GET", "/fapi/v1/positionSide/dual"): _position_mode,
    ("GET", "/fapi/v1/multiAssetsMargin"): _asset_mode,
    ("GET", "/fapi/v1/leverageBracket"): _brackets,
}
