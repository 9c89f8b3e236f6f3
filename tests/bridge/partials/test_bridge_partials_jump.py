"""No stop jumps: Freqtrade applies the last published ratio to the open rate again at every fill.

First a strategy as commonly written, whose stop jumps; then the same sales with robustop.
"""

from pathlib import Path
from typing import Any, ClassVar

import pytest
from freqtrade.enums import ExitCheckTuple, ExitType
from freqtrade.persistence import Trade

from tests.support.hand_candles import TWO_PERCENT, Candle, Signals, at
from tests.support.host import Host
from tests.support.live_bot import LiveBot
from tests.support.selling_strategies import RecordsStops, Sells, play, sold_of, with_partials
from tests.support.trades import in_database

UNDER_WATER: list[Candle] = [
    (100.0, 100.0, 99.0, 99.0),
    (95.0, 95.0, 94.5, 95.0),
    (95.0, 95.0, 94.5, 95.0),
    (95.0, 95.0, 94.5, 95.0),
]
TEN_PERCENT = {**with_partials([]), "initial_stop": {"kind": "percent", "percent": 9.0}}
STEPS = {
    **with_partials([], {"name": "r_ladder", "rungs": [[0.5, 1.0]]}),
    "initial_stop": TWO_PERCENT,
}
"""From half a span on, a trail one span behind the best price: it locks levels below the entry."""


FAR = {"name": "r_ladder", "rungs": [[50.0, "breakeven"]]}
"""An engine whose levels are out of reach."""


class Naive(Signals):
    """A stop two percent behind the price, and half sold at the open of candle 2."""

    use_custom_stoploss = True
    position_adjustment_enable = True
    seen: list[float]

    def bot_start(self, **kwargs: Any) -> None:
        """Start with nothing recorded."""
        self.seen = []

    def custom_stoploss(self, pair: str, trade: Any, *args: Any, **kwargs: Any) -> float | None:
        """Follow a falling price."""
        return 0.02 if kwargs["current_rate"] < 100 else None

    def adjust_trade_position(self, trade: Any, current_time: Any, **kwargs: Any) -> float | None:
        """Sell half, once."""
        asked = current_time == at(2) or kwargs["current_exit_rate"] == 95.5
        return -trade.stake_amount / 2 if asked and not trade.nr_of_successful_exits else None

    def should_exit(self, trade: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """Record the stop before each exit check."""
        self.seen.append(trade.stop_loss)
        return super().should_exit(trade, *args, **kwargs)


class Halves(RecordsStops):
    """Sells half itself, once, under water."""

    robustop = TEN_PERCENT

    def adjust_trade_position(self, trade: Any, current_time: Any, **kwargs: Any) -> Any:
        """Sell half unless robustop sells."""
        ours = super().adjust_trade_position(trade, current_time, **kwargs)
        asked = current_time == at(2) or kwargs["current_exit_rate"] == 95.5
        return -trade.stake_amount / 2 if ours is None and asked and not trade.nr_of_successful_exits else ours


def test_a_naive_stop_jumps_in_a_backtest(host: Host) -> None:
    """Given 2 percent at 95, Freqtrade holds 93.1; half is sold, and it holds 98, above the market."""
    played = host.play(Naive, UNDER_WATER)
    assert played.strategy.seen == [90.0, 90.0, 98.0]
    assert played.trade.close_rate == 95.0


def test_beside_robustop_it_stays_in_a_backtest(host: Host) -> None:
    """The same sale on the same candles leaves the stop at 91."""
    played = play(host, UNDER_WATER, Halves)
    assert played.trade.nr_of_successful_exits == 2
    assert {stop for _, *stops in played.strategy.seen for stop in stops} == {91.0}


@pytest.mark.usefixtures("database")
def test_a_naive_stop_jumps_in_a_bot(host: Host, tmp_path: Path) -> None:
    """The bot sells half at 95.5 and then holds a stop of 98 above the market."""
    bot = LiveBot(host, tmp_path / "audit", Naive)
    trade = in_database(max_rate=None, min_rate=None, fee_open_currency="USDT")
    bot.loop(95.0)
    assert trade.stop_loss == 93.1
    bot.loop(95.5)
    assert (trade.amount, trade.stop_loss) == (5.0, 98.0)


@pytest.mark.usefixtures("database")
def test_beside_robustop_it_stays_in_a_bot(host: Host, tmp_path: Path) -> None:
    """The same sale in the same bot leaves the stop at 91."""
    bot = LiveBot(host, tmp_path / "audit", Halves)
    trade = bot.bought()
    for rate in (95.0, 95.5, 95.0):
        bot.loop(rate)
        assert trade.stop_loss == 91.0
    assert trade.amount == 5.0


@pytest.mark.usefixtures("database")
def test_a_level_that_waits_under_water_makes_no_stop_jump(host: Host, tmp_path: Path) -> None:
    """The best price of 106 asks for 96, the rate is 98: the level waits, half is sold, and 95.9 exits."""

    class Waiting(Halves):
        robustop: ClassVar[dict[str, Any]] = {**STEPS, "initial_stop": {"kind": "percent", "percent": 10.0}}

    bot = LiveBot(host, tmp_path / "audit", Waiting)
    trade = in_database(max_rate=106.0, fee_open_currency="USDT")
    bot.loop(98.0)
    bot.strategy.adjust_trade_position = lambda trade, **_: -trade.stake_amount / 2
    bot.loop(98.0)
    assert (trade.amount, trade.stop_loss) == (5.0, 90.0)
    del bot.strategy.adjust_trade_position
    bot.loop(95.9)
    assert sold_of(trade)[-1] == ("trailing_stop_loss", 5.0, 95.9)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("rate", [99.51, 99.99, 100.0, 100.01, 101.99])
def test_a_sale_of_the_user_moves_no_stop_whatever_the_rate(host: Host, tmp_path: Path, rate: float) -> None:
    """A stop locked below the entry stays to the tick, above and under water."""

    class Locked(Sells):
        robustop = STEPS

    bot = LiveBot(host, tmp_path / "audit", Locked)
    trade = bot.bought()
    bot.loop(101.5)
    assert trade.stop_loss == 99.5
    bot.rate = rate
    with bot.at_rate():
        mine = ExitCheckTuple(ExitType.PARTIAL_EXIT, "mine")
        bot.bot.execute_trade_exit(trade, rate, mine, sub_trade_amt=4.0)
    assert (trade.amount, trade.stop_loss) == (6.0, 99.5)


@pytest.mark.usefixtures("database")
def test_a_first_stop_told_a_little_under_water_is_back_at_once(host: Host, tmp_path: Path) -> None:
    """The ratio includes a spread of 2 cents at the fill; after the first rung's sale Freqtrade's stop is 98 again."""
    bot = LiveBot(host, tmp_path / "audit", type("Still", (Sells,), {"robustop": with_partials([[2.0, 0.5]], FAR)}))
    trade = in_database(max_rate=None, min_rate=None, fee_open_currency="USDT")
    bot.strategy.order_filled(pair=trade.pair, trade=trade, order=trade.orders[0], current_time=at(0))
    bot.strategy.ft_stoploss_adjust(99.98, trade, at(0), 0.0, 0, after_fill=True)
    Trade.commit()
    bot.loop(104.0)
    assert (trade.amount, trade.stop_loss) == (5.0, 98.0)
    assert bot.recorded("action") == [("initial",), ("reduce",)]
