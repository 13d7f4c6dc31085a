"""The matrix of calls: what a room says of pages in every condition, and how late.

    python -m tests.calls.matrix [PAGE or CONDITION ...]

Plays these, or all; with every condition it then writes the table of docs/calls.md (make calls).
Each page is opened plain, on a real display, in a room with a real sound server. Its document
is read five times a second from Join to Leave. It is false where it says *in the meeting* and media
do not flow both ways, or have not for `LATE_S`.
"""

import contextlib
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests import far_end, livekit_page, peerjs_room
from tests.calls import guest
from tests.calls.rig import over
from tests.calls.served import PATIENCE_S
from tests.calls.shown_page import NAME, room
from tests.calls.test_others_page import FIELD, JOIN, Meeting, middle, sized
from tests.kiosk.agency import commands, descends
from tests.kiosk.vendor_flow import PASSCODE, VENDORS, Flow
from tests.peer_calls import bring

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "calls.md"
BEGIN, END = "<!-- cells: make calls -->\n", "<!-- end of cells -->"
EVERY_S = 0.2
STANDS_S = 20.0  # so long a page is watched that is in no call
HOLDS_S = 8.0  # and a call, from when it is known
LATE_S = 5.0  # by which a call is known, and its end
HICCUP_S = 2.0
MOST_S = 40.0  # so long either is waited for
MEETING = ("in_call", "alone", "listening")


@dataclass(frozen=True)
class Seen:
    """What the document says of the meeting, from when on (monotonic)."""

    at: float
    state: str
    witnesses: tuple[str, ...]
    failure: str | None


@dataclass(frozen=True)
class Condition:
    """What is so, in people's words, and the state that is true of it, if one is.

    `meets`: media flow both ways. `ends` has the state that is true after the end.
    """

    what: str
    truth: str | None = None
    meets: bool = False
    ends: str | None = None


CONDITIONS = {
    "preview": Condition("before the meeting, the microphone is listened to", "prejoin"),
    "music": Condition("the same, and music comes over HTTP", "prejoin"),
    "noise": Condition("the same, and the page plays noise", "prejoin"),
    "loop": Condition("the same, and the page tests a connection to itself", "prejoin"),
    "probe": Condition(
        "the same with music, and one connection to nobody, beside another program's datagrams",
        "prejoin",
    ),
    "many": Condition("the same, and the page makes 500 connections", None),
    "hears": Condition("a lobby that plays music by WebRTC, and sends nothing", None),
    "waiting": Condition(
        "a lobby that hears and sends by WebRTC; the room was shown its picture", "lobby"
    ),
    "listening": Condition("a listener's page: it sends nothing", "listening"),
    "alone": Condition("in the meeting, and nobody else is", "alone"),
    "call": Condition("a call with sound, left by the page's own key", "in_call", True, "ended"),
    "muted": Condition("a call in which all mute, and nobody sends a packet", "in_call", True),
    "cut": Condition("a call whose network is cut", "in_call", True, "interrupted"),
    "hiccup": Condition("a call whose network is gone for 2 s, three times", "in_call", True),
    "vanished": Condition("a call whose other end vanishes", "in_call", True, None),
    "hung up": Condition("a call that the other end leaves", "in_call", True, None),
    "killed": Condition("a call whose renderer is killed", "in_call", True, "failed"),
}


@dataclass
class Cell:
    """One page in one condition: when media began and ended, and what was said."""

    page: str
    name: str
    seen: list[Seen] = field(default_factory=list)
    samples: int = 0
    began: float | None = None
    ended: float | None = None
    closed: float = 0.0
    broke: str = ""

    @property
    def condition(self):
        return CONDITIONS[self.name]

    def spans(self):
        """What was said, and until when."""
        return zip(self.seen, [*(one.at for one in self.seen[1:]), self.closed], strict=True)

    @property
    def false_s(self):
        """For how long the room was said to be in a call, and was not."""
        return sum(
            self._false(one.at, till) for one, till in self.spans() if one.state == "in_call"
        )

    def _false(self, since, till):
        if not self.condition.meets or self.began is None:
            return till - since
        early = max(0.0, min(till, self.began) - since)
        late = 0.0 if self.ended is None else max(0.0, till - max(since, self.ended + LATE_S))
        return early + late

    @property
    def known_s(self):
        """How long after media began the truth was said."""
        return self._first(self.began, lambda one: one.state == self.condition.truth)

    @property
    def end_s(self):
        """How long after the end the room was not said to be in the meeting any more."""
        return self._first(self.ended, lambda one: one.state not in MEETING)

    def _first(self, since, holds):
        if since is None:
            return None
        found = [one.at for one, till in self.spans() if holds(one) and till > since]
        return max(0.0, found[0] - since) if found else float("inf")

    @property
    def said(self):
        """The states that were said, one after the other."""
        states = [one.failure or one.state for one in self.seen]
        return [one for at, one in enumerate(states) if at == 0 or states[at - 1] != one]

    @property
    def by(self):
        """Who spoke for the last thing that was said before the end."""
        before = [one for one in self.seen if self.ended is None or one.at < self.ended]
        return before[-1].witnesses if before else ()


class Watch:
    """Reads the room's document five times a second in a thread, while it is open."""

    def __init__(self, served, cell):
        self._served, self._cell = served, cell
        self._over, self._changed = threading.Event(), threading.Condition()
        self._thread = threading.Thread(target=self._run)
        self._before = served.meeting()["call"]

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        self._cell.closed = time.monotonic()

    def _run(self):
        while not self._over.wait(EVERY_S):
            told = self._served.meeting()
            if told["call"] != self._before:
                with self._changed:
                    self._take(told)
                    self._changed.notify_all()

    def _take(self, told):
        seen, witnesses = self._cell.seen, tuple(told["witnesses"])
        self._cell.samples += 1
        one = Seen(time.monotonic(), told["state"], witnesses, told["failure"])
        if not seen or (seen[-1].state, seen[-1].witnesses) != (one.state, one.witnesses):
            seen.append(one)

    def until(self, *states, limit_s=MOST_S):
        """Wait until the room says one of these; False: it does not."""

        def says():
            return bool(self._cell.seen) and self._cell.seen[-1].state in states

        with self._changed:
            return self._changed.wait_for(says, limit_s)

    def stand(self, limit_s):
        """Watch for so long."""
        self._over.wait(limit_s)


class StandIn:
    """A vendor's page; a condition is a stage of it."""

    conditions = (
        *(
            "preview",
            "music",
            "noise",
            "loop",
            "probe",
            "many",
            "hears",
            "listening",
            "alone",
            "call",
        ),
        *("muted", "hiccup", "cut", "killed", "waiting"),
    )

    def __init__(self, flow):
        self.flow, self.origin = flow, flow.origin
        self._done = contextlib.ExitStack()

    def prepare(self, rig, cell):
        """Do what comes before the call."""
        if cell.name == "waiting":
            self._show_lobby(rig)

    def join(self, rig, cell):
        self.flow.stages = ["form", "waiting"] if cell.name == "waiting" else [self._stage(cell)]
        self.flow.said_at.clear()
        if cell.name == "probe":
            self._done.enter_context(chatter())
        rig.served.command("meeting.join", link=f"{self.flow.url}?pwd={PASSCODE}")
        if cell.began is None and cell.condition.truth not in (None, "prejoin"):
            cell.began = found(lambda: self.flow.said_at.get("media"))
        else:
            found(lambda: self.flow.said_at.get("stands"))

    def _stage(self, cell):
        return "call" if cell.name in ("hiccup", "cut", "killed") else cell.name

    def _show_lobby(self, rig):
        """Have staff show the way to the lobby, and name its picture."""
        flow = self.flow
        flow.stages, flow.hidden, flow.held = ["form", "waiting"], ("waiting",), "waiting"
        rig.know(flow, proven=False)
        flow.hidden = ()
        rig.join(flow)
        while flow.drawn.get(timeout=PATIENCE_S) != "waiting":
            pass
        rig.served.command("walkthrough.pick", x=flow.middle - 0.05, y=0.42)
        rig.served.command("walkthrough.name", says="lobby")
        rig.leave()

    def disturb(self, watch):
        """Take the network away for as long as is no end, and give it back."""
        for _ in range(3):
            far_end.shared().cut()
            watch.stand(HICCUP_S)
            far_end.shared().mend()
            watch.stand(LATE_S)

    def end(self, rig, cell):
        match cell.name:
            case "call":
                rig.press(self.flow.middle, 0.876)
                return found(lambda: self.flow.said_at.get("left"))
            case "cut":
                far_end.shared().cut()
            case "killed":
                kill_renderers(rig)
        return time.monotonic()

    def clear(self):
        self._done.close()
        self.flow.held = ""
        far_end.shared().mend()


class Foreign:
    """An app that others wrote."""

    def prepare(self, rig, cell):
        pass

    def clear(self):
        pass


class LiveKit(Foreign):
    """PreJoin, which previews the microphone."""

    conditions = ("preview",)

    def __init__(self, done):
        self._page = done.enter_context(
            contextlib.closing(livekit_page.PreJoin(livekit_page.bring()))
        )
        self.origin, self.platform = self._page.origin, self._page.platform

    def join(self, rig, _cell):
        rig.served.command("meeting.join", link=self._page.link)


class Others(Foreign):
    """An app with a page before the meeting, and a guest's browser at the other end."""

    conditions = ("preview", "call", "hung up", "vanished", "cut", "killed")

    def __init__(self):
        self._calls, self._guest = 0, None
        self._done = contextlib.ExitStack()

    def join(self, rig, cell):
        self._calls += 1
        link = self.link(self._calls)
        rig.served.command("meeting.join", link=link)
        rig.served.until("the page stands there", lambda now: now["remote_control"])
        if cell.name == "preview":
            return
        self.stands(rig)
        places = self._open(link)
        self.pass_page(rig, places)
        cell.began = found(lambda: time.monotonic() if self.talks(self._guest) else None)

    def _open(self, link):
        """Have the guest's browser measure the page and enter the meeting; return the places."""
        from playwright.sync_api import sync_playwright

        playwright = self._done.enter_context(sync_playwright())
        flags = [*guest.FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=guest.CHROMIUM, args=flags)
        self._done.callback(suppressed(browser.close))
        page = browser.new_page(viewport=sized())
        page.goto(link)
        places = [middle(page.wait_for_selector(one).bounding_box()) for one in self.keys]
        self.enter(page)
        self._guest = page
        return places

    def end(self, rig, cell):
        match cell.name:
            case "call":
                rig.press(*middle(self._guest.wait_for_selector(self.leave).bounding_box()))
            case "hung up":
                self._guest.click(self.leave)
            case "vanished":
                self._signal(rig, signal.SIGKILL)
            case "cut":
                self._signal(rig, signal.SIGSTOP)
            case "killed":
                kill_renderers(rig)
        return time.monotonic()

    def _signal(self, rig, number):
        for pid in guests_processes(rig):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def clear(self):
        self._done.close()


class PeerCallsPage(Others):
    """peer-calls."""

    keys, leave = (FIELD, JOIN), ".toolbar .hangup"

    def __init__(self, done):
        super().__init__()
        self._meeting = done.enter_context(contextlib.closing(Meeting(bring())))
        self._meeting.start()
        self.origin, self.platform = self._meeting.origin, self._meeting.platform

    def link(self, number):
        return f"{self.origin}/call/room{number}"

    def stands(self, _rig):
        """Nothing tells; peer-calls takes an empty name, too."""

    def pass_page(self, rig, places):
        field, button = places
        rig.press(*field)
        rig.served.command("screen.type", text=NAME)
        for key in ("tab", "up"):  # from "Default Video" to "No Video"
            rig.served.command("screen.key", key=key)
        rig.press(*button)

    def enter(self, page):
        page.fill(FIELD, "Guest")
        page.click(JOIN)

    def talks(self, page):
        return page.evaluate(
            "() => [...document.querySelectorAll('video')]"
            ".some((one) => !one.muted && one.currentTime > 0)"
        )


class PeerJs(Others):
    """PeerJS."""

    keys, leave = ("#join",), "#leave"

    def __init__(self, done):
        super().__init__()
        self._two = done.enter_context(contextlib.closing(peerjs_room.Two(peerjs_room.bring())))
        self._two.start()
        self.origin, self.platform = self._two.origin, self._two.platform

    def link(self, number):
        self._ready = self._two.ready
        return f"{self.origin}/two/room{number}"

    def stands(self, _rig):
        found(lambda: self._two.ready > self._ready)

    def pass_page(self, rig, places):
        rig.press(*places[0])

    def enter(self, page):
        page.click("#join")

    def talks(self, page):
        return page.evaluate("() => document.querySelector('audio').currentTime > 0")


@contextlib.contextmanager
def chatter():
    """Datagrams both ways on this box, as many as a call has, of no meeting's program."""
    over = threading.Event()

    def send():
        with socket.socket(type=socket.SOCK_DGRAM) as there:
            there.bind(("127.0.0.1", 0))
            while not over.wait(0.02):
                there.sendto(bytes(100), there.getsockname())
                there.recv(100)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def suppressed(close):
    def quietly():
        with contextlib.suppress(Exception):
            close()

    return quietly


def found(look, limit_s=PATIENCE_S):
    """Wait until something is found; return it."""
    end = time.monotonic() + limit_s
    while not (it := look()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
    return it


def kill_renderers(rig):
    """SIGKILL to the processes of the room's pages."""
    ours = rig.agency.process.pid
    pages = [
        pid
        for pid, words in commands(rig.agency.uid)
        if any("--type=renderer" in word for word in words) and descends(pid, ours)
    ]
    assert pages
    for pid in pages:
        os.kill(pid, signal.SIGKILL)


def guests_processes(rig):
    """The processes of the guest's browser."""
    return [
        pid
        for pid, words in commands(os.geteuid())
        if "chrom" in words[0]
        and descends(pid, os.getpid())
        and not descends(pid, rig.agency.process.pid)
    ]


def play(rig, name, page, condition, *, stands_s=STANDS_S, holds_s=HOLDS_S, most_s=MOST_S):
    """Play one cell."""
    cell = Cell(name, condition)
    try:
        page.prepare(rig, cell)
        with Watch(rig.served, cell) as watch:
            page.join(rig, cell)
            if cell.began is None:
                watch.until("prejoin", limit_s=most_s)
                watch.stand(stands_s)
            else:
                watch.until(cell.condition.truth, limit_s=most_s)
                watch.stand(stands_s if condition == "muted" else holds_s)
            if condition == "hiccup":
                page.disturb(watch)
            elif cell.condition.meets and condition != "muted":
                cell.ended = page.end(rig, cell)
                watch.until(*AFTER, limit_s=most_s)
                watch.stand(min(holds_s, LATE_S))
    except Exception as error:
        cell.broke = f"{type(error).__name__}: {error}"[:300]
    finally:
        page.clear()
        rig.served.told("meeting.leave")
        rig.served.until("the room has left", over)
    return cell


AFTER = ("ended", "failed", "interrupted", "unknown", "prejoin", "joining")


def seconds(value):
    return "" if value is None else "never" if value == float("inf") else f"{value:.1f} s"


def line(cell):
    """A row of the table."""
    false = f"**{cell.false_s:.1f} s**" if cell.false_s else "no"
    said = cell.broke or " → ".join(cell.said)
    what = (cell.page, cell.name, said, ", ".join(cell.by), seconds(cell.known_s))
    return f"| {' | '.join((*what, seconds(cell.end_s), false))} |"


def details(cell):
    """What was said, by whom, and when, from when media flowed."""
    start = cell.began or (cell.seen[0].at if cell.seen else 0.0)
    for one in cell.seen:
        yield f"    {one.at - start:7.1f} {one.failure or one.state} ({', '.join(one.witnesses)})"


@contextlib.contextmanager
def everything(folder, wanted):
    """A room, and the pages that are wanted, by name."""
    with contextlib.ExitStack() as done:
        pages = {}
        for name in wanted:
            if name in VENDORS:
                pages[name] = StandIn(done.enter_context(contextlib.closing(Flow(name))))
            else:
                pages[name] = FOREIGN[name](done)
        keys = {f"{name}_flow" if name in VENDORS else name: one for name, one in pages.items()}
        yield done.enter_context(room(folder, keys)), pages


FOREIGN = {"livekit": LiveKit, "peercalls": PeerCallsPage, "peerjs": PeerJs}
PAGES = (*VENDORS, *FOREIGN)


def played(wanted, conditions):
    """Play the cells that are wanted, and yield each."""
    with (
        tempfile.TemporaryDirectory() as place,
        everything(Path(place), wanted) as (rig, pages),
    ):
        for name, page in pages.items():
            for condition in page.conditions:
                if condition in conditions:
                    yield play(rig, name, page, condition)


def table(rows):
    """The part of the page that is made."""
    kinds = [f"| `{name}` | {one.what} | {one.truth or ''} |" for name, one in CONDITIONS.items()]
    head = "| page | condition | the room says | who says so | known after | end after | false |"
    made = ["| condition | what is so | true is |", "|---|---|---|", *kinds, ""]
    return "\n".join([*made, head, "|---|---|---|---|---|---|---|", *rows, ""])


def main(words):
    wanted = [word for word in words if word in PAGES] or PAGES
    conditions = [word for word in words if word in CONDITIONS] or CONDITIONS
    rows = []
    for cell in played(wanted, conditions):
        rows.append(line(cell))
        told = [rows[-1], *details(cell)] if cell.false_s or cell.broke else rows[-1:]
        sys.stdout.write("\n".join(told) + "\n")
        sys.stdout.flush()
    if conditions is CONDITIONS:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}{table(rows)}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
