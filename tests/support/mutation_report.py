"""Results of `mutmut run`: the score of each file, and the survivors that `survivors.toml` does not explain.

A mutant is identified by its change, not by its number: numbers move with every edit of the code.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

LOWEST_SCORE = 0.9
NOTICED = ("killed", "timeout", "segfault")
"""Results of a killed mutant: the tests failed, timed out, or crashed."""

LIST = Path(__file__).parents[1] / "mutation" / "survivors.toml"


class Change(NamedTuple):
    """A mutant's change: in this function, a line is replaced by another."""

    function: str
    line: str
    becomes: str

    def __str__(self) -> str:
        """Return the change as the list of explanations writes it."""
        line, becomes = (f"'{text}'" if "'" not in text else json.dumps(text) for text in (self.line, self.becomes))
        return f"[[survivors]]\nfunction = '{self.function}'\nline = {line}\nbecomes = [{becomes}]\nwhy = ''\n"


def mutmut(*arguments: str) -> list[str]:
    """Return the output lines of a mutmut command."""
    done = subprocess.run([sys.executable, "-m", "mutmut", *arguments], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()


def results(lines: Iterable[str]) -> dict[str, str]:
    """Parse the result of each mutant, by name, from `mutmut results`."""
    return dict(line.strip().rsplit(": ", 1) for line in lines if "__mutmut_" in line)


def file_of(mutant: str) -> str:
    """Return the file of a mutant."""
    return mutant.rpartition(".")[0].replace(".", "/") + ".py"


def function_of(mutant: str) -> str:
    """Return the function or `Class.method` of a mutant."""
    mangled = mutant.rpartition(".")[2].rpartition("__mutmut_")[0]
    return mangled.removeprefix("xǁ").replace("ǁ", ".") if mangled.startswith("xǁ") else mangled.removeprefix("x_")


def change_of(mutant: str, diff: Iterable[str]) -> Change:
    """Parse a mutant's change from `mutmut show`; whitespace does not count."""
    changed = [line for line in diff if re.match(r"[+-](?![+-]{2} )", line)]
    sides = (" ".join(" ".join(line[1:] for line in changed if line[0] == sign).split()) for sign in "-+")
    return Change(function_of(mutant), *sides)


def explanations(text: str) -> dict[Change, str]:
    """Return the reason recorded for each explained survivor."""
    found = {}
    for entry in tomllib.loads(text).get("survivors", []):
        for becomes in entry["becomes"]:
            found[Change(entry["function"], entry["line"], becomes)] = entry["why"]
    return found


def score(found: Iterable[str]) -> float:
    """Return the share of the mutants that were killed."""
    counts = Counter(result in NOTICED for result in found)
    return counts[True] / counts.total()


def table_of(found: Mapping[str, str]) -> Table:
    """Return the score of every file and the total."""
    table = Table("file", "killed", "by timeout", "of", "score", title="Mutants of the code, killed by the tests")
    for file in (*sorted({file_of(mutant) for mutant in found}), ""):
        here = [result for mutant, result in found.items() if file in ("", file_of(mutant))]
        killed = sum(result in NOTICED for result in here)
        table.add_row(file or "all", str(killed), str(here.count("timeout")), str(len(here)), f"{score(here):.1%}")
    return table


def main() -> int:
    """Print the report; return 1 if a score is too low or a survivor is unexplained."""
    console = Console(markup=False, highlight=False, soft_wrap=True)
    found = results(mutmut("results", "--all", "True"))
    explained = explanations(LIST.read_text(encoding="utf-8"))
    survivors = {name: change_of(name, mutmut("show", name)) for name, result in found.items() if result not in NOTICED}
    console.print(table_of(found))
    new = [name for name, change in survivors.items() if change not in explained]
    for name in new:
        console.print(f"# {name}: {found[name]}, unexplained\n{survivors[name]}")
    for change in explained.keys() - survivors.values():
        console.print(f"# killed or gone, no longer to be explained\n{change}")
    total = score(found.values())
    console.print(f"{total:.1%} killed, at least {LOWEST_SCORE:.0%} wanted; {len(new)} survivors unexplained")
    return int(total < LOWEST_SCORE or bool(new))


if __name__ == "__main__":
    sys.exit(main())
