"""The next change of the guard's levels, as a gain that grows with the ATR."""

import math

import pytest

from robustop_plugin.core.engine import AtrChange, view_of
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.engines.atr_guard import AtrGuardMemory, AtrGuardOptions, atr_change

ARMED, ASLEEP = AtrGuardMemory(True, 300.0), AtrGuardMemory()
NOW = AtrChange(-math.inf, 0.0)
ARMS = AtrChange(0.0, 4.0, arms=True)


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(
    ("kept", "candle", "gain", "atr", "fee_percent", "change"),
    [
        (ASLEEP, 600.0, 5.0, 3.0, 0.0, ARMS),  # it arms four ATRs away, whatever the ATR becomes
        (ASLEEP, 600.0, 20.0, 3.0, 0.0, ARMS),  # the best price has come that far, and the price of a tick has to
        (ASLEEP, 600.0, 5.0, None, 0.0, ARMS),
        (ARMED, 300.0, 20.0, 3.0, 0.0, AtrChange(0.0, 2.0)),  # none is offered yet: the first is tighter than the entry
        (ARMED, 600.0, 20.0, 3.0, 0.0, AtrChange(14.0, 2.0)),  # two ATRs behind: beyond what is offered now
        (ARMED, 600.0, 20.0, 12.0, 0.0, AtrChange(0.0, 2.0)),  # looser than the entry: the first one is tighter
        (ARMED, 600.0, 20.0, 0.5, 0.0, NOW),  # a trail a tick away or less may wait for the price to clear it
        (ARMED, 600.0, 20.0, 0.625, 0.0, AtrChange(18.75, 2.0)),
        (ARMED, 600.0, 20.0, None, 0.0, NOW),
        (ARMED, 600.0, 20.0, 3.0, 25.0, AtrChange(14.0, 2.0, 25.0)),  # breakeven waits for the price to clear it
        (ARMED, 300.0, 20.0, 3.0, 25.0, AtrChange(0.0, 2.0, 25.0)),
        (ARMED, 600.0, 20.0, None, 25.0, AtrChange(-math.inf, 0.0, 25.0)),
        (ARMED, 600.0, 20.0, 3.0, 20.0, AtrChange(14.0, 2.0, 20.0)),  # a tick at most is missing: the next high may do
        (ARMED, 600.0, 20.0, 3.0, 19.0, AtrChange(14.0, 2.0, 20.0)),
        (ARMED, 600.0, 20.0, 3.0, 18.0, AtrChange(14.0, 2.0)),
        (ARMED, 600.0, 20.0, 3.0, 15.0, AtrChange(14.0, 2.0)),
    ],
)
def test_atr_change(
    side: int,
    kept: AtrGuardMemory,
    candle: float,
    gain: float,
    atr: float | None,
    fee_percent: float,
    change: AtrChange,
) -> None:
    """The levels stay until it arms, or until the trail is tighter than the one offered."""
    position = Position(side, 100.0, 100.0 - side * 10, 1.0, 0.0)
    view = view_of(position, Tick(candle, 100.0 + side * gain), 100.0 + side * gain, atr, atr)
    assert atr_change(view, kept, AtrGuardOptions(4.0, 2.0, True, fee_percent, 0.0)) == change


@pytest.mark.parametrize("side", [1, -1])
def test_without_fees_breakeven_is_the_entry(side: int) -> None:
    """Fees in the options are ignored if breakeven is the entry itself."""
    position = Position(side, 100.0, 100.0 - side * 10, 1.0, 0.0)
    view = view_of(position, Tick(600.0, 100.0 + side * 20), 100.0 + side * 20, 3.0, 3.0)
    assert atr_change(view, ARMED, AtrGuardOptions(4.0, 2.0, False, 25.0, 0.0)) == AtrChange(14.0, 2.0)
