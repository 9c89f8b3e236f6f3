"""Everything at once: an entry rests for ten loops and fills in two parts, a restart between, a reused trade id."""

import pytest
from freqtrade.persistence import Trade
from freqtrade.persistence.custom_data import CustomDataWrapper
from sqlalchemy.exc import OperationalError

from tests.support.host import Host
from tests.support.resting_orders import RestingBot, Rests, resting, state_of
from tests.support.resting_settings import BTC, PARTIALS, started


def test_it_gets_the_stop_of_its_fill(spot: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bought at 59900 under the reused id 1, while the database is locked: the stop is 58702."""
    bot = started(spot, PARTIALS)
    gone = bot.enter(BTC, 60000.0)
    bot.fill(resting(gone))
    bot.loop(60000.0)
    number = gone.id
    bot.book.withdraw(BTC)
    gone.delete()
    trade = bot.enter(BTC, 59900.0)
    assert trade.id == number
    for _ in range(10):
        bot.loop(60000.0)
    bot.fill(resting(trade), 0.006)
    bot.loop(59910.0)
    again = RestingBot(spot, bot.book, Rests, robustop=PARTIALS)
    again.startup()
    again.analyze(BTC, 75.0, 60000.0)

    def locked(**_: object) -> None:
        raise OperationalError("insert", {}, Exception("database is locked"))

    with monkeypatch.context() as broken:
        broken.setattr(CustomDataWrapper, "set_custom_data", staticmethod(locked))
        again.fill(resting(trade))
        again.loop(59910.0)
        assert (trade.stop_loss, trade.open_rate) == (58702.0, 59900.0)
    again.strategy._robustop.new_loop()
    state = state_of(again, trade)
    assert state.position.geometry.risk.high == 119800
    assert trade.get_custom_data("robustop")["position"]["initial_stop"] == 58702.0
    assert Trade.get_open_trades() == [trade]
