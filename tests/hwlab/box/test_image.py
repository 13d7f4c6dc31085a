"""The image on a disk of its own, started by UEFI: what was laid is taken, and power cuts."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from roomctl.store.settings import Settings
from tests.hwlab import __main__ as hwlab
from tests.hwlab.box import debian, writes
from tests.hwlab.box.conftest import RELEASES, long
from tests.hwlab.box.container import until
from tests.hwlab.box.disk import BOOT_S, Machine, copied
from tests.hwlab.box.documented import TREE
from tests.hwlab.lab import build, kernel
from tests.hwlab.lab.packages import Packages, Unavailable

pytestmark = [
    pytest.mark.timeout(10800),  # an emulated processor, and a Debian to be made
    pytest.mark.skipif("13" not in RELEASES, reason="the image is of Debian 13"),
    long,
]

FOLDER = debian.FOLDER / "image"
TOOLS = ("mmdebstrap", "fdisk", "dosfstools", "mtools", "e2fsprogs", "ovmf", "openssh-client")
KILLS = 3  # an emulated start takes minutes; test_power_cuts.py boots many
CUTS = int(os.environ.get("ROOMCTL_POWER_CUTS", "20"))
SEED = int(os.environ.get("ROOMCTL_SEED", "34"))
LARGER = 1 << 30
ROOM = """[room]
display_name = "Bamboo"
timezone = "Asia/Shanghai"
language = "en"
[screen]
mode = "simulated"
[camera.front]
url = "sim:front"
[speakerphone.table]
url = "sim:0b0e:2456"
[meeting]
platform = "jitsi"
[api]
listen = "0.0.0.0:8080"
"""
SHORT = 'ssid = "Office"\npassword = "short"\n'


@dataclass
class Room:
    """The room in a machine, asked over its network."""

    machine: Machine
    token: str = ""
    kept: str = ""
    before: dict[str, tuple[Path, int]] = field(default_factory=dict)
    """The boot and state partitions as they were written, and where on the disk they begin."""

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Return what it answers; httpx.HTTPError if it does not, or refuses."""
        url = f"https://127.0.0.1:{self.machine.ports[1]}{path}"
        head = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        with httpx.Client(verify=False, headers=head, timeout=120) as client:
            answer = client.request(method, url, json=body)
            return answer.raise_for_status().json()

    def until_ready(self) -> None:
        def ready() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                return bool(self.ask("GET", "/readyz")["ready"])
            return False

        until(ready, "the room to be ready", self.machine.told, BOOT_S)

    def name_preset(self, name: str) -> None:
        args = {"camera": "front", "preset": 1, "name": name}
        asked = {"type": "camera.name", "args": args}
        answer = self.ask("POST", "/api/v1/commands?wait_s=30", asked)
        assert answer["status"] == "done", answer

    def names(self) -> str:
        """Return what the room's last revision of settings calls the preset."""
        settings: dict[str, str] = self.ask("GET", "/api/v1/settings")[-1]["settings"]
        return settings["camera.front.presets.1"]


@pytest.fixture(scope="module")
def around() -> dict[str, str]:
    """The environment in which the programs run that this system has not, with the lab's QEMU."""
    try:
        if os.geteuid() != 0:
            raise Unavailable("an image is made by root alone")
        emulator = build.parts(hwlab.FOLDER, print).environment
        tools = FOLDER / "tools"
        if not (tools / "made").exists():
            shutil.rmtree(tools, ignore_errors=True)
            packages = Packages(FOLDER / "apt")
            packages.unpack(packages.missing(TOOLS), tools)
            (tools / "made").touch()
    except Unavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no image: {error}")
    more = kernel.tools(tools)
    return {
        **emulator,
        "PATH": f"{tools}/usr/bin:{tools}/usr/sbin:{emulator['PATH']}",
        "LD_LIBRARY_PATH": f"{more['LD_LIBRARY_PATH']}:{emulator.get('LD_LIBRARY_PATH', '')}",
    }


def made(around: dict[str, str]) -> str:
    """Make the image of this tree, as `make image` does."""
    archive, _ = debian._archives()
    line = [sys.executable, str(TREE / ".ci/image.py"), "--to", str(FOLDER / "made")]
    line += ["--keep", str(FOLDER / "debian"), "--mirror", archive]
    done = subprocess.run(line, env=around, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def room(around: dict[str, str]) -> Iterator[Room]:
    """A box whose disk the image was just written to; it was never switched on."""
    image = Path(os.environ.get("ROOMCTL_IMAGE") or made(around))
    shutil.rmtree(FOLDER / "run", ignore_errors=True)
    disk = copied(image, FOLDER / "run" / "disk.img", image.stat().st_size + LARGER)
    own = FOLDER / "tools/usr/share/OVMF"
    machine = Machine(disk, own if own.is_dir() else Path("/usr/share/OVMF"), around)
    machine.log = disk.with_suffix(".writes")
    machine.lay(
        {
            "room.toml": ROOM.replace("\n", "\r\n").encode("utf-8-sig"),  # as an editor may
            "authorized_keys": machine.public_key.encode(),
            "wifi.toml": SHORT.encode(),
        }
    )
    try:
        room = Room(machine, before=parts(disk, around))
        machine.start()
        yield room
    finally:
        machine.cut()
        shutil.rmtree(FOLDER / "run", ignore_errors=True)


def parts(disk: Path, around: dict[str, str]) -> dict[str, tuple[Path, int]]:
    """Copy the partitions that a box writes to; the state's with what follows it on the disk."""
    said = subprocess.run(
        ["sfdisk", "--json", disk], env=around, capture_output=True, text=True, check=True
    )
    boot, _, state = json.loads(said.stdout)["partitiontable"]["partitions"]
    found = {}
    for name, start, size in (
        ("boot", boot["start"] * 512, boot["size"] * 512),
        ("state", state["start"] * 512, disk.stat().st_size - state["start"] * 512),
    ):
        copy = disk.with_suffix(f".{name}")
        line = ["dd", f"if={disk}", f"of={copy}", "bs=1M", "conv=sparse", "status=none"]
        subprocess.run([*line, f"skip={start >> 20}", f"count={size >> 20}"], check=True)
        found[name] = copy, start
    return found


@pytest.fixture(scope="module")
def ready(room: Room) -> Room:
    """The same room once it is ready, with a token to ask it."""
    room.until_ready()
    room.machine.until_up()
    room.machine.do("sudo touch /etc/kept /var/lib/kept")
    room.token = room.machine.do("sudo roomctl token make lab --scope admin").split()[-1]
    return room


def test_laid_files_are_used_and_mistakes_are_shown_on_the_display(ready: Room) -> None:
    machine = ready.machine
    assert ready.ask("GET", "/api/v1/room")["identity"]["display_name"] == "Bamboo"
    lies = machine.do("ls /boot/firmware 2>&1 || sudo ls /boot/firmware").split()
    assert {"report.txt", "wifi.toml"} <= set(lies)
    assert {"room.toml", "authorized_keys"} & set(lies) == set()
    report = machine.do("sudo cat /boot/firmware/report.txt")
    assert "room.toml: taken" in report
    assert "wifi.toml: password: must have 8 to 63" in report
    assert "wifi.toml: password: must have 8 to 63" in machine.do("sudo cat /dev/vcs1")


def test_the_root_is_read_only_and_the_state_has_the_rest_of_the_disk(ready: Room) -> None:
    machine = ready.machine
    ran = machine.run("sudo touch /usr/bin/other")
    assert "Read-only file system" in ran.said
    size = int(machine.do("df --output=size -B1 /state | tail -n 1"))
    assert size > LARGER, "the state partition took what the disk has left"
    assert "max 64M" in machine.do("sudo journalctl --unit systemd-journald --boot --no-pager")
    assert machine.do("systemctl --failed --no-legend --plain").split() == []


def test_a_package_can_be_installed_and_the_root_is_closed_again(
    ready: Room, tmp_path: Path
) -> None:
    folder = tmp_path / "small"
    for name, text in (
        ("DEBIAN/control", "Package: small\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\n"),
        ("usr/share/small/one", "one\n"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{text}Description: small\n" if "DEBIAN" in name else text)
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", folder, tmp_path / "s.deb"], check=True)
    data = (tmp_path / "s.deb").read_bytes().hex()
    machine = ready.machine
    machine.do(f'python3 -c \'open("s.deb", "wb").write(bytes.fromhex("{data}"))\'')
    machine.do("sudo apt-get install -y ./s.deb")
    assert machine.do("cat /usr/share/small/one") == "one\n"
    until(
        lambda: "Read-only file system" in machine.run("sudo touch /usr/bin/other").said,
        "the root to be closed again",
        machine.told,
        BOOT_S,
    )


def test_a_disk_loses_nothing_that_was_stored_in_a_power_cut(
    ready: Room, around: dict[str, str], tmp_path: Path
) -> None:
    """Cut at any moment since it was first switched on; nothing is started, only looked at."""
    chance = random.Random(SEED)
    cut_while_names_change(ready, 20)
    log = ready.machine.log
    assert log is not None
    done = writes.writes(log)
    moments = sorted(chance.randrange(len(done)) for _ in range(CUTS))
    newest = 0
    for moment in moments:
        disks = {}
        for name, (copy, start) in ready.before.items():
            disks[name] = copied(copy, tmp_path / name, copy.stat().st_size)
            seed = random.Random(f"{SEED} {moment}")
            writes.cut(log, done[:moment], disks[name], start, seed)
        found = looked_at(disks, tmp_path, around)
        assert found >= newest, f"an older revision after write {moment} of {len(done)}"
        newest = found
    hwlab.say(f"{len(moments)} cuts in {len(done)} writes; revision {newest} at the last")
    assert newest > 0


def looked_at(disks: dict[str, Path], folder: Path, around: dict[str, str]) -> int:
    """Mend the partitions as a start does; return the revision of the settings, 0 if none."""
    run = functools.partial(subprocess.run, env=around, capture_output=True, text=True, check=False)
    mended = run(["e2fsck", "-fy", disks["state"]])
    assert mended.returncode < 4, mended.stdout
    assert run(["e2fsck", "-fn", disks["state"]]).returncode == 0
    assert run(["fsck.vfat", "-a", disks["boot"]]).returncode < 2
    for name in ("room.toml", "settings.toml"):
        (folder / name).unlink(missing_ok=True)
    for place in ("etc/roomctl/room.toml", "var/lib/roomctl/settings.toml"):
        run(["debugfs", "-R", f"dump /{place} {folder / Path(place).name}", disks["state"]])
    room = folder / "room.toml"
    lies = run(["mtype", "-i", disks["boot"], "::room.toml"]).returncode == 0
    assert lies or room.exists(), "room.toml is neither on the one partition nor on the other"
    if room.exists():
        assert room.read_text(encoding="utf-8").splitlines() == ROOM.splitlines()
    if not (folder / "settings.toml").exists():
        return 0
    return Settings.of_another_program(folder).revisions[-1].number


def test_after_a_power_cut_the_room_is_unchanged_even_if_the_clock_is_wrong(ready: Room) -> None:
    chance = random.Random(SEED)
    boot_s = 60.0
    if not ready.kept:
        cut_while_names_change(ready, 5)
    for number in range(KILLS):
        began = time.monotonic()
        ready.machine.log = None
        ready.machine.start()
        if number % 3 == 1:
            time.sleep(chance.uniform(0, boot_s))  # the moment of the cut, not a proof
            ready.machine.cut()
            began = time.monotonic()
            ready.machine.start("1970-01-01T00:00:00")  # its clock's battery is empty, too
        ready.until_ready()
        boot_s = time.monotonic() - began
        hwlab.say(f"power cut {number + 1}: ready after {boot_s:.0f} s")
        assert ready.names() in ready.kept.split("|")
        issues = json.dumps(ready.ask("GET", "/api/v1/issues"))
        assert "storage." not in issues, issues
        ready.machine.until_up()
        kept = "/etc/kept\n/var/lib/kept\n"
        assert ready.machine.do("ls /etc/kept /var/lib/kept") == kept
        assert ready.machine.do("sudo dmesg | grep -c 'EXT4-fs error' || true").strip() == "0"
        cut_while_names_change(ready, chance.uniform(0, 20))


def cut_while_names_change(room: Room, after_s: float) -> None:
    """Change a setting again and again, and take the power away in the middle of it."""
    began = time.monotonic()
    answered, asked, over = ["", ""], ["first"], threading.Event()

    def change() -> None:
        for number in range(100000):
            if over.is_set():
                return
            asked[0] = f"name {number}"
            try:
                room.name_preset(asked[0])
            except (httpx.HTTPError, OSError, AssertionError):
                return
            answered[0] = asked[0]

    changing = threading.Thread(target=change)
    changing.start()
    try:
        until(lambda: bool(answered[0]), "the first name to be kept", room.machine.told, BOOT_S)
        time.sleep(max(0.0, began + after_s - time.monotonic()))  # the moment of the cut
        room.machine.cut()
    finally:
        over.set()
        changing.join()
    room.kept = f"{answered[0]}|{asked[0]}"
