"""A real live bot on the loopback Binance, whose trade database refuses what robustop writes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.bot import move_price
from tests.support.kept_stops import SPOT, fault, fills, loops, running, state, stops, trading

ORDER = "POST /api/v3/order"
REFUSED = "BEFORE {} ON trade_custom_data BEGIN SELECT RAISE(ABORT, 'refused'); END"


def change(bot_database: Path, *statements: str) -> None:
    """Run statements in the trade database."""
    with closing(sqlite3.connect(bot_database, timeout=10)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def test_a_sale_waits_until_it_can_be_written(tmp_path: Path) -> None:
    """Nothing is sold without a record of it; later the answer is lost and the bot killed, and it is sold once."""
    with trading() as (venue, url), running(venue, tmp_path, partials=[[1.0, 0.5], [10.0, "rest"]]) as bot:
        bot.rest("/forceenter", "POST", {"pair": SPOT})
        bot.eventually(lambda: stops(url) == [58800.01], "the first stop")
        change(
            bot.database,
            f"CREATE TRIGGER added {REFUSED.format('INSERT')}",
            f"CREATE TRIGGER changed {REFUSED.format('UPDATE')}",
        )
        fault(url, ORDER, "reset", where={"side": "SELL", "type": "MARKET"}, when="after", count=1)
        move_price(url, SPOT, 61300)
        bot.eventually(lambda: "waits, as the database does not take the request" in bot.log.read_text(), "the wait")
        loops(bot, 3)
        assert len(fills(url)) == 1
        assert stops(url), "the stop order was canceled for a sale that was not made"

        change(bot.database, "DROP TRIGGER added", "DROP TRIGGER changed")
        bot.eventually(lambda: len(fills(url)) == 2, "the sale")
        bot.kill()
        bot.start()
        bot.eventually(lambda: len(state(url)["stops"]) == 1, "the stop of the rest")
        loops(bot, 3)
        (bought, sold) = fills(url)
        # Half of what is left after the fee, or a lot less.
        assert sold == ("SELL", pytest.approx(bought[1] / 2, abs=0.00003))
