"""One written market for all tests of the venue."""

from pathlib import Path

import pandas as pd
import pytest

from robustop_plugin.venue.market import Market, write_market


@pytest.fixture(scope="session")
def datadir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty folder for candles."""
    return tmp_path_factory.mktemp("candles")


@pytest.fixture(scope="session")
def markets(datadir: Path) -> list[Market]:
    """Write the embedded market as it is by default; return its markets."""
    return write_market(datadir)


@pytest.fixture(scope="session")
def candles(datadir: Path, markets: list[Market]) -> dict[str, pd.DataFrame]:
    """Return the written candles by pair."""
    return {
        market.pair: pd.read_feather(datadir / f"{market.base}_{market.quote}-5m.feather")
        for market in markets
    }
