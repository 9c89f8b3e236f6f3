"""The ratio of a bracket if the market regime at the entry is unknown."""

from typing import Any

import pytest

from robustop_plugin.lab.simulate import simulate


@pytest.mark.parametrize(("price", "action"), [(112.1, "hold"), (114.9, "hold"), (115.0, "exit")])
def test_an_unknown_regime_leaves_the_base_ratio(price: float, action: str) -> None:
    """No regime's factor applies: 1.5 times the risk of 10."""
    bracket: dict[str, Any] = {"name": "bracket", "strategy": "market_condition"}
    case = {"side": "long", "entry": 100, "initial_stop": 90, "tick_size": 0.1, "ticks": [{"t": 60, "price": price}]}
    (step,) = simulate({**case, "settings": {"engines": [bracket], "partials": []}})["steps"]
    assert step["action"] == action
