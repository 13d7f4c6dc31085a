"""Power cuts of a box with the image's read-only root and state partition: each is booted.

What Linux wrote to the disk is replayed up to a moment; of what was not flushed some is lost, and
some is torn (writes.py). Debian's systemd then starts from that disk, and the room is asked what it
has.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from tests.hwlab import __main__ as hwlab
from tests.hwlab.box import debian, drive, writes
from tests.hwlab.box.conftest import RELEASES, long
from tests.hwlab.box.container import Box, booted, until
from tests.hwlab.box.documented import TREE
from tests.hwlab.box.drive import Disk, DiskBox, served
from tests.hwlab.box.packaged import Signer, altered, bring
from tests.hwlab.box.test_first_contact import journal, status, until_ready
from tests.hwlab.box.test_update import MARKER, told, version
from tests.hwlab.lab import build
from tests.hwlab.lab.packages import Unavailable

pytestmark = [
    pytest.mark.timeout(10800),  # 50 cuts, or the first of a machine, which makes its Debian
    pytest.mark.skipif("13" not in RELEASES, reason="the image is of Debian 13"),
]

FOLDER = debian.FOLDER / "run" / "cuts"
IMAGE = TREE / "deploy/image/root"
CUTS = int(os.environ.get("ROOMCTL_POWER_CUTS", "3"))
SEED = int(os.environ.get("ROOMCTL_SEED", "34"))
STEPS = 40
MUTES = ("open", "muted")  # after an even step, and after an odd one
T = TypeVar("T")
# What .ci/image.py does to a Debian that has the package.
FINISH = """
mkdir -p /state /mnt/outside
mv /var/lib/dpkg /usr/lib/dpkg-database && ln -s /usr/lib/dpkg-database /var/lib/dpkg
"""
CAMERA = '\n[camera.front]\nurl = "sim:front"\n'
# A panel that does a step when it is told to, and says that all of it was answered.
PANEL = """
import http.cookiejar, json, sys, urllib.request
room = json.load(open("/run/roomctl/api.json"))
cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)
def post(path, body, **head):
    head = {"Content-Type": "application/json", "Origin": room["api"], **head}
    asked = urllib.request.Request(room["api"] + path, json.dumps(body).encode(), head)
    with opener.open(asked, timeout=60) as answer:
        return json.loads(answer.read() or "null")
def do(kind, **args):
    record = post("/api/v1/commands?wait_s=30", {"type": kind, "args": args})
    assert record["status"] == "done", record
made = post("/api/v1/pairings", {"role": "panel"}, Authorization="Bearer " + room["token"])
post("/api/v1/pair", {"token": made["path"].split("pair=")[1]})
print("paired", flush=True)
for line in sys.stdin:
    step = int(line)
    do("camera.name", camera="front", preset=1, name=f"name {step}")
    do("audio.mute", on=step % 2 == 1)
    print(step, flush=True)
"""


@dataclass(frozen=True)
class Step:
    """A change of the room; after how many writes it was asked for, and after how many answered."""

    number: int
    asked: int
    answered: int


@dataclass(frozen=True)
class Run:
    """What a box wrote to its disk while it ran."""

    disk: Disk
    log: Path
    done: Sequence[writes.Write]


@pytest.fixture(scope="module")
def around() -> Mapping[str, str]:
    """The environment in which QEMU's programs run."""
    try:
        return build.parts(hwlab.FOLDER, print).environment
    except Unavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no disk: {error}")


@pytest.fixture(scope="module")
def room(
    furnished: tuple[Path, Path],
    package: Path,
    around: Mapping[str, str],
) -> Iterator[Disk]:
    """A disk with a room that is ready, and was then switched off."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    making = FOLDER / "making"
    bring(making / "written", package, "roomctl.deb")
    with booted(furnished, making, keep=True) as box:
        box.do("sudo apt install ./roomctl.deb", limit_s=1200)
        box.run(FINISH)
    laid_over(making / "written")
    disk = drive.made([making / "written", *furnished], FOLDER / "disk.raw")
    with noted(disk, "ready", around) as (box, log):
        box.do("sudo roomctl init --answers answers.toml")
        box.run("cat >> /etc/roomctl/room.toml", stdin=CAMERA)
        box.do("sudo systemctl restart roomctl")
        until_ready(box)
        assert len(list(panel(box, log, [0]))) == 1
        box.stop()
    yield disk.on(FOLDER / "ready.qcow2")
    shutil.rmtree(FOLDER, ignore_errors=True)


def laid_over(root: Path) -> None:
    """Lay the image's own files over Debian's; a container has no names of partitions."""
    for file in IMAGE.rglob("*"):
        if file.is_file() and file.name != "fstab":
            place = root / file.relative_to(IMAGE)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)


@contextlib.contextmanager
def started(disk: Disk, folder: Path) -> Iterator[DiskBox]:
    """Run a box for as long as the block lasts; then everything in it ends at once."""
    box = DiskBox(disk, folder)
    try:
        box.start()
        yield box
    finally:
        box.kill()
        box.remove()


@contextlib.contextmanager
def noted(disk: Disk, name: str, around: Mapping[str, str]) -> Iterator[tuple[DiskBox, Path]]:
    """Run a box whose writes are noted; yield it and the log."""
    log = FOLDER / f"{name}.log"
    log.unlink(missing_ok=True)
    with (
        served(disk, FOLDER / f"{name}.qcow2", around, log) as now,
        started(now, FOLDER / name) as box,
    ):
        yield box, log


def cut(
    run: Run,
    moment: int,
    look: Callable[[Box], T],
    around: Mapping[str, str],
    *,
    twice: bool,
) -> T:
    """Cut the power at a moment; return what the room has that starts then.

    `twice`: cut it once more while it starts; what it has must be the same.
    """
    chance, name = random.Random(f"{SEED} {moment}"), run.log.stem
    done, above = run.done[:moment], FOLDER / f"{name}-cut.qcow2"
    disk = drive.cut(run.disk, above, around, run.log, done, chance)
    with noted(disk, f"{name}-back", around) as (box, log):
        found = look(box)
    if twice:
        back = Run(disk, log, writes.writes(log))
        again = cut(back, chance.randrange(len(back.done)), look, around, twice=False)
        assert again == found
    return found


def panel(box: Box, log: Path, numbers: Iterable[int]) -> Iterator[Step]:
    """Do steps on a panel; each names a preset, and mutes or unmutes."""
    box.run("cat > /run/panel.py", stdin=PANEL)
    line = box.line("exec python3 -u /run/panel.py")
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as one:
        assert one.stdin is not None
        assert one.stdout is not None
        assert one.stdout.readline() == "paired\n", journal(box)
        for number in numbers:
            asked = writes.count(log)
            print(number, file=one.stdin, flush=True)
            assert one.stdout.readline() == f"{number}\n", journal(box)
            yield Step(number, asked, writes.count(log))
        one.stdin.close()


def test_after_a_cut_at_any_moment_the_room_has_what_it_answered_last(
    room: Disk, around: Mapping[str, str]
) -> None:
    """Each third time the power is cut once more, while the box comes back."""
    with noted(room, "changed", around) as (box, log):
        until_ready(box)
        steps = list(panel(box, log, range(1, STEPS + 1)))
    run, chance = Run(room, log, writes.writes(log)), random.Random(SEED)
    changing = range(steps[0].asked, steps[-1].answered)
    for number in range(CUTS):
        moment = chance.choice(range(len(run.done)) if number % 5 == 4 else changing)
        may = may_have(steps, moment)
        found = cut(run, moment, name_and_mute, around, twice=number % 3 == 2)
        hwlab.say(f"cut {number + 1} after write {moment} of {len(run.done)}: {found} of {may}")
        assert found in may


def may_have(steps: Sequence[Step], moment: int) -> Sequence[tuple[str, str]]:
    """Return the names and mutes of which a room must have one pair after a cut at a moment."""
    answered = max((one.number for one in steps if one.answered <= moment), default=0)
    asked = max((one.number for one in steps if one.asked <= moment), default=0)
    pairs = ((answered, answered), (asked, answered), (asked, asked))
    return [(f"name {name}", MUTES[mute % 2]) for name, mute in pairs]


def name_and_mute(box: Box) -> tuple[str, str]:
    """Wait until the room is ready; return its preset's name, and whether it is muted."""
    until_ready(box)
    seen = status(box)
    assert not [one for one in seen["issues"] if one["code"].startswith("storage.")], seen
    (camera,) = seen["cameras"]
    return camera["presets"][0]["name"], seen["audio"]["mute"]


@long
def test_after_a_cut_at_any_moment_of_an_update_the_old_or_the_new_version_is_whole(
    room: Disk,
    package: Path,
    signer: Signer,
    around: Mapping[str, str],
    tmp_path: Path,
) -> None:
    """Each third time the power is cut once more, while the box goes back or goes on."""
    source = signer.publish(tmp_path / "r", altered(package, tmp_path / "n.deb", "99.0"))
    with noted(room, "updated", around) as (box, log):
        until_ready(box)
        old = version(box)
        shutil.copytree(source, box.files / "home/source")
        box.run("sync")
        begun = writes.count(log)
        said = box.do("sudo roomctl update --from /home/source", limit_s=1800)
        assert "to 99.0" in said, said + journal(box)
        new = whole_version(box)
        box.run("sync")
        ended = writes.count(log)
    run, chance = Run(room, log, writes.writes(log)), random.Random(SEED)
    for number in range(CUTS):
        moment = chance.randrange(begun, len(run.done))
        found = cut(run, moment, whole_version, around, twice=number % 3 == 2)
        hwlab.say(f"cut {number + 1} after write {moment}, update {begun} to {ended}: {found}")
        assert found in ((new,) if moment >= ended else (old, new))


def whole_version(box: Box) -> str:
    """Wait until the room is ready and no update is under way; return what is installed, whole."""
    until(lambda: not (box.files / MARKER).exists(), "the way back", lambda: journal(box), 600)
    assert name_and_mute(box) == ("name 0", MUTES[0]), journal(box)
    until(
        lambda: "Read-only" in box.run("touch /usr/bin/other").said,
        "the root to be closed",
        lambda: journal(box),
        600,
    )
    assert box.run("dpkg --audit; dpkg --verify roomctl").said == ""
    assert told(box)["state"] == "idle", told(box)
    return version(box)
