"""`robustop status` beside a real live bot whose stop rests on the loopback Binance."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.support import warm
from tests.support.bot import Bot, ask, move_price
from tests.support.kept_stops import SPOT, fault, running, state, stops, trading

FAILING = "POST /api/v3/order"


def look(bot: Bot, *arguments: str) -> tuple[int, Any]:
    """Return status and JSON of the command, with the bot's own configuration."""
    configs = (ROOT / "config.json", bot.folder / "overlay.json", bot.folder / "bot.json")
    words = [word for config in configs for word in ("--config", str(config))]
    command = [str(warm.BIN / "robustop"), "status", *words, "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=bot.folder)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


def row_of(bot: Bot) -> Any:
    """Return what the command says about the only trade."""
    (row,) = look(bot)[1]["trades"]
    return row


def test_it_sees_what_the_bot_and_the_exchange_see(tmp_path: Path) -> None:
    """Prices of the bot; the stop that rests; a stop that the exchange refuses; and a bot that is killed."""
    with trading() as (venue, url), running(venue, tmp_path) as bot:
        assert look(bot)[1]["sentence"] == "No position is held, so nothing needs protection."
        bot.rest("/forceenter", "POST", {"pair": SPOT})
        bot.eventually(lambda: stops(url), "the first stop")
        move_price(url, SPOT, 63000)
        bot.eventually(lambda: stops(url) == [62370.0], "the trail")  # 1 % below 63000
        bot.eventually(
            lambda: look(bot)[1]["trades"][0]["stop_orders"][0]["price"] == 62370.0, "the order in its tables"
        )

        status, found = look(bot, "--move", "-2")
        (row,) = found["trades"]
        assert (status, found["sentence"]) == (0, "Everything is protected: 1 by stop orders on the exchange.")
        assert (found["bot"]["answered"], found["bot"]["runs"]) == (True, True)
        assert (row["price"], row["price_source"], row["stop"]) == (63000.0, "bot", 62370.0)
        assert (row["last_move"]["engine"], row["last_move"]["rule"]) == ("smart_trail", "trail")
        assert (row["then"]["action"], row["then"]["reason"]) == ("exit", "TRAILING_STOP")  # 61740 is below 62370

        for _ in range(40):
            fault(url, FAILING, "status", status=503)
        (number,) = [stop["order"] for stop in state(url)["stops"]]
        assert ask(url, "/_control/cancel", "POST", {"order": number})[0] == 200
        bot.eventually(lambda: look(bot)[0] == 1, "a look that finds the stop missing")
        (missing,) = look(bot)[1]["unprotected"] or [{}]
        assert missing.get("why", "").startswith("no stop order rests on the exchange")
        assert ask(url, "/_control/faults", "POST", {"clear": True})[0] == 200
        bot.eventually(lambda: look(bot)[0] == 0, "a look that finds it again")

        bot.kill()
        status, found = look(bot)
        (row,) = found["trades"]
        # The order stays on the exchange; the price is the last one that robustop recorded.
        assert (status, found["bot"]["runs"], row["price_source"]) == (0, False, "recorded")
