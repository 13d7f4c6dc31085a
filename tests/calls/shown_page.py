"""A room whose display shows vendors' pages: daemon, screen process, labwc, Chromium, PulseAudio.

Touches on the panel show a page once; the room passes it by itself afterwards.
"""

import contextlib
import importlib.util
import queue
import time

import pytest

from tests.calls.rig import in_call, over
from tests.calls.served import PATIENCE_S, Served
from tests.kiosk import compositor
from tests.kiosk.agency import Agency, commands, descends
from tests.kiosk.compositor import Compositor
from tests.kiosk.sound_server import SoundServer, needed
from tests.kiosk.vendor_flow import PASSCODE

LOOKS = "roomctl.kiosk.input.sight"
DRAWN_S = 60.0
NAME = "Bamboo 竹"
MET = "met webdriver=false"  # what a page says in its meeting, to a browser that nothing steers

_ROOM = """
[room]
display_name = "{name}"
[screen]
url = "unix:{socket}"
waiting_browser = "{waiting}"
[meeting]
learn = "anyone"
platforms = "{platforms}"
{usual}
[meeting.hosts]
{hosts}
"""
_PLATFORM = """
key = "KEY"
name = { zh = "某会议", en = "Some Vendor" }
source = "tests/kiosk/vendor_flow.py"
mode = "plain"
hosts = ["KEY.vendor.example"]
passcode_param = "pwd"

[[join]]
path = '/(?P<meeting_id>[0-9]{9})'

[[good]]
text = "https://KEY.vendor.example/123456789"
meeting_id = "123456789"
url = "https://KEY.vendor.example/123456789"
[[bad]]
text = "https://KEY.vendor.example/"
refused = "not_a_join"
"""


def able():
    """Skip without what the walkthrough's child needs."""
    compositor.needed()
    needed("pulseaudio")
    if importlib.util.find_spec("cv2") is None:
        pytest.skip("needs OpenCV: pip install 'roomctl[walkthrough]'")


class Room:
    """Daemon, screen process and display; the panel presses, and asks."""

    def __init__(self, served, agency, folder):
        self.served, self.agency, self._folder = served, agency, folder
        self._known = set()

    def know(self, flow, *, proven=True):
        """Have the page shown to the room, once; see `show`."""
        if flow.vendor in self._known:
            return
        self.join(flow)
        self.show(flow, proven=proven)
        self._known.add(flow.vendor)
        self.leave()

    def walkthrough(self):
        return self.served.room()["walkthrough"]

    def until(self, what, holds):
        """Wait until something holds of the walkthrough; return how it stands then."""
        try:
            now = self.served.document_when(what, lambda room: holds(room["walkthrough"]))
        except AssertionError as error:
            error.add_note(self.agency.log.read_text()[-3000:])
            raise
        return now["walkthrough"]

    def join(self, flow):
        """Join, and forget what the page said and showed before."""
        heard(flow.said)
        heard(flow.drawn)
        self.served.command("meeting.join", link=f"{flow.url}?pwd={PASSCODE}")
        stands = ("failed", "ended")
        now = self.served.until(
            "the page stands there",
            lambda meeting: meeting["remote_control"] or meeting["state"] in stands,
        )
        assert now["remote_control"], now

    def show(self, flow, *, proven=True):
        """Show the page that stands there, and keep it; the page is in the meeting then.

        `proven`: it is kept when the room knows of that, and else as soon as the page does.
        """
        self.until("it may be shown", lambda now: now["state"] == "offered")
        self.served.command("walkthrough.begin")
        for new, stage, kind, what in flow.shown():
            while new and flow.drawn.get(timeout=DRAWN_S) != stage:
                pass
            if kind == "press":
                self.press(*what)
            else:
                self.served.command("screen.type", text={"name": NAME, "code": PASSCODE}[what])
        met(flow.said)
        if proven:
            self.served.until("in the meeting that was shown", in_call)
            self.until("it is shown", lambda now: now["state"] == "shown")
        optional = [flow.stages.index("cookie") + 1] if "cookie" in flow.stages else []
        self.served.command("walkthrough.keep", optional=optional)

    def press(self, x, y):
        """Press as a person does: again, if the page was not there yet."""
        end = time.monotonic() + PATIENCE_S
        while refused := self.served.told("screen.press", x=x, y=y):
            assert time.monotonic() < end, f"{refused}: {self.walkthrough()}"
            time.sleep(0.2)

    def joins(self, join, tries=1):
        """Have `join` called, and wait until the room has passed the page, and is in the meeting.

        A page that a busy machine holds up for 6.5 s is handed over; it is tried anew.
        """
        for left in reversed(range(tries)):
            join()
            self.until("the room joins", lambda now: now["state"] == "joining")
            ends = self.until("it is over", lambda now: now["state"] != "joining")
            if ends["state"] in ("idle", "offered"):
                break
            assert left, ends
            self.leave()
        self.served.until("the room is in the meeting", in_call)

    def have_wait(self):
        """Use the panel, as somebody does who came in, and wait until a browser waits."""
        self.served.command("room.wake")
        self.served.until("a browser waits", lambda meeting: meeting["waiting"] == "ready")

    def leave(self):
        self.served.command("meeting.leave")
        self.served.until("the room has left", over)

    def nobody_looks(self, limit_s=PATIENCE_S):
        """Wait until no process of this room looks at the display any more."""
        end, ours = time.monotonic() + limit_s, self.agency.process.pid
        while looking := [
            pid
            for pid, words in commands(self.agency.uid)
            if LOOKS in words and descends(pid, ours)
        ]:
            assert time.monotonic() < end, looking
            time.sleep(0.2)

    def kept(self):
        """All files, logs and the document, as one text."""
        files = [path for path in self._folder.rglob("*") if path.is_file()]
        texts = [path.read_bytes().decode(errors="replace") for path in files]
        return "\n".join([*texts, self.agency.log.read_text(), str(self.served.room())])


def heard(said):
    """What a page has said so far."""
    found = []
    with contextlib.suppress(queue.Empty):
        while True:
            found.append(said.get_nowait())
    return found


def met(said):
    """Wait until a page says that it is in its meeting; return what it has said before."""
    return list(iter(lambda: said.get(timeout=DRAWN_S), MET))


@contextlib.contextmanager
def room(folder, pages, waits_for=None):
    """Run all of it for the pages of platforms, by their keys; `pages` have an origin.

    One that has a `platform` has its file there. `waits_for` is the key of the one for whose
    meetings a browser waits.
    """
    able()
    platforms = folder / "platforms"
    platforms.mkdir()
    for key, page in pages.items():
        text = getattr(page, "platform", None) or _PLATFORM.replace("KEY", key)
        (platforms / f"{key}.toml").write_text(text, encoding="utf-8")
    hosts = "\n".join(f'{key} = ["{page.origin}"]' for key, page in pages.items())
    with contextlib.ExitStack() as done:
        display = done.enter_context(contextlib.closing(Compositor(1)))
        sound = done.enter_context(contextlib.closing(SoundServer("pulseaudio"))).start()
        agency = done.enter_context(contextlib.closing(Agency()))
        around = display.environment
        agency.start(
            mode="kiosk", surroundings=around, media="real", sound=sound.url, readable=True
        )
        told = {"socket": agency.socket, "platforms": platforms, "hosts": hosts, "name": NAME}
        waiting, usual = "off", ""
        if waits_for is not None:
            link = f'[meeting.new.{waits_for}]\nroom_link = "{pages[waits_for].url}"'
            waiting, usual = "on", f'platform = "{waits_for}"\n{link}'
        toml = _ROOM.format(**told, waiting=waiting, usual=usual)
        served = Served(folder, toml, "--verbose")
        done.enter_context(contextlib.closing(served))
        served.start().has_screen()
        yield Room(served, agency, folder)
