"""A strategy's `custom_exit_price` cannot keep a bot's exit at robustop's stop from filling."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.both_orders import ACTS, ORDERS, protected
from tests.support.host import Host
from tests.support.live_bot import LiveBot


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("factor", "asked_for"), [(1.015, 101.0), (0.99, 99.99)])
def test_a_stop_does_not_rest_above_the_market(
    host: Host, database: None, tmp_path: Path, order: str, factor: float, asked_for: float
) -> None:
    """A price above the market is not taken, one below it fills at once: the stop at 104 is left at 101."""
    prices: list[float] = []
    body = {"custom_exit_price": lambda self, *_, proposed_rate, **__: proposed_rate * factor}
    bot = LiveBot(host, tmp_path / "audit", protected(body, order, ACTS))
    create = bot._create

    def note(**over: Any) -> dict[str, Any]:
        prices.append(over["rate"])
        return create(**over)

    bot._create = note
    bot.bought()
    for rate in (106.0, 101.0):
        bot.loop(rate)
    assert prices == [pytest.approx(asked_for)]
