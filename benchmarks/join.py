"""A touch on Join, until the meeting's page can be used; and what a call holds.

The room is `roomctl serve` with the process behind `roomctl screen` as a kiosk on labwc without a
screen; beside it `chromium --kiosk URL` on the same, typed by hand as it were. The page says itself
when it has been drawn and its scripts have run. *Cold*: the kernel was told to forget Chromium's
files; *warm*: it was started a moment before. *Waiting*: a browser waited for it. Then seven pages
after vendors' flows, which the room was shown once, from the touch until it is in the call.
"""

from __future__ import annotations

import contextlib
import http.server
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import kiosk, walkthrough
from benchmarks.report import Figure, load
from roomctl.kiosk.display import labwc
from tests import aiortc_room
from tests.aiortc_room import HostRoom
from tests.calls.rig import in_call, over
from tests.calls.served import Served
from tests.kiosk.compositor import Compositor, missing
from tests.kiosk.vendor_flow import VENDORS

RUNS, FEWEST = 5, 3
BUDGET_S = 150.0  # for all runs at one temperature; a slow machine does fewer
LIMIT_S = 60.0
SETTLE_S = 8.0  # after which a call is weighed
WATCH_S = 10.0
_FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
_QUIET = ("--no-default-browser-check", "--disable-background-networking", "--disable-sync")

_PAGE = b"""
<!doctype html><meta charset="utf-8"><title>page</title><button>Join</button>
<script>
  addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(
    () => navigator.sendBeacon("/interactive"))));
</script>
"""

_PLATFORM = """
key = "{key}"
name = {{ zh = "某会议", en = "Some Meeting" }}
source = "benchmarks/join.py"
mode = "{key}"
[[join]]
path = '/(?P<meeting_id>[0-9]{{4}})'
[[good]]
text = "https://meet.example.org/1234"
hosts = ["meet.example.org"]
meeting_id = "1234"
url = "https://meet.example.org/1234"
[[bad]]
text = "https://meet.example.org/1234"
refused = "foreign_host"
"""


class Page:
    """A page on a loopback port, when it was asked for, and when it said that it can be used."""

    def __init__(self) -> None:
        self._at: queue.Queue[float] = queue.Queue()
        self.asked = 0.0
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def interactive(self) -> float:
        """Wait until it can be used; return when that was."""
        return self._at.get(timeout=LIMIT_S)

    def _handler(page) -> type[http.server.BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/1234":
                    page.asked = time.monotonic()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(_PAGE)))
                self.end_headers()
                self.wfile.write(_PAGE)

            def do_POST(self) -> None:
                page._at.put(time.monotonic())
                self.send_response(204)
                self.end_headers()

            def log_message(self, *words: object) -> None:
                pass

        return Handler


@dataclass(frozen=True)
class Opened:
    """Seconds from the touch until a page can be used, and until each step on the way there.

    `process`: the browser runs; `profile`: it has its profile; `asked`: it asks for the page. `cpu`
    is how long the browser's processes ran for that: it does not depend on the machine's load.
    """

    process: float
    profile: float
    asked: float
    drawn: float
    cpu: float


STEPS = {
    "process": "until the browser runs",
    "profile": "until it has its profile",
    "asked": "until it asks for the page",
    "cpu": "CPU until the page can be used",
}


def figures() -> list[Figure]:
    """All of it: until the page, until the call on each page, and what a call holds."""
    return [*page(), *walkthrough.figures(), *held()]


def page() -> list[Figure]:
    """Join in turn, `RUNS` times each way, on a page that can be used at once."""
    return [] if _lacks() else _touches()


def held() -> list[Figure]:
    """Weigh one call, and the same in a bare browser."""
    return [] if _lacks() else _call()


def _lacks() -> bool:
    if lacking := missing():
        sys.stderr.write(f"join is left out: needs {', '.join(lacking)}\n")
    return bool(lacking)


PARTS: dict[str, Callable[[], list[Figure]]] = {
    "join-page": page,
    "join-held": held,
    **{f"join-{vendor}": partial(walkthrough.figures, vendor) for vendor in VENDORS},
}
"""What `join` is made of, each by itself."""

WAYS = ("assisted", "plain", "assisted, waiting", "plain, waiting")


def _touches() -> list[Figure]:
    page, display = Page(), Compositor(1)
    platforms = {key: _PLATFORM.format(key=key) for key in ("assisted", "plain")}
    names = {"assisted": "127.0.0.1", "plain": "localhost"}
    hosts = {key: f"http://{name}:{page.port}" for key, name in names.items()}
    weights: dict[str, tuple[float, float]] = {}
    with contextlib.ExitStack() as done:
        done.callback(page.close)
        done.callback(display.close)
        fresh = done.enter_context(kiosk.room(platforms, hosts))
        ways: dict[str, Callable[[], Opened]] = {}
        for key, host in hosts.items():
            ways[key] = partial(_touched, *fresh, host, page)
            ready = done.enter_context(
                kiosk.room(platforms, hosts, waits_for=(key, f"{host}/1234"))
            )
            _have_wait(ready[0])
            weights[key] = _rests(kiosk.meeting_in(ready[1], labwc.WAITING))
            ways[f"{key}, waiting"] = partial(_touched_ready, *ready, host, page)
        ways["bare"] = lambda: _typed(hosts["assisted"], page, display)
        cold = _in_turn(ways, cold=True)
        for once in ways.values():
            once()
        warm = _in_turn(ways, cold=False)
    return [
        *_until_page("cold", *cold),
        *_until_page("warm", *warm),
        *(
            Figure(f"{what} of a browser that waits, {key}", one, unit)
            for key, both in weights.items()
            for what, one, unit in zip(("PSS", "CPU"), both, ("MB", "% of a core"), strict=True)
        ),
    ]


def _in_turn(
    ways: Mapping[str, Callable[[], Opened]], *, cold: bool
) -> tuple[dict[str, list[Opened]], float]:
    """Do each way in turn, fewer times on a slow machine; also the machine's load meanwhile."""
    took: dict[str, list[Opened]] = {way: [] for way in ways}
    end, loads = time.monotonic() + BUDGET_S, []
    for run in range(RUNS):
        if run >= FEWEST and time.monotonic() > end:
            break
        for way, once in ways.items():
            if cold:
                kiosk.forget()
            took[way].append(once())
        loads.append(load())
    return took, median(loads)


def _until_page(
    temperature: str, took: Mapping[str, list[Opened]], machine: float
) -> Iterator[Figure]:
    def at(way: str, step: str) -> float:
        return median(getattr(one, step) for one in took[way])

    for way in WAYS:
        runs, most = len(took[way]), max(one.drawn for one in took[way])
        means = f"median of {runs}, at most {most:.1f} s; load {machine:.0f}"
        drawn = (at(way, "drawn"), "s", at("bare", "drawn"), "s, bare kiosk", means)
        yield Figure(f"Join to page, {way}, {temperature}", *drawn)
        if "waiting" in way or temperature == "cold":
            continue
        for step, words in STEPS.items():
            yield Figure(f"  {words}", at(way, step), "s", at("bare", step), "s, bare kiosk")


def _have_wait(served: Served) -> None:
    """Use the panel, as somebody does who came in, and wait until a browser waits."""
    served.command("room.wake")
    served.until("a browser waits", lambda meeting: meeting["waiting"] == "ready", LIMIT_S)


def _touched_ready(served: Served, place: Path, host: str, page: Page) -> Opened:
    _have_wait(served)
    return _touched(served, place, host, page)


def _rests(leader: int) -> tuple[float, float]:
    """Return what a browser that waits holds, and its share of a core in percent."""
    time.sleep(SETTLE_S)
    used, began = kiosk.cpu_s(leader), time.monotonic()
    time.sleep(WATCH_S)
    share = 100 * (kiosk.cpu_s(leader) - used) / (time.monotonic() - began)
    return kiosk.pss_mb(leader)[0], share


def _touched(served: Served, place: Path, host: str, page: Page) -> Opened:
    began = time.monotonic()
    served.command("meeting.join", link=f"{host}/1234")
    drawn = page.interactive()
    leader = kiosk.meeting_in(place, *labwc.MEETINGS)
    opened = _steps(began, drawn, page, leader, kiosk.profile_of(leader))
    served.command("meeting.leave")
    served.until("left", over)
    return opened


def _typed(host: str, page: Page, display: Compositor) -> Opened:
    began = time.monotonic()
    with kiosk.bare(f"{host}/1234", display, *_QUIET) as (leader, profile):
        return _steps(began, page.interactive(), page, leader, profile)


def _steps(began: float, drawn: float, page: Page, leader: int, profile: Path) -> Opened:
    """Return how a page was opened; what a browser that waited did before took no time."""
    at = (kiosk.began(leader), kiosk.locked(profile), page.asked, drawn)
    return Opened(*(max(0.0, one - began) for one in at), kiosk.cpu_s(leader))


def _call() -> list[Figure]:
    host, display = HostRoom(), Compositor(1)
    link = f"http://127.0.0.1:{host.port}/m/1234"
    own, at = {"hostroom": aiortc_room.PLATFORM}, {"hostroom": f"http://127.0.0.1:{host.port}"}
    try:
        with kiosk.room(own, at) as (served, place):
            served.command("meeting.join", link=link)
            served.until("in the call", in_call, LIMIT_S)
            ours = _weighed(host, kiosk.meeting_in(place, labwc.MEETING))
            served.command("meeting.leave")
            served.until("left", over)
        with kiosk.bare(f"{link}#now", display, *_QUIET, *_FAKE) as (leader, _):
            theirs = _weighed(host, leader)
    finally:
        display.close()
        host.close()
    held = f"{ours[1]} processes beside {theirs[1]}; one picture of 320 by 240 comes, one goes"
    return [
        Figure("PSS of a call", ours[0], "MB", theirs[0], "MB, bare kiosk", held),
        Figure(
            "CPU of a call",
            ours[2],
            "% of a core",
            theirs[2],
            "%, bare kiosk",
            "drawn and coded without any hardware",
        ),
    ]


def _weighed(host: HostRoom, leader: int) -> tuple[float, int, float]:
    """Return what a browser in a call holds, its processes, and its share of a core in percent."""
    before = host.host()["frames"]
    host.until("its picture comes", lambda now: now["frames"] > before + 30, LIMIT_S)
    time.sleep(SETTLE_S)
    used, began = kiosk.cpu_s(leader), time.monotonic()
    time.sleep(WATCH_S)
    share = 100 * (kiosk.cpu_s(leader) - used) / (time.monotonic() - began)
    return (*kiosk.pss_mb(leader), share)
