"""Writes strategy files of users for the command line: small ones, each with what a test is about."""

from pathlib import Path

TEXT = '''{head}
from freqtrade.strategy import IStrategy
from robustop_plugin import RobustopMixin


class {name}({bases}):
    """Enters never."""

    timeframe = "1h"
    stoploss = -0.10
    minimal_roi = {{}}
    startup_candle_count = 300
    order_types = {{"entry": "limit", "exit": "limit", "stoploss": "market", "stoploss_on_exchange": False}}
{body}

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] < 0, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
'''


def write_strategy(
    folder: Path, name: str, body: str = "", *, bases: str = "IStrategy", head: str = "", file: str | None = None
) -> Path:
    """Write a strategy file and return its path.

    Args:
        folder: Its folder, made if needed.
        name: Name of the class.
        body: Lines of the class, after the usual ones.
        bases: Its base classes.
        head: Lines at the beginning of the file.
        file: Name of the file; None for the name of the class in lower case.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    path = folder / (file or f"{name.lower()}.py")
    path.write_text(TEXT.format(head=head, name=name, bases=bases, body=lines), encoding="utf-8")
    return path
