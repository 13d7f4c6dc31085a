"""The process by itself: what it is made of, how large it is, and who else holds a part of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kiosk.agency import USER, Agency
from tests.kiosk.sound_server import needed

pytestmark = pytest.mark.real

AT_REST_KB = 40 * 1024
NEVER_HERE = {"fastapi", "uvicorn", "pydantic", "httpx", "icalendar", "typer", "serial", "usb"}


def loaded_by(statement):
    """Every module that a fresh interpreter holds after `statement`."""
    line = [sys.executable, "-c", f"import sys\n{statement}\nprint(*sys.modules)"]
    return set(subprocess.check_output(line, text=True).split())


def test_it_loads_nothing_of_the_daemon():
    found = loaded_by("import roomctl.kiosk.__main__")
    assert "roomctl.kiosk.agent" in found
    assert not {name.partition(".")[0] for name in found} & NEVER_HERE
    assert not {"roomctl.room", "roomctl.api", "roomctl.config", "roomctl.simulator"} & found


@pytest.mark.parametrize("module", ["roomctl.cli.server", "roomctl.cli.simulation"])
def test_a_daemon_loads_nothing_of_it(module):
    found = loaded_by(f"import {module}, roomctl.api.app, roomctl.booking.feed")
    assert module in found
    assert not [name for name in found if name.startswith(("roomctl.kiosk", "pulsectl"))]


@pytest.mark.browser
async def test_the_command_becomes_it_and_it_is_small_at_rest():
    needed("chromium")
    agency = Agency()
    words = ["--socket", agency.socket, "--mode", "headless", *(["--user", USER] if USER else [])]
    command = [sys.executable, "-m", "roomctl", "screen", *words]
    environment = {**os.environ, "PULSE_SERVER": f"unix:{agency.place}/no-sound"}
    with agency.log.open("wb") as log:
        agency.process = subprocess.Popen(command, env=environment, stderr=log)
    try:
        async with agency.daemon():
            facts = Path(f"/proc/{agency.process.pid}/status").read_text().splitlines()
            words = Path(f"/proc/{agency.process.pid}/cmdline").read_bytes().split(b"\0")
    finally:
        agency.close()
    (resident,) = [line.split()[1] for line in facts if line.startswith("VmRSS")]
    assert b"roomctl.kiosk" in words
    assert int(resident) <= AT_REST_KB
