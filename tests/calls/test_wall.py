"""A wall and the daemon, each a process of its own that is killed: the mute outlives both."""

import signal
import time
from pathlib import Path

import pytest

from roomctl.room.mute import CONFLICT_S
from tests.calls.served import Served
from tests.kiosk.agency import Agency
from tests.kiosk.sound_server import needed
from tests.kiosk.walled import BEHIND, Side

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
LOUD, LIMIT_S = 1000, 90.0


class WalledBox:
    """The daemon, and the process that has the room's sound behind a wall."""

    def __init__(self, folder):
        self.sound = Agency()
        self.place = Path(self.sound.place)
        self.place.chmod(0o755)
        self.manager, self.programs = (Side(self.place, one) for one in ("manager", "programs"))
        urls = f'url = "unix:{folder}/no-screen"\nsound_url = "unix:{self.sound.socket}"\n'
        self.daemon = Served(folder, f'[screen]\nmode = "headless"\n{urls}')

    def start_sound(self):
        """Start it, and its devices: they are as new as after a power cut."""
        self.sound.start(sound_alone=True)
        end = time.monotonic() + LIMIT_S
        while "air" not in self.manager.names("sinks"):
            assert time.monotonic() < end, self.sound.log.read_text()
            for module in BEHIND:
                self.manager.pactl("load-module", *module)
            time.sleep(0.1)
        self.manager.play()

    def kill(self, *parts):
        if "daemon" in parts:
            self.daemon.end(signal.SIGKILL)
        if "sound" in parts:
            self.manager.silence()
            self.sound.end(signal.SIGKILL)

    def says(self, mute):
        """Wait until the room says so; return what it says of its sound."""
        return self.daemon.document_when(mute, lambda one: one["audio"]["mute"] == mute)["audio"]

    def close(self):
        self.daemon.close()
        self.manager.close()
        self.programs.close()
        self.sound.close()


@pytest.fixture
def box(tmp_path):
    needed("pipewire")
    box = WalledBox(tmp_path)
    try:
        box.start_sound()
        box.daemon.start()
        box.daemon.document_when("a wall", lambda one: one["audio"]["wall"] == "stands")
        box.daemon.document_when("what it was", lambda one: one["audio"]["requested"] is not None)
        time.sleep(2 * CONFLICT_S)  # what was just found muted is not opened
        yield box
    finally:
        box.close()


@pytest.mark.parametrize("order", [("sound", "daemon"), ("daemon", "sound")])
def test_muted_stays_muted_after_both_are_killed_and_the_room_opens_it(box, order):
    box.daemon.command("audio.mute", on=False)
    box.says("open")
    assert box.programs.peak("call", patience_s=60) > LOUD
    box.daemon.command("audio.mute", on=True)
    assert box.says("muted")["wall"] == "stands"
    box.kill("daemon", "sound")
    for part in order:
        box.start_sound() if part == "sound" else box.daemon.start()
    assert box.says("muted")["requested"] == "muted"
    assert box.manager.peak("mic", patience_s=60) > LOUD, "the wall hears on"
    assert box.programs.peak_or_nothing("call") == 0
    box.daemon.command("audio.mute", on=False)
    assert box.programs.peak("call", patience_s=60) > LOUD
    assert "ignored" not in box.sound.log.read_text(), "it is told what concerns it, and no more"
