"""A room on a blank Debian with its own systemd, set up by what the documents print."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.hwlab.box import documented
from tests.hwlab.box.container import Box, until

pytestmark = pytest.mark.timeout(1800)  # the first of a release makes its Debian

ACTIVE_S = 60
NO_DISPLAY = {"platform_ready", "ready"}  # what a room lacks that has none: it opens no meeting
READ_CLOCK = "import ctypes; print(ctypes.CDLL(None).adjtimex((ctypes.c_byte * 512)()))"
# Thirty datagrams of 128 bytes to itself, as the kiosk counts them.
TRAFFIC = """
import socket
from pathlib import Path
from roomctl.kiosk.traffic import SessionTraffic
traffic = SessionTraffic(Path("/none"))
before = traffic.read()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
    line.bind(("127.0.0.1", 0))
    for _ in range(30):
        line.sendto(bytes(100), line.getsockname())
        line.recv(100)
after = traffic.read()
names = "packets_in", "packets_out", "bytes_in", "bytes_out"
grown = [getattr(after, one) and getattr(after, one) - getattr(before, one) for one in names]
print(after.source, *grown)
"""
Typed = Callable[[Box], None]


def type_the_documents(box: Box) -> None:
    """Type what the documents, or else `init`, say starts the units; the rest was typed already."""
    left = [each for each in documented.installation(box.release) if documented.starts(each)]
    init = "sudo roomctl init --yes --wall auto --force --json"
    for command in left or json.loads(box.do(init))["commands"]:
        box.do(f"cd roomctl && {command}")


def units(box: Box) -> list[str]:
    """Return the units of roomctl that start at every boot."""
    line = "systemctl list-unit-files --no-legend --state=enabled 'roomctl*.service'"
    return [each.split(".")[0] for each in box.do(line).splitlines()]


def type_what_init_prints(box: Box) -> None:
    """Type what `init` prints on a box that has no unit, user or folder of roomctl."""
    made = "/etc/systemd/system/roomctl*.service /etc/sysusers.d /etc/tmpfiles.d /home/kiosk"
    box.do(f"sudo rm -rf {made} /etc/roomctl /etc/chromium/policies")
    for user in ("roomctl", "kiosk", "roomctl-panel"):
        box.run(f"userdel --force {user}; groupdel --force {user}")
    said = json.loads(box.do("sudo roomctl init --yes --wall auto --json"))
    assert len(said["commands"]) > 2
    for command in said["commands"]:
        box.do(command)


def shown(box: Box, unit: str) -> dict[str, str]:
    said = box.run(f"systemctl show {unit}.service").said
    return dict(line.partition("=")[::2] for line in said.splitlines() if "=" in line)


def status(box: Box) -> dict[str, Any]:
    said = box.run("sudo roomctl status --json", user="admin").said
    try:
        found: dict[str, Any] = json.loads(said)
    except ValueError:
        return {"conditions": [], "said": said}
    return found


def journal(box: Box) -> str:
    return box.run("journalctl --boot --no-pager | grep -v 'sudo\\[' | tail -n 100").said


def until_ready(box: Box) -> None:
    def ready() -> bool:
        told = {one["type"]: one["status"] for one in status(box)["conditions"]}
        lacks = {name for name, state in told.items() if state is not True}
        return bool(told) and lacks == (NO_DISPLAY if box.release == "12" else set())

    until(ready, "the room to be ready", lambda: f"{status(box)}\n{journal(box)}")


def told_of(box: Box) -> set[str]:
    """Return what `doctor` may find on a box where nothing is wrong: its clock is not set."""
    return {"clock", "room"} if box.release == "12" else {"clock"}


def findings(box: Box) -> list[dict[str, str]]:
    said = box.run("sudo roomctl doctor --json", user="admin").said
    checks: list[dict[str, str]] = json.loads(said)["checks"]
    return checks


@pytest.mark.parametrize("typed", [type_the_documents, type_what_init_prints])
def test_the_room_is_ready_and_stays_so_after_a_reboot(box: Box, typed: Typed) -> None:
    typed(box)
    head = box.do("git -C roomctl rev-parse HEAD").strip()
    assert json.loads(box.do("roomctl version --json"))["commit"] == head
    for _ in ("installed", "rebooted"):
        until_ready(box)
        before = {unit: shown(box, unit)["MainPID"] for unit in units(box)}
        assert len(before) == (1 if box.release == "12" else 3)
        box.run(f"sleep {ACTIVE_S if typed is type_the_documents else 5}")
        for unit in before:
            found = shown(box, unit)
            assert found["ActiveState"] == "active", journal(box)
            assert (found["MainPID"], found["NRestarts"]) == (before[unit], "0"), journal(box)
        until_ready(box)
        said = journal(box)
        assert not re.search("SIGSYS|status=31|secure directory|cannot be noted", said), said
        wrong = [one for one in findings(box) if one["verdict"] != "ok"]
        assert {one["subject"] for one in wrong} <= told_of(box), wrong
        box.reboot()


def test_the_daemon_may_read_the_kernels_clock_in_its_unit(box: Box) -> None:
    type_the_documents(box)
    unit = "/etc/systemd/system/roomctl.service"
    copy = f"""sed -e 's/^Type=.*/Type=oneshot/' -e '/^Restart=/d' -e '/^WatchdogSec=/d' \
        -e '/^ExecStart=/c ExecStart=/opt/roomctl/bin/python3 -c "{READ_CLOCK}"' {unit}"""
    box.do(f"{copy} | sudo tee /etc/systemd/system/probe.service && sudo systemctl daemon-reload")
    box.do("sudo systemctl start probe")
    (state,) = box.do("sudo journalctl --unit probe --output cat --grep '^-?[0-9]+$'").split()
    assert 0 <= int(state) <= 5, "adjtimex(2): TIME_OK to TIME_ERROR; -1 is a refusal"


def test_packets_are_counted_for_a_unit_that_asks_for_it(box: Box) -> None:
    assert box.run("cat > /opt/traffic.py", stdin=TRAFFIC).status == 0
    for accounting, said in (("yes", "unit 30 30 3840 3840"), ("no", "host 30 30 None None")):
        unit = f"systemd-run --wait --pipe --property=IPAccounting={accounting} --uid=nobody"
        assert said in box.run(f"{unit} /opt/roomctl/bin/python3 /opt/traffic.py").said


def test_a_microphone_behind_a_wall_is_the_rooms_alone(box: Box) -> None:
    """Typed as docs/wall.md says; what is refused is refused by this system's own rights."""
    if box.release == "12":
        pytest.skip("its PipeWire and WirePlumber keep no wall")
    type_the_documents(box)
    until_ready(box)
    for command in documented.first_block(*documented.WALL):
        if "udevadm" not in command:  # a container has no udev; see test_machine.py
            box.do(f"cd roomctl && {command}")
    until(
        lambda: "call" in seen(box, "kiosk", "programs"),
        "a microphone for programs",
        lambda: journal(box),
    )
    assert box.run(as_user("roomctl-audio", "manager", PLUGGED)).status == 0
    until(
        lambda: status(box).get("audio", {}).get("wall") == "stands",
        "the wall",
        lambda: journal(box),
    )
    assert seen(box, "roomctl-audio", "manager") >= {"call", "microphone"}
    for _ in range(2):
        assert seen(box, "kiosk", "programs") == {"call", "speaker.monitor"}
        assert seen(box, "kiosk", "manager") == set()
        assert seen(box, "nobody", "programs") == set()
        for socket in ("manager/pipewire-0", "programs/pipewire-0", "sound.sock"):
            tried = box.run(f"{become('kiosk')} python3 -c '{CONNECT}' {socket}")
            assert tried.said.strip() in ("refused", "PermissionError"), (socket, tried)
        before = shown(box, "roomctl-audio")["MainPID"]
        box.run(f"kill -9 {before}")
        until(
            lambda gone=before: shown(box, "roomctl-audio")["MainPID"] not in (gone, "0"),
            "it to be back",
            lambda: journal(box),
        )
        until(
            lambda: "call" in seen(box, "kiosk", "programs"),
            "a microphone for programs",
            lambda: journal(box),
        )
    box.do("sudo systemctl stop roomctl-audio")
    assert shown(box, "roomctl-audio")["Result"] == "success", journal(box)
    assert not re.search("SIGSYS|status=31", journal(box))


PLUGGED = "load-module module-null-sink media.class=Audio/Source/Virtual sink_name=microphone"
CONNECT = """
import socket, sys
with socket.socket(socket.AF_UNIX) as line:
    line.settimeout(5)
    try:
        line.connect(f"/run/roomctl-audio/{sys.argv[1]}")
        print("refused" if line.recv(1) == b"" else "answered")
    except OSError as error:
        print(type(error).__name__)
"""


def become(user: str) -> str:
    """Return what runs a command as a user, without a session of PAM: the journal is the room's."""
    return f"setpriv --reuid={user} --regid={user} --init-groups"


def as_user(user: str, side: str, words: str) -> str:
    """Return the command by which a user speaks to one side of the wall."""
    server = f"unix:/run/roomctl-audio/{side}/native"
    return f"{become(user)} env XDG_RUNTIME_DIR=/nowhere pactl -s {server} {words}"


def seen(box: Box, user: str, side: str) -> set[str]:
    """Return the sources that a user sees on one side of the wall."""
    ran = box.run(as_user(user, side, "list short sources"))
    lines = [line.split("\t") for line in ran.said.splitlines()]
    return {line[1] for line in lines if len(line) > 1}


def test_the_units_end_when_they_are_asked_to(box: Box) -> None:
    type_the_documents(box)
    until_ready(box)
    box.do(f"sudo systemctl stop {' '.join(units(box))}")
    for unit in units(box):
        found = shown(box, unit)
        assert (found["ActiveState"], found["Result"]) == ("inactive", "success"), journal(box)


def test_each_command_that_doctor_prints_fixes_what_it_names(box: Box) -> None:
    type_the_documents(box)
    until_ready(box)
    good = {one["words"] for one in findings(box)}
    last = max(units(box))
    box.do(f"sudo systemctl disable --now {last} && sudo chmod 755 /var/lib/roomctl")
    box.do(f"sudo systemctl stop roomctl && sudo rm /etc/systemd/system/{last}.service")
    box.do("sudo systemctl daemon-reload")
    for _ in ("the unit is there", "it starts at every boot", "it runs"):
        for one in findings(box):
            if one["words"] not in good and one["command"]:
                box.do(apt_offline(one["command"]))
    until_ready(box)
    left = {one["subject"] for one in findings(box) if one["verdict"] != "ok"}
    assert left <= told_of(box)


def apt_offline(command: str) -> str:
    """Return a command that looks whether the packages are there: the box has no network."""
    return command.replace("sudo apt install ", "apt-get install --simulate ")
