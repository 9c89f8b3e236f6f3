"""What an account holds beyond the open trades is reported once per change, and nothing is refused for it.

A coin costs 100 and the smallest order is 10, so that less than 0.1 is dust. The trade is 10 HAND.
"""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from freqtrade.exceptions import TemporaryError
from freqtrade.persistence import Trade

from robustop_plugin.bridge.entries import unexplained_balances
from robustop_plugin.bridge.entries.unexplained_balances import UnexplainedBalances
from tests.support.trades import in_database, order_of

pytestmark = pytest.mark.usefixtures("database")

PAIRS = ("HAND/USDT", "BNB/USDT", "ETH/USDT")
PERPETUAL = "HAND/USDT:USDT"
LIMITS = {"limits": {"amount": {"min": 0.01}}}


class Account:
    """An account of which Freqtrade reads the balances, and a clock.

    Attributes:
        coins: what it holds by now.
        read: what Freqtrade has read of it.
        positions: amount and side by perpetual.
        updates: how often the balances were read because robustop wanted them.
        sent: the messages.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, futures: bool = False, **coins: float) -> None:
        """Take the coins, and begin to compare."""
        self.coins, self.read, self.positions = dict(coins), dict(coins), dict[str, Any]()
        self.updates, self.sent, self.now = 0, list[str](), 1000.0
        monkeypatch.setattr(unexplained_balances, "time", SimpleNamespace(monotonic=lambda: self.now))
        wallets = SimpleNamespace(
            update=self._update,
            get_total=lambda coin: self.read.get(coin, 0.0),
            get_all_positions=lambda: self.positions,
        )
        config = {"exchange": {"name": "binance"}, "stake_currency": "USDT"}
        dp = SimpleNamespace(current_whitelist=lambda: list(PAIRS))
        strategy: Any = SimpleNamespace(config=config, wallets=wallets, dp=dp)
        exchange = SimpleNamespace(
            markets=dict.fromkeys((*PAIRS, PERPETUAL), LIMITS),
            get_contract_size=lambda _: 1.0,
            get_rate=lambda *_, **__: 100.0,
            get_min_pair_stake_amount=lambda *_: 10.0,
            get_pair_base_currency=lambda pair: pair.split("/")[0],
        )
        self.balances = UnexplainedBalances(strategy, exchange, self.sent.append, futures=futures)

    def _update(self, require_update: bool = True) -> None:
        self.updates += require_update
        if require_update:
            self.read = dict(self.coins)

    def minutes(self, count: int) -> list[str]:
        """Run loops of five seconds for so many minutes; return the messages sent meanwhile, without their dates."""
        before = len(self.sent)
        for _ in range(12 * count):
            self.now += 5
            self.balances.look()
        return [f"{text[:20]}{text[text.index('the account') :]}" for text in self.sent[before:]]


def said(held: str, counted: str, kind: str = "balance:") -> str:
    """Return how a message begins."""
    return f"unexplained {kind}"[:20] + f"the account holds {held}, and Freqtrade's open trades count {counted}: "


def test_a_lot_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two coins without a trade are reported once, after a minute; when they are sold, and bought again, once more."""
    account = Account(monkeypatch, HAND=2.0)
    (text,) = account.minutes(60)
    assert text.startswith(said("2 HAND", "0") + "nothing protects the rest")
    account.coins = {"HAND": 0.0}
    account.read = {"HAND": 0.0}
    assert account.minutes(60) == []
    account.read = account.coins = {"HAND": 2.0}
    assert len(account.minutes(60)) == 1


def test_a_change_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another lot of the same size is one message more; dust is none."""
    account = Account(monkeypatch, HAND=2.0)
    account.minutes(10)
    account.read = account.coins = {"HAND": 2.05}
    assert account.minutes(60) == []
    account.read = account.coins = {"HAND": 4.05}
    (text,) = account.minutes(60)
    assert text.startswith(said("4.05 HAND", "0"))


def test_a_trade_explains_its_coins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said, and no balance is read."""
    in_database()
    account = Account(monkeypatch, HAND=10.0)
    assert (account.minutes(60), account.updates) == ([], 0)


def test_more_and_less_than_a_trade(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trade counts 10: both numbers are named."""
    in_database()
    (more,) = Account(monkeypatch, HAND=11.0).minutes(10)
    assert more.startswith(said("11 HAND", "10"))
    (less,) = Account(monkeypatch, HAND=7.0).minutes(10)
    assert less.startswith(said("7 HAND", "10") + "if you sold by hand")


@pytest.mark.parametrize(
    "coins",
    [{"HAND": 0.09}, {"BNB": 5.0}, {"USDT": 1000.0}, {"LDHAND": 7.0}, {"ETH": 0.009}],
    ids=["dust", "the coin of fees", "the stake", "lent", "less than a lot"],
)
def test_what_does_not_count(monkeypatch: pytest.MonkeyPatch, coins: dict[str, float]) -> None:
    """None of these is anything that a bot has bought and forgotten."""
    assert Account(monkeypatch, **coins).minutes(60) == []


def test_an_entry_that_is_filled_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """What its open order has bought is explained, although Freqtrade does not count it yet."""
    trade = in_database()
    trade.orders.append(order_of(trade, 100.0, 5.0, id=None, filled=2.0, order_type="limit"))
    Trade.commit()
    assert Account(monkeypatch, HAND=12.0).minutes(60) == []


def test_a_fill_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Freqtrade's balances are older than the order: fresh ones are read before anything is said."""
    in_database()
    account = Account(monkeypatch, HAND=4.0)
    account.coins = {"HAND": 10.0}
    assert account.minutes(60) == []
    assert account.updates == 1


@pytest.mark.parametrize(("side", "held"), [("long", "3"), ("short", "-3")])
def test_a_position_by_hand(monkeypatch: pytest.MonkeyPatch, side: str, held: str) -> None:
    """A perpetual without a trade is named with its size, and its side by the sign."""
    account = Account(monkeypatch, futures=True)
    account.positions = {PERPETUAL: SimpleNamespace(position=3.0, side=side)}
    (text,) = account.minutes(60)
    assert text.startswith(said(f"{held} {PERPETUAL}", "0", "position"))


def test_a_short_trade_explains_its_position(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long position of the same size is another one."""
    in_database(pair=PERPETUAL, is_short=True)
    account = Account(monkeypatch, futures=True)
    account.positions = {PERPETUAL: SimpleNamespace(position=10.0, side="short")}
    assert account.minutes(60) == []
    account.positions = {PERPETUAL: SimpleNamespace(position=10.0, side="long")}
    (text,) = account.minutes(60)
    assert text.startswith(said(f"10 {PERPETUAL}", "-10", "position"))


def test_a_silent_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error is survived, and the next look comes five minutes later, not after one."""
    account = Account(monkeypatch, HAND=2.0)
    asked = list[float]()

    def fail(**_: Any) -> None:
        asked.append(account.now)
        raise TemporaryError

    monkeypatch.setattr(account.balances._strategy.wallets, "update", fail)
    assert account.minutes(20) == []
    assert [later - earlier for earlier, later in pairwise(asked)] == [300.0] * 3
