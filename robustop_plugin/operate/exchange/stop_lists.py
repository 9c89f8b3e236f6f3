"""How each exchange lists the stop orders of an account, which differs between exchanges and markets.

Some list them with all other orders, some only in a list of their own, for which ccxt wants parameters. What is here
for Binance is tested; what is here for others is what ccxt's documentation says. An exchange that is not here may have
a third way: its stop orders are then not looked for.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

WITH_THE_OTHERS: Mapping[str, Any] = {}
TRIGGER = {"trigger": True}


class StopList(NamedTuple):
    """Where the stop orders of an exchange are listed.

    Attributes:
        params: parameters of the list of their own; empty if they are among all other orders.
        is_tested: False if this is known from ccxt's documentation only.
    """

    params: Mapping[str, Any]
    is_tested: bool = False


SPOT = {
    "binance": StopList(WITH_THE_OTHERS, is_tested=True),
    "bingx": StopList(WITH_THE_OTHERS),
    "bitget": StopList(TRIGGER),
    "bybit": StopList(TRIGGER),
    "gate": StopList(TRIGGER),
    "htx": StopList(WITH_THE_OTHERS),
    "kraken": StopList(WITH_THE_OTHERS),
    "kucoin": StopList(TRIGGER),
    "okx": StopList({"trigger": True, "ordType": "conditional"}),
}
FUTURES = {
    "binance": StopList(TRIGGER, is_tested=True),
    "bingx": StopList(WITH_THE_OTHERS),
    "bitget": StopList({"trigger": True, "planType": "profit_loss"}),
    "bybit": StopList(TRIGGER),
    "gate": StopList(TRIGGER),
    "hyperliquid": StopList(WITH_THE_OTHERS),
    "krakenfutures": StopList(WITH_THE_OTHERS),
    "okx": StopList({"trigger": True, "ordType": "conditional"}),
}
OTHER_NAMES = {"gateio": "gate", "huobi": "htx", "myokx": "okx", "okxus": "okx"}
"""Names of the same exchange, or of a site of it with the same interface."""


def stop_list_of(exchange: str, *, futures: bool) -> StopList | None:
    """Return where an exchange, by ccxt's name, lists stop orders; None if that is not known."""
    return (FUTURES if futures else SPOT).get(OTHER_NAMES.get(exchange, exchange))


def why_unsure(exchange: str, *, futures: bool) -> str | None:
    """Return a sentence for a person if the list of stop orders is not to be relied upon; None if it is."""
    listed = stop_list_of(exchange, futures=futures)
    market = "futures" if futures else "spot"
    if listed is None:
        return (
            f"how {exchange} lists the stop orders of {market} is not known: what Freqtrade has written about them is "
            "believed, and nothing is said about orders that it does not know"
        )
    if not listed.is_tested:
        return (
            f"the stop orders of {exchange} ({market}) are read as ccxt documents it, which was not tested: if one is "
            "said to be missing, look on the exchange first"
        )
    return None
