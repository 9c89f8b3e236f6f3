"""Limits of new entries on the real Freqtrade: the total risk of open trades, and the number of brackets.

Several trades of the same pair are open at once because positions are stacked. Each is bought for 1000 at 100 with the
stop at 98, so that it risks 20 of the 10,000 in the wallet: a fifth of a percent.
"""

import logging
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import LocalTrade, Trade
from freqtrade.wallets import Wallets

from tests.support.bots import Bot
from tests.support.hand_candles import BLOCK, PAIR, Candle, Hand, at
from tests.support.host import Host, Played
from tests.support.trades import bought, in_database, order_of

FEE = 0.001
CALM: Candle = (100.0, 100.5, 99.5, 100.0)
WALLET = {"dry_run_wallet": 10_000, "position_stacking": True, "max_open_trades": 10}
BRACKET = {**BLOCK, "engines": [{"name": "bracket", "max_active_brackets": 2}]}


def limited(percent: float, **over: Any) -> dict[str, Any]:
    """Return settings that limit the total risk of all trades."""
    free = {"slippage_percent": 0.0}
    return {**BLOCK, "breakeven": free, "risk": {"max_portfolio_percent": percent}, **over}


def entered(played: Played) -> list[int]:
    """Return the candles at which trades were opened."""
    return sorted(round((trade.open_date_utc - at(0)).total_seconds() / 300) for trade in played.trades)


@pytest.mark.parametrize(("percent", "candles"), [(0.19, []), (0.2, [0]), (0.39, [0]), (0.4, [0, 1]), (9, [0, 1, 2])])
def test_the_risk_of_all_trades_together(host: Host, percent: float, candles: list[int]) -> None:
    """Each trade risks a fifth of a percent: exactly at the limit is allowed, beyond it is not."""
    played = host.play(Hand, [CALM] * 4, robustop=limited(percent), signals=(0, 1, 2), **WALLET)
    assert entered(played) == candles
    assert len(played.of("refused")) == 3 - len(candles)


def test_the_reason_is_told(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """Log and audit name both risks, the limit and what it allows."""
    with caplog.at_level(logging.WARNING):
        played = host.play(Hand, [CALM] * 3, robustop=limited(0.3), signals=(0, 1), **WALLET)
    (record,) = played.of("refused")
    reason = "it risks 20 beside 20 of the open trades, max_portfolio_percent of 0.3 allows 30"
    assert (record["pair"], record["side"], record["reason"]) == (PAIR, 1, reason)
    assert f"the entry into {PAIR} is refused: {reason}" in caplog.text


def test_a_trade_at_breakeven_risks_nothing(host: Host) -> None:
    """A span of profit puts the first stop at 100.1: only the second trade has a risk."""
    up: Candle = (100.5, 102.0, 100.5, 101.5)
    above: Candle = (101.0, 101.5, 100.5, 101.0)
    for second, candles in ((up, [0, 2]), (above, [0])):
        played = host.play(Hand, [CALM, second, above, above], robustop=limited(0.3), signals=(0, 2), **WALLET)
        assert entered(played) == candles


def test_fees_are_part_of_the_risk(host: Host) -> None:
    """Ten units lose 21.98 with fees of 0.1 percent: 0.2198 of 10,000, the fee of the entry included."""
    for percent, candles in ((0.2197, []), (0.2199, [0])):
        played = host.play(Hand, [CALM] * 2, robustop=limited(percent), fee=FEE, **WALLET)
        assert entered(played) == candles


def test_sized_entries_fill_the_limit(host: Host) -> None:
    """Three entries of 1 percent fit a limit of 3, and a fourth does not."""
    risk = {"percent_per_trade": 1.0, "max_portfolio_percent": 3.0}
    stop = {"kind": "percent", "percent": 10.0}
    block = limited(3.0, risk=risk, initial_stop=stop)
    over = {**WALLET, "stake_amount": "unlimited"}
    played = host.play(Hand, [CALM] * 5, robustop=block, signals=(0, 1, 2, 3), **over)
    assert entered(played) == [0, 1, 2]
    assert [trade.stake_amount for trade in played.trades] == [1000.0] * 3


def test_the_hard_stop_counts_with_the_leverage(host: Host) -> None:
    """At three times leverage 10 percent of hard stop are 3.33 of price: 10 units risk 33.4, while 12 would be 120."""
    stop = {"kind": "percent", "percent": 12.0}
    for percent, allowed in ((0.333, False), (0.335, True)):
        strategy = host.backtesting(Hand, robustop=limited(percent, initial_stop=stop), **WALLET).strategy
        strategy.custom_stake_amount(PAIR, at(0), 100.0, 1.0, None, 1e9, 3.0, None, "short")
        assert strategy.confirm_trade_entry(PAIR, "market", 10.0, 100.0, "GTC", at(0), None, "short") is allowed


def confirmed(strategy: Any) -> bool:
    """Call `confirm_trade_entry` for another 10 units at 100, which risk 20."""
    return bool(strategy.confirm_trade_entry(PAIR, "limit", 10.0, 100.0, "GTC", at(1), None, "long"))


@pytest.mark.parametrize(
    ("over", "percent"),
    [
        ({}, 1.2),  # no state: Freqtrade's stop, 10 percent away
        ({"stop_loss": 97.0}, 0.5),
        ({"stop_loss": 101.0}, 0.2),
        ({"is_short": True, "stop_loss": 103.0}, 0.5),
    ],
)
def test_the_trades_of_a_bot_count_with_the_stop_of_the_host(
    host: Host, database: None, over: dict[str, Any], percent: float
) -> None:
    """A trade that robustop has not processed yet risks the distance to Freqtrade's stop, for its 10 units."""
    for limit, allowed in ((percent - 0.001, False), (percent + 0.001, True)):
        strategy = host.start(Hand, runmode="dry_run", robustop=limited(limit), **WALLET)
        if not Trade.get_trades_proxy(is_open=True):
            in_database(**over)
        strategy.wallets = Wallets(strategy.config, host.exchange)
        assert confirmed(strategy) is allowed


def test_an_order_that_rests_counts_as_filled(host: Host, database: None) -> None:
    """A resting order of 20 units at 100 risks the distance to its future stop: 40, plus the new 20."""
    trade: LocalTrade = in_database(amount=0.0)
    Trade.session.delete(trade.orders[0])
    trade.orders = [order_of(trade, 100.0, 20.0, id=None)]
    Trade.commit()
    for limit, allowed in ((0.599, False), (0.601, True)):
        strategy = host.start(Hand, runmode="dry_run", robustop=limited(limit), **WALLET)
        strategy.wallets = Wallets(strategy.config, host.exchange)
        assert confirmed(strategy) is allowed


def test_a_stop_that_waits_to_be_published_counts(host: Host, database: None, tmp_path: Path) -> None:
    """Freqtrade still has 98, decided is 99: the trade risks 10, plus the new 20."""
    for limit, allowed in ((0.299, False), (0.301, True)):
        bot = Bot(host, tmp_path / "audit", robustop=limited(limit), **WALLET)
        trade = Trade.get_trades_proxy(is_open=True)[0] if allowed else bot.bought()
        state = bot.strategy._robustop.store.get(trade)
        state.memory = state.memory._replace(stop=99.0)
        bot.strategy.wallets = Wallets(bot.strategy.config, host.exchange)
        assert trade.stop_loss == 98.0
        assert confirmed(bot.strategy) is allowed


def test_a_check_that_fails_refuses(host: Host, database: None) -> None:
    """Without a wallet the risk is unknown, and nothing is bought."""
    strategy = host.start(Hand, runmode="dry_run", robustop=limited(90), **WALLET)
    assert confirmed(strategy) is False


def test_no_more_brackets_than_allowed(host: Host) -> None:
    """With two open brackets the third entry is refused, with the reason in the audit."""
    played = host.play(Hand, [CALM] * 5, robustop=BRACKET, signals=(0, 1, 2), **WALLET)
    assert entered(played) == [0, 1]
    assert [record["reason"] for record in played.of("refused")] == ["2 brackets are open, max_active_brackets is 2"]


def test_a_bracket_that_was_left_makes_room(host: Host) -> None:
    """The second candle stops the first two trades out: the entry after it is made."""
    candles: list[Candle] = [CALM, (100.0, 100.5, 97.0, 99.0), CALM, CALM, CALM]
    played = host.play(Hand, candles, robustop=BRACKET, signals=(0, 1, 2), **WALLET)
    assert entered(played) == [0, 1, 2]


def test_only_trades_with_a_bracket_count(host: Host, database: None) -> None:
    """A pair without a bracket neither counts nor is refused."""
    robustop = {**BRACKET, "pairs": {"OTHER/USDT": {"engines": [{"name": "hand_span"}]}}}
    strategy = host.start(Hand, runmode="dry_run", robustop=robustop, **WALLET)
    for pair, allowed in ((PAIR, True), ("OTHER/USDT", True), (PAIR, False)):
        in_database(pair=pair)
        assert confirmed(strategy) is allowed
    assert strategy.confirm_trade_entry("OTHER/USDT", "limit", 1.0, 100.0, "GTC", at(1), None, "long")


class Deaf(Hand):
    """Overrides `confirm_trade_entry` without calling `super()`."""

    def confirm_trade_entry(self, *args: Any, **kwargs: Any) -> bool:
        """Return True."""
        return True


def test_an_override_without_super_allows_no_entry_beyond_a_limit(host: Host) -> None:
    """With one bracket at most, the second entry is refused, whatever the strategy's own callback says."""
    block = {**BRACKET, "engines": [{"name": "bracket", "max_active_brackets": 1}]}
    question: dict[str, Any] = {"order_type": "limit", "amount": 1.0, "rate": 100.0, "time_in_force": "GTC"}
    question |= {"pair": PAIR, "current_time": at(1), "entry_tag": None, "side": "long"}
    backtesting = host.backtesting(Deaf, robustop=block)
    assert backtesting.strategy.confirm_trade_entry(**question)
    trade = bought(backtesting)
    LocalTrade.add_bt_trade(trade)
    assert not backtesting.strategy.confirm_trade_entry(**question)
    LocalTrade.reset_trades()
