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
        # Other tests have browsers of the same user: only this one's session counts.
        pages = [
            pid
            for pid, words in commands(UID)
            if "--type=renderer" in " ".join(words) and session(pid) == browser.pid
        ]
        outside = os.readlink(f"/proc/{os.getpid()}/ns/user")
        assert pages
        for pid in pages:
            assert os.readlink(f"/proc/{pid}/ns/user") != outside, "a user namespace of its own"
            assert os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")
            status = dict(
                row.split(":", 1) for row in Path(f"/proc/{pid}/status").read_text().splitlines()
            )
            assert (status["Seccomp"].strip(), status["NoNewPrivs"].strip()) == ("2", "1")
