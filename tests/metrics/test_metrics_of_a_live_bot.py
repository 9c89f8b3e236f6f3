"""A real live bot on the loopback Binance is scraped: orders that follow, are held, are refused, and its end."""

import re
import subprocess
from pathlib import Path

from tests.support.bot import ask, free_port, move_price
from tests.support.kept_stops import SPOT, fault, running, state, stops, trading
from tests.support.prometheus import DOWN, Scrape, after_a_loop, firing, promtool, scraped, text_at, value, wait_for

ORDER = "POST /api/v3/order"
METRICS = """
Kept.robustop["metrics"] = {"enabled": True, "port": PORT}
"""


def test_a_live_bot_is_scraped(tmp_path: Path) -> None:
    """Moves that reach the exchange are timed; refused stops leave the position without protection."""
    port = free_port()
    more = METRICS.replace("PORT", f"{port}")
    with trading() as (venue, url), running(venue, tmp_path, more=more, partials=[[3.0, 0.5]]) as bot:
        first = wait_for(port, bool, "the first scrape")
        lint = subprocess.run(
            [promtool(), "check", "metrics"], input=text_at(port), capture_output=True, text=True, check=False
        )
        assert (lint.returncode, lint.stdout, lint.stderr) == (0, "", "")
        bot.rest("/forceenter", "POST", {"pair": SPOT})
        bot.eventually(lambda: stops(url) == [58800.01], "the first stop")
        move_price(url, SPOT, 63000)
        bot.eventually(lambda: stops(url) == [62370.0], "the trail")
        count = "robustop_stop_order_move_seconds_count"
        wait_for(port, lambda seen: value(seen, count) == 1, "the order that follows")
        move_price(url, SPOT, 63010)  # 0.016 % more: the gate holds the order where it is
        wait_for(port, lambda seen: value(seen, "robustop_stop_moves_held_total") == 1, "the gate")
        clean = after_a_loop(port)
        assert value(clean, "robustop_stop_moves_held_total") == 1
        assert value(clean, "robustop_stop_moves_total", engine="smart_trail", rule="trail") == 1
        # An entry, the first stop and the one that follows.
        assert value(clean, "robustop_orders_total", kind="other") == 1
        assert value(clean, "robustop_orders_total", kind="stop") == 2
        assert firing(tmp_path / "clean", [first, clean]) == set()

        move_price(url, SPOT, 63700)  # more than 3 R: half is sold
        wait_for(port, lambda seen: value(seen, "robustop_rungs_taken_total", rung="3R") == 1, "the part")
        bot.eventually(lambda: stops(url), "the stop of the rest")
        before = after_a_loop(port)
        assert value(before, "robustop_open_positions", phase="PARTIAL_PROFIT_TAKEN") == 1
        assert value(before, "robustop_unprotected_positions") == 0
        refused(url, port, before, tmp_path)
        said = scraped(port)
        bot.kill()
        assert firing(tmp_path / "dead", [said, DOWN]) >= {"RobustopBotDead"}
        assert firing(tmp_path / "absent", [said, DOWN, DOWN, DOWN]) >= {"RobustopBotDead"}
        assert "RobustopBotDead" in firing(tmp_path / "stuck", [clean], ages=True)
        assert no_secrets(bot.folder, said)


def refused(url: str, port: int, before: Scrape, folder: Path) -> None:
    """Let the exchange refuse every stop order, and cancel the one that rests."""
    fault(url, ORDER, "code", where={"type": "STOP_LOSS_LIMIT"}, count=1000, code=-1013, msg="Filter failure: X")
    ((number, _),) = [(stop["order"], stop) for stop in state(url)["stops"]]
    assert ask(url, "/_control/cancel", "POST", {"order": number})[0] == 200
    wait_for(port, lambda seen: value(seen, "robustop_unprotected_positions") == 1, "the position")
    seen = after_a_loop(port)
    assert value(seen, "robustop_order_conflicts_total", kind="refused") >= 1
    assert value(seen, "robustop_order_conflicts_total", kind="lost") == 0
    expected = {"RobustopPositionUnprotected", "RobustopOrderConflicts"}
    assert firing(folder / "refused", [before, seen]) == expected


def no_secrets(folder: Path, scrape: Scrape) -> bool:
    """Return whether no label holds a word of the bot's configuration that opens something."""
    words = re.findall(
        r'"(?:key|secret|password|jwt_secret_key|ws_token|username)": "([^"]+)"',
        "".join(path.read_text() for path in folder.glob("*.json")),
    )
    labels = {word for _, pairs in scrape for _, word in pairs}
    return len(words) > 3 and not labels & set(words) and len(scrape) < 250
