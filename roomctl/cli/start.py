"""How a program that stays is started: with little memory and little work. Knows no room."""

import contextlib
import gc
from collections.abc import Iterator

_NEW = 10_000  # objects made before those are looked through that are new
_NEVER = 1_000_000
_usual = gc.get_threshold()


@contextlib.contextmanager
def starting() -> Iterator[None]:
    """Look for garbage only in what is new, as nearly all that a start makes stays.

    What goes is one class for each slotted dataclass (the one before it had slots), a megabyte.
    `started` ends it.
    """
    from roomctl.api.lean import load_fastapi

    gc.set_threshold(_NEW, _NEVER)
    try:
        load_fastapi()
        yield
    finally:
        gc.set_threshold(*_usual)


def started() -> None:
    """Look no more at what is there now, and at what comes as usual."""
    gc.freeze()
    gc.set_threshold(*_usual)
