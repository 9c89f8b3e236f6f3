"""The share of the trades that robustop acts on: right over many trades, and the same in every process."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.bridge.facts.canary import acts_on
from robustop_plugin.bridge.facts.identity import TradeIdentity

HOUR_MS = 3_600_000
START_MS = 1_704_067_200_000
TRADES = 20_000


def identities() -> list[tuple[int, TradeIdentity]]:
    """Return many trades as a bot would make them: numbers in a row, some hours apart, on a few pairs."""
    pairs = ("BTC/USDT", "ETH/USDT", "SOL/USDT:USDT")
    return [
        (number, TradeIdentity(START_MS + 7 * number * HOUR_MS, pairs[number % len(pairs)], 1))
        for number in range(1, TRADES + 1)
    ]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.5, 0.9, 1.0])
def test_the_share_of_the_trades_is_the_one_that_was_set(share: float) -> None:
    """Of 20,000 fixed trades, the share differs by less than one in a hundred; none and all are exact."""
    acted = sum(acts_on(share, number, identity) for number, identity in identities())
    if share in (0.0, 1.0):
        assert acted == share * TRADES
    assert abs(acted / TRADES - share) < 0.01


TRADE = st.tuples(
    st.integers(1, 10**9),
    st.builds(TradeIdentity, st.integers(0, 2**45), st.sampled_from(["BTC/USDT", "XRP/USDT:USDT"]), st.just(1)),
)


@given(TRADE, st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_contains_a_smaller_one(trade: tuple[int, TradeIdentity], one: float, other: float) -> None:
    """A trade that robustop acts on stays one if the share grows; with a share of 1 it acts on all, with 0 on none."""
    number, identity = trade
    small, large = sorted((one, other))
    assert acts_on(small, number, identity) <= acts_on(large, number, identity)
    assert acts_on(1.0, number, identity)
    assert not acts_on(0.0, number, identity)


def test_the_choice_is_the_same_in_another_process() -> None:
    """A process with another seed for Python's own hashes chooses the same trades."""
    code = (
        "from robustop_plugin.bridge.facts.canary import acts_on\n"
        "from robustop_plugin.bridge.facts.identity import TradeIdentity\n"
        f"one = lambda number: TradeIdentity({START_MS} + number, 'BTC/USDT', 1)\n"
        "print([number for number in range(200) if acts_on(0.3, number, one(number))])"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**environment(seed)}
        ).stdout
        for seed in ("1", "2")
    }
    here = [n for n in range(200) if acts_on(0.3, n, TradeIdentity(START_MS + n, "BTC/USDT", 1))]
    assert answers == {f"{here}\n"}


def environment(seed: str) -> dict[str, str]:
    """Return the environment of this process with another seed."""
    return {**os.environ, "PYTHONHASHSEED": seed}
