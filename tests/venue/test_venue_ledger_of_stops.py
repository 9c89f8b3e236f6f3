"""The ledger's law with stop orders: random stops, triggers, funding and liquidations leave the books balanced."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from robustop_plugin.venue import control_account, control_market, futures_algo
from robustop_plugin.venue.audit import problems_of
from robustop_plugin.venue.refusal import Refusal
from tests.venue.test_venue_ledger import (
    COINS,
    DIRECTIONS,
    PARTS,
    QUANTITIES,
    SYMBOLS,
    FuturesTrading,
    SpotTrading,
    Trading,
    settled,
)

NEAR = st.integers(-60, 60)  # per mille of the last price
BEYOND = st.integers(-5, 60)  # per mille beyond the last price, seen from the side of a stop
REFUSED = {-2021, -4045, -4130, -4509}  # a stop that would trigger, too many stops, no position


class Audited(Trading):
    """Trading whose journal is audited after every step."""

    @initialize(quantity=QUANTITIES)
    def open(self, quantity: Fraction) -> None:
        """Buy both coins, so that stops have something to sell."""
        for coin in SYMBOLS:
            self.order(coin, "BUY", quantity, reduces=False, type="MARKET")

    @rule(coin=COINS, offsets=st.lists(NEAR, min_size=1, max_size=4))
    def along(self, coin: str, offsets: list[int]) -> None:
        """Trade along a path of prices."""
        prices = [self.on_grid(coin, offset) for offset in offsets]
        request = {"pair": self.pair(coin), "prices": [float(price) for price in prices], "interval": 0}
        control_market.play_path(self.exchange, request)
        self.last[coin] = prices[-1]

    @invariant()
    def the_audit_finds_nothing(self) -> None:
        """Every transaction sums to zero, and the accounts hold what the transactions say."""
        assert list(problems_of(self.exchange)) == []

    @invariant()
    def no_position_is_covered_twice(self) -> None:
        """What stops cover is between nothing and the position, and closed positions have an end."""
        for holding in self.exchange.coverage.holdings:
            for span in holding.spans:
                assert 0 <= span.protection.covered <= span.protection.held


class SpotStops(Audited, SpotTrading):
    """Spot with stop-limit orders."""

    @rule(coin=COINS, side=DIRECTIONS, quantity=QUANTITIES, beyond=BEYOND, limit=NEAR)
    def stop(self, coin: str, side: str, quantity: Fraction, beyond: int, limit: int) -> None:
        """Place a stop-limit order, sometimes where it would trigger at once."""
        stop = -beyond if side == "SELL" else beyond
        at = self.on_grid(coin, stop)
        price = self.on_grid(coin, stop + limit)
        params = {"timeInForce": "GTC", "stopPrice": f"{float(at):.8f}", "price": f"{float(price):.8f}"}
        self.order(coin, side, quantity, reduces=False, type="STOP_LOSS_LIMIT", **params)

    @rule(number=st.integers(0, 20), part=PARTS)
    def fill_a_part(self, number: int, part: int) -> None:
        """Fill some tenths of a resting order that is in the book."""
        if all(order["isWorking"] for order in self.resting()):
            super().fill_a_part(number, part)

    @invariant()
    def waiting_stops_are_not_filled(self) -> None:
        """A stop fills only after it has triggered, at its limit or better."""
        for order in self.exchange.spot_orders.all():
            if order.kind == "STOP_LOSS_LIMIT":
                assert not order.fills or order.triggered is not None
                for fill in order.fills:
                    assert order.sign * (fill.price - order.price) <= 0


class FuturesStops(Audited, FuturesTrading):
    """Futures with conditional orders, funding and liquidations."""

    def send(self, method: str, path: str, **params: object) -> Any:
        """Return an endpoint's answer, also of conditional orders."""
        endpoint = futures_algo.ENDPOINTS.get((method, path))
        if endpoint is None:
            return super().send(method, path, **params)
        try:
            return endpoint(self.exchange, {name: f"{value}" for name, value in params.items()})
        except Refusal as refusal:
            if refusal.code not in REFUSED:
                raise
            return refusal.answer

    @rule(coin=COINS, side=DIRECTIONS, quantity=QUANTITIES, beyond=BEYOND, kind=st.sampled_from("rcn"))
    def algo(self, coin: str, side: str, quantity: Fraction, beyond: int, kind: str) -> None:
        """Place a conditional order: reduce-only, closing the position, or neither."""
        size = {"closePosition": "true"} if kind == "c" else {"quantity": float(quantity)}
        extra = {"reduceOnly": "true"} if kind == "r" else {}
        offset = -beyond if side == "SELL" else beyond
        price = f"{float(self.on_grid(coin, offset)):.8f}"
        order = {"algoType": "CONDITIONAL", "type": "STOP_MARKET", "symbol": f"{coin}USDT", "side": side}
        self.send("POST", "/fapi/v1/algoOrder", **order, triggerPrice=price, **size, **extra)

    @rule(coin=COINS, per_mille=st.integers(-20, 20))
    def fund(self, coin: str, per_mille: int) -> None:
        """Settle funding of a position."""
        if self.exchange.margin.positions[f"{coin}USDT"].amount:
            control_account.pay_funding(self.exchange, {"pair": self.pair(coin), "rate": per_mille / 1000})

    @rule(coin=COINS)
    def liquidate(self, coin: str) -> None:
        """Liquidate a position."""
        if self.exchange.margin.positions[f"{coin}USDT"].amount:
            control_account.reduce(self.exchange, {"pair": self.pair(coin), "reason": "liquidation"})
            assert not self.exchange.margin.positions[f"{coin}USDT"].amount

    @invariant()
    def the_wallet_follows_from_fills(self) -> None:
        """The wallet is never negative, and its parts add up; funding is checked by the audit."""
        (asset,) = self.send("GET", "/fapi/v3/account")["assets"]
        held, locked = Fraction(asset["positionInitialMargin"]), Fraction(asset["openOrderInitialMargin"])
        assert Fraction(asset["availableBalance"]) == Fraction(asset["walletBalance"]) - held - locked >= 0
        assert min(held, locked) >= 0


@pytest.mark.parametrize("machine", [SpotStops, FuturesStops])
def test_the_ledger_law_with_stops(machine: type[RuleBasedStateMachine]) -> None:
    """After every stop, trigger, funding payment and liquidation, the books are balanced."""
    run_state_machine_as_test(machine, settings=settings(settled, max_examples=60))
