"""The ratio of a bracket is that of the last closed candle at the first fill, and then fixed.

The entry is 100 and the initial stop 98, so that R is 2: a ratio of 1.5 takes profit at 103.
"""

from typing import Any

import pandas as pd
import pytest
from freqtrade.enums import ExitType

from tests.bridge.decisions.test_bridge_take_profit import END, TAG, UP, Bracket, bracket
from tests.support.bots import Bot
from tests.support.hand_candles import PAIR, START, Candle
from tests.support.host import Host
from tests.support.trades import in_database

NAN = float("nan")
LATE: list[Candle] = [(100.0, 100.5, 99.5, 100.2), (100.2, 101.0, 100.0, 100.8), (100.8, 106.5, 100.5, 101.0), END]


def columns(atr: float, mean: float, later: float, rows: int) -> dict[str, list[float]]:
    """Return an ATR and its mean before the entry, and another ATR from the entry candle on."""
    return {"robustop_atr": [atr] + [later] * rows, "robustop_atr_mean": [mean] + [1.0] * rows}


@pytest.mark.parametrize(
    ("atr", "mean", "price"),
    [
        (1.2, 1.0, 103.6),  # 1.5 * 1.2 = 1.8
        (0.8, 1.0, 102.4),  # 1.5 * 0.8 = 1.2
        (5.0, 1.0, 106.0),  # 7.5, clipped to 3
        (0.1, 1.0, 102.0),  # 0.15, clipped to 1
        (1.2, NAN, 103.0),
        (NAN, 1.0, 103.0),
    ],
)
@pytest.mark.parametrize("later", [0.2, 9.0])
def test_volatility_is_that_of_the_first_fill(host: Host, atr: float, mean: float, price: float, later: float) -> None:
    """The ATR relative to its mean before the entry sets the ratio; a later ATR changes nothing."""
    robustop = bracket(strategy="volatility")
    trade = host.play(Bracket, LATE, robustop=robustop, columns=columns(atr, mean, later, len(LATE))).trade
    assert (trade.close_rate, trade.exit_reason) == (price, TAG)


@pytest.mark.parametrize(("factor", "price"), [(0.5, 103.3), (2.0, 104.2)])
def test_the_factor_of_the_volatility(host: Host, factor: float, price: float) -> None:
    """Half as strong: 1.5 * 1.1; twice as strong: 1.5 * 1.4."""
    robustop = bracket(strategy="volatility", volatility_factor=factor)
    trade = host.play(Bracket, LATE, robustop=robustop, columns=columns(1.2, 1.0, 3.0, len(LATE))).trade
    assert trade.close_rate == price


@pytest.mark.parametrize(
    ("regime", "factors", "price"),
    [
        (1.0, {}, 103.6),
        (2.0, {}, 103.0),
        (3.0, {}, 102.4),
        (NAN, {}, 103.0),
        (1.0, {"trending": 1.4}, 104.2),
        (3.0, {"trending": 1.4}, 102.4),
    ],
)
def test_the_kind_of_market_is_that_of_the_first_fill(
    host: Host, regime: float, factors: dict[str, float], price: float
) -> None:
    """Trending 1.2, ranging 1.0, volatile 0.8, or the user's own factors; unknown: the base."""
    robustop = bracket(strategy="market_condition", market_condition_factors=factors)
    later = {"robustop_regime": [regime] + [2.0 if regime != 2 else 3.0] * len(LATE)}
    assert host.play(Bracket, LATE, robustop=robustop, columns=later).trade.close_rate == price


@pytest.mark.parametrize(("ratios", "price"), [({PAIR: 2.0}, 104.0), ({"ETH/USDT": 2.0}, 103.0)])
def test_a_pair_s_own_ratio(host: Host, ratios: dict[str, float], price: float) -> None:
    """`pair_ratios` overrides the base for the pairs it names only."""
    assert host.play(Bracket, UP, robustop=bracket(pair_ratios=ratios)).trade.close_rate == price


def test_the_ratio_multiplies_the_pair_s_own_base(host: Host) -> None:
    """A base of 2 in a trending market is 2.4."""
    robustop = bracket(strategy="market_condition", pair_ratios={PAIR: 2.0})
    regimes = {"robustop_regime": [1.0] * (len(UP) + 1)}
    assert host.play(Bracket, UP, robustop=robustop, columns=regimes).trade.close_rate == 104.8


@pytest.fixture
def in_volatile_market(host: Host, database: None, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Bot:
    """Return a bot whose last closed candle has an ATR of 1.2 times its mean."""
    bot = Bot(host, tmp_path / "audit.jsonl", robustop=bracket(strategy="volatility"))
    frame = pd.DataFrame({"date": [START], "robustop_atr": [1.2], "robustop_atr_mean": [1.0]})
    monkeypatch.setattr(bot.strategy.dp, "get_analyzed_dataframe", lambda *_: (frame, None))
    return bot


def test_a_bot_takes_profit_at_the_ratio_of_its_fill(in_volatile_market: Bot) -> None:
    """Bought at 100 with a stop at 98: 1.8 spans are 103.6, which takes profit, and a tick less does not."""
    trade = in_volatile_market.bought()
    assert in_volatile_market.look(trade, 103.59) == []
    assert in_volatile_market.look(trade, 103.6, 2) == [(ExitType.ROI, TAG)]


def test_an_adopted_trade_takes_profit_at_the_ratio_of_now(in_volatile_market: Bot) -> None:
    """No candle of its entry is loaded: the current ones count, 1.8 spans of two percent."""
    trade = in_database()
    assert in_volatile_market.look(trade, 103.59) == []
    assert in_volatile_market.look(trade, 103.6, 2) == [(ExitType.ROI, TAG)]
