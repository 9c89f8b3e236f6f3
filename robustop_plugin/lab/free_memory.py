"""Returns memory to the system that this process no longer uses."""

import ctypes
import gc


def return_memory() -> None:
    """Collect cycles of objects, then return free memory to the system, where the C library can.

    Arrays are freed in another order than they were allocated: glibc keeps what lies between those still in use, which
    is as much as everything else that a loaded replay needs.
    """
    gc.collect()
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return  # another C library, or another system
    trim(0)
