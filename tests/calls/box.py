"""A daemon, the screen's process and a real sound server, each a process that may be killed."""

import json
import signal
import time

from tests.calls.served import Served
from tests.kiosk.agency import Agency
from tests.kiosk.sound_server import SoundServer

MICROPHONE = "webcam"  # the default one: this room has no speakerphone
LOUD, HEARD_S, LIMIT_S = 1000, 60, 90.0


class Box:
    """A daemon, the screen's process and a sound server with a tone in the air."""

    def __init__(self, kind, folder):
        self.sound, self.agency = SoundServer(kind), Agency()
        toml = f'[screen]\nmode = "headless"\nurl = "unix:{self.agency.socket}"\n'
        self.daemon, self.stored = Served(folder, toml), folder / "mute.json"

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
        """Ask for it; silence is stored when it is said, an open microphone a little later."""
        self.daemon.command("audio.mute", on=on)
        end = time.monotonic() + LIMIT_S
        while (stored := self._stored()) is not on:
            assert not on, f"muted, and the disk holds {stored}"
            assert time.monotonic() < end, f"open, and the disk holds {stored}"
            time.sleep(0.05)

    def _stored(self):
        file = self.stored
        return json.loads(file.read_text())["muted"] if file.exists() else False

    def until_shut(self):
        """Wait until the sound server says so, and see that nobody can hear the room."""
        end = time.monotonic() + LIMIT_S
        while not (self.sound.muted("mic") and self.sound.muted("webcam")):
            assert time.monotonic() < end, self.agency.log.read_text()
            time.sleep(0.25)  # each look starts two programs
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
