"""Plays several rehearsals at the same time, each with its own venue, folder and bot."""

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from threading import Event
from typing import NamedTuple

from robustop_plugin.rehearsal.bot import Starter, start_process
from robustop_plugin.rehearsal.plan import Planned
from robustop_plugin.rehearsal.run import Rehearsal, Stage
from robustop_plugin.rehearsal.watch import Listener
from robustop_plugin.runner.run import quiet_log
from robustop_plugin.runner.warm.bots import IS_POSSIBLE, warm_server


class Play(NamedTuple):
    """A scenario, how to play it, and where."""

    stage: Stage
    planned: Planned


def play_all(
    plays: Sequence[Play], jobs: int, listener: Listener, begun: Callable[[Play], None] = lambda _: None
) -> Generator[tuple[int, Rehearsal]]:
    """Yield rehearsals as they end, each with its place among the plays.

    If the iteration is left early, by Ctrl-C for example, every bot and every venue ends first.

    Args:
        plays: what to play; they begin in this order.
        jobs: how many are played at the same time.
        listener: hears each line of the timelines, with its time.
        begun: hears of each play that begins.
    """
    interrupted = Event()
    with ExitStack() as ended:
        ended.enter_context(quiet_log())
        start = ended.enter_context(_starting(len(plays)))
        pool = ended.enter_context(ThreadPoolExecutor(jobs, "rehearsal"))
        # Called before the pool waits for its threads.
        ended.callback(interrupted.set)

        def rehearse(play: Play) -> Rehearsal:
            begun(play)
            return play.stage.rehearse(play.planned.scenario, play.planned.variant, listener, start, interrupted)

        places: dict[Future[Rehearsal], int] = {pool.submit(rehearse, play): place for place, play in enumerate(plays)}
        try:
            for future in as_completed(places):
                # Forgotten at once: a record of thousands of facts is no longer needed.
                yield places.pop(future), future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _starting(plays: int) -> Iterator[Starter]:
    """Yield what starts bots: for more than one play, a server of processes that have imported Freqtrade already."""
    if plays == 1 or not IS_POSSIBLE:
        yield start_process
        return
    with warm_server() as server:
        yield server.start
