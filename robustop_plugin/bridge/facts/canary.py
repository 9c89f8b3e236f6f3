"""Chooses the trades that robustop acts on: a share of them, the same ones in every process and after every restart."""

from hashlib import sha256

from robustop_plugin.bridge.facts.identity import TradeIdentity

BYTES = 8
SPACE: int = 2 ** (8 * BYTES)


def acts_on(share: float, number: int, identity: TradeIdentity) -> bool:
    """Return True if robustop acts on a trade; a larger share contains the trades of a smaller one.

    Args:
        share: The share of the trades to act on, from 0 to 1.
        number: Freqtrade's number of the trade.
        identity: What identifies it beside its number.
    """
    text = f"{number}:{identity.opened_ms}:{identity.pair}"
    drawn = int.from_bytes(sha256(text.encode()).digest()[:BYTES])
    # Whole numbers, so that a share of 1 has every trade and a share of 0 none.
    return drawn < share * SPACE
