"""A touch on Join until the room is in the call, on a vendor's page that it was shown once.

Beside it a practised person who looks at nothing: a script that does the same presses the moment
the page says that it has been drawn. Both on the same room, display, browser and sound server; in
the call is what the sound server proves.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.report import Figure
from tests.calls.rig import in_call
from tests.calls.shown_page import NAME, Room, heard, room
from tests.kiosk.compositor import missing
from tests.kiosk.vendor_flow import PASSCODE, Flow

RUNS = 5
VENDOR = "quanshi"
DRAWN_S = 60.0
_TEXTS = {"name": NAME, "code": PASSCODE}


def figures() -> list[Figure]:
    """Join by a script, show the page once, and have the room join; `RUNS` times each."""
    lacking = missing("pulseaudio")
    if lacking or importlib.util.find_spec("cv2") is None:
        lacking = lacking or ["OpenCV (roomctl[walkthrough])"]
        sys.stderr.write(f"walkthrough is left out: needs {', '.join(lacking)}\n")
        return []
    with contextlib.ExitStack() as done:
        folder = Path(done.enter_context(tempfile.TemporaryDirectory(prefix="roomctl-bench-")))
        flow = done.enter_context(contextlib.closing(Flow(VENDOR)))
        rig = done.enter_context(room(folder, {f"{VENDOR}_flow": flow}))
        script = [_joined(rig, flow, by_script=True) for _ in range(RUNS)]
        rig.know(flow)
        walked = [_joined(rig, flow, by_script=False) for _ in range(RUNS)]
    presses = sum(kind == "press" for _, _, kind, _ in flow.shown())
    means = f"median of {RUNS}, at most {max(walked):.1f} s; {presses} presses, 2 texts"
    value, beside = median(walked), median(script)
    return [Figure("Join to in call", value, "s", beside, "s, a script of the presses", means)]


def _joined(rig: Room, flow: Flow, *, by_script: bool) -> float:
    heard(flow.drawn)
    began = time.monotonic()
    rig.served.command("meeting.join", link=f"{flow.url}?pwd={PASSCODE}")
    if by_script:
        _press(rig, flow)
    rig.served.until("in the meeting", in_call)
    took_s = time.monotonic() - began
    rig.leave()
    return took_s


def _press(rig: Room, flow: Flow) -> None:
    for new, stage, kind, what in flow.shown():
        while new and flow.drawn.get(timeout=DRAWN_S) != stage:
            pass
        if kind == "press":
            rig.press(*what)
        else:
            rig.served.command("screen.type", text=_TEXTS[what])
