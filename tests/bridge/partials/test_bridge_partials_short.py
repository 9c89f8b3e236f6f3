"""Partial exits of short and leveraged trades: the same rungs mirrored, the same lots.

The entry is 100 and the stop 102, so that the rungs are at 96, 94 and 92.
"""

from typing import Any

import pytest
from freqtrade.enums import ExitType
from freqtrade.persistence import LocalTrade

from tests.support.bridge_scenarios import BacktestedTrade
from tests.support.host import Host
from tests.support.selling_strategies import sold_of, with_partials

RATES = (99.0, 97.0, 96.0, 95.0, 94.0, 93.0, 92.0)


def lived(host: Host, rates: tuple[float, ...], robustop: Any = None, **over: Any) -> tuple[LocalTrade, list[float]]:
    """Return a trade that Freqtrade has processed along these opens, with its stops."""
    life = BacktestedTrade(host, robustop or with_partials(), **over)
    for rate in rates:
        life.candle((rate, rate + 0.1, rate - 0.1, rate))
    return life.trade, life.stops


@pytest.mark.parametrize("leverage", [1.0, 3.0, 10.0])
def test_a_short_trade_is_sold_in_parts(host: Host, leverage: float) -> None:
    """Half at 96, a quarter at 94, the rest at 92, in lots of the amount whatever the leverage."""
    trade, stops = lived(host, RATES, is_short=True, leverage=leverage, stake_amount=1000.0 / leverage)
    assert sold_of(trade) == [
        ("robustop_2R", 5.0, 96.0),
        ("robustop_3R", 2.5, 94.0),
        ("robustop_take_profit", 2.5, 92.0),
    ]
    assert stops == sorted(stops, reverse=True)
    assert not trade.is_open


@pytest.mark.parametrize("leverage", [1.0, 3.0, 10.0])
@pytest.mark.parametrize("short", [False, True])
def test_no_stop_moves_at_a_sale(host: Host, leverage: float, *, short: bool) -> None:
    """An engine out of reach leaves the stop at its first price through two sales."""
    rates = tuple(200 - rate for rate in (96.0, 96.0, 94.0, 95.0)) if not short else (96.0, 96.0, 94.0, 95.0)
    quiet = with_partials([[2.0, 0.5], [3.0, 0.25]], {"name": "r_ladder", "rungs": [[50.0, "breakeven"]]})
    trade, stops = lived(host, rates, quiet, is_short=short, leverage=leverage, stake_amount=1000.0 / leverage)
    assert [amount for _, amount, _ in sold_of(trade)] == [5.0, 2.5]
    assert set(stops) == {102.0 if short else 98.0}


def test_contracts_are_sold_whole(host: Host) -> None:
    """Of 10 in contracts of 1 with lots of one contract, half of 5 is 2 contracts; the last order sells the rest."""
    trade, _ = lived(host, RATES, is_short=True, amount_precision=1.0, contract_size=2.0)
    assert [amount for _, amount, _ in sold_of(trade)] == [4.0, 2.0, 4.0]


def test_the_stop_of_a_short_trade_ends_what_is_left(host: Host) -> None:
    """Half is sold at 96, and 100.5 is beyond the breakeven stop of 100."""
    trade, _ = lived(host, (97.0, 96.0, 100.5), is_short=True)
    assert [tag for tag, _, _ in sold_of(trade)] == ["robustop_2R", ExitType.TRAILING_STOP_LOSS.value]
