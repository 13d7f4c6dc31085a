"""What a process holds that an opening could leak.

An idle thread of the pool, which grows under load, is not in use; what an earlier test has left to
be collected is nobody's.
"""

import gc
import os
import threading

from roomctl import wire


def in_use() -> int:
    """Return how many of the pool's threads work, and how many others there are."""
    others = sum(not one.name.startswith("wire-") for one in threading.enumerate())
    return len(wire.threads.under_way) + others


def descriptors() -> int:
    """Return how many files are open."""
    gc.collect()
    return len(os.listdir("/proc/self/fd"))
