"""A partial exit that cannot be written down is not made: if its answer were lost, it would be made twice.

The entry is 10 at 100 and the stop 98, so that half is due at 104.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from freqtrade.persistence.custom_data import CustomDataWrapper
from sqlalchemy.exc import IntegrityError, OperationalError

from tests.support.bot_loops import Loops
from tests.support.host import Host

pytestmark = pytest.mark.usefixtures("database")

LOCKED = OperationalError("INSERT", {}, Exception("database is locked"))
REFUSED = IntegrityError("INSERT", {}, Exception("refused by a trigger"))


@contextmanager
def no_writes(error: Exception) -> Iterator[None]:
    """Let the database refuse states."""

    def refuse(**_: Any) -> None:
        raise error

    with patch.object(CustomDataWrapper, "set_custom_data", refuse):
        yield


@pytest.mark.parametrize("error", [LOCKED, REFUSED], ids=["locked", "refused"])
def test_it_waits_for_the_database(
    host: Host, tmp_path: Path, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    """Nothing is sold while the database takes no writes; the half is sold in the first loop in which it does."""
    bot = Loops(host, tmp_path / "audit")
    trade = bot.bought()
    with no_writes(error):
        for _ in range(3):
            bot.strategy._robustop.new_loop()
            bot.loop(104.0)
    assert bot.asked == []
    assert "robustop_2R of HAND/USDT waits, as the database does not take the request" in caplog.text
    bot.strategy._robustop.new_loop()
    bot.loop(104.0)
    assert bot.asked == [("sell", 5.0)]
    assert trade.get_custom_data("robustop")["exchange"]["sale"]["tag"] == "robustop_2R"


def test_a_stop_does_not_wait(host: Host, tmp_path: Path) -> None:
    """Beyond the stop everything is sold, whatever the database says."""
    bot = Loops(host, tmp_path / "audit")
    bot.bought()
    with no_writes(LOCKED):
        bot.loop(97.0)
    assert bot.asked == [("sell", 10.0)]
