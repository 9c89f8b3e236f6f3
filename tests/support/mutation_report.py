"""What `mutmut run` found: the score of each file, and the survivors that `survivors.toml` does not explain.

A mutant is known by what it changes, not by its number: numbers move with every edit of the code.
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
"""Results of a mutant that the tests noticed: they failed, never ended, or lost their process."""

LIST = Path(__file__).parents[1] / "mutation" / "survivors.toml"


class Change(NamedTuple):
    """What a mutant is: in this function, the text of a line becomes another."""

    function: str
    line: str
    becomes: str

    def __str__(self) -> str:
        """Return the change as the list of explanations writes it."""
        line, becomes = (f"'{text}'" if "'" not in text else json.dumps(text) for text in (self.line, self.becomes))
        return f"[[survivors]]\nfunction = '{self.function}'\nline = {line}\nbecomes = [{becomes}]\nwhy = ''\n"


def mutmut(*arguments: str) -> list[str]:
    """Return the lines that a command of mutmut prints."""
    done = subprocess.run([sys.executable, "-m", "mutmut", *arguments], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()


def results(lines: Iterable[str]) -> dict[str, str]:
    """Return the result of each mutant, by its name, out of `mutmut results`."""
    return dict(line.strip().rsplit(": ", 1) for line in lines if "__mutmut_" in line)


def file_of(mutant: str) -> str:
    """Return the file that a mutant changes."""
    return mutant.rpartition(".")[0].replace(".", "/") + ".py"


def function_of(mutant: str) -> str:
    """Return the function or `Class.method` that a mutant changes."""
    mangled = mutant.rpartition(".")[2].rpartition("__mutmut_")[0]
    return mangled.removeprefix("xǁ").replace("ǁ", ".") if mangled.startswith("xǁ") else mangled.removeprefix("x_")


def change_of(mutant: str, diff: Iterable[str]) -> Change:
    """Return what a mutant changes, out of `mutmut show`; spaces between words do not count."""
    changed = [line for line in diff if re.match(r"[+-](?![+-]{2} )", line)]
    sides = (" ".join(" ".join(line[1:] for line in changed if line[0] == sign).split()) for sign in "-+")
    return Change(function_of(mutant), *sides)


def explanations(text: str) -> dict[Change, str]:
    """Return why each explained survivor may survive."""
    found = {}
    for entry in tomllib.loads(text).get("survivors", []):
        for becomes in entry["becomes"]:
            found[Change(entry["function"], entry["line"], becomes)] = entry["why"]
    return found


def score(found: Iterable[str]) -> float:
    """Return the part of the mutants that the tests noticed."""
    counts = Counter(result in NOTICED for result in found)
    return counts[True] / counts.total()


def table_of(found: Mapping[str, str]) -> Table:
    """Return the score of every file and of all."""
    table = Table("file", "killed", "by timeout", "of", "score", title="Mutants of the code, killed by the tests")
    for file in (*sorted({file_of(mutant) for mutant in found}), ""):
        here = [result for mutant, result in found.items() if file in ("", file_of(mutant))]
        killed = sum(result in NOTICED for result in here)
        table.add_row(file or "all", str(killed), str(here.count("timeout")), str(len(here)), f"{score(here):.1%}")
    return table


def main() -> int:
    """Print what was found; return 1 for a score that is too low or a survivor that nobody has explained."""
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
