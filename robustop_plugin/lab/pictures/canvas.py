"""What all pictures have in common: size, colours, the scale in R, and files that are the same every time."""

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
"""In inches; a page of documentation is about so wide."""

MOST_PARTS = 8
"""A legend of so many parts fits in one line."""

UNDATED = {
    ".svg": {"Date": None, "Creator": None},
    ".png": {"Software": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""The formats by suffix, with what would make two files of the same picture differ, and so is left out."""


def save_picture(draw: Draw, title: str, path: Path) -> None:
    """Draw on axes of their own and write the picture in the format that the suffix of `path` names.

    Raises:
        OSError: the file cannot be written.
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
    """Set what all pictures look like, until the context of the caller ends."""
    # The defaults first: a matplotlibrc of this machine must not change a picture.
    mpl.rcdefaults()
    mpl.rcParams.update(
        {
            "timezone": "UTC",
            "date.converter": "concise",
            "svg.hashsalt": "robustop",  # else the names inside an SVG differ from one drawing to the next
            "svg.fonttype": "none",  # text stays text: small, and can be searched
            "text.parse_math": False,  # a pair may have a dollar sign in its name
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
    """Show prices as R-multiples too, on the right."""
    # Signed: above zero for a long position, below it for a short one, and so R grows with the profit.
    risk = entry - initial_stop

    def multiple_of(price: ArrayLike) -> NDArray[np.float64]:
        return (np.asarray(price, dtype=np.float64) - entry) / risk

    def price_of(multiple: ArrayLike) -> NDArray[np.float64]:
        return entry + np.asarray(multiple, dtype=np.float64) * risk

    axes.secondary_yaxis("right", functions=(multiple_of, price_of)).set_ylabel("R")
