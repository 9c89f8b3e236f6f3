"""A cancelled entry frees its trade id, and the next trade gets it: nothing else may carry over."""

from pathlib import Path

import pytest

from tests.support.scene import TICK, Scene, scene

BLOCK = {
    "initial_stop": {"kind": "percent", "percent": 2.0},
    "partials": [[2.0, 0.5]],
    "breakeven": {"mode": "percent"},
}


def gives_up(now: Scene, coin: str, side: str, limit: float) -> int:
    """Let an entry rest for two loops, then cancel it; return its trade id."""
    now.order(coin, side, limit)
    now.pass_loops(2)
    number = int(now.trade()["trade_id"])
    now.give_up()
    return number


def stop_of(now: Scene, coin: str, side: str, price: float, number: int) -> float | None:
    """Enter at once, with the same trade id; return the stop, or None if the position was closed again."""
    now.order(coin, side, price)
    now.bot.eventually(lambda: now.closed(number) or (now.trades() and not now.trade()["has_open_orders"]), "the fill")
    now.pass_loops(3)
    if now.closed(number) and not now.trades():
        return None
    assert now.trade()["trade_id"] == number
    return float(now.trade()["stop_loss_abs"])


@pytest.mark.parametrize("is_live", [False, True], ids=["dry", "live"])
def test_another_pair_gets_the_number(tmp_path: Path, is_live: bool) -> None:
    """On spot, ether after bitcoin and bitcoin after ether have their own stops, and exit at them."""
    with scene(tmp_path, BLOCK, is_live=is_live) as now:
        now.price("BTC", 60000)
        now.price("ETH", 2999.99)
        number = gives_up(now, "BTC", "long", 59900)
        ether = stop_of(now, "ETH", "long", 3000, number)
        if now.trades():
            now.leave()
        number = gives_up(now, "ETH", "long", 2990)
        now.price("BTC", 59999.99)
        bitcoin = stop_of(now, "BTC", "long", 60000, number)
        now.price("BTC", 58000)
        now.pass_loops(3)
        is_sold = not now.trades()
    near = {"abs": 1.01 * TICK}
    expected = {"ether": pytest.approx(2940, **near), "bitcoin": pytest.approx(58800, **near), "is_sold": True}
    assert {"ether": ether, "bitcoin": bitcoin, "is_sold": is_sold} == expected


@pytest.mark.parametrize("is_live", [False, True], ids=["dry", "live"])
def test_the_other_side_gets_the_number(tmp_path: Path, is_live: bool) -> None:
    """On futures, a short after a cancelled long has its stop above, and a long after a short below."""
    with scene(tmp_path, BLOCK, futures=True, is_live=is_live) as now:
        now.price("BTC", 60000)
        number = gives_up(now, "BTC", "long", 59900)
        short = stop_of(now, "BTC", "short", 60000, number)
        if now.trades():
            now.leave()
        number = gives_up(now, "BTC", "short", 60100)
        now.price("BTC", 59999.99)
        long = stop_of(now, "BTC", "long", 60000, number)
    near = {"abs": 1.01 * TICK}
    assert {"short": short, "long": long} == {
        "short": pytest.approx(61200, **near),
        "long": pytest.approx(58800, **near),
    }
