"""A mute is what the next start begins with: real processes that are killed, and a recorder."""

import signal
import time

import pytest

from tests.calls.served import Served
from tests.kiosk.agency import Agency
from tests.kiosk.sound_server import KINDS, SoundServer, needed

pytestmark = pytest.mark.real
MICROPHONE = "webcam"  # the default one: this room has no speakerphone
LOUD, HEARD_S, LIMIT_S = 1000, 60, 90.0
ORDERS = {"as they boot": ("sound", "screen", "daemon"), "backwards": ("daemon", "screen", "sound")}


class Box:
    """A daemon, the screen's process and a sound server with a tone in the air."""

    def __init__(self, kind, folder):
        self.sound, self.agency = SoundServer(kind), Agency()
        toml = f'[screen]\nmode = "headless"\nurl = "unix:{self.agency.socket}"\n'
        self.daemon = Served(folder, toml)

    def start(self, *parts):
        """Start these; a sound server that begins has every microphone open."""
        for part in parts:
            match part:
                case "sound":
                    self.sound.start()
                    self.sound.play()
                case "screen":
                    self.agency.start(sound=self.sound.url)
                case "daemon":
                    self.daemon.start()

    def kill(self, *parts):
        """Kill these as a power cut does, and none of them has a last word."""
        if "daemon" in parts:
            self.daemon.end(signal.SIGKILL)
        if "screen" in parts:
            self.agency.end(signal.SIGKILL)
        if "sound" in parts:
            self.sound.silence()
            self.sound.kill()

    def audio(self, mute):
        """Wait until the room says so; return what it says of its sound."""
        room = self.daemon.document_when(mute, lambda one: one["audio"]["mute"] == mute)
        return room["audio"]

    def mute(self, on):
        return self.daemon.command("audio.mute", on=on)

    def until_shut(self):
        """Wait until the sound server says so, and see that nobody can hear the room."""
        end = time.monotonic() + LIMIT_S
        while not (self.sound.muted("mic") and self.sound.muted("webcam")):
            assert time.monotonic() < end, self.agency.log.read_text()
            time.sleep(0.05)
        assert self.silent()

    def heard(self):
        """Whether a recorder gets a loud sample of the room's microphone, sooner or later."""
        return self.sound.peak(MICROPHONE, HEARD_S) > LOUD

    def silent(self):
        """Whether a recorder gets nothing but zeros of any microphone."""
        return max(map(self.sound.peak, ("mic", "webcam"))) == 0

    def close(self):
        self.daemon.close()
        self.agency.close()
        self.sound.close()


@pytest.fixture(params=KINDS)
def box(request, tmp_path):
    needed(request.param)
    needed("chromium")
    box = Box(request.param, tmp_path)
    try:
        box.start("sound", "screen", "daemon")
        box.audio("open")
        assert box.heard()
        yield box
    finally:
        box.close()


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_what_was_muted_is_muted_after_everything_was_killed(box, order):
    box.mute(True)
    box.kill("daemon", "screen", "sound")
    box.start(*order)
    box.until_shut()
    assert box.audio("muted")["requested"] == "muted"
    assert box.silent()

    box.mute(False)
    assert box.heard()
    box.kill("daemon", "screen", "sound")
    box.start(*order)
    assert box.audio("open")["reason"] == "", "and what was open is open again"
    assert box.heard()


def test_one_that_is_killed_alone_changes_nothing(box):
    for muted in (False, True):
        box.mute(muted)
        for part in ("daemon", "screen", "sound"):
            box.kill(part)
            if part == "daemon":
                assert box.silent() if muted else box.heard(), "meanwhile, too"
            box.start(part)
            box.audio("muted" if muted else "open")
            assert box.silent() if muted else box.heard()


@pytest.mark.parametrize("box", ["pulseaudio"], indirect=True)
def test_a_screen_process_without_a_room_keeps_every_microphone_shut(box):
    box.kill("daemon", "screen")
    assert box.heard()
    box.start("screen")
    box.until_shut()


@pytest.mark.parametrize("box", ["pulseaudio"], indirect=True)
def test_a_stored_mute_that_makes_no_sense_begins_muted_and_is_told(box, tmp_path):
    box.kill("daemon", "screen", "sound")
    (tmp_path / "mute.json").write_text("")
    box.start("sound", "screen", "daemon")
    box.until_shut()
    box.audio("muted")
    issues = {one["code"]: one["params"] for one in box.daemon.room()["issues"]}
    assert issues["storage.quarantined"]["lost"] == "mute"
    box.mute(False)
    assert box.heard()
