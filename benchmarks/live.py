"""A running bot: what a loop costs while many positions make new highs, beside the same rules written by hand."""

import gc
import logging
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from freqtrade.commands.arguments import Arguments
from freqtrade.configuration import Configuration
from freqtrade.enums import RunMode
from freqtrade.freqtradebot import FreqtradeBot
from freqtrade.persistence import Order, Trade
from freqtrade.persistence.custom_data import _CustomData
from ground import Ground
from pandas import DataFrame, date_range
from sqlalchemy import event
from stops import WRITTEN_HERE

STRATEGIES = {"robustop": "LiveHandSpan", "by_hand": "LiveHandSpanByHand"}
POSITIONS = 80
LOOPS = 30
WARM_UP = 5
ENTRY = 10_000
"""In ticks. The initial stop is 200 ticks away, so that a span is 200 ticks."""
FIRST = ENTRY + 220
"""In ticks. From here the price rises one tick in each loop: past the first span, and not to the second."""
CANDLES = 1000
ONE_TICK = 1.01
"""In ticks. Freqtrade rounds what a strategy returns, and robustop aims so that this changes nothing."""


class Loops(NamedTuple):
    """The loops of one bot.

    Attributes:
        cpu_seconds: CPU seconds of this process, per loop.
        commits: Transactions that were committed to the trade database, per loop.
        stops: Freqtrade's stops of the positions that are at their high after the last loop, in ticks.
    """

    cpu_seconds: float
    commits: float
    stops: list[float]


def measure_live(ground: Ground, rounds: int) -> dict[str, Any]:
    """Return the figures of both bots, which run in turns."""
    runs: dict[str, list[Loops]] = {key: [] for key in STRATEGIES}
    for number in range(rounds):
        for key in reversed(STRATEGIES) if number % 2 else STRATEGIES:
            with running_bot(ground, STRATEGIES[key]) as bot:
                runs[key].append(loops_of(bot))
    figures: dict[str, Any] = {
        key: {
            "cpu_seconds_per_loop": statistics.median(run.cpu_seconds for run in found),
            "cpu_rounds": [run.cpu_seconds for run in found],
            "commits_per_loop": statistics.median(run.commits for run in found),
        }
        for key, found in runs.items()
    }
    stops = [run.stops for found in runs.values() for run in found]
    return {"positions": POSITIONS, "loops": LOOPS, "same_stops": same_stops(stops), **figures}


def same_stops(stops: list[list[float]]) -> bool:
    """Return whether every position of every bot was at its high, with its stop within a tick of that of the others."""
    complete = all(len(found) == POSITIONS for found in stops)
    return complete and all(max(of_one) - min(of_one) <= ONE_TICK for of_one in zip(*stops, strict=True))


def live_ratios(found: Mapping[str, Any]) -> dict[str, float]:
    """Return the headline numbers."""
    ours, theirs = found["robustop"], found["by_hand"]
    return {
        "live_loop_vs_hand_written": ours["cpu_seconds_per_loop"] / theirs["cpu_seconds_per_loop"],
        "live_commits_per_loop": ours["commits_per_loop"],
        "live_commits_per_loop_plain": theirs["commits_per_loop"],
    }


@contextmanager
def running_bot(ground: Ground, strategy: str) -> Iterator[FreqtradeBot]:
    """Start Freqtrade's dry-run bot in this process, on a trade database in a new file."""
    database = ground.folder / f"live-{strategy}.sqlite"
    for file in ground.folder.glob(f"{database.name}*"):
        file.unlink()
    logging.disable(logging.WARNING)
    bot = FreqtradeBot(bot_config(ground, strategy, database))
    try:
        add_candles(bot)
        buy(bot)
        yield bot
    finally:
        Trade.session.remove()
        _CustomData.session.remove()
        Trade.session.get_bind().dispose()
        bot.exchange.close()
        logging.disable(logging.INFO)


def bot_config(ground: Ground, strategy: str, database: Path) -> dict[str, Any]:
    """Return the configuration of `freqtrade trade`."""
    configs = [word for config in ground.configs for word in ("--config", config)]
    named = {"strategy": strategy, "strategy-path": WRITTEN_HERE, "datadir": ground.candles, "userdir": ground.folder}
    words = [word for name, value in named.items() for word in (f"--{name}", str(value))]
    arguments = Arguments(["trade", *configs, *words, "--db-url", f"sqlite:///{database}"])
    return dict(Configuration(arguments.get_parsed_arg(), RunMode.DRY_RUN).get_config())


def add_candles(bot: FreqtradeBot) -> None:
    """Let the strategy analyze candles that end now, so that nothing is missing in a loop."""
    strategy = bot.strategy
    for pair in pairs_of(bot):
        price = ENTRY * bot.exchange.get_precision_price(pair)
        frame = DataFrame({"date": date_range(end=datetime.now(UTC), periods=CANDLES, freq="5min")})
        frame["date"] = frame["date"].dt.floor("5min")
        for column in ("open", "high", "low", "close"):
            frame[column] = price
        frame["volume"] = 1.0
        analyzed = strategy.analyze_ticker(frame, {"pair": pair})
        # Freqtrade's own way to keep what it has analyzed.
        strategy.dp._set_cached_df(pair, strategy.timeframe, analyzed, bot.config["candle_type_def"])  # noqa: SLF001


def pairs_of(bot: FreqtradeBot) -> list[str]:
    """Return the pairs that are traded."""
    return list(bot.config["exchange"]["pair_whitelist"])


def buy(bot: FreqtradeBot) -> None:
    """Fill the trade database with positions, and report their fills to the strategy."""
    pairs, opened = pairs_of(bot), datetime.now(UTC) - timedelta(hours=2)
    for number in range(POSITIONS):
        trade = position_of(bot, pairs[number % len(pairs)], opened, number)
        Trade.session.add(trade)
        Trade.commit()
        bot.strategy.order_filled(pair=trade.pair, trade=trade, order=trade.orders[0], current_time=opened)
        bot.strategy.ft_stoploss_adjust(trade.open_rate, trade, opened, 0.0, 0, after_fill=True)
        Trade.commit()
    bot.wallets.update()


def position_of(bot: FreqtradeBot, pair: str, opened: datetime, number: int) -> Trade:
    """Return an open trade of one filled order."""
    exchange, tick = bot.exchange, bot.exchange.get_precision_price(pair)
    price = ENTRY * tick
    amount = float(exchange.amount_to_precision(pair, 1000.0 / price))
    trade = Trade(
        pair=pair,
        base_currency=exchange.get_pair_base_currency(pair),
        stake_currency=bot.config["stake_currency"],
        open_rate=price,
        open_rate_requested=price,
        open_date=opened,
        stake_amount=amount * price,
        amount=amount,
        amount_requested=amount,
        fee_open=0.001,
        fee_close=0.001,
        fee_open_currency=bot.config["stake_currency"],
        is_open=True,
        timeframe=5,
        exchange=exchange.id,
        strategy=bot.strategy.get_strategy_name(),
        leverage=1.0,
        amount_precision=exchange.get_precision_amount(pair),
        price_precision=tick,
        precision_mode=exchange.precisionMode,
        precision_mode_price=exchange.precision_mode_price,
    )
    trade.adjust_stop_loss(price, bot.strategy.stoploss, initial=True)
    order = Order(
        order_id=f"buy-{number}",
        ft_is_open=False,
        ft_pair=pair,
        symbol=pair,
        ft_order_side=trade.entry_side,
        side=trade.entry_side,
        order_type="limit",
        status="closed",
        order_date=opened,
        order_filled_date=opened,
        ft_price=price,
        price=price,
        average=price,
        ft_amount=amount,
        amount=amount,
        filled=amount,
        remaining=0.0,
        cost=amount * price,
    )
    trade.orders.append(order)
    return trade


class Rising:
    """The exchange's prices: each of a bot's loops sees a new high.

    Attributes:
        ticks: Tick size of each pair, in price.
        gained: Ticks that each price has gained.
    """

    def __init__(self, bot: FreqtradeBot) -> None:
        """Answer for the bot's exchange from now on, without requests."""
        self.ticks = {pair: bot.exchange.get_precision_price(pair) for pair in pairs_of(bot)}
        self.gained = 0
        bot.exchange.get_rate = self.rate
        bot.exchange.get_rates = lambda pair, *_, **__: (self.rate(pair),) * 2

    def rate(self, pair: str, *_: Any, **__: Any) -> float:
        """Return the price of a pair."""
        return float(round((FIRST + self.gained) * self.ticks[pair], 12))


def loops_of(bot: FreqtradeBot) -> Loops:
    """Run the loops, and return what they cost."""
    prices = Rising(bot)
    for _ in range(WARM_UP):
        run_loop(bot, prices)
    commits: list[None] = []
    event.listen(Trade.session.get_bind(), "commit", lambda _: commits.append(None))
    gc.collect()
    started = time.process_time()
    for _ in range(LOOPS):
        run_loop(bot, prices)
    seconds = time.process_time() - started
    trades = [trade for trade in Trade.get_open_trades() if trade.max_rate == prices.rate(trade.pair)]
    stops = [trade.stop_loss / prices.ticks[trade.pair] for trade in trades]
    return Loops(seconds / LOOPS, len(commits) / LOOPS, stops)


def run_loop(bot: FreqtradeBot, prices: Rising) -> None:
    """Check all positions once at new highs, as Freqtrade's own loop does after it has candles."""
    prices.gained += 1
    bot.strategy.analyze([])
    bot.exit_positions(Trade.get_open_trades())
    Trade.commit()
    bot.process_open_trade_positions()
    Trade.commit()
