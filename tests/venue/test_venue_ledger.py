"""The ledger's law: no sequence of orders, trades and cancels creates, destroys or double-spends money.

The expected accounts are computed from the answers alone: deposits, fills, fees and resting orders.
"""

from collections import defaultdict
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from robustop_plugin.venue import control, control_orders, futures_account, futures_orders, spot_orders
from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.market import Market
from robustop_plugin.venue.refusal import Refusal
from robustop_plugin.venue.tape import Tape

ENDPOINTS = spot_orders.ENDPOINTS | futures_orders.ENDPOINTS | futures_account.ENDPOINTS
ALLOWED = {-1013, -2010, -2019, -2022, -4002, -4016, -4024, -4131, -4161, -4164}  # missing funds, filters, positions
DEPOSIT = Fraction(10000)
UNIT = Fraction(1, 10**8)
SYMBOLS = {"AAA": Fraction(1, 100), "BBB": Fraction(1, 1000)}  # tick size by coin
START = 100
DIRECTIONS = st.sampled_from(["BUY", "SELL"])
COINS = st.sampled_from(sorted(SYMBOLS))
OFFSETS = st.integers(-900, 900)  # per mille of the last price
QUANTITIES = st.integers(1, 60).map(Fraction)
SHARES = st.sampled_from([900, 990, 1000])  # per mille of the free balance
BESIDE = st.sampled_from([-50, 0, 50])  # per mille of the last price
PARTS = st.integers(1, 9)  # tenths of the remaining quantity

settled = settings(max_examples=100, stateful_step_count=30, deadline=None)


class Trading(RuleBasedStateMachine):
    """Places, fills and cancels random orders of two pairs; subclasses choose spot or futures."""

    settle = ""
    path = "/api/v3"

    def __init__(self) -> None:
        """Create an exchange with two pairs at price 100."""
        super().__init__()
        markets = [
            Market(f"{coin}/USDT" + (":USDT" if self.settle else ""), coin, "USDT", float(grid), 0.1, 5.0, self.settle)
            for coin, grid in SYMBOLS.items()
        ]
        self.exchange = Exchange([Instrument(market, Tape("1m")) for market in markets])
        self.last = dict.fromkeys(SYMBOLS, Fraction(START))
        for market in markets:
            control.move_price(self.exchange, {"pair": market.pair, "price": START})

    def pair(self, coin: str) -> str:
        """Return Freqtrade's name of a pair."""
        return f"{coin}/USDT:USDT" if self.settle else f"{coin}/USDT"

    def send(self, method: str, path: str, **params: object) -> Any:
        """Return an endpoint's answer; only refusals with an allowed code may occur."""
        endpoint = ENDPOINTS[method, path if path.startswith("/fapi") else f"{self.path}{path}"]
        try:
            return endpoint(self.exchange, {name: f"{value}" for name, value in params.items()})
        except Refusal as refusal:
            if refusal.code not in ALLOWED:
                raise
            return refusal.answer

    def on_grid(self, coin: str, offset: int) -> Fraction:
        """Return the last price, moved by `offset` per mille and rounded to the tick size."""
        grid = SYMBOLS[coin]
        return max(grid, round(self.last[coin] * (1000 + offset) / 1000 / grid) * grid)

    @rule(coin=COINS, side=DIRECTIONS, quantity=QUANTITIES, reduces=st.booleans())
    def market(self, coin: str, side: str, quantity: Fraction, reduces: bool) -> None:
        """Place a market order."""
        self.order(coin, side, quantity, reduces, type="MARKET")

    @rule(coin=COINS, side=DIRECTIONS, quantity=QUANTITIES, offset=OFFSETS, reduces=st.booleans())
    def limit(self, coin: str, side: str, quantity: Fraction, offset: int, reduces: bool) -> None:
        """Place a limit order that crosses the book or rests."""
        price = f"{float(self.on_grid(coin, offset)):.8f}"
        self.order(coin, side, quantity, reduces, type="LIMIT", timeInForce="GTC", price=price)

    def order(self, coin: str, side: str, quantity: Fraction, reduces: bool, **params: object) -> None:
        """Place an order."""
        extra = {"reduceOnly": "true"} if self.settle and reduces else {}
        self.send("POST", "/order", symbol=f"{coin}USDT", side=side, quantity=float(quantity), **params, **extra)

    @rule(coin=COINS, offset=OFFSETS)
    def tick(self, coin: str, offset: int) -> None:
        """Trade at another price."""
        price = self.on_grid(coin, offset)
        control.move_price(self.exchange, {"pair": self.pair(coin), "price": float(price)})
        self.last[coin] = price

    @rule(number=st.integers(0, 20), part=PARTS)
    def fill_a_part(self, number: int, part: int) -> None:
        """Fill some tenths of a resting order by control call."""
        resting = self.resting()
        if resting:
            order = resting[number % len(resting)]
            left = round((float(order["origQty"]) - float(order["executedQty"])) * 10)
            request = {"order": order["orderId"], "quantity": max(1, left * part // 10) / 10}
            control_orders.fill(self.exchange, request)

    @rule(number=st.integers(0, 20), by_hand=st.booleans())
    def cancel(self, number: int, by_hand: bool) -> None:
        """Cancel a resting order, through the API or by control call."""
        resting = self.resting()
        if not resting:
            return
        order = resting[number % len(resting)]
        if by_hand:
            control_orders.cancel(self.exchange, {"order": order["orderId"]})
        else:
            canceled = self.send("DELETE", "/order", symbol=order["symbol"], orderId=order["orderId"])
            assert canceled["status"] == "CANCELED"

    def resting(self) -> list[Any]:
        """Return the open orders."""
        return list(self.send("GET", "/openOrders"))

    def fills(self, path: str) -> list[Any]:
        """Return all fills."""
        return [fill for coin in SYMBOLS for fill in self.send("GET", path, symbol=f"{coin}USDT", startTime=0)]

    @invariant()
    def no_order_is_filled_beyond_its_size(self) -> None:
        """An order's fills add up to its executed quantity, within its size and at its limit or better."""
        done: dict[int, Fraction] = defaultdict(Fraction)
        pages = [self.send("GET", "/allOrders", symbol=f"{coin}USDT", startTime=0) for coin in SYMBOLS]
        orders = {order["orderId"]: order for page in pages for order in page}
        for fill in self.fills("/userTrades" if self.settle else "/myTrades"):
            order = orders[fill["orderId"]]
            done[order["orderId"]] += Fraction(fill["qty"])
            if order["type"] == "LIMIT":
                sign = 1 if order["side"] == "BUY" else -1
                assert sign * (Fraction(fill["price"]) - Fraction(order["price"])) <= 0
        for order in orders.values():
            executed, size = Fraction(order["executedQty"]), Fraction(order["origQty"])
            assert executed == done[order["orderId"]] <= size
            assert (order["status"] == "FILLED") == (executed == size)


class SpotTrading(Trading):
    """Trades on spot."""

    @invariant()
    def balances_follow_from_fills_and_orders(self) -> None:
        """Totals equal deposits and fills less fees, locked equals what open orders need, and none is negative."""
        total: dict[str, Fraction] = defaultdict(Fraction, USDT=DEPOSIT)
        for fill in self.fills("/myTrades"):
            sign, quantity = 1 if fill["isBuyer"] else -1, Fraction(fill["qty"])
            total[fill["symbol"].removesuffix("USDT")] += sign * quantity
            total["USDT"] -= sign * quantity * Fraction(fill["price"])
            total[fill["commissionAsset"]] -= Fraction(fill["commission"])
            received = quantity if fill["isBuyer"] else quantity * Fraction(fill["price"])
            assert abs(Fraction(fill["commission"]) - received / 1000) < UNIT
        locked: dict[str, Fraction] = defaultdict(Fraction)
        for order in self.resting():
            left = Fraction(order["origQty"]) - Fraction(order["executedQty"])
            buys = order["side"] == "BUY"
            locked["USDT" if buys else order["symbol"].removesuffix("USDT")] += (
                left * Fraction(order["price"]) if buys else left
            )
        shown = {balance["asset"]: balance for balance in self.send("GET", "/account")["balances"]}
        for coin in ("USDT", *SYMBOLS):
            assert Fraction(shown[coin]["locked"]) == locked[coin] >= 0, coin
            assert Fraction(shown[coin]["free"]) == total[coin] - locked[coin] >= 0, coin


class FuturesTrading(Trading):
    """Trades on futures, at a random leverage."""

    settle = "USDT"
    path = "/fapi/v1"

    @initialize(leverage=st.sampled_from([1, 3, 10, 125]))
    def begin(self, leverage: int) -> None:
        """Set the leverage of both pairs."""
        for coin in SYMBOLS:
            self.send("POST", "/leverage", symbol=f"{coin}USDT", leverage=leverage)

    @rule(coin=COINS, leverage=st.sampled_from([1, 3, 10, 125]))
    def lever(self, coin: str, leverage: int) -> None:
        """Change the leverage while orders rest."""
        self.send("POST", "/leverage", symbol=f"{coin}USDT", leverage=leverage)

    @rule(coin=COINS, side=DIRECTIONS, kind=st.sampled_from(["MARKET", "LIMIT"]), share=SHARES, offset=BESIDE)
    def all_in(self, coin: str, side: str, kind: str, share: int, offset: int) -> None:
        """Place an order for nearly all the free balance, or slightly more than fees allow."""
        free = Fraction(self.send("GET", "/fapi/v3/account")["assets"][0]["availableBalance"])
        (risk,) = self.send("GET", "/fapi/v2/positionRisk", symbol=f"{coin}USDT")
        price = self.on_grid(coin, offset) if kind == "LIMIT" else self.last[coin] + SYMBOLS[coin]
        tenths = int(free * share * int(risk["leverage"]) / 100 / price)
        params = {"timeInForce": "GTC", "price": f"{float(price):.8f}"} if kind == "LIMIT" else {}
        if tenths:
            self.order(coin, side, Fraction(tenths, 10), reduces=False, type=kind, **params)

    @rule(coin=COINS)
    def close(self, coin: str) -> None:
        """Close a whole position."""
        (risk,) = self.send("GET", "/fapi/v2/positionRisk", symbol=f"{coin}USDT")
        amount = Fraction(risk["positionAmt"])
        if amount:
            self.order(coin, "SELL" if amount > 0 else "BUY", abs(amount), reduces=True, type="MARKET")

    @invariant()
    def the_wallet_follows_from_fills(self) -> None:
        """The wallet equals deposit plus profits less fees, and no part of it is negative."""
        wallet = DEPOSIT
        amounts: dict[str, Fraction] = defaultdict(Fraction)
        for fill in self.fills("/userTrades"):
            wallet += Fraction(fill["realizedPnl"]) - Fraction(fill["commission"])
            amounts[fill["symbol"]] += (1 if fill["buyer"] else -1) * Fraction(fill["qty"])
            rate = Fraction(2 if fill["maker"] else 5, 10000)
            assert abs(Fraction(fill["commission"]) - Fraction(fill["quoteQty"]) * rate) < 2 * UNIT
        account = self.send("GET", "/fapi/v3/account")
        (asset,) = account["assets"]
        assert Fraction(asset["walletBalance"]) == wallet >= 0
        held, locked = Fraction(asset["positionInitialMargin"]), Fraction(asset["openOrderInitialMargin"])
        assert Fraction(asset["availableBalance"]) == wallet - held - locked >= 0
        assert min(held, locked) >= 0
        shown = {position["symbol"]: Fraction(position["positionAmt"]) for position in account["positions"]}
        assert shown == {symbol: amount for symbol, amount in amounts.items() if amount}
        assert (held == 0) == (not shown)

    @invariant()
    def reducing_orders_have_something_to_reduce(self) -> None:
        """No reduce-only order rests without a position on the other side."""
        positions = self.send("GET", "/fapi/v3/positionRisk")
        held = {position["symbol"]: Fraction(position["positionAmt"]) for position in positions}
        for order in self.resting():
            if order["reduceOnly"]:
                assert (held[order["symbol"]] > 0) == (order["side"] == "SELL")
                assert held[order["symbol"]] != 0


@pytest.mark.parametrize("machine", [SpotTrading, FuturesTrading])
def test_the_ledger_law(machine: type[RuleBasedStateMachine]) -> None:
    """After every order, trade, partial fill and cancel, the account matches its own history."""
    run_state_machine_as_test(machine, settings=settled)
