"""A vendor's pages on a real display, shown once by touches on the panel, and joined by the room.

Real labwc, Chromium in plain mode, daemon, screen process and sound server; the pages are made
after what is publicly known of vendors' flows.
"""

import contextlib
import importlib.util
import queue
import time

import pytest

from tests.calls.rig import in_call, over
from tests.calls.served import Served
from tests.kiosk import compositor
from tests.kiosk.agency import Agency, commands
from tests.kiosk.compositor import Compositor
from tests.kiosk.sound_server import SoundServer, needed
from tests.kiosk.vendor_flow import PASSCODE, Flow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

ROOM = """
[room]
displayName = "Bamboo 竹"
[screen]
url = "unix:{socket}"
[meeting]
learn = "anyone"
platforms = "{platforms}"
[meeting.hosts]
vendor = ["{origin}"]
"""
SIGHT = "roomctl.kiosk.input.sight"
PLATFORM = """
key = "vendor"
name = { zh = "某会议", en = "Some Vendor" }
source = "tests/kiosk/vendor_flow.py"
mode = "plain"
hosts = ["meet.vendor.example"]
passcode_param = "pwd"

[[join]]
path = '/(?P<meeting_id>[0-9]{9})'

[[good]]
text = "https://meet.vendor.example/123456789"
meeting_id = "123456789"
url = "https://meet.vendor.example/123456789"
[[bad]]
text = "https://meet.vendor.example/"
refused = "not_a_join"
"""


class Room:
    """Daemon, screen process and display; the panel presses, and asks."""

    def __init__(self, served, agency, flow):
        self.served, self.agency, self.flow = served, agency, flow

    def walkthrough(self):
        return self.served.room()["walkthrough"]

    def until(self, what, holds, limit_s=90.0):
        end = time.monotonic() + limit_s
        while not holds(stands := self.walkthrough()):
            log = self.served.log.read_text() + self.agency.log.read_text()
            assert time.monotonic() < end, f"never: {what}: {stands}\n{log[-3000:]}"
            time.sleep(0.05)
        return stands

    def join(self):
        self.served.command("meeting.join", link=f"{self.flow.url}?pwd={PASSCODE}")
        self.served.until("the page stands there", lambda meeting: meeting["remote_control"])

    def show(self):
        """Show the page: press and type what a person does, each once the page is there."""
        self.served.command("walkthrough.begin")
        stage = None
        for now, kind, what in self.flow.shown():
            if now != stage:
                time.sleep(self.flow.wait_s + 1.0)  # a person waits for the page
                stage = now
            if kind == "press":
                self.served.command("screen.press", x=what[0], y=what[1])
                stage = None if now == "devices" else stage
            else:
                text = {"name": "Bamboo 竹", "code": PASSCODE}[what]
                self.served.command("screen.type", text=text)
        self.served.until("in the meeting that was shown", in_call)

    def leave(self):
        self.served.command("meeting.leave")
        self.served.until("the room has left", over)

    def heard(self):
        """What the page has said so far."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self.flow.said.get_nowait())
        return found


def able():
    """Skip without what the walkthrough's child needs."""
    compositor.needed()
    needed("pulseaudio")
    if importlib.util.find_spec("cv2") is None:
        pytest.skip("needs OpenCV: pip install 'roomctl[walkthrough]'")


@contextlib.contextmanager
def room(folder, flow, platform=PLATFORM):
    able()
    platforms = folder / "platforms"
    platforms.mkdir()
    (platforms / "vendor.toml").write_text(platform, encoding="utf-8")
    with contextlib.ExitStack() as done:
        display = done.enter_context(contextlib.closing(Compositor(1)))
        sound = done.enter_context(contextlib.closing(SoundServer("pulseaudio"))).start()
        agency = done.enter_context(contextlib.closing(Agency()))
        around = display.environment
        agency.start(
            mode="kiosk", surroundings=around, media="real", sound=sound.url, readable=True
        )
        toml = ROOM.format(socket=agency.socket, platforms=platforms, origin=flow.origin)
        served = done.enter_context(contextlib.closing(Served(folder, toml, "--verbose")))
        served.start().has_screen()
        yield Room(served, agency, flow)


def kept(folder):
    """All files and logs, as one text."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return "\n".join(path.read_bytes().decode(errors="replace") for path in files)


def test_a_page_that_was_shown_once_is_joined_by_the_room_and_handed_over_when_it_changed(tmp_path):
    flow = Flow("zoom")
    try:
        with room(tmp_path, flow) as rig:
            rig.join()
            rig.until("it may be shown", lambda now: now["state"] == "offered")
            rig.show()
            assert rig.until("it is shown", lambda now: now["state"] == "shown")["steps"] == 7
            rig.served.command("walkthrough.keep", optional=[1])
            rig.leave()
            assert rig.heard()[-1] == "met webdriver=false"
            for hidden in ((), ("cookie",)):
                flow.hidden = hidden
                rig.join()
                rig.until("the room joins", lambda now: now["state"] == "joining")
                rig.served.until("the room is in the meeting", in_call)
                rig.leave()
                form, met = rig.heard()
                assert form == f'["Bamboo 竹","{PASSCODE}"]'
                assert met == "met webdriver=false"
            flow.restyled, flow.hidden = "#0b7cff", ()
            rig.join()
            rig.until("the room joins", lambda now: now["state"] == "joining")
            handed = rig.until("it is handed over", lambda now: now["state"] == "handed_over")
            assert handed["reason"] == "changed"
            assert rig.heard() == [], "nothing was pressed"
            rig.served.command("screen.press", x=flow.middle, y=0.876)  # people go on themselves
            looking = [one for one, words in commands(rig.agency.uid) if SIGHT in words]
            assert not looking, "what looks has ended"
            everything = kept(tmp_path) + rig.agency.log.read_text() + str(rig.served.room())
            assert PASSCODE not in everything
            rig.leave()
    finally:
        flow.close()
