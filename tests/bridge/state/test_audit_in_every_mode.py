"""With stops at closes, a dry run, a live bot and a backtest over the same prices write the same audit.

A bot looks at the open of each candle, at its best price, and at its worst or, on the way there, at the stop, where a
backtest sells too. Only the times of the looks differ.
"""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import CandleType
from freqtrade.persistence import Trade
from pandas import DataFrame, date_range

from robustop_plugin.audit.table import read_table
from tests.support.hand_candles import PAIR, START, STEP, Candle, Hand, at
from tests.support.host import Host
from tests.support.restart_walks import ENGINES, block_of
from tests.support.trade_database import open_database_of_host
from tests.support.trades import in_database, order_of

BEFORE = 30
"""Candles that closed before the entry."""
WALKS = range(2)


class Prices:
    """The candles of a trade that is bought at 100 and stopped in the end, and their ATRs.

    Attributes:
        candles: from the entry on.
        atrs: from the first candle before the entry on, in price.
    """

    def __init__(self, seed: int) -> None:
        """Draw them."""
        dice = random.Random(seed)  # noqa: S311 (no secret)
        price, self.candles = 100.0, list[Candle]()
        for _ in range(12):
            close = round(price + dice.choice((-0.4, -0.2, 0.1, 0.3, 0.6, 0.9)), 2)
            high, low = max(price, close) + dice.choice((0.0, 0.15)), min(price, close) - dice.choice((0.0, 0.1))
            self.candles.append((price, round(high, 2), round(low, 2), close))
            price = close
        self.candles += [(price, price, 80.0, 81.0), (81.0,) * 4]
        self.atrs = [dice.choice((0.3, 0.5, 0.7, 1.0)) for _ in range(BEFORE + len(self.candles))]

    def closed(self, candle: int) -> DataFrame:
        """Return the candles that have closed when a candle opens."""
        rows = [(100.0,) * 4] * BEFORE + self.candles[:candle]
        frame = DataFrame(rows, columns=["open", "high", "low", "close"], dtype=float)
        frame.insert(0, "date", date_range(START - BEFORE * STEP, periods=len(rows), freq=STEP))
        frame["volume"], frame["robustop_atr"] = 1000.0, self.atrs[: len(rows)]
        return frame


def of_bot(host: Host, prices: Prices, mode: str, path: Path, block: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the audit of a bot that trades these prices."""
    with open_database_of_host(f"sqlite:///{path}") as url:
        strategy = host.start(Hand, runmode=mode, robustop=block, db_url=url)
        strategy.dp._set_cached_df(PAIR, strategy.timeframe, prices.closed(0), CandleType.SPOT)
        trade = in_database(max_rate=None, min_rate=None)
        strategy.order_filled(pair=PAIR, trade=trade, order=trade.orders[0], current_time=at(0))
        strategy.ft_stoploss_adjust(100.0, trade, at(0), 0.0, 0, after_fill=True)
        Trade.commit()
        for price, now, reason in looks(strategy, prices, trade):
            sell(strategy, trade, price, now, reason)
        strategy.analyze([])
        return list(read_table(Trade.session.get_bind()))


def looks(strategy: Any, prices: Prices, trade: Trade) -> Iterator[tuple[float, Any, str]]:
    """Check the trade at all prices up to its first exit; yield the price, time and reason of that."""
    for number, (opened, high, low, _) in enumerate(prices.candles):
        strategy.dp._set_cached_df(PAIR, strategy.timeframe, prices.closed(number), CandleType.SPOT)
        strategy.analyze([])
        for part in range(int(number == 0), 3):
            price = (opened, high, max(low, trade.stop_loss) if opened > trade.stop_loss else low)[part]
            now = at(number) + timedelta(seconds=20 + 90 * part)
            exits = strategy.should_exit(trade, price, now, enter=False, exit_=False)
            Trade.commit()
            if exits:
                yield price, now, exits[0].exit_reason
                return


def sell(strategy: Any, trade: Trade, price: float, now: Any, reason: str) -> None:
    """Report the exit as filled."""
    done = {"id": None, "ft_is_open": False, "status": "closed", "filled": trade.amount, "remaining": 0.0}
    order = order_of(
        trade, price, ft_order_side="sell", side="sell", ft_order_tag=reason, order_filled_date=now, **done
    )
    trade.orders.append(order)
    trade.exit_reason, trade.is_open = reason, False
    strategy.order_filled(pair=PAIR, trade=trade, order=order, current_time=now)
    Trade.commit()


def of_backtest(host: Host, prices: Prices, block: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the audit of a backtest on these candles."""
    before: list[Candle] = [(100.0,) * 4] * BEFORE
    return host.play(Hand, prices.candles, before=before, columns={"robustop_atr": prices.atrs}, robustop=block).records


@pytest.mark.parametrize("engines", ENGINES)
def test_the_audit_is_the_same_in_every_mode(host: Host, tmp_path: Path, engines: str) -> None:
    """Token, prices, stops, engine, rule, phase, reason and facts of each record are equal; there are moves."""
    block, moves = block_of(engines, "candle"), 0
    for seed in WALKS:
        prices = Prices(seed)
        backtest = [{**record, "time": None} for record in of_backtest(host, prices, block)]
        for mode in ("dry_run", "live"):
            bot = of_bot(host, prices, mode, tmp_path / f"{mode}-{seed}.sqlite", block)
            assert [{**record, "time": None} for record in bot] == backtest
        assert [backtest[0]["action"], backtest[-1]["action"]] == ["initial", "closed"]
        moves += sum(record["action"] == "move" for record in backtest)
    assert moves >= len(WALKS)
