"""A passcode goes from the link to the page, and to nowhere else; and nothing of a call listens."""

import contextlib
import os
import signal
from pathlib import Path

import pytest

from tests.calls.served import Served
from tests.cli.rig import until
from tests.kiosk.agency import Agency
from tests.kiosk.sound_server import needed
from tests.kiosk.vendor import Vendor

pytestmark = pytest.mark.browser

SECRET = "Geheim4711Bambus"
PLATFORM = """
key = "vendor"
name = {{ zh = "某会议", en = "Some Vendor" }}
source = "tests/calls/test_secrets.py"
mode = "{mode}"
hosts = ["meet.vendor.example"]
passcode_param = "pwd"
secret_params = ["pwd"]

[[join]]
path = '/(?P<meeting_id>[0-9]{{9}})'

[[good]]
text = "https://meet.vendor.example/123456789?pwd=x"
meeting_id = "123456789"
passcode = "x"
url = "https://meet.vendor.example/123456789?pwd=x"
[[bad]]
text = "https://meet.vendor.example/"
refused = "not_a_join"
"""
ROOM = """
[room]
display_name = "Bamboo"
[screen]
url = "unix:{socket}"
mode = "headless"
[meeting]
platforms = "{folder}"
[meeting.hosts]
vendor = ["{origin}"]
"""


class House:
    """A room in one of both modes, with a page that is joined with a passcode."""

    def __init__(self, folder, mode):
        self.folder, self.agency, self.site = folder, Agency(), Vendor("en")
        (folder / "platforms").mkdir()
        (folder / "platforms" / "vendor.toml").write_text(PLATFORM.format(mode=mode))
        self.agency.start()
        room = ROOM.format(
            socket=self.agency.socket, folder=folder / "platforms", origin=self.site.origin
        )
        self.served = Served(folder, room, "--verbose").start()

    def close(self):
        self.served.close()
        self.agency.close()
        self.site.close()

    def join(self):
        self.served.has_screen()
        self.site.asked.clear()
        done = self.served.command("meeting.join", link=f"{self.site.url}?pwd={SECRET}")
        self.served.until("the page is shown", lambda meeting: meeting["shown"])
        assert list(self.agency.place.glob("roomctl-meeting-*"))
        return done

    def files(self):
        """Every file that is left of the room, outside of the one meeting's own folder."""
        for place in (self.folder, self.agency.place):
            for path in place.rglob("*"):
                inside = any(part.startswith("roomctl-meeting-") for part in path.parts)
                if path.is_file() and not inside:
                    yield path


@pytest.fixture(scope="module", params=["plain", "assisted"])
def house(request, tmp_path_factory):
    needed("chromium")
    with contextlib.closing(House(tmp_path_factory.mktemp("house"), request.param)) as house:
        yield house


def of_processes(name):
    """What /proc has of every process under `name`, by pid."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                yield int(entry.name), (entry / name).read_bytes()


def listens(pid):
    """The addresses on which a process listens, in the kernel's own words."""
    sockets = set()
    with contextlib.suppress(FileNotFoundError):  # it has ended since
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                sockets.add(os.readlink(handle))
    rows = [
        line.split()
        for family in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{family}").read_text().splitlines()[1:]
    ]
    return [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets]


def test_only_the_page_gets_the_passcode_and_the_browser_opens_no_port(house):
    done = house.join()
    assert SECRET not in str(done)
    assert not [pid for pid, words in of_processes("cmdline") if SECRET.encode() in words]
    assert not [pid for pid, words in of_processes("environ") if SECRET.encode() in words]
    assert SECRET not in str(house.served.room())
    until(lambda: any(SECRET in path for path in house.site.asked))  # the page was told
    assert listens(house.served.process.pid), "the daemon does, and that is seen"
    pids = house.agency.processes()
    assert pids
    for pid in pids:
        assert listens(pid) == []
    house.served.command("meeting.leave")
    house.served.until("the call is over", lambda meeting: not meeting["shown"])
    assert not list(house.agency.place.glob("roomctl-meeting-*"))
    assert {house.served.log, house.agency.log} <= set(house.files()), "the logs are among them"
    left = [path for path in house.files() if SECRET.encode() in path.read_bytes()]
    assert left == []


def test_a_crash_writes_no_memory_to_any_disk(house):
    house.join()
    pids = [house.served.process.pid, house.agency.process.pid, *house.agency.processes()]
    for pid in pids:
        limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
        (core,) = [line.split()[4:6] for line in limits if line.startswith("Max core file size")]
        assert core == ["0", "0"]
    os.kill(house.agency.browser()[0], signal.SIGSEGV)
    house.served.until("it has failed", lambda meeting: meeting["failure"] == "crashed")
    assert not list(house.agency.place.glob("roomctl-meeting-*"))
    left = [path for path in house.files() if SECRET.encode() in path.read_bytes()]
    assert left == []
    assert not [path for path in house.files() if path.suffix == ".dmp" or path.name == "core"]
