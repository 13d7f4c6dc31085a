"""Sound cards behind the wall's udev rule: the kiosk's user, in `audio`, has them without it alone.

The card is the kernel's loopback, into which a tone is played. A UAC 1 gadget is refused by
dummy_hcd (EBUSY), which has no isochronous endpoints.
"""

from __future__ import annotations

import math
import os
import shutil
import stat
import subprocess
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hwlab.devices.usbip import until
from tests.hwlab.scenarios.conftest import RULES, run

DRIVERS = ("snd-aloop",)
RULE = RULES / "72-roomctl-audio.rules"
UNIT = RULES.parent / "systemd" / "roomctl-audio.service"
WANTED = Path("/etc/systemd/system/multi-user.target.wants") / UNIT.name
AUDIO, KIOSK, KEEPER = 29, 4344, 4345  # Debian's group of sound cards; a user; the wall's
RATE = 8000
NODES = ("snd/pcmC*", "snd/controlC*", "snd/hwC*")


@pytest.fixture(scope="module")
def users() -> None:
    """Make them, before udevd starts: it looks for the groups of its rules once."""
    for file, line in (
        ("group", f"roomctl-audio:x:{KEEPER}:"),
        ("passwd", f"roomctl-audio:x:{KEEPER}:{KEEPER}::/:/bin/sh"),
    ):
        with Path("/etc", file).open("a", encoding="ascii") as listed:
            listed.write(f"{line}\n")


@pytest.fixture(params=[True, False], ids=["rule", "no rule"])
def ruled(users: None, udevd: None, request: pytest.FixtureRequest) -> Iterator[bool]:
    place = Path("/etc/udev/rules.d") / RULE.name
    with _enabled():
        if request.param:
            shutil.copy(RULE, place)
        run("udevadm", "control", "--reload")
        yield request.param
        place.unlink(missing_ok=True)
        run("udevadm", "control", "--reload")


@contextmanager
def _enabled() -> Iterator[None]:
    """Have the wall's unit enabled, as `systemctl enable` does it."""
    WANTED.parent.mkdir(parents=True, exist_ok=True)
    WANTED.symlink_to(UNIT)
    yield
    WANTED.unlink()


@pytest.fixture
def loopback(ruled: bool) -> Iterator[str]:
    """The kernel's loopback: what is played to its device 1 is captured from its device 0."""
    run("modprobe", "snd-aloop", "id=Loop")
    run("udevadm", "settle", "--timeout=30")
    yield "Loop"
    run("modprobe", "-r", "snd-aloop")


def test_a_sound_card_is_the_walls_alone_by_the_rule_and_the_kiosks_without(
    ruled: bool, loopback: str
) -> None:
    _judge(ruled)


def test_a_program_of_the_kiosk_records_the_room_only_without_the_rule(
    ruled: bool, loopback: str, tmp_path: Path
) -> None:
    tone = array("h", (round(9000 * math.sin(math.tau * n / 20)) for n in range(RATE)))
    file = tmp_path / "tone.raw"
    file.write_bytes(tone.tobytes() * 300)
    line = ["aplay", "-q", "-D", f"hw:{loopback},1", "-t", "raw", "-f", "S16_LE", "-c", "1"]
    with subprocess.Popen([*line, "-r", str(RATE), file]) as player:
        try:
            status = Path(f"/proc/asound/{loopback}/pcm1p/sub0/status")
            until(lambda: "RUNNING" in status.read_text(), "the tone")
            assert _recorded(KEEPER, [] if ruled else [AUDIO], loopback) > 1000
            heard = _recorded(KIOSK, [AUDIO], loopback)
            assert (heard > 1000) is not ruled
        finally:
            player.kill()


def _judge(ruled: bool) -> None:
    """Try every node of every card; `ruled`: the wall's user has it, and the kiosk's has not."""
    nodes = [node for pattern in NODES for node in _nodes(pattern)]
    assert any(node.name.endswith("c") for node in nodes), "no microphone"
    for node in nodes:
        assert _opens(node, KIOSK, [AUDIO]) is not ruled, node
        if ruled:
            assert _opens(node, KEEPER, []), node
            about = node.stat()
            assert (about.st_gid, stat.S_IMODE(about.st_mode)) == (KEEPER, 0o660), node


def _nodes(pattern: str) -> list[Path]:
    return sorted(Path("/dev").glob(pattern))


def _opens(node: Path, user: int, groups: list[int]) -> bool:
    """Whether this user may open a node, or is only told that another program has it."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups(groups)
            os.setgid(user)
            os.setuid(user)
            os.close(os.open(node, os.O_RDWR | os.O_NONBLOCK))
        except PermissionError:
            os._exit(1)
        except OSError:
            os._exit(0)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _recorded(user: int, groups: list[int], card: str) -> int:
    """Return the greatest sample that a program of this user records; 0: it gets nothing."""
    line = ["arecord", "-q", "-D", f"hw:{card},0", "-t", "raw", "-f", "S16_LE", "-c", "1"]
    done = subprocess.run(
        [*line, "-r", str(RATE), "-d", "1"],
        capture_output=True,
        timeout=60,
        check=False,
        user=user,
        group=user,
        extra_groups=groups,
        env={**os.environ, "HOME": "/tmp"},
    )
    heard = array("h", done.stdout[: len(done.stdout) // 2 * 2])
    return max(map(abs, heard), default=0)
