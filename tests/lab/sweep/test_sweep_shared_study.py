"""A study shared by machines: all get all rows, nothing is evaluated twice, abandoned settings are released."""

import json
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.plan import Plan
from robustop_plugin.lab.sweep.search import shared_study
from robustop_plugin.lab.sweep.search.optuna_sampler import BATCH_SIZE, OptunaSampler
from robustop_plugin.lab.sweep.search.results_table import ResultsTable, Row
from robustop_plugin.lab.sweep.search.search import search
from robustop_plugin.lab.sweep.search.shared_study import SharedStudy
from robustop_plugin.lab.sweep.search.study_database import check_connection
from robustop_plugin.lab.sweep.search.workers import Workers
from tests.lab.sweep.test_sweep_plan import RUN
from tests.support.score_landscapes import Hill, space, task

DIMENSIONS = space().dimensions
PLAN = {"strategy": "S", "window": [0, 1]}


@pytest.fixture
def storage(tmp_path: Path) -> str:
    """Return the URL of a new database."""
    return f"sqlite:///{tmp_path / 'study.db'}"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the heartbeat timeout to two seconds."""
    monkeypatch.setattr(shared_study, "HEARTBEAT_TIMEOUT", 2.0)
    monkeypatch.setattr(shared_study, "HEARTBEAT_INTERVAL", 0.2)
    monkeypatch.setattr(shared_study, "POLL_INTERVAL", 0.05)


def sampler(storage: str, count: int = 20) -> OptunaSampler:
    """Return the sampler of one machine."""
    return OptunaSampler(DIMENSIONS, count, 1, SharedStudy(storage, "stops", PLAN))


def swept(storage: str, hill: Hill, path: Path, count: int = 20) -> list[Row]:
    """Return the rows that a machine has at its end."""
    progress: list[int] = []
    place = Workers()
    rows = search("whole", sampler(storage, count), hill, task(), ResultsTable(path, {}), place, progress.append)
    assert sum(progress) == len(rows)
    return rows


def test_two_machines_have_one_table(storage: str, tmp_path: Path, tell: Callable[[str], None]) -> None:
    """Two machines evaluate each setting once and both end with all rows."""
    hills, rows = [Hill(), Hill()], {}

    def work(number: int) -> None:
        rows[number] = swept(storage, hills[number], tmp_path / f"{number}.jsonl", 16)

    threads = [Thread(target=work, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows[0] == rows[1]
    assert len({tuple(row.values.items()) for row in rows[0]}) == 16
    tell(f"{len(hills[0].asked)} and {len(hills[1].asked)} settings")
    assert len(hills[0].asked) + len(hills[1].asked) == 16


def test_machines_may_begin_at_the_same_moment(tmp_path: Path) -> None:
    """Machines that start at the same time share one study; none fails."""
    machines = 6
    for number in range(5):
        url, together, opened = f"sqlite:///{tmp_path / f'{number}.db'}", Barrier(machines), []

        def begin(url: str = url, together: Barrier = together, opened: list[str] = opened) -> None:
            together.wait()
            opened.append(SharedStudy(url, "stops", PLAN).study.study_name)

        threads = [Thread(target=begin) for _ in range(machines)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert opened == ["stops"] * machines


def test_who_comes_later_has_nothing_left_to_do(storage: str, tmp_path: Path) -> None:
    """A finished study is adopted as it is, and can be extended."""
    first = swept(storage, Hill(), tmp_path / "first.jsonl", 12)
    idle, more = Hill(), Hill()
    assert swept(storage, idle, tmp_path / "second.jsonl", 12) == first
    assert not idle.asked
    rows = swept(storage, more, tmp_path / "third.jsonl", 15)
    assert rows[:12] == first
    assert (len(rows), len(more.asked)) == (15, 3)


@pytest.mark.usefixtures("impatient")
def test_what_a_dead_machine_had_begun_is_done_by_others(storage: str, tmp_path: Path) -> None:
    """Settings of a machine without heartbeats are released after the timeout."""
    dead = sampler(storage)
    begun = dead.ask()
    dead._shared.keep_alive([])  # type: ignore[union-attr]  # a killed process sends no heartbeats
    rows = swept(storage, Hill(), tmp_path / "t.jsonl")
    assert len({tuple(row.values.items()) for row in rows}) == len(rows) == 20
    assert not {number for number, _ in begun} & {row.number for row in rows}
    dead.tell({number: rows[0].metrics for number, _ in begun})
    assert [row.number for row in rows] == [number for number, *_ in sampler(storage).evaluated()]


@pytest.mark.usefixtures("impatient")
def test_a_slow_machine_is_waited_for(storage: str, tmp_path: Path) -> None:
    """Settings of a machine with heartbeats are not released."""
    slow = sampler(storage, BATCH_SIZE)
    begun = slow.ask()
    found: list[list[Row]] = []
    other = Thread(target=lambda: found.append(swept(storage, Hill(), tmp_path / "t.jsonl", BATCH_SIZE)))
    other.start()
    other.join(timeout=3 * shared_study.HEARTBEAT_TIMEOUT)
    assert other.is_alive()
    metrics = search_one(begun)
    slow.tell(dict.fromkeys([number for number, _ in begun], metrics))
    other.join()
    assert [(row.number, row.values) for row in found[0]] == begun


def search_one(batch: list[Any]) -> Any:
    """Return the metrics of the first setting in a batch."""
    (((_, metrics),),) = Workers().evaluate(Hill(), task(), batch[:1])
    return metrics


def test_an_interrupted_machine_gives_back_what_it_had(storage: str, tmp_path: Path) -> None:
    """An interrupted machine releases its settings at once."""
    with pytest.raises(KeyboardInterrupt):
        swept(storage, Hill(left=3), tmp_path / "cut.jsonl")
    trials = optuna.load_study(study_name="stops", storage=storage).trials
    assert {trial.state for trial in trials} == {TrialState.FAIL}
    assert len(swept(storage, Hill(), tmp_path / "t.jsonl")) == 20


def test_another_sweep_s_study_is_refused(storage: str) -> None:
    """A study over other candles is rejected; number of settings and seed may differ."""
    SharedStudy(storage, "stops", {**PLAN, "settings_per_search": 5, "seed": 1})
    SharedStudy(storage, "stops", {**PLAN, "settings_per_search": 6, "seed": 2})
    with pytest.raises(InvalidSettings, match=r"was begun with another window: \[0, 1\], now \[0, 2\]; share it from"):
        SharedStudy(storage, "stops", {**PLAN, "window": [0, 2]})


@pytest.mark.parametrize("url", ["nothing", "oracle+nothing://x", "sqlite:////nowhere/at/all.db"])
def test_a_database_that_cannot_be_used_is_named(url: str) -> None:
    """An unusable database is reported in one line with an example URL, before anything is loaded."""
    with pytest.raises(InvalidSettings, match=r"--storage was .*sqlite:///study\.db") as refused:
        Plan(RUN, sampler="optuna", storage=url).validate()
    assert "\n" not in str(refused.value)


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing driver is reported with the extra to install, without the password."""
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(InvalidSettings, match=r'pip install "robustop\[postgres\]"') as refused:
        check_connection("postgresql+psycopg://me:secret@127.0.0.1/studies")
    assert "secret" not in str(refused.value)


def test_no_password_is_left_in_the_table(tmp_path: Path) -> None:
    """The plan in the table contains no password."""
    plan = Plan(RUN, sampler="optuna", storage="postgresql+psycopg://me:secret@host/studies", out=tmp_path / "t.jsonl")
    assert plan.shared_study == ["postgresql+psycopg://me:***@host/studies", "robustop"]
    assert "secret" not in json.dumps(plan.shared_study)
