"""What `robustop venue --orders` prints: how to point a live Freqtrade to the venue, on both routes."""

import json
from collections.abc import Iterable

from robustop_plugin.venue.control_coverage import COVERAGE
from robustop_plugin.venue.overlay import live, offline_overlay, proxy_overlay


def order_instructions(url: str, proxy_url: str, pairs: Iterable[str], *, futures: bool) -> str:
    """Return instructions with a configuration for each route, each as one line of JSON.

    Args:
        url: URL of the venue.
        proxy_url: URL of its proxy.
        pairs: pairs that the venue lists; those of the other market are left out.
        futures: True for USD-M futures, False for spot.
    """
    traded = [pair for pair in pairs if (":" in pair) == futures]
    routes = (
        ("Binance's addresses, replaced by the venue's", offline_overlay(url, traded, futures=futures)),
        ("Binance's own addresses, through the proxy", proxy_overlay(proxy_url, traded, futures=futures)),
    )
    lines = [
        f"To trade {'futures' if futures else 'spot'} live here, save one of these lines as live.json and add",
        "--config live.json, as the last one, to freqtrade trade. No real order is sent and no real key is needed.",
    ]
    for number, (title, overlay) in enumerate(routes, start=1):
        lines += [f"{number}. {title}:", json.dumps(live(overlay))]
    lines += [
        "Through the proxy, ccxt maps errors as at Binance. With replaced addresses it lacks the codes of futures: a",
        'refused stop ("Order would immediately trigger.") counts as a passing error there, and is only retried.',
        "For stops on the venue, set order_types.stoploss_on_exchange to true in the strategy or the configuration.",
        f"What had no stop, and for how long: curl '{url}{COVERAGE}'",
    ]
    return "\n".join(lines)
