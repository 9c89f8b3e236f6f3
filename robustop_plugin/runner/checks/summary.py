"""The summary of a folder: how many load, how many pass, and the reasons why others do not."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from robustop_plugin.runner.checks.finding import UNLOADABLE, Report
from robustop_plugin.runner.checks.folder import CheckedFile

LONGEST_REASON = 110
PROBLEM_KIND, UNLOADED_KIND = "problem", "not loaded"


class Reason(NamedTuple):
    """A reason that strategies share.

    Attributes:
        kind: `problem`, or `not loaded`.
        reason: The reason, without names and remedies.
        number: Number of strategies, or of files where no strategy could be read.
        strategies: Their names.
    """

    kind: str
    reason: str
    number: int
    strategies: list[str]


class Summary(NamedTuple):
    """The summary of a folder.

    Attributes:
        files: Number of files.
        without_strategy: Number of files without a strategy.
        files_loaded: Files with a strategy that Freqtrade loads by itself.
        files_passed: Files of which every such strategy passes.
        strategies: Number of strategies; a file that cannot be read counts as one.
        loaded: Strategies that Freqtrade loads by itself.
        passed: Strategies whose stops would work.
        reasons: Why the others do not, the most frequent first.
    """

    files: int
    without_strategy: int
    files_loaded: int
    files_passed: int
    strategies: int
    loaded: int
    passed: int
    reasons: list[Reason]

    @property
    def status(self) -> int:
        """Exit status: 0 all that load pass, 1 a problem, 2 nothing loads."""
        return 2 if not self.loaded else 1 if self.passed < self.loaded else 0


def summarize(files: Sequence[CheckedFile]) -> Summary:
    """Return the summary of the files of a folder."""
    reports = [report for file in files for report in file.reports]
    loaded_by_file = [[report for report in file.reports if report.loads] for file in files]
    return Summary(
        files=len(files),
        without_strategy=sum(not file.reports for file in files),
        files_loaded=sum(bool(loaded) for loaded in loaded_by_file),
        files_passed=sum(bool(loaded) and not any(map(_has_problems, loaded)) for loaded in loaded_by_file),
        strategies=len(reports),
        loaded=sum(report.loads for report in reports),
        passed=sum(report.status == 0 for report in reports),
        reasons=list(_reasons(reports)),
    )


def _has_problems(report: Report) -> bool:
    return bool(report.problems)


def _reasons(reports: Sequence[Report]) -> Iterator[Reason]:
    found: dict[tuple[str, str], list[str]] = {}
    for report in reports:
        name = report.strategy or report.file
        for problem in dict.fromkeys(map(short_reason, report.problems)):
            found.setdefault((PROBLEM_KIND, problem), []).append(name)
        for finding in report.findings:
            if finding.verdict == UNLOADABLE:
                found.setdefault((UNLOADED_KIND, short_cause(finding.detail)), []).append(name)
    for (kind, reason), names in sorted(found.items(), key=lambda item: (item[0][0] != PROBLEM_KIND, -len(item[1]))):
        yield Reason(kind, reason, len(names), list(dict.fromkeys(names)))


def short_reason(problem: str) -> str:
    """Return a problem without its remedy and without the name of the class."""
    return re.sub(r"^\w+\.(?=\w+ )", "", problem.split(": ", maxsplit=1)[0])[:LONGEST_REASON]


def short_cause(cause: str) -> str:
    """Return why Freqtrade does not load a strategy, without the file."""
    imported = re.search(r"due to '(.*)'(?:[:;]|$)", cause)
    text = imported[1] if imported else cause
    return re.sub(r" \(\S+, line \d+\)| from '[^']*'( \(\S+\))?", "", text)[:LONGEST_REASON]
