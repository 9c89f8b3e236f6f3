"""The server of warm processes, with what tests need beside bots: `robustop`, `python -c`, backtests and hyperopt.

Run as `python -m tests.support.warm_server SOCKET`; `tests.support.warm` is the client.
"""

import sys
from importlib import import_module as loaded

from robustop_plugin.runner.warm import server

MODULES = (
    "freqtrade.commands.optimize_commands",
    "freqtrade.optimize.backtesting",
    "freqtrade.optimize.hyperopt",
    "freqtrade.optimize.analysis.lookahead",
    "robustop_plugin.cli.main",
    "robustop_plugin.runner.run",
)
"""What is imported before the first command, beside what a bot needs."""


def robustop() -> object:
    """Be the `robustop` command."""
    return loaded("robustop_plugin.cli.main").main(prog_name="robustop")


def code() -> None:
    """Be `python -c`."""
    text = sys.argv.pop(1)
    exec(text, vars(sys.modules["__main__"]))  # noqa: S102 (a test's own)


def serve(path: str) -> None:
    """Answer requests until standard input is closed."""

    def prepare() -> None:
        server.load_bot()
        for name in MODULES:
            loaded(name)
        # A command that starts another one asks this server too.
        loaded("tests.support.warm").use(path)

    server.serve(path, {**server.PROGRAMS, "robustop": robustop, "-c": code}, prepare)


if __name__ == "__main__":
    serve(sys.argv[1])
