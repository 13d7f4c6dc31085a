"""Meetings again and again on two real servers: what is left over, and how soon the next begins.

Knows no camera. Says what it measured; it went well if nothing was left and no limit was passed.
"""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.calls import drills, guest
from tests.calls.rig import LEFT_OVER_S, NEXT_S, in_call, rig

WARMING = 2  # rounds before anything is counted: what is made once for all, is made
MORE_FILES = 2  # a connection of a panel that is kept open, or not


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def meetings(count: int, folder: Path) -> bool:
    """Meet on one platform and then on the other, `count` times."""
    with rig(folder, left_over_s=LEFT_OVER_S) as room:
        for _ in range(WARMING):
            room.round()
        before = room.descriptors()
        took_s = [room.round() for _ in range(count)]
        more = [now - was for now, was in zip(room.descriptors(), before, strict=True)]
        left = len(room.folders()) + len(room.processes())
        gone_s = ghost(room)
    say(
        f"meetings: {count} times two platforms; from hanging up to being in the next "
        f"{median(took_s):.1f} s (at most {max(took_s):.1f}); left over: {left} processes and "
        f"folders, files {more[0]:+d} (screen), {more[1]:+d} (daemon)"
    )
    say(f"meetings: peer-calls shows a room whose browser was killed for {gone_s:.1f} s more")
    good = left == 0 and max(more) <= MORE_FILES and max(took_s) < NEXT_S
    return all([good, *(drilled(drill) for drill in drills.ALL)])


def drilled(drill) -> bool:
    """Have something go wrong in a meeting; say how soon the room said so and went on."""
    with (
        tempfile.TemporaryDirectory() as folder,
        rig(Path(folder), left_over_s=LEFT_OVER_S) as room,
    ):
        told = drill(room)
    say(
        f"{drill.__name__}: the truth after {told.truth_s:.1f} s (of {drills.TRUE_S:g}), on after "
        f"{told.choice_s:.1f} s (of {drills.CHOICE_S:g})"
    )
    return told.in_time


def ghost(room) -> float:
    """Kill the room's browser in a meeting; return for how long its guest still has it there."""
    page = room.join_peer()
    room.served.until("in the meeting", in_call)
    guest.sees(page)
    began = time.monotonic()
    os.kill(room.agency.browser()[0], signal.SIGKILL)
    guest.alone(page, limit_s=120.0)
    return time.monotonic() - began
