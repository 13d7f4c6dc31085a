"""Threads that somebody still uses: an idle one of the pool, which grows under load, is not."""

import threading

from roomctl import wire


def in_use() -> int:
    """Return how many of the pool's threads work, and how many others there are."""
    others = sum(not one.name.startswith("wire-") for one in threading.enumerate())
    return len(wire.threads.under_way) + others
