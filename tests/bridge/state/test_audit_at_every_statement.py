"""A bot that is killed at any statement or commit leaves the audit that it would have left without the kill."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.persistence import Order, Trade, disable_database_use, init_db
from freqtrade.persistence.custom_data import _CustomData

from robustop_plugin.audit.table import AUDIT, read_table
from tests.support.hand_candles import Hand, at
from tests.support.host import Host
from tests.support.kill_points import Killed, KillPoints, kill_points
from tests.support.trades import in_database, order_of

OVER = {"runmode": "dry_run", "db_url": "sqlite:///in a file"}


@pytest.fixture(scope="module")
def life(loopback: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Life"]:
    """Return a bot with a trade database in a file."""
    folder: Path = tmp_path_factory.mktemp("killed")
    Backtesting.cleanup()
    init_db(f"sqlite:///{folder}/trades.sqlite")
    with kill_points(Trade.session.get_bind()) as points:
        yield Life(Host(*loopback, folder), points)
    Trade.session.remove()
    _CustomData.session.remove()
    Trade.session.get_bind().dispose()
    disable_database_use("5m")


class Life:
    """One trade from its fill to its end, in a process that is killed and started again."""

    def __init__(self, host: Host, points: KillPoints) -> None:
        """Take Freqtrade and the points at which to kill."""
        self.host, self.points = host, points

    def live(self, prices: list[float], kills: list[int]) -> list[dict[str, Any]]:
        """Return the audit of a trade that sees these prices; each kill comes so many points after the last start."""
        self.kills, self.deaths = list(kills), 0
        self.strategy = self.host.start(Hand, **OVER)
        trade = in_database(max_rate=None, min_rate=None)
        self.number = trade.id
        self.strategy.order_filled(pair=trade.pair, trade=trade, order=trade.orders[0], current_time=at(0))
        self.strategy.ft_stoploss_adjust(100.0, trade, at(0), 0.0, 0, after_fill=True)
        Trade.commit()
        self.arm()
        for candle, price in enumerate(prices, start=1):
            while not self.survives(lambda candle=candle, price=price: self.loop(price, candle)):
                pass
        order = self.close(prices[-1], len(prices) + 1)
        if self.survives(lambda: self.report(order, len(prices) + 1)):
            self.points.deadly = None
        self.strategy.analyze([])
        self.points.restart()
        records = list(read_table(Trade.session.get_bind()))
        self.clean()
        return [{**record, "token": record["token"].partition(":")[2], "trade_id": 0} for record in records]

    def loop(self, price: float, candle: int) -> None:
        """Run one loop of the bot, and commit as Freqtrade does at its end."""
        self.strategy.analyze([])
        trade = self.trade()
        self.strategy.should_exit(trade, price, at(candle), enter=False, exit_=False)
        Trade.commit()

    def trade(self) -> Trade:
        """Return the trade as the database has it."""
        return Trade.get_trades([Trade.id == self.number]).one()

    def close(self, price: float, candle: int) -> Order:
        """Close the trade as Freqtrade does, which commits before it reports; no kill comes before that."""
        self.points.deadly = None
        trade = self.trade()
        filled = {"ft_is_open": False, "status": "closed", "filled": trade.amount, "remaining": 0.0}
        order = order_of(trade, price, id=None, ft_order_side="sell", side="sell", ft_order_tag="roi", **filled)
        trade.orders.append(order)
        trade.close(price)
        trade.close_date = at(candle)
        Trade.commit()
        self.arm()
        return order

    def report(self, order: Order, candle: int) -> None:
        """Report the fill of the exit, once; a process that was killed is not told again."""
        trade = self.trade()
        self.strategy.order_filled(pair=trade.pair, trade=trade, order=order, current_time=at(candle))

    def survives(self, act: Any) -> bool:
        """Act; if the process is killed, start another and return False."""
        try:
            act()
        except Killed:
            self.start_again()
            return False
        return True

    def start_again(self) -> None:
        """Start until a process survives its own start."""
        while True:
            self.deaths += 1
            self.points.restart()
            self.arm()
            try:
                self.strategy = self.host.start(Hand, **OVER)
            except Killed:
                continue
            return

    def arm(self) -> None:
        """Set the next kill."""
        if self.points.deadly is None and self.kills:
            self.points.passed, self.points.deadly = 0, self.kills.pop(0)

    def clean(self) -> None:
        """Leave an empty database."""
        self.trade().delete()
        with Trade.session.get_bind().begin() as connection:
            connection.execute(AUDIT.delete())


def test_a_kill_at_every_point_of_a_life_changes_nothing_in_the_audit(life: Life, tell: Any) -> None:
    """One kill, at the first point, the second, and so on up to the last: the records are those of no kill."""
    prices = [101.0, 102.0, 103.0, 104.0]
    expected = life.live(prices, [])
    assert [record["action"] for record in expected] == ["initial", "move", "move", "closed"]
    point, life.deaths = 0, 1
    while life.deaths:
        point += 1
        assert life.live(prices, [point]) == expected, f"killed at point {point}"
    tell(f"{point - 1} kill points")
    assert point > 20
