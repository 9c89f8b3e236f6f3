"""Finds coins or contracts that no open trade explains, or that open trades count and the account does not hold."""

from collections.abc import Iterator
from typing import NamedTuple

from robustop_plugin.core.fee_coins import FEE_COINS
from robustop_plugin.operate.exchange.account import Account
from robustop_plugin.operate.findings.finding import Finding, Severity, Source, number
from robustop_plugin.operate.findings.look import Look, counted
from robustop_plugin.operate.trade_view import TradeView

NAME = "unexplained_holding"


class Holding(NamedTuple):
    """What is held of a coin or perpetual, in base currency; short positions are negative.

    Attributes:
        what: the coin, or the perpetual.
        pair: a pair of the coin, or the perpetual.
        held: what the account holds.
        counted: what the open trades count.
        trade: an open trade of it; None without one.
    """

    what: str
    pair: str
    held: float
    counted: float
    trade: TradeView | None = None

    @property
    def difference(self) -> float:
        """What the account holds beyond the open trades; negative if it lacks something."""
        return self.held - self.counted


def find(look: Look) -> Iterator[Finding]:
    """Yield one finding for each coin, or perpetual, of which more than dust is unexplained."""
    if look.account is None or look.is_dry_run:
        return
    for holding in _positions(look, look.account) if look.account.is_futures else _coins(look, look.account):
        if _is_dust(look.account, holding.pair, holding.difference):
            continue
        lacks = abs(holding.held) < abs(holding.counted) or holding.held * holding.counted < 0
        yield Finding(
            NAME,
            Severity.CRITICAL if lacks else Severity.WARNING,
            Source.EXCHANGE,
            f"the account holds {number(holding.held)} {holding.what}, and the open trades count "
            f"{number(holding.counted)}: {number(abs(holding.difference))} "
            + ("are missing" if lacks else "are protected by nothing"),
            "if you have closed it by hand, let the bot read the trade again (/reload_trade)"
            if lacks
            else f"if you hold it for another reason, add --ignore {NAME}:{holding.what}; else look on the exchange "
            "for an order that Freqtrade does not know, and close what it has bought",
            trade=holding.trade,
            pair=holding.pair,
            of_what=(number(holding.difference),),
        )


def is_held(look: Look, trade: TradeView) -> bool:
    """Return True if the account holds more than dust of a trade; a stop for less would protect nothing."""
    if look.account is None:
        return True
    market = look.account.markets.get(trade.pair)
    what = trade.pair if look.account.is_futures or market is None else market.coin
    return not _is_dust(look.account, trade.pair, look.account.holdings.get(what, 0.0))


def _coins(look: Look, account: Account) -> Iterator[Holding]:
    own = {FEE_COINS.get(trade.exchange) for trade in (*look.trades, *look.closed)} | {look.terms.stake_currency}
    markets = [account.markets[pair] for pair in sorted(look.pairs) if pair in account.markets]
    for coin, pair in {market.coin: market.pair for market in markets}.items():
        of_coin = [market.pair for market in markets if market.coin == coin]
        trades = [trade for trade in look.positions if trade.pair in of_coin]
        if coin not in own:
            held = account.holdings.get(coin, 0.0)
            pair_of_trade = trades[0].pair if trades else pair
            yield Holding(coin, pair_of_trade, held, sum(map(counted, trades)), next(iter(trades), None))


def _positions(look: Look, account: Account) -> Iterator[Holding]:
    for pair in sorted({*account.holdings, *(trade.pair for trade in look.positions)}):
        trades = [trade for trade in look.positions if trade.pair == pair]
        count = sum(trade.side * counted(trade) for trade in trades)
        yield Holding(pair, pair, account.holdings.get(pair, 0.0), count, next(iter(trades), None))


def _is_dust(account: Account, pair: str, amount: float) -> bool:
    """Return True if an amount is too small for an order of its own."""
    market, price = account.markets.get(pair), account.prices.get(pair)
    if market is None or amount == 0:
        return amount == 0
    least = max(market.least_amount, market.lot)
    return abs(amount) < least or (price is not None and abs(amount) * price.last < market.least_cost)
