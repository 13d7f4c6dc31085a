"""The same box on a kernel of its own: a real terminal, display and sound card, and a clock to set.

The box was set up in a container by what the documents print; here it starts by itself at boot. The
emulated processor is slow, so no picture is waited for. Its clock is set by Debian's own timesyncd,
from a time server that stands in the box.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hwlab import __main__ as hwlab
from tests.hwlab.box import debian, documented
from tests.hwlab.box.container import booted
from tests.hwlab.box.test_first_contact import type_the_documents
from tests.hwlab.lab import build, machine
from tests.hwlab.lab.packages import Unavailable

pytestmark = pytest.mark.timeout(2400)  # an emulated processor

HARDWARE = (
    *("-device", "virtio-vga"),
    *("-audiodev", "none,id=none", "-device", "intel-hda", "-device", "hda-duplex,audiodev=none"),
)
# SNTP (RFC 4330): an answer of a server that is right, stratum 1.
SERVER = """
import socket, struct, time
door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
door.bind(("127.0.0.1", 123))
while True:
    asked, whence = door.recvfrom(512)
    now = int((time.time() + 2208988800) * 2**32)
    head = struct.pack("!BBbbII4s", 0x24, 1, 4, -20, 0, 0, b"LOCL")
    door.sendto(head + struct.pack("!Q", now) + asked[40:48] + struct.pack("!QQ", now, now), whence)
"""
CLOCK = """
from roomctl.cli import ask
print(ask.access(None, None, "GET", "info")["clock_proven"])
"""
# Whether this user may record from the sound card; 16 is "busy": others do.
CARD = """
import os
try:
    os.close(os.open("/dev/snd/pcmC0D0c", os.O_RDWR | os.O_NONBLOCK))
    print("allowed")
except OSError as error:
    print({13: "refused", 16: "allowed"}.get(error.errno, error))
"""
# What looks at the box once it has booted, and says what it saw.
LOOK = """#!/bin/sh
exec >/lab/seen 2>&1
for each in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    systemctl is-active --quiet roomctl && systemctl is-active --quiet roomctl-screen && break
    sleep 15
done
echo "== clock before: $(/opt/roomctl/bin/python3 /lab/clock.py)"
mkdir -p /etc/systemd/timesyncd.conf.d
printf '[Time]\\nNTP=127.0.0.1\\n' >/etc/systemd/timesyncd.conf.d/lab.conf
python3 /lab/server.py &
systemctl restart systemd-timesyncd
for each in 1 2 3 4 5 6 7 8 9 10 11 12; do
    [ "$(timedatectl show --property=NTPSynchronized --value)" = yes ] && break
    sleep 5
done
echo "== synchronized: $(timedatectl show --property=NTPSynchronized --value)"
echo "== clock after: $(/opt/roomctl/bin/python3 /lab/clock.py)"
for unit in roomctl roomctl-kiosk roomctl-screen; do
    echo "== $unit: $(systemctl is-active $unit) $(systemctl show --property=MainPID --value $unit)"
done
sleep 60
for unit in roomctl roomctl-kiosk roomctl-screen; do
    state="$(systemctl is-active $unit) $(systemctl show --property=MainPID --value $unit)"
    echo "== $unit later: $state"
    journalctl --no-pager --boot --unit $unit | tail -n 30
done
roomctl status --json >/lab/status.json
echo "== card before: $(runuser -u kiosk -- python3 /lab/card.py)"
cd /home/admin/roomctl && sh -ex /lab/wall.sh
udevadm settle
for each in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    systemctl is-active --quiet roomctl-audio && break
    sleep 5
done
sleep 30
echo "== card after: $(runuser -u kiosk -- python3 /lab/card.py)"
export XDG_RUNTIME_DIR=/nowhere
for side in manager programs; do
    for user in kiosk roomctl-audio; do
        server=unix:/run/roomctl-audio/$side/native
        seen=$(runuser -u $user -- pactl -s $server list short sources | cut -f2)
        echo "== $user at $side: $(echo $seen | xargs -n1 | sort | xargs)"
    done
done
journalctl --no-pager --boot --unit roomctl-audio | tail -n 30
systemctl stop roomctl roomctl-screen roomctl-audio
units="roomctl roomctl-screen roomctl-audio"
echo "== ends: $(systemctl show --property=Result --value $units | xargs)"
journalctl --no-pager --boot | grep -E 'SIGSYS|status=31' && echo "== killed"
echo 0 >/lab/status
sync
echo o >/proc/sysrq-trigger
"""
PATIENT = "[Manager]\nDefaultTimeoutStartSec=900\n"  # an emulated start takes two minutes
UNIT = "[Service]\nExecStart=/bin/sh /lab/look\n[Install]\nWantedBy=multi-user.target\n"


@pytest.fixture
def whole(installed: tuple[Path, Path]) -> Iterator[Path]:
    """The root of a box with its units enabled, as one folder of this system."""
    if installed[1].parent.name == "12":
        pytest.skip("without a display of its own there is nothing to add to the container")
    folder = debian.FOLDER / "run" / "machine"
    shutil.rmtree(folder, ignore_errors=True)
    with booted(installed, folder / "box", keep=True) as box:
        type_the_documents(box)
        for made_up in ("etc/systemd/system/roomctl-kiosk.service.d", "etc/pipewire"):
            box.run(f"rm -r /{made_up}")
        box.run("cat > /etc/systemd/system/look.service", stdin=UNIT)
        box.run("mkdir -p /etc/systemd/system.conf.d")
        box.run("cat > /etc/systemd/system.conf.d/lab.conf", stdin=PATIENT)
        box.run("systemctl enable look && printf 'exec /sbin/init\n' > /start")
    root = folder / "root"
    root.mkdir()
    layers = ":".join(map(str, (folder / "box/written", *installed)))
    subprocess.run(
        ["mount", "-t", "overlay", "-o", f"ro,lowerdir={layers}", "box", root], check=True
    )
    yield root
    subprocess.run(["umount", root], check=True)
    shutil.rmtree(folder)


def test_the_box_starts_unattended_and_knows_its_time_once_it_is_set(whole: Path) -> None:
    try:
        parts = build.parts(hwlab.FOLDER, print)
    except Unavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no machine: {error}")
    empty = whole.parent / "no-tools"
    empty.mkdir()
    there = dataclasses.replace(parts, root=whole, layer=empty, hardware=HARDWARE)
    lab = hwlab.FOLDER / "run" / "box"
    ended = machine.run(
        there,
        lab,
        Path("/start"),
        {
            "look": LOOK,
            "server.py": SERVER,
            "clock.py": CLOCK,
            "card.py": CARD,
            "wall.sh": "\n".join(documented.first_block(*documented.WALL)),
        },
    )
    assert ended.status == 0, ended.said[-3000:]
    said = (lab / "seen").read_text(encoding="utf-8")
    seen = dict(line[3:].partition(": ")[::2] for line in said.splitlines() if line[:3] == "== ")
    assert "== killed" not in said, said
    assert (seen["clock before"], seen["synchronized"], seen["clock after"]) == (
        *("False", "yes", "True"),
    ), said
    for unit in ("roomctl", "roomctl-kiosk", "roomctl-screen"):
        assert seen[unit].startswith("active "), said
        assert seen[unit] == seen[f"{unit} later"], said
    assert (seen["card before"], seen["card after"]) == ("allowed", "refused"), said
    assert "alsa_input" in seen["roomctl-audio at manager"], said
    assert seen["kiosk at manager"] == "", said
    assert seen["kiosk at programs"] == "call speaker.monitor", said
    assert seen["ends"] == "success success success", said
    screen = said.rpartition("roomctl-screen later")[2].partition("kiosk at manager")[0]
    assert "there is no sound server" not in screen, said
