"""The result of a check."""

from typing import NamedTuple

OK, NOTE, PROBLEM, VALUE, UNLOADABLE = "ok", "note", "problem", "value", "not loaded"


class Finding(NamedTuple):
    """The result of one check.

    Attributes:
        subject: What was checked.
        verdict: `ok`, `problem` (the bot would not start, or the stops would not work), `note`, `value` (a value that
            matters and where it comes from), or `not loaded` (Freqtrade itself cannot load the strategy).
        detail: The result, and for a problem what to do.
    """

    subject: str
    verdict: str
    detail: str


class Report(NamedTuple):
    """All findings about one strategy.

    Attributes:
        strategy: Name of the strategy class.
        file: The strategy's file; empty if it was not found.
        findings: What was found.
    """

    strategy: str
    file: str
    findings: list[Finding]

    @property
    def loads(self) -> bool:
        """True if Freqtrade loads the strategy by itself, without robustop."""
        return not any(finding.verdict == UNLOADABLE for finding in self.findings)

    @property
    def problems(self) -> list[str]:
        """What has to be changed; empty if the stops would work or the strategy does not load."""
        return [finding.detail for finding in self.findings if finding.verdict == PROBLEM]

    @property
    def status(self) -> int:
        """Exit status: 0 the stops would work, 1 a problem, 2 not loaded."""
        return 2 if not self.loads else 1 if self.problems else 0


def one_line(text: object) -> str:
    """Return a text without line breaks."""
    return " ".join(str(text).split())
