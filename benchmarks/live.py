"""A running bot: what a loop costs while many positions make new highs, beside the same rules written by hand."""

import gc
import logging
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from freqtrade.commands.arguments import Arguments
from freqtrade.configuration import Configuration
from freqtrade.enums import RunMode
from freqtrade.freqtradebot import FreqtradeBot
from freqtrade.persistence import Order, Trade
from freqtrade.persistence.custom_data import _CustomData
from freqtrade.persistence.key_value_store import _KeyValueStoreModel
from freqtrade.persistence.pairlock import PairLock
from freqtrade.persistence.usedb_context import enable_database_use
from freqtrade.persistence.wallet_history import WalletHistory
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


MODELS = (Trade, Order, PairLock, _CustomData, _KeyValueStoreModel, WalletHistory)
"""Freqtrade's tables. Each holds the session of the bot that was started last."""


class Loops(NamedTuple):
    """The loops of one bot.

    Attributes:
        cpu_seconds: CPU seconds of this process, one number per loop.
        commits: Transactions that were committed to the trade database, per loop.
        stops: Freqtrade's stops of the positions that are at their high after the last loop, in ticks.
    """

    cpu_seconds: list[float]
    commits: float
    stops: list[float]


def measure_live(ground: Ground, rounds: int) -> dict[str, Any]:
    """Return the figures of both bots, which run in turns, loop by loop."""
    runs: dict[str, list[Loops]] = {key: [] for key in STRATEGIES}
    for _ in range(rounds):
        with ExitStack() as stack:
            bots = {key: stack.enter_context(running_bot(ground, name)) for key, name in STRATEGIES.items()}
            for key, found in loops_in_turns(bots).items():
                runs[key].append(found)
    figures: dict[str, Any] = {
        key: {
            "cpu_seconds_per_loop": statistics.median(seconds for run in found for seconds in run.cpu_seconds),
            "cpu_rounds": [statistics.median(run.cpu_seconds) for run in found],
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


class RunningBot:
    """A bot beside others in this process, and the prices that its exchange answers: new highs in each loop.

    Attributes:
        bot: Freqtrade's bot.
        ticks: Tick size of each pair, in price.
        gained: Ticks that each price has gained.
        commits: One entry for each transaction that was committed.
    """

    def __init__(self, bot: FreqtradeBot) -> None:
        """Take a bot that has just started, and its database."""
        self.bot = bot
        self.ticks = {pair: bot.exchange.get_precision_price(pair) for pair in pairs_of(bot)}
        self.gained = 0
        self.commits: list[None] = []
        self._sessions = {model: model.session for model in MODELS}
        bot.exchange.get_rate = self.rate
        bot.exchange.get_rates = lambda pair, *_, **__: (self.rate(pair),) * 2
        event.listen(Trade.session.get_bind(), "commit", lambda _: self.commits.append(None))

    def rate(self, pair: str, *_: Any, **__: Any) -> float:
        """Return the price of a pair, without a request."""
        return float(round((FIRST + self.gained) * self.ticks[pair], 12))

    def activate(self) -> None:
        """Give Freqtrade the database of this bot."""
        for model, session in self._sessions.items():
            model.session = session

    def loop(self) -> float:
        """Check all positions once, as Freqtrade's own loop does after it has candles; return the CPU seconds."""
        self.activate()
        self.gained += 1
        started = time.process_time()
        self.bot.strategy.analyze([])
        self.bot.exit_positions(Trade.get_open_trades())
        Trade.commit()
        self.bot.process_open_trade_positions()
        Trade.commit()
        return time.process_time() - started

    def stops(self) -> list[float]:
        """Return Freqtrade's stops, in ticks, of the positions that are at their high."""
        self.activate()
        trades = [trade for trade in Trade.get_open_trades() if trade.max_rate == self.rate(trade.pair)]
        return [trade.stop_loss / self.ticks[trade.pair] for trade in trades]

    def close(self) -> None:
        """End the strategy, and close the database and the exchange."""
        self.activate()
        self.bot.strategy.ft_bot_cleanup()
        Trade.session.remove()
        _CustomData.session.remove()
        Trade.session.get_bind().dispose()
        self.bot.exchange.close()


@contextmanager
def running_bot(ground: Ground, strategy: str, positions: int = POSITIONS) -> Iterator[RunningBot]:
    """Start Freqtrade's dry-run bot in this process, on a trade database in a new file."""
    database = ground.folder / f"live-{strategy}.sqlite"
    for file in ground.folder.glob(f"{database.name}*"):
        file.unlink()
    logging.disable(logging.WARNING)
    # A backtest in this process has switched the database off.
    enable_database_use()
    running = RunningBot(FreqtradeBot(bot_config(ground, strategy, database)))
    try:
        add_candles(running.bot)
        buy(running.bot, positions)
        yield running
    finally:
        running.close()
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


def buy(bot: FreqtradeBot, positions: int = POSITIONS) -> None:
    """Fill the trade database with positions, and report their fills to the strategy."""
    pairs, opened = pairs_of(bot), datetime.now(UTC) - timedelta(hours=2)
    for number in range(positions):
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


def loops_in_turns(bots: Mapping[str, RunningBot]) -> dict[str, Loops]:
    """Run the loops of all bots, one of each in turn, and return what they cost."""
    for _ in range(WARM_UP):
        for bot in bots.values():
            bot.loop()
            bot.commits.clear()
    gc.collect()
    seconds: dict[str, list[float]] = {key: [] for key in bots}
    for number in range(LOOPS):
        for key in list(reversed(bots)) if number % 2 else list(bots):
            seconds[key].append(bots[key].loop())
    return {key: Loops(seconds[key], len(bot.commits) / LOOPS, bot.stops()) for key, bot in bots.items()}
