"""Columns between which `plot-dataframe` fills what is at risk and what is locked in.

plotly fills across gaps, so these columns have none: outside the trades all are the close, with nothing in between.
"""

import numpy as np
from pandas import DataFrame

from robustop_plugin.bridge.plots.columns import ENTRY_COLUMN, INITIAL_STOP_COLUMN, STOP_COLUMN

FROM_COLUMN = "robustop_area_from"
RISK_COLUMN = "robustop_area_risk"
LOCKED_COLUMN = "robustop_area_locked"


def add_areas(frame: DataFrame) -> None:
    """Add the columns to a frame that has those of the stops, in place.

    Until the stop has passed the entry, the area lies between both and is at risk; after that it is locked in.
    """
    close = frame["close"].to_numpy(dtype=float)
    entry, stop = (frame[name].to_numpy(dtype=float) for name in (ENTRY_COLUMN, STOP_COLUMN))
    initial = frame[INITIAL_STOP_COLUMN].to_numpy(dtype=float)
    held = ~np.isnan(entry)
    locked = held & ((stop - entry) * (entry - initial) > 0)
    frame[FROM_COLUMN] = np.where(held, entry, close)
    for name, inside in ((RISK_COLUMN, held & ~locked), (LOCKED_COLUMN, locked)):
        frame[name] = np.where(inside, stop, frame[FROM_COLUMN])
