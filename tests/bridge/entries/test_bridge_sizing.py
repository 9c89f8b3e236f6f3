"""Entries of the real Freqtrade, sized by the loss at their initial stop.

The stop is 2 percent away unless a test says otherwise, and the wallet holds 10,000: at 1 percent a unit that is bought
at 100 may lose 2, so that 50 of them may be bought for 5,000.
"""

import logging
from typing import Any

import pytest
from freqtrade.persistence import LocalTrade
from freqtrade.wallets import Wallets

from robustop_plugin import RobustopMixin
from tests.support.hand_candles import BLOCK, PAIR, TWO_PERCENT, Candle, Hand, Signals, at
from tests.support.host import Host
from tests.support.trades import AMOUNT, bought, in_database

LOT = 0.001
WALLET = {"dry_run_wallet": 10_000, "stake_amount": "unlimited"}
CALM: Candle = (100.0, 100.5, 99.5, 100.0)
STOPPED: list[Candle] = [CALM, (100.0, 100.5, 97.9, 98.0), (98.0,) * 4]


def sized(percent: float | None = 1.0, slippage_percent: float = 0.0, **over: Any) -> dict[str, Any]:
    """Return settings that size entries by risk."""
    return {
        **BLOCK,
        "breakeven": {"slippage_percent": slippage_percent},
        "risk": {"percent_per_trade": percent},
        **over,
    }


def ask(strategy: Any, **over: Any) -> float:
    """Return the stake of an entry, asked for as Freqtrade does."""
    question = {
        "pair": PAIR,
        "current_time": at(0),
        "current_rate": 100.0,
        "proposed_stake": 1234.0,
        "min_stake": 5.0,
        "max_stake": 1e9,
        "leverage": 1.0,
        "entry_tag": None,
        "side": "long",
    }
    return float(strategy.custom_stake_amount(**{**question, **over}))


def without_fee(host: Host) -> Host:
    """Return a host whose configuration sets no fee."""
    return Host(host.exchange, {key: value for key, value in host.base.items() if key != "fee"}, host.folder)


@pytest.mark.parametrize(("fee", "slippage", "amount"), [(0.0, 0.0, 50.0), (0.001, 0.0, 45.495), (0.001, 0.05, 44.483)])
def test_the_stop_loses_one_percent(host: Host, fee: float, slippage: float, amount: float) -> None:
    """100 lost at 2, at 2.198 with fees, at 2.248 with slippage; a backtest's loss has no slippage."""
    played = host.play(Hand, STOPPED, robustop=sized(slippage_percent=slippage), fee=fee, **WALLET)
    trade = played.trade
    assert (trade.amount, trade.close_rate, trade.exit_reason) == (amount, 98.0, "stop_loss")
    lost = -trade.close_profit_abs + amount * slippage
    assert 100 - LOT * (2 + 0.198 + slippage) < lost + 1e-9
    assert lost <= 100 + 1e-9


def test_without_the_setting_the_host_chooses(host: Host) -> None:
    """Freqtrade's proposed stake is the stake."""
    assert host.play(Hand, STOPPED, dry_run_wallet=10_000, stake_amount=1000).trade.stake_amount == 1000


def test_a_fixed_stake_is_not_the_size(host: Host) -> None:
    """The configuration's stake of 1000 is Freqtrade's proposal, and 5000 is what the risk allows."""
    over = {**WALLET, "stake_amount": 1000}
    assert host.play(Hand, STOPPED, robustop=sized(), **over).trade.stake_amount == 5000


def test_there_is_never_more_bought_than_there_is_money_for(host: Host) -> None:
    """A risk of 5 percent asks for 25,000: the whole 10,000 are spent, and lose 200."""
    trade = host.play(Hand, STOPPED, robustop=sized(5.0), **WALLET).trade
    assert trade.stake_amount == 10_000
    assert trade.close_profit_abs == pytest.approx(-200)


def test_the_equity_is_what_was_won_and_lost(host: Host) -> None:
    """After a loss of 100 the second entry may lose 99."""
    candles = [CALM, (100.0, 100.5, 97.9, 98.0), CALM, (100.0, 100.5, 97.9, 98.0), (98.0,) * 4]
    played = host.play(Hand, candles, robustop=sized(), signals=(0, 2), **WALLET)
    assert [trade.close_profit_abs for trade in played.trades] == pytest.approx([-100, -99])


def test_the_equity_counts_what_stands_in_open_trades(host: Host) -> None:
    """A second trade beside the first risks 1 percent of the same 10,000, though only 5,000 are free."""
    candles = [CALM, CALM, (100.0, 100.5, 97.9, 98.0), (98.0,) * 4]
    played = host.play(Hand, candles, robustop=sized(), signals=(0, 1), position_stacking=True, **WALLET)
    assert [trade.close_profit_abs for trade in played.trades] == pytest.approx([-100, -100])


def test_the_equity_is_what_the_host_may_trade_with(host: Host) -> None:
    """Half of the wallet is available to the bot: 50 may be lost."""
    trade = host.play(Hand, STOPPED, robustop=sized(), tradable_balance_ratio=0.5, **WALLET).trade
    assert trade.close_profit_abs == pytest.approx(-50)


@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize("leverage", [1.0, 3.0, 10.0])
@pytest.mark.parametrize("stop", [{"kind": "percent", "percent": 2.0}, {"kind": "percent", "percent": 1.987}])
@pytest.mark.parametrize("stoploss", [-0.99, -0.1])
def test_the_stop_is_that_of_the_fill(
    host: Host, side: str, leverage: float, stop: dict[str, Any], stoploss: float
) -> None:
    """A trade filled by Freqtrade loses 100 at its stop by Freqtrade's own count, within one tick."""
    robustop = sized(initial_stop=stop)
    backtesting = host.backtesting(Hand, robustop=robustop, stoploss=stoploss, fee=0.001, **WALLET)
    stake = ask(backtesting.strategy, side=side, leverage=leverage)
    fees = {"fee_open": 0.001, "fee_close": 0.001}
    trade = bought(backtesting, is_short=side == "short", leverage=leverage, **fees)
    amount = stake * leverage / 100
    lost = -trade.calc_profit(trade.stop_loss) * amount / AMOUNT
    assert 100 - amount * 0.01 * 1.001 <= lost + 1e-9
    assert lost <= 100 + 1e-9


def test_a_bot_knows_the_grid_of_the_exchange(host: Host, database: None) -> None:
    """1.987 percent below is 98.013, so 98.02: 1.98 a unit, while a backtest takes the full 1.987."""
    block = sized(initial_stop={"kind": "percent", "percent": 1.987})
    strategy = host.start(Hand, runmode="dry_run", robustop=block, **WALLET)
    strategy.wallets = Wallets(strategy.config, host.exchange)
    assert ask(strategy) == pytest.approx(100 / 1.98 * 100)
    assert ask(host.backtesting(Hand, robustop=block, **WALLET).strategy) == pytest.approx(100 / 1.987 * 100)


def test_a_bot_counts_what_stands_in_open_trades(host: Host, database: None) -> None:
    """A trade of 1000 from a wallet of 10,000 leaves the equity unchanged; its gain is not counted."""
    strategy = host.start(Hand, runmode="dry_run", robustop=sized(), **WALLET)
    in_database(pair="OTHER/USDT")
    strategy.wallets = Wallets(strategy.config, host.exchange)
    assert strategy.wallets.get_free("USDT") == 9000
    assert ask(strategy) == pytest.approx(5000)


def test_a_bot_pays_the_worse_fee_of_the_exchange(host: Host, database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 0.1 percent for a maker and 0.2 for a taker a unit loses 2 + 0.2 + 0.196."""
    fees = {"maker": 0.001, "taker": 0.002}
    monkeypatch.setattr(host.exchange, "get_fee", lambda symbol, taker_or_maker: fees[taker_or_maker])
    host = without_fee(host)
    strategy = host.start(Hand, runmode="dry_run", robustop=sized(), **WALLET)
    strategy.wallets = Wallets(strategy.config, host.exchange)
    assert ask(strategy) == pytest.approx(100 / 2.396 * 100)


def test_the_workers_of_hyperopt_have_no_exchange_to_ask(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The backtest reads its fee at startup, as Freqtrade does: the worse fee of the first pair."""
    host = without_fee(host)
    fees = {"maker": 0.001, "taker": 0.002}
    with monkeypatch.context() as patched:
        patched.setattr(host.exchange, "get_fee", lambda symbol, taker_or_maker: fees[taker_or_maker])
        backtesting = host.backtesting(Hand, robustop=sized(), **WALLET)
    assert backtesting.fee == 0.002
    monkeypatch.setattr(host.exchange, "_api", None)
    assert ask(backtesting.strategy) == pytest.approx(100 / 2.396 * 100)


@pytest.mark.parametrize(("min_stake", "stake"), [(5000.0, 5000.0), (None, 5000.0), (0.0, 5000.0), (5000.01, 0.0)])
def test_the_least_that_the_exchange_takes(host: Host, min_stake: float | None, stake: float) -> None:
    """Freqtrade would raise a stake that is too small by up to 30 percent, and the risk with it: no entry is made."""
    strategy = host.backtesting(Hand, robustop=sized(), **WALLET).strategy
    assert ask(strategy, min_stake=min_stake) == stake


def test_an_entry_that_would_need_more_risk_is_not_made(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """A hundredth of a percent of 10 allows a stake of 0.05, the exchange's minimum is 5: log and audit say so."""
    with caplog.at_level(logging.WARNING):
        played = host.play(Hand, STOPPED, robustop=sized(0.01), **{**WALLET, "dry_run_wallet": 10})
    assert played.trades == []
    (record,) = played.of("refused")
    assert (record["pair"], record["side"], record["price"]) == (PAIR, 1, 100.0)
    assert record["reason"].startswith("risking 0.01 % allows a stake of 0.05, the least is 5.")
    assert "the entry into HAND/USDT is refused: risking 0.01 %" in caplog.text


def test_without_a_size_nothing_is_bought(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Freqtrade would continue with its proposed stake; an error makes no entry of unknown risk."""

    def broken(*args: Any, **kwargs: Any) -> float:
        raise RuntimeError("no wallet")

    backtesting = host.backtesting(Hand, robustop=sized(), **WALLET)
    monkeypatch.setattr(backtesting.wallets, "get_total_stake_amount", broken)
    assert ask(backtesting.strategy) == 0


def test_without_equity_nothing_is_bought(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """An overdrawn wallet risks nothing more."""
    backtesting = host.backtesting(Hand, robustop=sized(), **WALLET)
    monkeypatch.setattr(backtesting.wallets, "get_total_stake_amount", lambda: -1.0)
    assert ask(backtesting.strategy, min_stake=None) == 0


def test_each_pair_has_its_own_risk(host: Host) -> None:
    """A pair with its own risk is sized by it; a pair without one leaves the size to Freqtrade."""
    robustop = {**sized(None), "pairs": {PAIR: {"risk": {"percent_per_trade": 0.5}}}}
    strategy = host.backtesting(Hand, robustop=robustop, **WALLET).strategy
    assert ask(strategy) == pytest.approx(2500)
    assert ask(strategy, pair="OTHER/USDT") == 1234


def test_the_strategy_s_other_bases_choose_where_the_risk_does_not(host: Host) -> None:
    """A base class behind the mixin is called only without the setting."""

    class Small(Signals):
        def custom_stake_amount(self, *args: Any, **kwargs: Any) -> float:
            return 77.0

    class Both(RobustopMixin, Small):
        robustop = BLOCK

    assert ask(host.backtesting(Both, **WALLET).strategy) == 77
    assert ask(host.backtesting(Both, robustop=sized(), **WALLET).strategy) == pytest.approx(5000)


class Deaf(Hand):
    """Overrides `custom_stake_amount` without calling `super()`."""

    def custom_stake_amount(self, *args: Any, **kwargs: Any) -> float:
        """Return a stake of 50."""
        return 50.0


def test_an_override_without_super_is_asked_only_where_the_risk_does_not_size(host: Host) -> None:
    """With sizing by risk the stake is that of the risk, else the strategy's own."""
    assert ask(host.backtesting(Deaf, **WALLET).strategy) == 50
    assert ask(host.backtesting(Deaf, robustop=sized(), **WALLET).strategy) == pytest.approx(5000)


def test_a_wide_stop_is_clamped_before_it_is_counted(host: Host) -> None:
    """A stop 12 percent away is clamped to the strategy's 10: 10 units lose 100."""
    block = sized(initial_stop={**TWO_PERCENT, "percent": 12.0})
    candles: list[Candle] = [CALM, (100.0, 100.5, 89.9, 90.0), (90.0,) * 4]
    trade: LocalTrade = host.play(Hand, candles, robustop=block, **WALLET).trade
    assert (trade.amount, trade.close_rate) == (10.0, 90.0)
    assert trade.close_profit_abs == pytest.approx(-100)
