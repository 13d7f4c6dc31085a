"""A room between two real meeting servers: daemon, screen process, guest, and what is left."""

import contextlib
import importlib.util
import os
import time
from pathlib import Path

import pytest

from tests import aiortc_room, peer_calls
from tests.aiortc_room import HostRoom
from tests.calls import guest
from tests.calls.served import PATIENCE_S, Served
from tests.kiosk.agency import Agency
from tests.peer_calls import PeerCalls

LEFT_OVER_S = 2.0  # by which nothing is left of a meeting
NEXT_S = 10.0  # from hanging up to being in a meeting on another platform
HOST = dict(zip(("magenta", "green"), aiortc_room.COLOURS, strict=True))

ROOM = """
[room]
display_name = "Bamboo"
[screen]
url = "unix:{socket}"
[meeting]
platforms = "{platforms}"
[meeting.hosts]
peercalls = ["http://127.0.0.1:{peer}"]
hostroom = ["http://localhost:{host}"]
"""


def in_call(meeting):
    return meeting["state"] == "in_call" and meeting["evidence"] == "media"


def over(meeting):
    return meeting["state"] in ("ended", "idle") and not meeting["shown"]


class Rig:
    """Everything; `agency` is the screen process, `served` the daemon with its panel."""

    def __init__(self, folder, agency, brought, left_over_s):
        """Nothing may be left after so long."""
        self.agency, self.peer, self.host = agency, PeerCalls(brought), HostRoom()
        self._place, self._sessions, self._left_over_s = agency.place, set(), left_over_s
        self._done = contextlib.ExitStack()
        self._done.callback(self.host.close)
        self._done.callback(self.peer.close)
        platforms = folder / "platforms"
        platforms.mkdir()
        for module, name in ((peer_calls, "peercalls"), (aiortc_room, "hostroom")):
            (platforms / f"{name}.toml").write_text(module.PLATFORM, encoding="utf-8")
        toml = ROOM.format(
            socket=agency.socket, platforms=platforms, peer=self.peer.port, host=self.host.port
        )
        self.served = Served(folder, toml)
        self._done.callback(self.served.close)
        self._folder, self._enter = folder, None
        self.calls = 0

    def close(self):
        self._done.close()

    def move(self, display=None):
        """Start the screen process anew: on another compositor, or without a display."""
        self.agency.end()
        if display is None:
            self._place = self.agency.place
            self.agency.start()
        else:
            self._place = display.place
            self.agency.start(mode="kiosk", surroundings=display.environment)
        self.served.has_screen()

    def join_peer(self):
        """Have the panel join a new meeting on peer-calls; return the guest's page in it."""
        self.calls += 1
        link = f"{self.peer.origin}/call/bamboo{self.calls}"
        self.served.command("meeting.join", link=link)
        if self._enter is None:
            self._enter = self._done.enter_context(guest.guests(self._folder))
        return self._enter(link)

    def join_host(self):
        """Have the panel join the host's meeting."""
        self.host.host(stage="prejoin", behind="in", frames=0)
        self.served.command("meeting.join", link=f"http://localhost:{self.host.port}/m/1234")

    def moves(self):
        """Wait until more pictures of the room have come to the host."""
        frames = self.host.host()["frames"]
        what = "the room's picture moves"
        self.host.until(what, lambda now: now["frames"] > frames + 10, PATIENCE_S)

    def leave(self):
        """Have the panel leave, and wait until the room says that it has left."""
        self.served.command("meeting.leave")
        self.served.until("the room has left", over)

    def sees(self, colours, limit_s=PATIENCE_S):
        """Wait until the room's display has shown each of these colours of somebody else."""
        seen, end = set(), time.monotonic() + limit_s
        while seen != set(colours):
            assert time.monotonic() < end, f"the room saw only {seen} of {set(colours)}"
            seen |= guest.shown(self.served.picture(), colours)

    def folders(self):
        """The folders of meetings that are there."""
        return set(self._place.glob("roomctl-meeting-*"))

    def processes(self):
        """The processes of browsers that the screen process started, by pid: command lines."""
        return dict(running(self._place, self._sessions))

    def nothing_left(self, own=0):
        """Wait until no browser and no folder is left, but for `own` pages of the room's own."""
        end = time.monotonic() + self._left_over_s
        while True:
            folders, processes = self.folders(), self.processes()
            sessions = set(filter(None, map(session, processes)))
            if len(folders) <= own and len(sessions) <= own:
                return
            left = (folders, processes)
            assert time.monotonic() < end, f"left after {self._left_over_s:g} s: {left}"
            time.sleep(0.1)

    def descriptors(self):
        """How many files the screen process and the daemon hold open."""
        pids = (self.agency.process.pid, self.served.process.pid)
        return tuple(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)

    def round(self):
        """Meet on both platforms; return the seconds from hanging up to the next meeting."""
        page = self.join_peer()
        self.served.until("in the meeting with the guest", in_call)
        guest.sees(page)
        self.sees(guest.COLOURS)
        assert self.folders()
        assert self.processes()
        began = time.monotonic()
        self.leave()
        self.nothing_left()
        self.join_host()
        self.served.until("in the next meeting", in_call)
        took_s = time.monotonic() - began
        guest.alone(page)
        page.close()
        self.moves()
        self.sees(HOST)
        left = self.host.host()["left"]
        self.leave()
        self.nothing_left()
        self.host.until("its own Leave was pressed", lambda now: now["left"] == left + 1)
        return took_s


@contextlib.contextmanager
def rig(folder, left_over_s=PATIENCE_S):
    """Run all of it, without a display."""
    if importlib.util.find_spec("aiortc") is None:
        why = "needs aiortc (pip install -e '.[dev]'), which has no wheel for 32-bit boards"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    brought, agency = peer_calls.bring(), Agency()
    try:
        agency.start()
        with contextlib.closing(Rig(folder, agency, brought, left_over_s)) as room:
            room.peer.start()
            room.served.start()
            yield room
    finally:
        agency.close()


def running(place, sessions):
    """(pid, command line) of every process of a browser with a folder in `place`.

    A browser leads a session that all its processes share, whatever becomes of it: `sessions`
    holds those that were ever seen.
    """
    wanted = f"--user-data-dir={place}/roomctl-meeting-"
    found = dict(living())
    sessions |= {sid for sid, words in found.values() if wanted in words}
    for pid, (sid, words) in found.items():
        if sid in sessions or wanted in words:
            yield pid, words


def living():
    """(pid, (session, command line)) of every process but those that only wait to be collected."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                if words:
                    pid = int(entry.name)
                    yield pid, (os.getsid(pid), words.decode(errors="replace"))


def session(pid):
    """The session of a process; None: it is gone."""
    with contextlib.suppress(OSError):
        return os.getsid(pid)
    return None
