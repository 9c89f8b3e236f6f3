"""A lost state costs a trade its history but not its schedule: R comes from the settings again."""

from pathlib import Path

import pytest

from tests.support.scene import scene

BLOCK = {
    "initial_stop": {"kind": "percent", "percent": 2.0},
    "partials": [[2.0, 0.5]],
    "breakeven": {"mode": "percent"},
}


@pytest.mark.parametrize(
    ("futures", "is_live", "side"),
    [(False, False, "long"), (False, True, "long"), (True, False, "short"), (True, True, "short")],
    ids=["spot-dry", "spot-live", "futures-dry", "futures-live"],
)
def test_the_rung_is_sold_after_the_state_was_lost(tmp_path: Path, futures: bool, is_live: bool, side: str) -> None:
    """At 2R half is sold, though the state was deleted while the bot was down."""
    sign = 1 if side == "long" else -1
    with scene(tmp_path, BLOCK, futures=futures, is_live=is_live) as now:
        now.price("BTC", 59999.99 if side == "long" else 60000)
        entered = now.enter("BTC", side, 60000)
        assert entered["stop_loss_abs"] == pytest.approx(60000 * (1 - sign * 0.02), abs=0.02)
        now.bot.kill()
        now.forget()
        now.bot.start()
        now.pass_loops(2)
        # R is 1200: slightly more than 2R, and far from 2R of the hard stop, which is ten percent away.
        now.price("BTC", 60000 + sign * 2450)
        now.pass_loops(4)
        trade = now.trade()
    entry = "buy" if side == "long" else "sell"
    tags = [order["ft_order_tag"] for order in trade["orders"] if order["ft_order_side"] != entry]
    assert tags == ["robustop_2R"]
    # A lot of at most a hundredth of it is not sold, where that tells what is left from what was sold.
    assert trade["amount"] == pytest.approx(entered["amount"] / 2, rel=0.011)
