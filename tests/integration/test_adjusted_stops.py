"""`robustop adjust` beside a real live bot: the stop order on the exchange moves, once, also over a kill."""

import json
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.support import warm
from tests.support.bot import Bot, move_price
from tests.support.kept_stops import SPOT, loops, running, stops, trading

OPEN_GATE = """
Kept.robustop["gate"] = {"min_interval_s": 0, "min_improvement_percent": 0}
"""
"""Without it, an improvement of less than 0.1 % would wait, as that of any engine."""


def robustop(bot: Bot, *words: str, status: int = 0) -> str:
    """Return what a command prints that a person runs beside the bot, with the bot's own configuration."""
    configs = (ROOT / "config.json", bot.folder / "overlay.json", bot.folder / "bot.json")
    options = [part for config in configs for part in ("--config", str(config))]
    command = [str(warm.BIN / "robustop"), *words, *options]
    done = warm.run(command, cwd=bot.folder, check=False, capture_output=True, text=True)
    assert done.returncode == status, done.stdout + done.stderr
    return str(done.stdout)


def records(bot: Bot) -> list[dict[str, Any]]:
    """Return the stored audit."""
    said = [json.loads(line) for line in robustop(bot, "audit", "--json").splitlines()]
    return [record for record in said if record["engine"] == "manual"]


def test_a_stop_on_the_exchange_is_moved_by_hand(tmp_path: Path) -> None:
    """Asked while the bot runs, and while it is dead: the order moves, and the audit says who wanted it."""
    with trading() as (venue, url), running(venue, tmp_path, more=OPEN_GATE) as bot:
        (bot.folder / "user_data").mkdir()
        bot.rest("/forceenter", "POST", {"pair": SPOT})
        bot.eventually(lambda: stops(url) == [58800.01], "the first stop")
        move_price(url, SPOT, 60300)
        loops(bot, 2)

        # Beyond the price, which is asked from the exchange: named, and nothing is written.
        planned = robustop(bot, "adjust", "--trade-id", "1", "--stop", "60400", "--dry-run", status=1)
        assert "it must be below 60300, the price" in " ".join(planned.split())

        taken = robustop(bot, "adjust", "--trade-id", "1", "--stop", "60100", "--reason", "news", "--wait", "30")
        assert "taken, the stop was 58800.01 and 60100 is desired" in taken
        bot.eventually(lambda: stops(url) == [60100.0], "the stop that was asked for")
        assert [(one["action"], one["rule"]) for one in records(bot)] == [("adjusted", "stop"), ("move", "stop")]
        refused = robustop(bot, "adjust", "--trade-id", "1", "--stop", "60100", status=1)
        assert "it must be above 60100, the stop in force" in " ".join(refused.split())

        bot.kill()
        costs = ("--fee-percent", "0.2", "--slippage-percent", "0")
        asked = robustop(bot, "adjust", "--pair", SPOT, "--breakeven", *costs)
        assert "1 asked, 0 refused" in asked
        bot.start()
        # 0.2 % above the entry at 60000.01, towards the market.
        bot.eventually(lambda: stops(url) == [60120.02], "the stop that was asked for while the bot was dead")
        bot.eventually(lambda: len(records(bot)) == 4, "its records")
        bot.kill()
        bot.start()
        loops(bot, 3)
        assert len(records(bot)) == 4
        assert stops(url) == [60120.02]
