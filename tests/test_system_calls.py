"""The daemon of a full room asks the kernel for nothing that its unit forbids, as strace sees it.

Serial, USB, network cameras, MQTT, https, SQLite, a calendar's child, a picture of the whole in a
diagnostics file. See tests/hwlab/box for the same under systemd itself.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from roomctl.ports.decoder import StreamTask
from tests.cli.rig import LIMIT_S, ROOMCTL, Said, environment, roomctl, simulating, until, written
from tests.ports.rtsp import RtspCamera
from tests.ports.test_mqtt import Broker

pytestmark = pytest.mark.real

UNIT = Path(__file__).parent.parent / "deploy" / "systemd" / "roomctl.service"
WIRES = """
[camera.front]
url = "serial:/dev/ttyUSB0"
[camera.ip]
url = "visca-ip://127.0.0.1"
[camera.aw]
url = "aw://127.0.0.1"
[camera.onvif]
url = "onvif://127.0.0.1"
"""
ROOM = """
[room]
display_name = "Full"
[camera.front]
url = "serial:{wires[camera.front]}"
[camera.ip]
url = "visca-ip://{wires[camera.ip]}"
[camera.aw]
url = "aw://{wires[camera.aw]}"
[camera.onvif]
url = "onvif://{wires[camera.onvif]}"
[speakerphone.table]
url = "usb:auto"
[calendar]
url = "ics:{folder}/room.ics"
[mqtt]
url = "mqtt://127.0.0.1:{broker}"
[api]
listen = "0.0.0.0:0"
"""
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:1
DTSTAMP:20260101T000000Z
DTSTART:20260101T090000Z
DTEND:20260101T100000Z
RRULE:FREQ=DAILY
SUMMARY:Stand-up
END:VEVENT
END:VCALENDAR
"""


def tool(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} (Debian's package {package})")
    return found


def allowed() -> list[str]:
    """Return the calls that the unit allows, as systemd adds and takes away its sets."""
    lines = [line for line in UNIT.read_text().splitlines() if line.startswith("SystemCallFilter=")]
    kept: set[str] = set()
    for line in lines:
        words = line.partition("=")[2]
        calls = {call for word in words.lstrip("~").split() for call in members(word)}
        kept = kept - calls if words.startswith("~") else kept | calls
    return sorted(kept)


def members(word: str) -> set[str]:
    """Return the calls of one of systemd's sets, `@clock`; a call is itself."""
    if not word.startswith("@"):
        return {word}
    line = [tool("systemd-analyze", "systemd"), "syscall-filter", word]
    said = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    names = [each.strip() for each in said.splitlines()[1:]]
    return {call for name in names if name and name[0] != "#" for call in members(name)}


def forbidden(log: Path) -> list[str]:
    """Return the calls that were traced, without the lines of signals and ends."""
    return [line for line in log.read_text().splitlines() if "(" in line and "+++" not in line]


@contextlib.contextmanager
def watched(log: Path, *command: str, **given: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command, and have each call noted that its unit forbids."""
    names = ",".join(f"?{name}" for name in allowed())
    strace = [tool("strace", "strace"), "--follow-forks", "--seccomp-bpf", "--quiet=all"]
    strace += [f"--output={log}", "--signal=none", f"--trace=!{names}"]
    with subprocess.Popen([*strace, *command], **given) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            if process.poll() is None:
                for child in children(process.pid):  # strace hands nothing on
                    os.kill(child, signal.SIGTERM)
                process.wait(LIMIT_S)


def children(process: int) -> list[int]:
    return list(map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split()))


def test_strace_sees_a_call_that_the_unit_forbids(tmp_path: Path) -> None:
    log = tmp_path / "log"
    reboot = "import os\ntry:\n os.chroot('/nowhere')\nexcept OSError:\n pass"
    with watched(log, sys.executable, "-c", reboot) as process:
        process.wait(LIMIT_S)
    (line,) = forbidden(log)
    assert "chroot(" in line


def test_a_full_room_asks_for_nothing_that_its_unit_forbids(tmp_path: Path) -> None:
    ends, room = tmp_path / "ends", tmp_path / "room"
    for folder in (ends, room):
        folder.mkdir()
    (ends / "room.toml").write_text(WIRES)
    (room / "room.ics").write_text(CALENDAR)
    broker, log = Broker(tmp_path), tmp_path / "log"
    file = room / "room.toml"
    try:
        with simulating(ends, str(ends / "room.toml"), "--wire", "--screen", "simulated") as far:
            wires: dict[str, str] = far.said["ports"]
            file.write_text(ROOM.format(wires=wires, folder=room, broker=broker.port))
            serve = [*ROOMCTL, "serve", "--config", str(file)]
            with (
                (room / "errors").open("w") as errors,
                watched(log, *serve, env=environment(room), stdout=errors, stderr=errors),
            ):
                until(lambda: written(room / "run/roomctl/api.json"))
                until(lambda: online(room) >= set(wires), 4 * LIMIT_S)
                use(room)
    finally:
        broker.end()
    assert "Traceback" not in (room / "errors").read_text()
    assert [line for line in forbidden(log) if not of_root(line)] == []


def of_root(line: str) -> bool:
    """Whether SQLite gives a file to the database's owner, which it does as root alone.

    `robustFchown` in its os_unix.c; the unit's user is not root, a test's may be.
    """
    return os.geteuid() == 0 and " fchown(" in line


def document(folder: Path) -> dict[str, list[dict[str, str]]]:
    said = roomctl(folder, "status", "--json")
    found: dict[str, list[dict[str, str]]] = json.loads(said.out) if said.out else {"devices": []}
    return found


def online(folder: Path) -> set[str]:
    return {one["name"] for one in document(folder)["devices"] if one["status"] == "online"}


def use(folder: Path) -> None:
    """Have the room do a little of everything."""

    def good(*words: str) -> Said:
        said = roomctl(folder, *words)
        assert said.status == 0, said
        return said

    good("do", "camera.home", "camera=front")
    good("do", "camera.home", "camera=aw")
    good("token", "make", "desk", "--scope", "operate")
    good("audit", "verify")
    good("export", str(folder / "room.tar"), "--config", str(folder / "room.toml"))


def test_what_decodes_a_stream_asks_for_nothing_that_its_unit_forbids(tmp_path: Path) -> None:
    log, words = tmp_path / "log", (sys.executable, "-P", "-m", "roomctl.ports.decoder")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with RtspCamera() as camera, watched(log, *words, **pipes) as process:
        process.stdin.write(StreamTask("127.0.0.1", camera.port, "/camera").line())
        process.stdin.flush()
        assert process.stdout.readline().startswith(b'{"opened"')
        process.stdin.write(b"\n")
        process.stdin.flush()
        assert process.stdout.readline().startswith(b'{"picture"')
        process.stdin.close()
        process.wait(LIMIT_S)
        process.stdout.close()
    assert forbidden(log) == []
