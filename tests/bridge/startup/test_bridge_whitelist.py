"""Pairs with settings of their own that no whitelist contains: reported if that is certain, and only then."""

import logging
from typing import Any

import pytest

from robustop_plugin.runner.check import _findings
from tests.support.hand_candles import BLOCK, PAIR, Hand
from tests.support.host import Host

STATIC = [{"method": "StaticPairList"}]
VOLUME = [{"method": "VolumePairList", "number_assets": 5}]
CASES: list[tuple[list[str], list[dict[str, Any]] | None, list[str]]] = [
    ([PAIR], None, ["OTHER/USDT"]),
    ([PAIR], STATIC, ["OTHER/USDT"]),
    ([PAIR, "OTHER/USDT"], STATIC, []),
    ([".*/USDT"], STATIC, []),
    ([".*/USDT"], None, []),
    (["(HAND|OTHER)/USDT"], STATIC, []),
    (["other/.*", PAIR], STATIC, []),
    (["HAND/.*"], STATIC, ["OTHER/USDT"]),
    (["OTHER/USD"], STATIC, [PAIR, "OTHER/USDT"]),
    ([PAIR], VOLUME, []),
    ([PAIR], [*STATIC, {"method": "AgeFilter"}], []),
    ([], VOLUME, []),
]


def with_pairs(host: Host, whitelist: list[str], pairlists: list[dict[str, Any]] | None) -> dict[str, Any]:
    """Return a configuration with settings for two pairs."""
    robustop = {**BLOCK, "pairs": {pair: {"gate": {"emergency_percent": 2.0}} for pair in (PAIR, "OTHER/USDT")}}
    exchange = {**host.base["exchange"], "pair_whitelist": whitelist}
    return {"robustop": robustop, "exchange": exchange, **({} if pairlists is None else {"pairlists": pairlists})}


@pytest.mark.parametrize(("whitelist", "pairlists", "named"), CASES)
def test_check_notes_only_what_is_certain(
    host: Host, whitelist: list[str], pairlists: list[dict[str, Any]] | None, named: list[str]
) -> None:
    """Regular expressions match as Freqtrade's do; a dynamic list says nothing about future pairs."""
    found = _findings(host.load(Hand, **with_pairs(host, whitelist, pairlists)))
    notes = [finding.detail for finding in found if finding.subject == "pairs"]
    assert notes == [f"settings for {pair}, which is not in exchange.pair_whitelist" for pair in named]


@pytest.mark.parametrize(("whitelist", "pairlists", "named"), CASES[:10])
def test_the_start_warns_of_the_same(
    host: Host,
    caplog: pytest.LogCaptureFixture,
    whitelist: list[str],
    pairlists: list[dict[str, Any]] | None,
    named: list[str],
) -> None:
    """The log has one line for each pair."""
    with caplog.at_level(logging.WARNING):
        host.start(Hand, runmode="dry_run", **with_pairs(host, whitelist, pairlists))
    lines = [record.message for record in caplog.records if "not in the whitelist" in record.message]
    assert lines == [
        f"robustop: robustop.pairs has settings for {pair}, which is not in the whitelist" for pair in named
    ]


def test_an_expression_that_is_none_is_left_to_the_host(host: Host) -> None:
    """`*/USDT` is an invalid expression, which Freqtrade itself reports at startup."""
    assert not [
        finding
        for finding in _findings(host.load(Hand, **with_pairs(host, ["*/USDT"], STATIC)))
        if finding.subject == "pairs"
    ]
