"""A room with its own displays: the real server, the real screen process, a real compositor."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from roomctl.roles import Role
from roomctl.store import Store
from tests.held_port import HeldPort
from tests.kiosk import compositor
from tests.kiosk.agency import UID, Agency, commands
from tests.kiosk.compositor import Compositor

pytestmark = pytest.mark.browser

ONE, TWO = "HEADLESS-1", "HEADLESS-2"
GROUND = (20, 18, 16)  # of the display's page: bg in the dark, tokens.css
TEXT = (246, 242, 234)  # of what it says, tokens.css
AMBER = (255, 213, 74)  # of what it says when it is stale
LIGHT = (242, 238, 230)  # of a panel by daylight: bg, tokens.css
ROOM = """
[room]
display_name = "Bamboo"
help = "ext. 1234"
phone = "on"
wifi = "Guest"

[screen]
url = "unix:{socket}"
{outputs}

[api]
listen = "127.0.0.1:{port}"
"""


@pytest.fixture(autouse=True)
def _tools():
    if lacking := compositor.missing():
        why = f"needs {', '.join(lacking)} (sudo apt install {' '.join(lacking)})"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)


@pytest.fixture
def kiosk():
    display, agency = Compositor(2), Agency()
    agency.start(mode="kiosk", surroundings=display.environment)
    yield display, agency
    agency.close()
    display.close()


@pytest.fixture
def serve(kiosk, tmp_path):
    """Return a function that runs `roomctl serve` during a block; its port stays the same."""
    _, agency = kiosk
    held = HeldPort()
    around = {"STATE_DIRECTORY": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}

    @contextlib.contextmanager
    def serving(outputs):
        file = tmp_path / "room.toml"
        file.write_text(ROOM.format(socket=agency.socket, outputs=outputs, port=held.number))
        line = [sys.executable, "-W", "error", "-m", "roomctl", "serve", "--config", str(file)]
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(
                line, env={**os.environ, **around}, stdout=subprocess.DEVNULL, stderr=log
            )
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            status = process.wait(timeout=60)
        assert status == 0, (tmp_path / "log").read_text()

    return serving


def kept(folder):
    """Whose sessions the daemon has kept: a page may be seen a moment before it is paired."""
    return sorted(kept["role"] for kept in Store(folder).read("sessions").values())


def lasts(holds, display, times=12):
    """Wait until something was seen to hold so many times in a row, a quarter of a second apart."""
    seen = []

    def look():
        seen.append(holds())
        time.sleep(0.25)
        return len(seen) >= times and all(seen[-times:])

    display.until(look, "that it is true, and stays so")


def test_the_room_and_its_panel_stand_each_on_its_display(kiosk, serve, tmp_path):
    display, _ = kiosk
    outputs = f'room = "{TWO}"\npanel = "{ONE}"'
    with serve(outputs):
        display.until(lambda: display.share(TWO, GROUND) > 0.4, "the room's page")
        display.until(lambda: display.share(ONE, LIGHT) > 0.2, "the panel")
        display.until(lambda: kept(tmp_path) == [Role.PANEL, Role.SCREEN], "both paired")
        lines = [" ".join(words) for _, words in commands(UID)]
        assert not [line for line in lines if "pair=" in line]


def test_with_a_panel_elsewhere_the_one_page_says_that_it_is_stale_and_is_true_again(
    kiosk, serve, tmp_path
):
    display, _ = kiosk
    with serve(f'room = "{ONE}"'):
        display.until(lambda: display.share(ONE, GROUND) > 0.4, "the room's page")
        display.until(lambda: kept(tmp_path) == [Role.SCREEN], "the screen paired")
        display.until(lambda: display.share(ONE, TEXT) > 0.001, "what the room's page says")
        assert display.share(TWO, GROUND) == display.share(TWO, LIGHT) == 0, "nothing is there"
        # One that is being loaded anew when the daemon ends has nobody to load it from.
        lasts(lambda: display.share(ONE, AMBER) == 0 < display.share(ONE, TEXT), display)
    display.until(lambda: display.share(ONE, AMBER) > 0.01, "that it is stale")
    assert display.share(ONE, GROUND) > 0.4
    with serve(f'room = "{ONE}"'):
        display.until(lambda: display.share(ONE, AMBER) == 0, "that it is true again")
        assert display.share(ONE, GROUND) > 0.4
