"""Chromium as the units of deploy/ start it: their system calls and namespaces, no privilege."""

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from roomctl.kiosk.browser.browser import BrowserSetup, arguments, environment, find
from roomctl.kiosk.browser.folder import BrowserFolder
from tests.kiosk import compositor, confined
from tests.kiosk.agency import UID, commands, session
from tests.kiosk.compositor import Compositor
from tests.kiosk.site import Site

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can take so much away"),
]

KEPT = (True, True, "2", "1")
UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
PROBE = """
import ctypes, errno, os, socket
def refused(call):
    try:
        call()
    except OSError as error:
        return errno.errorcode[error.errno]
libc = ctypes.CDLL(None, use_errno=True)
def unshare(flag):
    if libc.unshare(flag) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
print(refused(lambda: unshare(0x00020000)), refused(lambda: unshare(0x08000000)),
      refused(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
      refused(lambda: os.setuid(0)), refused(lambda: os.chown("/", 0, 0)))
"""


@pytest.fixture(autouse=True)
def _systemd():
    compositor.needed("systemd-analyze")


def line(unit, *words):
    return [sys.executable, confined.__file__, str(UNITS / unit), str(UID), *map(str, words)]


@pytest.mark.parametrize("unit", ["roomctl-screen.service", "roomctl-panel.service"])
def test_what_a_unit_forbids_is_forbidden(unit):
    """The control: the stand-in for systemd does take away what the next test runs without."""
    python = "/usr/bin/python3"
    if not Path(python).exists():
        pytest.skip("no Python that every user can read")
    done = subprocess.run(
        line(unit, python, "-c", PROBE), capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["EPERM", "EPERM", "EAFNOSUPPORT", "EPERM", "EPERM"], done.stderr


@pytest.mark.browser
@pytest.mark.parametrize("unit", ["roomctl-screen.service", "roomctl-panel.service"])
async def test_chromium_runs_in_its_sandbox_under_a_units_restrictions(unit):
    with contextlib.ExitStack() as stack:
        display = stack.enter_context(contextlib.closing(Compositor(1)))
        site = stack.enter_context(contextlib.closing(Site()))
        folder = BrowserFolder(display.place)
        stack.callback(folder.remove)
        for path in (folder.path, *folder.path.iterdir()):
            os.chown(path, UID, -1, follow_symlinks=False)
        setup = BrowserSetup(find(), "kiosk", "fake", display.place)
        words = arguments(setup, folder.profile, piped=False, start=f"{site.origin}/plain")
        words.insert(-1, "--use-fake-ui-for-media-stream")
        around = environment(display.environment, folder)
        browser = subprocess.Popen(
            line(unit, *words), env=around, stderr=subprocess.DEVNULL, start_new_session=True
        )
        stack.callback(browser.wait, timeout=60)
        stack.callback(browser.terminate)
        assert await asyncio.to_thread(site.said.get, timeout=60) == "met webdriver=false"
        async with asyncio.timeout(60):
            while set(map(kept, pages_of(browser))) != {KEPT}:
                await asyncio.sleep(0.05)  # one that has only begun is confined a moment later


def pages_of(browser):
    """The renderers of a browser: others of the same user have sessions of their own."""
    for pid, words in commands(UID):
        if "--type=renderer" in " ".join(words) and session(pid) == browser.pid:
            yield pid


def kept(pid):
    """Whether a process has namespaces of its own for users and network, and what bounds it."""
    try:
        own = [
            os.readlink(f"/proc/{pid}/ns/{kind}") != os.readlink(f"/proc/self/ns/{kind}")
            for kind in ("user", "net")
        ]
        rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # it has ended since
        return None
    status = dict(row.split(":", 1) for row in rows)
    return *own, status["Seccomp"].strip(), status["NoNewPrivs"].strip()
