"""What all pictures share: size, colors, the scale in R, and reproducible files."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

Draw = Callable[[Axes], None]

PRICE, STOP, LEVEL, ENTRY, EXIT = "#4c566a", "#c8323c", "#d08c1d", "#1d7874", "#111111"
SIZE = (9.0, 4.6)
"""In inches; about the width of a documentation page."""

MOST_PARTS = 8
"""Most legend entries that fit in one line."""

UNDATED = {
    ".svg": {"Date": None, "Creator": None},
    ".png": {"Software": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""File formats by suffix, with the metadata that would make two files of one picture differ."""


def save_picture(draw: Draw, title: str, path: Path) -> None:
    """Draw on new axes and write the picture in the format given by the suffix of `path`.

    Raises:
        OSError: The file cannot be written.
    """
    suffix = path.suffix.lower()
    drawn = BytesIO()
    with mpl.rc_context():
        _set_style()
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.add_subplot()
        axes.set_title(title, loc="left", fontsize="medium", wrap=True)
        draw(axes)
        figure.legend(loc="outside lower center", ncols=MOST_PARTS)
        figure.savefig(drawn, format=suffix.removeprefix("."), metadata={"Title": title, **UNDATED[suffix]})
    path.write_bytes(drawn.getvalue())


def _set_style() -> None:
    """Set the style of all pictures, within the caller's context."""
    # Start from the defaults: a local matplotlibrc must not change a picture.
    mpl.rcdefaults()
    mpl.rcParams.update(
        {
            "timezone": "UTC",
            "date.converter": "concise",
            "svg.hashsalt": "robustop",  # otherwise ids in an SVG differ from one run to the next
            "svg.fonttype": "none",  # keep text as text: small and searchable
            "text.parse_math": False,  # a pair name may contain a dollar sign
            "axes.spines.top": False,
            "axes.axisbelow": True,
            "axes.grid": True,
            "grid.color": "#e6e8ec",
            "legend.frameon": False,
            "legend.fontsize": "small",
            "legend.handlelength": 1.6,
            "legend.columnspacing": 1.2,
            "savefig.dpi": 150,
        }
    )


def add_r_scale(axes: Axes, entry: float, initial_stop: float) -> None:
    """Add an axis in R-multiples on the right."""
    # Signed: positive for a long position, negative for a short one, so R grows with profit.
    risk = entry - initial_stop

    def multiple_of(price: ArrayLike) -> NDArray[np.float64]:
        return (np.asarray(price, dtype=np.float64) - entry) / risk

    def price_of(multiple: ArrayLike) -> NDArray[np.float64]:
        return entry + np.asarray(multiple, dtype=np.float64) * risk

    axes.secondary_yaxis("right", functions=(multiple_of, price_of)).set_ylabel("R")
