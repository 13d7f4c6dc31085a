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
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.report import Figure, load
from tests.calls.rig import in_call
from tests.calls.shown_page import MET, NAME, Room, heard, room
from tests.kiosk.compositor import missing
from tests.kiosk.vendor_flow import PASSCODE, VENDORS, Flow

RUNS = 3
BUDGET_S = 150.0  # for the runs on one page each way; a slow machine does fewer
LIMIT_S = 60.0  # for one; what takes longer was handed over, or never came
_TEXTS = {"name": NAME, "code": PASSCODE}


@dataclass(frozen=True)
class Joined:
    """Seconds from a touch until its page's first stage is drawn, it is passed, it is a call.

    `looks`: until the room has looked at the page for the first time; a script does not.
    """

    drawn: float
    looks: float
    media: float
    known: float


def figures(*vendors: str) -> list[Figure]:
    """Join by a script, show the page once, and have the room join; `RUNS` times each.

    On all pages, or those of `vendors`.
    """
    lacking = missing("pulseaudio")
    if lacking or importlib.util.find_spec("cv2") is None:
        lacking = lacking or ["OpenCV (roomctl[walkthrough])"]
        sys.stderr.write(f"vendors' pages are left out: need {', '.join(lacking)}\n")
        return []
    return [figure for vendor in vendors or VENDORS for figure in _figures(vendor)]


def _figures(vendor: str) -> Iterator[Figure]:
    sys.stderr.write(f"  {vendor} ...\n")
    key = f"{vendor}_flow"
    with contextlib.ExitStack() as done:
        folder = Path(done.enter_context(tempfile.TemporaryDirectory(prefix="roomctl-bench-")))
        flow = done.enter_context(contextlib.closing(Flow(vendor)))
        rig = done.enter_context(room(folder, {key: flow}, waits_for=key))
        script = _runs(rig, flow, by_script=True)
        try:
            rig.know(flow)
        except AssertionError:
            sys.stderr.write(f"  {vendor}: could not be shown; is the machine too busy?\n")
            return
        walked = _runs(rig, flow, by_script=False)
    if not (script and walked):
        sys.stderr.write(f"  {vendor}: no join ended in the call; is the machine too busy?\n")
        return
    yield from _split(vendor, flow, script, walked)


def _split(vendor: str, flow: Flow, script: list[Joined], walked: list[Joined]) -> Iterator[Figure]:
    presses = sum(kind == "press" for _, _, kind, _ in flow.shown())
    runs = f"median of {len(walked)}; {flow.loads_s:.1f} s of it the page loads; {presses} presses"

    def figure(
        name: str, step: str, since: str = "", less_s: float = 0.0, means: str = ""
    ) -> Figure:
        ours, beside = (
            median(getattr(one, step) - (getattr(one, since) if since else 0.0) for one in took)
            for took in (walked, script)
        )
        against = "s, a script of the presses"
        return Figure(name, ours - less_s, "s", beside - less_s, against, means)

    first_s = flow.load_s
    yield figure(f"Join to in call, {vendor}, waiting", "known", means=f"{runs}; load {load():.0f}")
    yield figure("  until its first page is drawn", "drawn", means=f"it loads for {first_s:g} s")
    yield Figure("  from there until it is looked at", _after(walked), "s")
    yield figure("  its looks and presses", "media", "drawn", flow.loads_s - first_s)
    yield figure("  from media until the room knows", "known", "media")


def _after(walked: list[Joined]) -> float:
    return median(one.looks - one.drawn for one in walked)


def _runs(rig: Room, flow: Flow, *, by_script: bool) -> list[Joined]:
    """Join some times; those that did not end in the call are left out, and said."""
    took: list[Joined] = []
    end = time.monotonic() + BUDGET_S
    for run in range(RUNS):
        if run and time.monotonic() > end:
            break
        try:
            took.append(_joined(rig, flow, by_script=by_script))
        except AssertionError:
            how = "a script" if by_script else f"the room, {rig.walkthrough()}"
            sys.stderr.write(f"  {flow.vendor}: not in the call by {how}\n")
        rig.leave()
    return took


def _joined(rig: Room, flow: Flow, *, by_script: bool) -> Joined:
    rig.have_wait()
    heard(flow.drawn)
    flow.said_at.clear()
    flow.drawn_at.clear()
    began = looks = time.monotonic()
    rig.served.command("meeting.join", link=f"{flow.url}?pwd={PASSCODE}")
    if by_script:
        _press(rig, flow)
    else:
        rig.served.document_when("it looks", _has_looked, LIMIT_S)
        looks = time.monotonic()
    rig.served.until("in the meeting", in_call, LIMIT_S)
    known = time.monotonic()
    at = (flow.drawn_at[flow.stages[0]], looks, flow.said_at[MET], known)
    return Joined(*(one - began for one in at))


def _has_looked(now: dict[str, dict[str, object]]) -> bool:
    return now["walkthrough"]["state"] == "joining" or now["meeting"]["state"] == "in_call"


def _press(rig: Room, flow: Flow) -> None:
    for new, stage, kind, what in flow.shown():
        while new and flow.drawn.get(timeout=LIMIT_S) != stage:
            pass
        if kind == "press":
            rig.press(*what)
        else:
            rig.served.command("screen.type", text=_TEXTS[what])
