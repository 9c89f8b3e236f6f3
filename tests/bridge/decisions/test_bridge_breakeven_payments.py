"""When the exact breakeven price is computed: once between payments, and on margin at every price."""

import pytest
from freqtrade.enums import TradingMode

from robustop_plugin.bridge.decisions import exact_breakeven
from robustop_plugin.bridge.facts.breakeven import Payments, has_paid_since, payments_of
from robustop_plugin.bridge.state.live_trade import LiveTrade
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.core.memory import fresh_memory
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.settings import load_settings
from tests.bridge.decisions.test_bridge_exact_breakeven import EXACT, POSITION, bounds_of, held


@pytest.mark.parametrize("fees", [True, False])
def test_on_margin_every_price_is_decided_on(fees: bool) -> None:
    """Interest grows with time, so there are no bounds, and no price is kept; unless no engine looks at costs."""
    engine = {"name": "r_ladder", "fees": fees}
    rules = load_settings({"engines": [engine], "partials": [], "breakeven": EXACT}).default.step_settings()
    records, state = OpenTrades(), TradeState(POSITION, fresh_memory(POSITION, 1.0), 0)
    trade = held(1, 100.0, trading_mode=TradingMode.MARGIN, interest_rate=0.0005)
    bounds_of(records).compute_first_bounds(trade, state, rules)
    assert (records.of(trade).bounds is None) is fees
    record = LiveTrade()
    assert exact_breakeven.exact_breakeven(trade, record, 0.0) is not None
    assert record.breakeven is None


def test_the_price_is_computed_once_between_payments(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same payments give the same price without another calculation; every part of them counts."""
    trade, record, computed = held(1, 100.0), LiveTrade(), []
    monkeypatch.setattr(exact_breakeven, "breakeven_of", lambda trade, slippage: computed.append(1) or 100.0)
    for name in (None, None, "amount", "fee_open", "fee_close", "funding_fees", "open_rate"):
        if name is not None:
            setattr(trade, name, getattr(trade, name) + 0.001)
        exact_breakeven.exact_breakeven(trade, record, 0.0)
    assert len(computed) == 6


def test_every_part_of_the_payments_counts_as_paid() -> None:
    """Nothing was paid while all parts are equal; a change of any one of them is noticed."""
    payments = payments_of(held(1, 100.0))
    assert payments is not None
    assert not has_paid_since(held(1, 100.0), payments)
    for name in Payments._fields:
        assert has_paid_since(held(1, 100.0), payments._replace(**{name: getattr(payments, name) + 0.001})), name
