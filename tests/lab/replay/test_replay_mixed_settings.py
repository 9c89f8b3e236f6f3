"""Parity of everything together: closes, exact breakeven, parts, risk, drawdown, the council and settings of pairs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.settings import load_settings
from tests.lab.replay.test_replay_council import COUNCIL, STRATEGIES
from tests.support.markets import budget
from tests.support.replays import DEFAULTS, Bench, embedded_bench

pytest.importorskip("numba")

HAND = {"name": "hand_span"}
ENGINES: tuple[dict[str, Any], ...] = (
    HAND,
    {**HAND, "portion": 0.4},
    {**HAND, "adaptive": {"min_scale": 0.4}},
    {"name": "smart_trail", "activation_percent": 0.0, "distance_percent": 0.3},
    {"name": "smart_trail", "activation_percent": 0.5, "distance_percent": 0.8},
    {"name": "atr_guard"},
    {"name": "atr_guard", "breakeven_atr": 1.0, "trail_atr": 2.0, "fees": True},
    {"name": "r_ladder"},
    {"name": "bracket"},
)
RISKS = (
    None,
    {"percent_per_trade": 0.5},
    {"max_portfolio_percent": 0.04},
    {"percent_per_trade": 1, "max_portfolio_percent": 2.5},
)
BLOCKS = st.fixed_dictionaries(
    {
        "engines": st.lists(
            st.sampled_from(ENGINES), min_size=1, max_size=3, unique_by=lambda engine: str(engine["name"])
        ),
        "anchor": st.sampled_from(("candle", "price")),
        "breakeven": st.sampled_from(({"mode": "exact"}, {"mode": "percent"})),
        "initial_stop": st.sampled_from((1.5, 2.0, 4.0)).map(lambda times: {"kind": "atr", "multiplier": times}),
        "partials": st.sampled_from(([], [[0.5, 0.4], [1.0, 0.3]], [[0.4, 0.5], [1.2, "rest"]])),
        "time_stop_hours": st.sampled_from((None, None, 5.0)),
        "council": st.sampled_from((None, COUNCIL)),
        "risk": st.sampled_from(RISKS),
    }
)


@pytest.fixture(scope="module")
def moody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Path]]:
    """Return six days of the embedded market, of which three warm the averages up, and a folder with a strategy."""
    folder = tmp_path_factory.mktemp("moods")
    (folder / "moods.py").write_text(STRATEGIES)
    with embedded_bench(tmp_path_factory.mktemp("mixed"), days=6) as served:
        yield served, folder


@given(
    shared=BLOCKS,
    pairs=st.dictionaries(st.sampled_from(("BTC/USDT", "ETH/USDT", "DOGE/USDT")), BLOCKS, max_size=2),
    drawdown=st.sampled_from((None, None, 0.1, 0.3)),
    slots=st.sampled_from((2, 6)),
)
@budget(0.05)
def test_any_settings_together_give_the_trades_of_the_host(
    moody: tuple[Bench, Path],
    shared: dict[str, Any],
    pairs: dict[str, Any],
    drawdown: float | None,
    slots: int,
) -> None:
    """Whatever is set, for all pairs or for some, the lists are equal."""
    market, folder = moody
    block = {**shared, "max_drawdown_percent": drawdown, "pairs": pairs}
    sells = any(own.sells_parts for own in load_settings({**DEFAULTS, **block}).blocks())
    over = {"position_adjustment_enable": sells, "max_open_trades": slots}
    hosts, replayed = market.both(block, "--strategy-path", str(folder), strategy="MoodySpot", **over)
    assert replayed == hosts
