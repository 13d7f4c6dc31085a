"""A touch on Join until the room is in the call, on vendors' pages that it was shown once.

A browser waits for each. Beside it a practised person who looks at nothing: a script that does the
same presses the moment the page says that it has been drawn. Both on the same room, display,
browser and sound server; in the call is what witnesses prove.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.report import Figure
from tests.calls.rig import in_call
from tests.calls.shown_page import NAME, Room, heard, room
from tests.kiosk.compositor import missing
from tests.kiosk.vendor_flow import PASSCODE, VENDORS, Flow

RUNS = 3
DRAWN_S = 60.0
_TEXTS = {"name": NAME, "code": PASSCODE}


def figures() -> list[Figure]:
    """Join by a script, show the page once, and have the room join; `RUNS` times each."""
    lacking = missing("pulseaudio")
    if lacking or importlib.util.find_spec("cv2") is None:
        lacking = lacking or ["OpenCV (roomctl[walkthrough])"]
        sys.stderr.write(f"vendors' pages are left out: need {', '.join(lacking)}\n")
        return []
    return [figure for vendor in VENDORS for figure in _figures(vendor)]


def _figures(vendor: str) -> Iterator[Figure]:
    key = f"{vendor}_flow"
    with contextlib.ExitStack() as done:
        folder = Path(done.enter_context(tempfile.TemporaryDirectory(prefix="roomctl-bench-")))
        flow = done.enter_context(contextlib.closing(Flow(vendor)))
        rig = done.enter_context(room(folder, {key: flow}, waits_for=key))
        script = [_joined(rig, flow, by_script=True) for _ in range(RUNS)]
        rig.know(flow)
        walked = [_joined(rig, flow, by_script=False) for _ in range(RUNS)]
    presses = sum(kind == "press" for _, _, kind, _ in flow.shown())
    means = f"{flow.loads_s:.1f} s of it the page loads; {presses} presses, 2 texts"
    for at, what in enumerate(("media", "in call")):
        value, beside = (median(one[at] for one in took) for took in (walked, script))
        name = f"Join to {what}, {vendor}, waiting"
        yield Figure(name, value, "s", beside, "s, a script of the presses", means)


def _joined(rig: Room, flow: Flow, *, by_script: bool) -> tuple[float, float]:
    """Return how long it took until the page had its connection, and until the room knew."""
    rig.have_wait()
    heard(flow.drawn)
    flow.said_at.clear()
    began = time.monotonic()
    rig.served.command("meeting.join", link=f"{flow.url}?pwd={PASSCODE}")
    if by_script:
        _press(rig, flow)
    rig.served.until("in the meeting", in_call)
    took_s = time.monotonic() - began
    media_s = min(at for said, at in flow.said_at.items() if said.startswith("met ")) - began
    rig.leave()
    return media_s, took_s


def _press(rig: Room, flow: Flow) -> None:
    for new, stage, kind, what in flow.shown():
        while new and flow.drawn.get(timeout=DRAWN_S) != stage:
            pass
        if kind == "press":
            rig.press(*what)
        else:
            rig.served.command("screen.type", text=_TEXTS[what])
