"""A real bot whose trade database is restored from a backup: what the exchange has is newer than what the bot knows."""

import shutil
from pathlib import Path

from tests.support.bot import move_price
from tests.support.kept_stops import SPOT, fills, loops, running, stops, trading


def test_the_tighter_stop_on_the_exchange_stays(tmp_path: Path) -> None:
    """The backup has the first stop, the exchange the trail: it is left alone and reported, and nothing is sold."""
    with trading() as (venue, url), running(venue, tmp_path) as bot:
        bot.rest("/forceenter", "POST", {"pair": SPOT})
        bot.eventually(lambda: stops(url), "the stop")
        loops(bot, 2)
        bot.kill()
        backup = tmp_path / "backup"
        backup.mkdir()
        for file in tmp_path.glob("trades.sqlite*"):
            shutil.copy(file, backup / file.name)
        bot.start()
        first = stops(url)
        move_price(url, SPOT, 63000)
        bot.eventually(lambda: stops(url) not in ([], first), "the trail")
        loops(bot, 2)
        trailed = stops(url)
        bot.kill()
        for file in backup.iterdir():
            shutil.copy(file, tmp_path / file.name)
        move_price(url, SPOT, 62900)
        bot.start()
        bot.eventually(lambda: "is not Freqtrade's: it is left alone" in bot.log.read_text(), "the report")
        loops(bot, 3)
        assert stops(url) == trailed
        assert [side for side, _ in fills(url)] == ["BUY"]
        (trade,) = bot.rest("/status")
        assert trade["stop_loss_abs"] >= first[0]
