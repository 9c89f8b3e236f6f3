"""A trade that counts more coins than there are is reported once if Freqtrade cannot correct it.

The trade is 10 at 100. Here Freqtrade's bot is out of reach, as it would be if a release kept it elsewhere.
"""

from pathlib import Path
from unittest.mock import MagicMock

import pytest
from freqtrade.exceptions import InsufficientFundsError

from tests.support.host import Host
from tests.support.stop_orders import OnExchange, StopOrderBot

pytestmark = pytest.mark.usefixtures("database")

REPORT = "trade 1 of HAND/USDT counts 10 HAND, but the account holds"


def refused(host: Host, path: Path, held: float) -> StopOrderBot:
    """Return a bot after three loops in which the exchange refuses its stop; the account holds this many coins."""
    bot = StopOrderBot(host, path / "audit", OnExchange)
    bot.bought(fee_open_currency="HAND")
    bot.strategy.wallets = MagicMock()
    bot.strategy.wallets.get_total.return_value = held
    bot.strategy._robustop.stop_orders.lost.search = MagicMock(**{"unknown_orders.return_value": []})
    bot.refusal = InsufficientFundsError("Account has insufficient balance")
    for _ in range(3):
        bot.strategy._robustop.new_loop()
        bot.loop(100.0)
    return bot


def test_a_fee_that_was_not_taken_off(host: Host, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The message names the trade, both amounts, and the remedy; the trade stays as Freqtrade has it."""
    refused(host, tmp_path, 9.99)
    assert caplog.text.count(REPORT) == 1
    assert f"{REPORT} 9.99: the exchange refuses its stop order, and only the bot checks the stop 98. " in caplog.text
    assert "Reload the trade with /reload_trade 1" in caplog.text


@pytest.mark.parametrize("held", [10.0, 12.0, 9.7, 0.0], ids=["all", "more", "part sold by hand", "sold by hand"])
def test_other_amounts(host: Host, tmp_path: Path, caplog: pytest.LogCaptureFixture, held: float) -> None:
    """There are enough coins, or Freqtrade notices by itself that they are gone."""
    refused(host, tmp_path, held)
    assert REPORT not in caplog.text


def test_the_balances_are_read_once_a_minute(host: Host, tmp_path: Path) -> None:
    """Once for orders whose answer was lost, and once for the fee."""
    bot = refused(host, tmp_path, 9.99)
    assert bot.strategy.wallets.update.call_count == 2
