"""Compiles the replay for all processes of a test run, once, beside the tests that do not need it.

The process that starts the others begins to compile, in a process that holds a lock; whoever needs the code waits for
the lock. Without other processes nothing is begun: a test compiles what it needs, and keeps it for the next run.
"""

import atexit
import fcntl
import gc
import os
import subprocess
import sys
import tempfile
from pathlib import Path

LOCK = "ROBUSTOP_TESTS_COMPILE"
"""Environment variable: path of the lock, for the processes of the run."""


def begin() -> None:
    """Compile in another process; those that this one starts from now on can wait for it."""
    lock = Path(tempfile.mkdtemp(prefix="compiling-")) / "lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        command = [sys.executable, "-m", __name__]
        # It inherits the lock, which is released when it ends, however it ends.
        compiler = subprocess.Popen(command, pass_fds=[held.fileno()], cwd=Path(__file__).parents[2])
    os.environ[LOCK] = str(lock)
    atexit.register(compiler.kill)


def wait() -> None:
    """Wait until the code is there, if another process compiles it."""
    if LOCK in os.environ:
        with Path(os.environ[LOCK]).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)


def compile_all() -> None:
    """Compile for settings that sell in parts and for those that do not: most of what they call is the same."""
    from robustop_plugin.lab.replay.ahead import calls  # noqa: PLC0415 (not in every process)
    from robustop_plugin.lab.replay.compiler import compiled  # noqa: PLC0415 (not in every process)
    from robustop_plugin.lab.replay.kernel.modules import ENTRIES, MODULES  # noqa: PLC0415 (not in every process)
    from robustop_plugin.lab.replay.lean_compiler import leave_out_extras  # noqa: PLC0415 (not in every process)

    gc.disable()
    leave_out_extras()
    code = compiled(MODULES, kept=True, entries=ENTRIES)
    for sells_parts in (False, True):
        for function, arguments in calls(sells_parts=sells_parts):
            code[function](*arguments)


if __name__ == "__main__":
    compile_all()
