"""A strategy that buys more at a loss keeps its position: the old best price does not count for the new average."""

from pathlib import Path

import pytest

from tests.support.scene import TICK, scene

BLOCK = {"initial_stop": {"kind": "percent", "percent": 3.0}, "partials": [], "breakeven": {"mode": "percent"}}
AVERAGING = '''
    def adjust_trade_position(
        self, trade, current_time, current_rate, current_profit, min_stake, max_stake, current_entry_rate,
        current_exit_rate, current_entry_profit, current_exit_profit, **kwargs,
    ):
        """Enter as much again, once, a percent and a half on the losing side."""
        loses = (current_entry_rate / trade.open_rate - 1) * (-1 if trade.is_short else 1) <= -0.0149
        if loses and trade.nr_of_successful_entries == 1 and not trade.has_open_orders:
            return trade.amount * current_entry_rate, "more"
        return None

    def adjust_entry_price(self, proposed_rate, current_order_rate, **kwargs): return current_order_rate
'''


@pytest.mark.parametrize(
    ("futures", "is_live", "side"),
    [(False, False, "long"), (False, True, "long"), (True, False, "short"), (True, True, "short")],
    ids=["spot-dry", "spot-live", "futures-dry", "futures-live"],
)
def test_nothing_is_sold_when_more_is_bought(tmp_path: Path, futures: bool, is_live: bool, side: str) -> None:
    """In at 100, best 101.5, one more lot at 98.5: both stay, with the stop at 97; a short is its mirror image."""
    sign = 1 if side == "long" else -1
    with scene(tmp_path, BLOCK, futures=futures, is_live=is_live, more=AVERAGING) as now:
        now.price("SOL", 99.99 if side == "long" else 100)
        entered = now.enter("SOL", side, 100)
        number, stop = entered["trade_id"], entered["stop_loss_abs"]
        assert stop == pytest.approx(100 - sign * 3, abs=1.01 * TICK)
        now.price("SOL", 101.5 if side == "long" else 98.48)
        now.pass_loops(3)
        assert now.trade()["stop_loss_abs"] == stop
        now.price("SOL", 98.5 if side == "long" else 101.49)
        now.pass_loops(3)
        # The additional order rests at our side of the book until the next trade there.
        now.price("SOL", 98.49 if side == "long" else 101.5)
        now.bot.eventually(lambda: now.closed(number) or len(now.trade()["orders"]) > 1, "the purchase")
        now.pass_loops(4)
        sold = now.closed(number) if not now.trades() else None
        kept = now.trades()
    assert sold is None, (sold["exit_reason"], sold["close_rate"])
    (trade,) = kept
    assert len({order["ft_order_side"] for order in trade["orders"]}) == 1, "an exit was ordered"
    assert trade["amount"] == pytest.approx(2 * entered["amount"], rel=0.002)
    assert trade["stop_loss_abs"] == stop
