"""The loopback Binance of a rehearsal: its markets, and its control calls."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.rehearsal.facts import Uncovered
from robustop_plugin.rehearsal.web import ask
from robustop_plugin.venue.audit import LEDGER
from robustop_plugin.venue.control import PRICE, STATE
from robustop_plugin.venue.control_coverage import COVERAGE
from robustop_plugin.venue.control_orders import CANCEL, FILL
from robustop_plugin.venue.datadir import FUTURES
from robustop_plugin.venue.decimals import on_grid_one
from robustop_plugin.venue.intervals import LENGTHS
from robustop_plugin.venue.market import Market, write_market
from robustop_plugin.venue.overlay import live, offline_overlay, proxy_overlay
from robustop_plugin.venue.server import Venue

SEED = 7
CANDLES = 1100
"""Candles of the strategy's timeframe: more than an exchange sends at once."""
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
"""Milliseconds."""
FEWEST_DAYS = 5
HAIR = 1e-6
"""Share of a step by which a quotient may be off."""


class VenueRefused(Exception):
    """The venue refused a control call; the message is its answer."""


class Exchange:
    """Controls a venue.

    Attributes:
        pairs: the scenario's pairs, in order.
        lots: the smallest quantity of each pair, in the base currency.
    """

    def __init__(self, url: str, markets: Sequence[Market]) -> None:
        """Take the venue's URL and the markets that are traded."""
        self._url = url
        self.lots = {market.pair: market.step_size for market in markets}
        self.pairs = list(self.lots)

    def state(self) -> Any:
        """Return time, prices, balances, positions, open orders and fills."""
        return ask(self._url, STATE)[1]

    def move(self, pair: str, price: float) -> float:
        """Trade at a price, and return it on the grid of prices."""
        return float(self.control(PRICE, {"pair": pair, "price": price})["last"])

    def last(self, pair: str) -> float:
        """Return a pair's last price."""
        return float(self.state()["markets"][pair]["last"])

    def total(self, account: str) -> dict[str, float]:
        """Return the balances of `spot` or `futures`, by currency."""
        balances = self.state()["balances"][account]
        return {currency: balance["free"] + balance["locked"] for currency, balance in balances.items()}

    def rounded(self, pair: str, quantity: float) -> float:
        """Return a quantity rounded down to the pair's steps, at least one."""
        step = self.lots[pair]
        return on_grid_one(max(1, int(quantity / step + HAIR)) * step, step)

    def fill(self, order: int, quantity: float) -> None:
        """Fill a quantity of a resting order."""
        self.control(FILL, {"order": order, "quantity": quantity})

    def cancel(self, order: int) -> None:
        """Cancel a resting order as a person does on the exchange."""
        self.control(CANCEL, {"order": order})

    def uncovered(self, since: Callable[[float], float]) -> tuple[Uncovered, ...]:
        """Return when positions had no stop on the exchange.

        Args:
            since: turns the exchange's times into those of the rehearsal.
        """
        report = ask(self._url, COVERAGE)[1]
        return tuple(
            Uncovered(position["pair"], since(span["begin"]), since(span["end"] or report["now"]))
            for position in report["positions"]
            for span in position["uncovered"]
        )

    def problems(self) -> tuple[str, ...]:
        """Return what the exchange's audit of its own ledger found."""
        return tuple(ask(self._url, LEDGER)[1]["problems"])

    def control(self, path: str, body: Any) -> Any:
        """Make a control call and return its answer.

        Raises:
            VenueRefused: The venue refused it.
        """
        status, answer = ask(self._url, path, "POST", body)
        if status != 200:  # noqa: PLR2004 (HTTP's success)
            raise VenueRefused(f"{answer}")
        return answer


@contextmanager
def served(
    datadir: Path, markets: Sequence[Market], *, traded: int, futures: bool, route: str
) -> Iterator[tuple[Exchange, dict[str, Any]]]:
    """Serve markets with the candles of a folder; yield the exchange and the overlay of a live bot.

    Args:
        datadir: the folder.
        markets: all markets, which a strategy may look at.
        traded: how many of them are traded, from the first on.
        futures: True for perpetuals.
        route: `url` or `proxy`.
    """
    venue = Venue(markets, datadir)
    with venue.serve(proxy_port=0) as url:
        pairs = [market.pair for market in markets[:traded]]
        if route == "proxy":
            overlay = proxy_overlay(str(venue.proxy_url), pairs, futures=futures)
        else:
            overlay = offline_overlay(url, pairs, futures=futures)
        yield Exchange(url, markets[:traded]), live(overlay)


def write_candles(datadir: Path, timeframe: str, count: int, *, futures: bool) -> list[Market]:
    """Write candles of the embedded market, and return its markets.

    Args:
        datadir: an empty folder.
        timeframe: the strategy's timeframe; the candles are as short or shorter.
        count: number of markets that are needed; beyond the embedded ones, there are copies under other names.
        futures: True to list them as perpetuals.

    Raises:
        InvalidSettings: The timeframe is unknown.
    """
    if timeframe not in LENGTHS:
        raise InvalidSettings(f"timeframe was {timeframe!r}: it must be one of {', '.join(LENGTHS)}")
    length = LENGTHS[timeframe]
    base = "1m" if length < 5 * MINUTE else "5m" if length <= HOUR else "1h"
    days = max(FEWEST_DAYS, -(-CANDLES * length // DAY))
    markets = write_market(datadir, days=days, seed=SEED, timeframe=base)
    embedded = len(markets)
    for number in range(embedded, count):
        original = markets[number % embedded]
        market = original._replace(pair=f"COPY{number}/{original.quote}", base=f"COPY{number}")
        shutil.copy(datadir / _file(original, base), datadir / _file(market, base))
        markets.append(market)
    if not futures:
        return markets
    folder = datadir / FUTURES
    folder.mkdir()
    for market in markets:
        name = f"{market.base}_{market.quote}_{market.quote}-{base}-futures.feather"
        shutil.move(datadir / _file(market, base), folder / name)
    return [market._replace(pair=f"{market.pair}:{market.quote}", settle=market.quote) for market in markets]


def _file(market: Market, timeframe: str) -> str:
    return f"{market.base}_{market.quote}-{timeframe}.feather"
