"""What ccxt returns becomes facts; each exchange lists its stops in its own way; no secret is shown."""

from typing import Any

import ccxt
import freqtrade.exchange as host
import pytest
from freqtrade.exchange import MAP_EXCHANGE_CHILDCLASS, Exchange

from robustop_plugin.operate.exchange.client import ExchangeUnreachable, connect, without_secrets
from robustop_plugin.operate.exchange.last_trades import LastTrades
from robustop_plugin.operate.exchange.parsing import coins_of, market_of, order_of, positions_of
from robustop_plugin.operate.exchange.stop_lists import FUTURES, SPOT, stop_list_of, why_unsure

CONTRACT = {
    "symbol": "ABC/USDT:USDT",
    "base": "ABC",
    "contract": True,
    "contractSize": 10,
    "active": True,
    "precision": {"amount": 1, "price": 0.1},
    "limits": {"amount": {"min": 1}, "cost": {"min": 5}},
}


def test_contracts_become_base_currency() -> None:
    """Ten coins a contract: lots, orders and positions; shorts are negative."""
    market = market_of(CONTRACT, 4)
    assert (market.lot, market.least_amount, market.least_cost, market.tick) == (10, 10, 5, 0.1)
    order = {"id": 1, "symbol": "ABC/USDT:USDT", "side": "sell", "amount": 3, "filled": 1, "triggerPrice": 90}
    assert order_of(order, CONTRACT).amount == 20
    position = {"symbol": "ABC/USDT:USDT", "contracts": 3, "side": "short"}
    assert positions_of([position, {"symbol": "elsewhere", "contracts": 1}], {"ABC/USDT:USDT": CONTRACT}) == {
        "ABC/USDT:USDT": -30
    }


def test_precisions_of_both_kinds() -> None:
    """A step, or a number of decimals; significant digits have no step."""
    decimals = {**CONTRACT, "contract": False, "precision": {"amount": 3, "price": 2}}
    assert [(market_of(decimals, mode).lot, market_of(decimals, mode).tick) for mode in (2, 3)] == [
        (0.001, 0.01),
        (0, 0),
    ]


@pytest.mark.parametrize(
    ("order", "amount", "trigger", "triggered"),
    [
        ({"amount": 2.0, "remaining": 1.5, "stopLossPrice": 90, "triggerPrice": 80}, 1.5, 90, False),
        ({"amount": 2.0, "filled": None, "triggerPrice": 80}, 2.0, 80, False),
        ({"amount": 0.0, "triggerPrice": 80, "info": {"closePosition": "true"}}, None, 80, False),
        ({"amount": 2.0, "triggerPrice": 80, "info": {"isWorking": True}}, 2.0, 80, True),
        ({"amount": 2.0, "price": 100}, 2.0, None, False),
    ],
)
def test_orders(order: dict[str, Any], amount: float | None, trigger: float | None, triggered: bool) -> None:
    """What is left of them, what triggers them, and whether it has."""
    read = order_of({"id": 1, "side": "sell", **order}, {"symbol": "ABC/USDT"})
    assert (read.amount, read.trigger, read.is_triggered) == (amount, trigger, triggered)
    assert read.is_stop == (trigger is not None)


def test_coins() -> None:
    """Free or in orders; nothing of what is not held."""
    assert coins_of({"total": {"ABC": 2.0, "XYZ": 0.0, "QQQ": None}}) == {"ABC": 2.0}


def rests_in(name: str, *, futures: bool) -> bool:
    """Return True if Freqtrade can let stops rest on an exchange."""
    cls = getattr(host, MAP_EXCHANGE_CHILDCLASS.get(name, name).title(), Exchange)
    options = {**cls._ft_has_default, **cls._ft_has, **(cls._ft_has_futures if futures else {})}
    modes = [str(mode) for mode, _ in cls._supported_trading_mode_margin_pairs]
    return bool(options.get("stoploss_on_exchange")) and ("futures" if futures else "spot") in modes


@pytest.mark.parametrize("futures", [False, True], ids=["spot", "futures"])
def test_every_exchange_on_which_freqtrade_lets_stops_rest_has_a_list(futures: bool) -> None:
    """And ccxt knows each that is in the tables."""
    names = [name for name in ccxt.exchanges if rests_in(name, futures=futures)]
    assert "binance" in names
    missing = {name for name in names if stop_list_of(name, futures=futures) is None}
    # Other sites of Binance and Bybit: nobody has looked whether they answer alike.
    assert missing <= {"binanceus", "binanceusdm", "binancecoinm", "bybiteu"}
    assert set(SPOT if not futures else FUTURES) <= set(ccxt.exchanges)


def test_what_is_not_known_is_said() -> None:
    """Binance is tested, others are as documented, the rest is unknown."""
    assert why_unsure("binance", futures=True) is None
    assert "was not tested" in str(why_unsure("okx", futures=True))
    assert "is not known" in str(why_unsure("mexc", futures=False))


def test_the_configuration_is_that_of_the_bot() -> None:
    """Names of keys as Freqtrade takes them, and the options of both blocks."""
    exchange = {
        "name": "Binance",
        "key": "k",
        "secret": "s",
        "ccxt_config": {"timeout": 1234, "options": {"own": 1}},
        "ccxt_sync_config": {"httpsProxy": "http://127.0.0.1:1"},
    }
    client = connect({"exchange": exchange, "trading_mode": "futures"})
    assert (client.apiKey, client.secret, client.timeout, client.httpsProxy) == ("k", "s", 1234, "http://127.0.0.1:1")
    assert (client.options["defaultType"], client.options["own"]) == ("swap", 1)
    assert not connect({"exchange": exchange}, with_key=False).apiKey
    with pytest.raises(ExchangeUnreachable, match=r"exchange.name was 'nowhere'"):
        connect({"exchange": {"name": "nowhere"}})


def test_no_signature_in_an_error() -> None:
    """Queries are left out, and what is long is cut."""
    assert without_secrets(Exception("GET https://x/y?signature=abc&z failed")) == "GET https://x/y failed"
    assert len(without_secrets(Exception("x" * 999))) < 400


class Candles:
    """A ccxt exchange that has candles of a minute; this is the seam of ccxt."""

    def __init__(self, rows: list[list[float]]) -> None:
        """Take the candles."""
        self._rows = rows

    def fetch_ohlcv(self, pair: str, timeframe: str, limit: int) -> list[list[float]]:
        """Return them."""
        return self._rows


def test_when_a_pair_was_traded() -> None:
    """By the last minute with a volume, and later by what changes."""
    trades = LastTrades(Candles([[0, 1, 1, 1, 1, 5.0], [60_000, 1, 1, 1, 1, 0.0]]))
    assert trades.note("A", {"last": 1.0, "baseVolume": 5.0}, 100.0) == 60.0
    assert trades.note("A", {"last": 1.0, "baseVolume": 5.0}, 110.0) == 60.0
    assert trades.note("A", {"last": 1.0, "baseVolume": 6.0}, 120.0) == 120.0
    assert trades.note("A", {"last": 1.0, "baseVolume": 6.0}, 130.0) == 120.0
    assert LastTrades(Candles([])).note("A", {"last": 1.0, "baseVolume": None}, 100.0) == 100.0
    assert LastTrades(Candles([[60_000, 1, 1, 1, 1, 5.0]])).note("A", {"last": 1.0}, 100.0) == 100.0
