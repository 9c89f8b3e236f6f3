"""What counts: seen in two looks in a row, long enough; and what ends it."""

from typing import Any

from robustop_plugin.operate.findings.finding import Finding, Severity, Source
from robustop_plugin.operate.monitor.suspicions import Suspicions

EVERYTHING = frozenset(Source)


def finding(**over: Any) -> Finding:
    """Return a finding of the exchange."""
    return Finding("doubled_stop", Severity.WARNING, Source.EXCHANGE, "two", "cancel one", pair="A")._replace(**over)


def confirmed(*looks: tuple[float, list[Finding]], seen: frozenset[Source] = EVERYTHING) -> list[Any]:
    """Return what is confirmed after looks at these times: since when, and whether it is open."""
    suspicions = Suspicions(seconds=2.0)
    for now, found in looks:
        suspicions.note(found, now, seen)
    return [(suspicion.since, suspicion.is_open) for suspicion in suspicions.confirmed]


def test_one_look_is_none() -> None:
    """Two in a row are, if two loops have passed between them."""
    one = [finding()]
    assert confirmed((10, one)) == []
    assert confirmed((10, one), (11.9, one)) == []
    assert confirmed((10, one), (12, one)) == [(10, True)]
    assert confirmed((10, one), (11, one), (12, one)) == [(10, True)]


def test_a_look_that_does_not_see_it_begins_anew() -> None:
    """A stop that is moved again and again is missing now and then, and never twice in a row."""
    one = [finding()]
    assert confirmed((10, one), (12, []), (14, one), (16, [])) == []


def test_another_order_is_another_finding() -> None:
    """Two looks at two orders have seen each once."""
    assert confirmed((10, [finding(of_what=("1",))]), (12, [finding(of_what=("2",))])) == []


def test_patience_is_counted_from_the_time_that_is_known() -> None:
    """Else from the first look."""
    slow = [finding(patience=70.0)]
    assert confirmed((10, slow), (79, slow)) == []
    assert confirmed((10, slow), (80, slow)) == [(10, True)]
    known = [finding(patience=70.0, since=-100.0)]
    assert confirmed((10, known), (12, known)) == [(-100, True)]


def test_what_ends_is_kept() -> None:
    """A report tells of it, and that it is over; if it comes again, that is another one."""
    one = [finding()]
    assert confirmed((10, one), (12, one), (14, [])) == [(10, False)]
    assert confirmed((10, one), (12, one), (14, []), (16, one), (18, one)) == [(10, False), (16, True)]


def test_what_could_not_be_looked_at_ends_nothing() -> None:
    """An exchange that does not answer has mended nothing."""
    suspicions = Suspicions(seconds=2.0)
    suspicions.note([finding()], 10, EVERYTHING)
    suspicions.note([finding()], 12, EVERYTHING)
    suspicions.note([], 14, frozenset({Source.DATABASE, Source.BOT}))
    assert [suspicion.is_open for suspicion in suspicions.confirmed] == [True]
    suspicions.note([], 16, EVERYTHING)
    assert [suspicion.is_open for suspicion in suspicions.confirmed] == [False]
