"""Whatever the exchange does with stop orders, a position is left within two loops beyond its stop, and not before."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from freqtrade.exceptions import InsufficientFundsError, InvalidOrderException, TemporaryError
from freqtrade.persistence import Trade
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.host import Host
from tests.support.stop_orders import OnExchange, StopOrderBot

BLOCK = {
    "engines": [{"name": "smart_trail", "activation_percent": 0.5, "distance_percent": 0.5}, {"name": "hand_span"}],
    "initial_stop": {"kind": "percent", "percent": 2.0},
    "breakeven": {"mode": "percent"},
    "partials": [],
}
REFUSALS = [
    None,
    None,
    InvalidOrderException("Filter failure: MAX_NUM_ALGO_ORDERS"),
    TemporaryError("502"),
    InsufficientFundsError("insufficient balance"),
]


class Step(NamedTuple):
    """One loop of the bot.

    Attributes:
        ticks: move of the price, in hundredths.
        refusal: why stop orders are refused; None to accept them.
        canceled: True if a person cancels all stop orders before the loop.
        fills: True if the exchange fills a stop order that the price reaches.
    """

    ticks: int
    refusal: Exception | None
    canceled: bool
    fills: bool


PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""A whole bot runs in each example: making one smaller would take minutes."""
STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from([-120, -60, -1, 0, 30, 60, 140]),
        st.sampled_from(REFUSALS),
        st.sampled_from([False, False, True]),
        st.sampled_from([False, False, True]),
    ),
    min_size=3,
    max_size=25,
)


def is_beyond(trade: Trade, rate: float, stop: float) -> bool:
    """Return whether a rate has reached a stop."""
    return rate >= stop if trade.is_short else rate <= stop


@pytest.mark.usefixtures("database")
@settings(max_examples=25, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, blocks=st.booleans(), is_short=st.booleans(), interval=st.sampled_from([0, 60]))
def test_walks(host: Host, tmp_path: Path, steps: list[Step], blocks: bool, is_short: bool, interval: int) -> None:
    """The stop never loosens, the position is left within two loops beyond it, and a healthy one is kept."""
    bot = StopOrderBot(
        host,
        tmp_path / "audit",
        OnExchange,
        blocks=blocks,
        robustop={**BLOCK, "gate": {"min_interval_s": interval}},
    )
    side = -1 if is_short else 1
    trade, rate, beyond = bot.bought(is_short=is_short), 100.0, 0
    try:
        for step in steps:
            rate = round(rate + side * step.ticks / 100, 2)
            bot.refusal, bot.fills = step.refusal, step.fills
            if step.canceled:
                bot.cancel_by_hand()
            before = trade.stop_loss
            bot.loop(rate)
            if not trade.is_open:
                check_exit(bot, trade, rate, before)
                return
            assert side * (trade.stop_loss - before) >= 0
            assert len(bot.live_stops) <= 1
            beyond = beyond + 1 if is_beyond(trade, rate, trade.stop_loss) else 0
            assert beyond <= 1, f"held for {beyond} loops at {rate}, beyond its stop {trade.stop_loss}"
    finally:
        trade.delete()
        Trade.commit()


def check_exit(bot: StopOrderBot, trade: Trade, rate: float, stop: float) -> None:
    """Check why a position was left: at its stop, or at a level that was held back."""
    reasons: list[Any] = [tag for tag, _ in bot.left(trade)]
    assert len(reasons) <= 1, "it was sold once"
    if reasons == ["trailing_stop_loss"]:
        return
    assert reasons in ([], ["robustop_stop_guard"], ["emergency_exit"])
    assert is_beyond(trade, rate, stop), f"{reasons} at {rate}, on the good side of the stop {stop}"
