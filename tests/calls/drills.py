"""What goes wrong in a meeting, done to a real one; how soon the room says so, and goes on.

A drill begins wherever the one before has ended: most end in the meeting that the room was to meet
in again. The limits are promises: they are kept on a machine that has nothing else to do, and `make
soak` measures them there.
"""

import os
import signal
import time
from dataclasses import dataclass

from tests.calls import guest
from tests.calls.rig import in_call
from tests.calls.served import PATIENCE_S

TRUE_S = 10.0  # until what the room says is true
CHOICE_S = 30.0  # until it has recovered, or people can choose


@dataclass(frozen=True)
class Told:
    """Seconds from the fault until the room told the truth, and until it, or people, went on."""

    truth_s: float
    choice_s: float

    @property
    def in_time(self):
        return self.truth_s <= TRUE_S and self.choice_s <= CHOICE_S


def crashed(meeting):
    return meeting["state"] == "failed" and meeting["failure"] == "crashed"


def unproven(meeting):
    return meeting["state"] in ("unknown", "interrupted")


def leaves(room):
    """Have the room leave the meeting that a drill ended in, and nothing of it be left."""
    if in_call(room.served.meeting()):
        room.leave()
    room.nothing_left()


def meets(room):
    """Have the room meet a guest; return the guest's page."""
    leaves(room)
    page = room.join_peer()
    room.served.until("in the meeting", in_call)
    guest.sees(page)
    assert len(room.processes()) > 1
    return page


def meets_host(room):
    """Have the room meet the host, and stay there; nothing happens if it does so by now."""
    stands = room.served.meeting()
    if not (in_call(stands) and stands["host"] == "localhost"):
        room.join_host()
        room.served.until("in the meeting", in_call)
    room.moves()


def still(room, limit_s=PATIENCE_S):
    """Wait until no picture of the room has come to the host for a second."""
    end, frames = time.monotonic() + limit_s, None
    while frames != (frames := room.host.host()["frames"]):
        assert time.monotonic() < end, f"the room's picture still moves: {frames}"
        time.sleep(1)


def kill_browser(room):
    """SIGKILL to the browser."""
    page = meets(room)
    os.kill(room.agency.browser()[0], signal.SIGKILL)

    def gone():
        guest.still(page)
        page.close()

    return _crash(room, gone)


def kill_page(room):
    """SIGKILL to the page's own process."""
    meets_host(room)
    found = [pid for pid, words in room.processes().items() if "--type=renderer" in words]
    assert found
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    return _crash(room, lambda: still(room))


def _crash(room, gone):
    """Wait until the crash is told, and `gone` has seen that the room is."""
    began = time.monotonic()
    stands = room.served.until("the crash is told", crashed)
    told = time.monotonic() - began
    assert not stands["shown"]
    room.nothing_left()
    gone()
    meets_host(room)
    return Told(told, told)


def kill_screen(room):
    """SIGKILL to the screen process, which somebody then starts again."""
    meets_host(room)
    began = time.monotonic()
    room.agency.end(signal.SIGKILL)
    room.served.until("nobody knows how the call stands", unproven)
    truth_s = time.monotonic() - began
    still(room)
    assert room.processes() == {}, "its browser went with it"
    assert room.folders(), "what a killed process could not remove, the next one does"
    room.agency.start()
    room.served.until("the call is lost", crashed)
    choice_s = time.monotonic() - began
    room.nothing_left()
    meets_host(room)
    return Told(truth_s, choice_s)


def kill_daemon(room):
    """SIGKILL to the daemon, which somebody then starts again: the meeting does not notice."""
    meets_host(room)
    before = room.agency.browser()
    room.served.end(signal.SIGKILL)
    room.moves()
    began = time.monotonic()
    room.served.start()
    stands = room.served.until("the meeting is taken over", in_call)
    told = time.monotonic() - began
    assert stands["host"] == "localhost"
    assert room.agency.browser() == before
    room.moves()
    room.leave()
    room.nothing_left()
    meets_host(room)
    return Told(told, told)


def freeze_server(room):
    """Have the server, and the media with it, stand still for as long as it takes to be told."""
    meets_host(room)
    began = time.monotonic()
    room.host.process.send_signal(signal.SIGSTOP)
    try:
        room.served.until("nothing proves the call any more", unproven)
        truth_s = time.monotonic() - began
    finally:
        room.host.process.send_signal(signal.SIGCONT)
    room.served.until("the meeting goes on", in_call)
    choice_s = time.monotonic() - began
    room.moves()
    return Told(truth_s, choice_s)


def kill_server(room):
    """SIGKILL to the server: its page stands there, and its lines are dead."""
    meets_host(room)
    began = time.monotonic()
    room.host.kill()
    room.served.until("nothing proves the call any more", lambda now: not in_call(now))
    truth_s = time.monotonic() - began
    network = room.served.until("the network is to blame", lambda now: now["failure"] == "network")
    choice_s = time.monotonic() - began
    assert network["shown"]
    room.leave()
    room.nothing_left()
    meets(room).close()
    room.leave()
    room.nothing_left()
    room.host.start()
    return Told(truth_s, choice_s)


ALL = (kill_browser, kill_page, kill_screen, kill_daemon, freeze_server, kill_server)
