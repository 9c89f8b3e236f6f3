"""Asks a bot's exchange for the prices at which the bot would close its trades now."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from freqtrade.configuration import Configuration
from freqtrade.enums import RunMode
from freqtrade.exceptions import FreqtradeException
from freqtrade.resolvers import ExchangeResolver

from robustop_plugin.core.facts import is_price
from robustop_plugin.core.side import SHORT


def exit_prices(
    configs: Sequence[Path], positions: Iterable[tuple[str, int]]
) -> tuple[dict[tuple[str, int], float], str | None]:
    """Return the price of each pair and side; a position whose price is unknown is left out.

    Exits are priced as the configuration says. No key is used, because prices are public.

    Args:
        configs: Freqtrade's configuration files.
        positions: Pairs, each with +1 for long or -1 for short.

    Returns:
        The prices, and in words why the last one is missing; None if none is.
    """
    prices: dict[tuple[str, int], float] = {}
    why: str | None = None
    logging.disable(logging.CRITICAL)
    try:
        given = {"config": [str(config) for config in configs]}
        config = Configuration(given, RunMode.UTIL_EXCHANGE).get_config()
        config["dry_run"] = True
        exchange = ExchangeResolver.load_exchange(config, validate=False)
        for pair, side in positions:
            try:
                price = exchange.get_rate(pair, refresh=True, side="exit", is_short=side == SHORT)
            except FreqtradeException as error:
                why = f"{pair}: {error}"
                continue
            if is_price(price):
                prices[pair, side] = float(price)
        exchange.close()
    except (FreqtradeException, OSError) as error:
        why = str(error)
    finally:
        logging.disable(logging.NOTSET)
    return prices, why
