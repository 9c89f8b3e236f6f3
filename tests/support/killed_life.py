"""One trade from its fill to its end, in a bot that is killed at chosen statements and started again."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from freqtrade.persistence import Order, Trade

from robustop_plugin.audit.adjustments import ADJUSTMENTS, Adjustment, Adjustments, Verdict
from robustop_plugin.audit.requests import Requests
from robustop_plugin.audit.table import AUDIT, read_table
from tests.support.bots import enters_now
from tests.support.hand_candles import PAIR, Hand, at
from tests.support.host import Host
from tests.support.kill_points import Killed, KillPoints
from tests.support.trades import in_database, order_of

OVER = {"runmode": "dry_run", "db_url": "sqlite:///in a file"}
NOTHING_ASKED: Mapping[int, float] = {}


class Life:
    """One trade from its fill to its end, in a process that is killed and started again."""

    def __init__(self, host: Host, points: KillPoints) -> None:
        """Take Freqtrade and the points at which to kill."""
        self.host, self.points = host, points

    def live(
        self, prices: list[float], kills: list[int], asked: Mapping[int, float] = NOTHING_ASKED
    ) -> list[dict[str, Any]]:
        """Return the audit of a trade that sees these prices.

        Args:
            prices: One for each loop.
            kills: Each comes so many points after the last start.
            asked: Stops that a person asks for, by the number of the loop before which that is done.
        """
        self.kills, self.deaths = list(kills), 0
        self.strategy = self.host.start(Hand, **OVER)
        trade = in_database(max_rate=None, min_rate=None)
        self.number = trade.id
        self.strategy.order_filled(pair=trade.pair, trade=trade, order=trade.orders[0], current_time=at(0))
        self.strategy.ft_stoploss_adjust(100.0, trade, at(0), 0.0, 0, after_fill=True)
        Trade.commit()
        self.arm()
        for candle, price in enumerate(prices, start=1):
            if candle in asked:
                self.ask(asked[candle])
            while not self.survives(lambda candle=candle, price=price: self.loop(price, candle)):
                pass
        order = self.close(prices[-1], len(prices) + 1)
        if self.survives(lambda: self.report(order, len(prices) + 1)):
            self.points.deadly = None
        enters_now(self.strategy, len(prices) + 2)  # reads what is asked for, although no trade is open
        self.strategy.analyze([])
        self.points.restart()
        self.verdicts = self.outcomes()
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
            connection.execute(ADJUSTMENTS.delete())
            connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = 'robustop_adjustments'")

    def ask(self, stop: float) -> None:
        """Ask for a stop, in another process that is never killed."""
        table = self.adjustments()
        opened = int(at(0).timestamp() * 1000)
        table.ask([Adjustment(self.number, opened, PAIR, 1, stop, "stop", False, "news", "me@desk", 5.0)])
        table.requests.engine.dispose()

    def outcomes(self) -> list[Verdict]:
        """Return what became of the requests, without their numbers.

        A refusal that a kill has lost is made again, later and perhaps with another bound.
        """
        table = self.adjustments()
        with table.requests.engine.connect() as connection:
            numbers = list(connection.execute(sa.select(ADJUSTMENTS.c.id)).scalars())
        found = [plain(verdict) for verdict in table.verdicts(numbers)]
        table.requests.engine.dispose()
        return found

    @staticmethod
    def adjustments() -> Adjustments:
        """Return the table as another process sees it."""
        return Adjustments(Requests(sa.create_engine(Trade.session.get_bind().url)))


def plain(verdict: Verdict) -> Verdict:
    """Return an outcome without what differs between two lives."""
    when = 0.0 if verdict.refused else verdict.done_at
    return verdict._replace(number=0, done_at=when, refused=verdict.refused and "refused")
