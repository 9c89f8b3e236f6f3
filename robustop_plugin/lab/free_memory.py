"""Returns memory to the system that this process no longer uses."""

import ctypes
import sys


def return_memory() -> None:
    """Return free memory to the system, as far as the libraries that allocate it can.

    Arrays are freed in another order than they were allocated: glibc keeps the memory that lies between those still in
    use, which is as much as everything that a loaded replay needs. Arrow keeps what it needed to read candles.
    """
    arrow = sys.modules.get("pyarrow")  # Freqtrade's, which has none on some processors
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return  # another C library, or another system
    trim(0)
