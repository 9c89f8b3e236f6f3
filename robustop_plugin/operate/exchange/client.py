"""Connects to a bot's exchange with the bot's own configuration: name, key, addresses, proxies."""

import re
import warnings
from collections.abc import Mapping
from typing import Any

from robustop_plugin.settings import merged

KEYS = {
    "apiKey": ("api_key", "apiKey", "key"),
    "secret": ("secret",),
    "password": ("password",),
    "uid": ("uid",),
    "accountId": ("account_id", "accountId"),
    "walletAddress": ("wallet_address", "walletAddress"),
    "privateKey": ("private_key", "privateKey"),
}
"""What ccxt calls the parts of a key, and what Freqtrade's configuration may call each."""
QUERY = re.compile(r"\?\S+")
MOST_WORDS = 300


class ExchangeUnreachable(Exception):
    """The exchange could not be looked at; the message is one line that says why, without a secret in it."""


def is_futures(config: Mapping[str, Any]) -> bool:
    """Return True if a configuration trades futures."""
    return str(config.get("trading_mode") or "spot") == "futures"


def connect(config: Mapping[str, Any], *, with_key: bool = True) -> Any:
    """Return a ccxt exchange; nothing is asked yet.

    Args:
        config: Freqtrade's configuration.
        with_key: False to look at what is public only.

    Raises:
        ExchangeUnreachable: ccxt does not know the exchange, or refuses its configuration.
    """
    import ccxt  # noqa: PLC0415 (takes two seconds)

    exchange: Mapping[str, Any] = config.get("exchange") or {}
    name = str(exchange.get("name", "")).lower()
    if name not in ccxt.exchanges:
        raise ExchangeUnreachable(f"exchange.name was {name!r}: ccxt {ccxt.__version__} knows no such exchange")
    options = merged(
        merged(_defaults(name, config), exchange.get("ccxt_config") or {}), exchange.get("ccxt_sync_config") or {}
    )
    if options.get("verify") is False:
        # The configuration says so: a word at each request would say nothing new.
        warnings.filterwarnings("ignore", module="urllib3", message="Unverified HTTPS request")
    try:
        client = getattr(ccxt, name)({**(_key_in(exchange) if with_key else {}), **options})
    except (ccxt.BaseError, AttributeError, TypeError, ValueError) as error:
        raise ExchangeUnreachable(f"ccxt refuses the configuration of {name}: {without_secrets(error)}") from error
    if exchange.get("demo_trading"):
        client.enable_demo_trading(True)
    return client


def without_secrets(error: Exception) -> str:
    """Return an error in one line, without the queries of addresses, which hold signatures."""
    text = " ".join(QUERY.sub("", f"{error}").split())
    return text if len(text) <= MOST_WORDS else f"{text[:MOST_WORDS]}…"


def _defaults(name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that Freqtrade sets for the market that it trades, and what lists of all pairs need."""
    if is_futures(config):
        more: dict[str, Any] = {"defaultSettle": config.get("stake_currency", "USDT")} if name == "bybit" else {}
        if name == "binance":
            # Else ccxt asks for orders of the spot market where no pair is named.
            more = {"defaultSubType": "linear"}
        return {"options": {"defaultType": "swap", **more}}
    return {"options": {"defaultType": "spot"}}


def _key_in(exchange: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of the key that a configuration has."""
    found = {}
    for part, names in KEYS.items():
        given = next((exchange[name] for name in names if exchange.get(name)), None)
        if given is not None:
            found[part] = given
    return found
