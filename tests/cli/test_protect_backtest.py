"""A strategy that `robustop protect` wrote runs in real Freqtrade, beside the one it derives from."""

import json
import os
import shlex
import sys
from pathlib import Path
from zipfile import ZipFile

from robustop_plugin.runner.run import BacktestRun
from tests.support import warm

PLAIN = '''
import talib.abstract as ta
from freqtrade.strategy import IStrategy, IntParameter


class Crosses(IStrategy):
    """In on a cross of two averages; out by Freqtrade's own stop alone."""

    timeframe, stoploss, minimal_roi, startup_candle_count = "1h", -0.20, {}, 60
    length = IntParameter(3, 9, default=9, space="buy")

    def populate_indicators(self, dataframe, metadata):
        dataframe["fast"] = ta.EMA(dataframe, timeperiod=self.length.value)
        dataframe["slow"] = ta.EMA(dataframe, timeperiod=15)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        above = dataframe["fast"] > dataframe["slow"]
        dataframe.loc[above & ~above.shift(1, fill_value=True), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
'''
ROBUSTOP = str(warm.BIN / "robustop")


def test_both_are_backtested_by_the_printed_command(run: BacktestRun, tmp_path: Path) -> None:
    """The first printed command compares both: the same first entries, with other exits, and the same parameters."""
    options = dict(run.options)
    folder = tmp_path / "strategies"
    folder.mkdir()
    (folder / "crosses.py").write_text(PLAIN)
    parameters = {"strategy_name": "Crosses", "params": {"buy": {"length": 5}}, "ft_stratparam_v": 1}
    (folder / "crosses.json").write_text(json.dumps(parameters))
    words = [word for config in run.configs for word in ("--config", config)]
    words += ["--strategy-path", str(folder), "--userdir", options["user_data_dir"]]
    protect = ["protect", "Crosses", "--engine", "smart_trail", "--no-partials", "--json", *words]
    written = warm.run([ROBUSTOP, *protect], capture_output=True, text=True, check=True, cwd=tmp_path)
    freqtrade, *command = shlex.split(json.loads(written.stdout)["next"][0])
    assert freqtrade == "freqtrade"
    results = tmp_path / "results"
    results.mkdir()
    command += ["--datadir", options["datadir"], "--backtest-directory", str(results)]
    # Freqtrade wraps its log to the width of the terminal.
    wide = {**os.environ, "COLUMNS": "400"}
    words = [sys.executable, "-m", "freqtrade", *command]
    ran = warm.run(words, capture_output=True, text=True, check=False, env=wide)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    assert f"Loading parameters from file {folder / 'crosses_protected.json'}" in ran.stderr
    (archive,) = results.glob("*.zip")
    with ZipFile(archive) as files:
        found = json.loads(files.read(f"{archive.stem}.json"))["strategy"]
    alone, protected = found["Crosses"]["trades"], found["CrossesProtected"]["trades"]
    first = [min(trades, key=lambda trade: trade["open_date"]) for trades in (alone, protected)]
    assert first[0]["open_date"] == first[1]["open_date"]
    assert {trade["exit_reason"] for trade in alone} <= {"stop_loss", "force_exit"}
    assert "trailing_stop_loss" in {trade["exit_reason"] for trade in protected}
    assert len(protected) > len(alone) > 0
