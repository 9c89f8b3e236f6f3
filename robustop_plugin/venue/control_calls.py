"""All control calls of the loopback Binance by path."""

from collections.abc import Callable, Mapping
from typing import Any

from robustop_plugin.venue import (
    audit,
    control,
    control_account,
    control_coverage,
    control_faults,
    control_limits,
    control_market,
    control_orders,
)
from robustop_plugin.venue.exchange import Exchange

Act = Callable[[Exchange, Any], Any]
"""A POST: the exchange and the request's JSON; ValueError or Refusal says what is wrong with it."""
Report = Callable[[Exchange, Mapping[str, str]], Any]
"""A GET: the exchange and the query."""


def _state(exchange: Exchange, _: Mapping[str, str]) -> Any:
    parts = (control, control_orders, control_market, control_faults)
    return {name: value for part in parts for name, value in part.state(exchange).items()}


def _ledger(exchange: Exchange, _: Mapping[str, str]) -> Any:
    return audit.ledger(exchange)


ACTS: dict[str, Act] = {
    control.PRICE: control.move_price,
    control.MARK: control.move_mark,
    control_orders.FILL: control_orders.fill,
    control_orders.CANCEL: control_orders.cancel,
    control_market.PATH: control_market.play_path,
    control_market.SPREAD: control_market.set_spread,
    control_market.LISTING: control_market.set_listing,
    control_account.TRADE: control_account.trade,
    control_account.TRANSFER: control_account.transfer,
    control_account.FUNDING: control_account.pay_funding,
    control_account.REDUCE: control_account.reduce,
    control_limits.LIMITS: control_limits.set_limits,
    control_limits.FEES: control_limits.set_fees,
    control_faults.FAULT: control_faults.add_fault,
    control_faults.FAULTS: control_faults.clear_faults,
    control_faults.CLOCK: control_faults.set_clock,
    control_faults.KEY: control_faults.set_key,
}
REPORTS: dict[str, Report] = {
    control.STATE: _state,
    audit.LEDGER: _ledger,
    control_coverage.COVERAGE: control_coverage.coverage,
}
