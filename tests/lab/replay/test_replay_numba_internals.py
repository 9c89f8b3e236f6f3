"""What the replay replaces in numba: it is left out where numba's version does not have it, with the same results."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from robustop_plugin.core import exact, grid, side, whole_numbers
from robustop_plugin.lab.replay import lean_compiler, numba_internals
from robustop_plugin.lab.replay.compiler import compiled
from robustop_plugin.lab.replay.numba_internals import NUMBAS_OWN, ways_to_compile
from robustop_plugin.lab.replay.tiers import Tier

pytest.importorskip("numba")

from robustop_plugin.lab.replay import inner_code, quick_code

MODULES = (exact, whole_numbers, side, grid)
ENTRIES = frozenset({grid.round_towards_market})

CODE = """
import sys
from robustop_plugin.core import exact, grid, side, whole_numbers
from robustop_plugin.lab.replay.compiler import compiled
from robustop_plugin.lab.replay.lean_compiler import leave_out_extras
from robustop_plugin.lab.replay.tiers import Tier

if "lean" in sys.argv:
    assert leave_out_extras()
entries = frozenset({grid.round_towards_market, grid.ticks_between})
code = compiled((exact, whole_numbers, side, grid), entries=entries, tier=Tier(sys.argv[1]))
code[grid.round_towards_market](1, exact.Exact(10266.5, 0.0), grid.Grid(1.0, 100.0))
code[grid.ticks_between](0.301, 0.3, grid.Grid(1.0, 100.0))
for function in (grid.round_towards_market, grid.ticks_between):
    (overload,) = code[function].overloads.values()
    print(overload.library._get_compiled_object().hex())
"""


@pytest.fixture(autouse=True)
def _tried_anew() -> Iterator[None]:
    """Forget which ways to compile work, before and after."""
    ways_to_compile.cache_clear()
    yield
    ways_to_compile.cache_clear()


@pytest.mark.parametrize("tier", list(Tier))
def test_a_process_that_only_compiles_makes_the_same_code(tier: Tier) -> None:
    """The machine code is equal byte by byte, whether numba does what nobody asks for or leaves it out."""
    usual, lean = (
        subprocess.run([sys.executable, "-c", CODE, tier, *words], capture_output=True, text=True, check=True).stdout
        for words in ([], ["lean"])
    )
    assert len(usual.split()) == 2
    assert lean == usual


def test_an_unknown_numba_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is replaced in a version whose internals are not known."""
    monkeypatch.setattr(numba_internals, "KNOWN", (0, 0))
    monkeypatch.setattr(lean_compiler, "importlib", None)
    assert not lean_compiler.leave_out_extras()


@pytest.mark.parametrize("tier", list(Tier))
def test_an_unknown_numba_that_works_is_used(tier: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way to compile is the same, after it was tried."""
    wanted = {
        Tier.QUICK: (quick_code.QuickInnerCompiler, quick_code.QuickCompiler),
        Tier.FULL: (inner_code.InnerCompiler, inner_code.EntryCompiler),
    }
    monkeypatch.setattr(numba_internals, "KNOWN", (0, 0))
    ways = ways_to_compile(tier)
    assert (ways.inner["pipeline_class"], ways.entry["pipeline_class"]) == wanted[tier]


def test_quick_code_needs_passes_to_choose_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without them a small sweep gets full code."""
    monkeypatch.setattr(numba_internals, "KNOWN", (0, 0))
    monkeypatch.delattr(quick_code.binding, "create_new_module_pass_manager")
    assert ways_to_compile(Tier.QUICK) == ways_to_compile(Tier.FULL) != NUMBAS_OWN


@pytest.mark.parametrize("tier", list(Tier))
def test_numba_compiles_alone_where_nothing_of_ours_works(tier: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
    """Code is compiled by numba's own ways then, and rounds as in the interpreter."""

    def missing(_library: object) -> None:
        raise AttributeError

    monkeypatch.setattr(numba_internals, "KNOWN", (0, 0))
    monkeypatch.setattr(inner_code.InnerLibrary, "finalize", missing)
    assert ways_to_compile(tier) == NUMBAS_OWN
    found = compiled(MODULES, entries=ENTRIES, tier=tier)[grid.round_towards_market]
    assert found(1, exact.Exact(10266.5, 0.0), grid.Grid(1.0, 100.0)) == 102.67
