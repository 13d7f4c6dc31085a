"""A real labwc without a screen, with as many outputs as a test wants, and what it shows."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from roomctl.kiosk.browser import folder
from tests.kiosk.agency import UID, USER, Agency

START_S = 60.0
SIZE = (1280, 720)  # of wlroots' headless outputs
TOOLS = ("labwc", "grim", "wlopm", "chromium")


def missing(*more):
    """The tools that are not installed; `more` are needed, too."""
    return [tool for tool in (*TOOLS, *more) if shutil.which(tool) is None]


def needed(*more):
    """Skip the test if one of the tools is not installed; in CI that is a failure."""
    if lacking := missing(*more):
        why = f"needs {', '.join(lacking)} (sudo apt install {' '.join(lacking)})"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)


class Compositor:
    """labwc with headless outputs HEADLESS-1, -2 … as the kiosk's user, in a folder of its own."""

    def __init__(self, outputs, program=("labwc", "-d")):
        """`program` is labwc, or another compositor of wlroots that is started just so."""
        _make_room_for_x11()
        # In memory, as systemd makes a user's folder: a browser's profile on a disk is slower.
        self.place = Path(tempfile.mkdtemp(prefix="roomctl-labwc-", dir=folder.base({})))
        self.config = self.place / "config"
        self.config.mkdir()
        for path in (self.place, self.config):
            os.chown(path, UID, -1)
            path.chmod(0o700)
        surroundings = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.place),
            "XDG_RUNTIME_DIR": str(self.place),
            "XDG_CONFIG_HOME": str(self.config),
        }
        backend = {
            "WLR_BACKENDS": "headless",
            "WLR_RENDERER": "pixman",
            "WLR_HEADLESS_OUTPUTS": str(outputs),
        }
        user = {"user": UID, "group": pwd.getpwnam(USER).pw_gid, "extra_groups": []} if USER else {}
        self._log = (self.place / "labwc.log").open("wb")
        self.process = subprocess.Popen(
            program,
            env={**surroundings, **backend},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            **user,
        )
        self.environment = {**surroundings, "WAYLAND_DISPLAY": "wayland-0"}
        if program[0] == "labwc":
            self.environment["LABWC_PID"] = str(self.process.pid)
        try:
            self._wait_for(self.place / "wayland-0")
        except BaseException:
            self.close()
            raise

    def _wait_for(self, display):
        """Wait until it takes connections; the socket is there a moment before."""
        deadline = time.monotonic() + START_S
        while not _connects(display):
            assert self.process.poll() is None, (self.place / "labwc.log").read_text()
            assert time.monotonic() < deadline, "labwc has no display"
            time.sleep(0.02)

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._log.close()
        shutil.rmtree(self.place)

    def run(self, *words):
        """What a tool prints that talks to this compositor."""
        return subprocess.run(
            words, env=self.environment, capture_output=True, check=True, timeout=60
        ).stdout

    def share(self, output, colour):
        """How much of an output a colour takes, from 0 to 1; the pointer takes some, too."""
        picture = self.run("grim", "-o", output, "-t", "ppm", "-")
        _, size, _, pixels = picture.split(b"\n", 3)
        assert tuple(map(int, size.split())) == SIZE
        return _pixels_of(colour, pixels) * 3 / len(pixels)

    def until(self, fact, what, limit_s=60.0):
        """Wait until something is seen; looks four times a second."""
        deadline = time.monotonic() + limit_s
        while not fact():
            assert time.monotonic() < deadline, f"never: {what}"
            time.sleep(0.25)  # a picture of a real display; bounded


def _pixels_of(colour, pixels):
    """How many pixels have a colour: those whose red, green and blue are all equal to it."""
    alike = -1
    for at, level in enumerate(colour):
        ones = bytes(value == level for value in range(256))
        alike &= int.from_bytes(pixels[at::3].translate(ones))
    return alike.bit_count()


def _connects(display):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
        return display.exists() and knock.connect_ex(str(display)) == 0


@contextlib.contextmanager
def kiosk(outputs, **options):
    """A compositor with so many outputs, and the screen process on it, started with `options`."""
    with contextlib.closing(Compositor(outputs)) as display, contextlib.closing(Agency()) as agency:
        agency.start(mode="kiosk", surroundings=display.environment, **options)
        yield display, agency


def _make_room_for_x11():
    """Have the folder of X11's sockets belong to root, as a booted system has it.

    labwc starts Xwayland, which takes no folder that another user made: what one of the kiosk's
    users left behind would keep the next user's labwc from starting.
    """
    place = Path("/tmp/.X11-unix")
    if os.geteuid() == 0:
        place.mkdir(exist_ok=True)
        os.chown(place, 0, 0)
        place.chmod(0o1777)
