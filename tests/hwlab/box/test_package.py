"""The Debian package on a blank Debian 13 with its own systemd: three steps, and back again."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hwlab.box import debian
from tests.hwlab.box.conftest import RELEASES, long
from tests.hwlab.box.container import Box, booted, until
from tests.hwlab.box.documented import TREE
from tests.hwlab.box.packaged import HOME, bring, made, three_steps
from tests.hwlab.box.test_first_contact import findings, journal, shown, status, units, until_ready

pytestmark = [
    pytest.mark.timeout(3600),  # the first makes its Debian, and fetches wheels
    pytest.mark.skipif("13" not in RELEASES, reason="the package is for Debian 13"),
]

FOLDER = debian.FOLDER / "run" / "package"
READY_S = 600  # the bar: of the machine's time, for three steps
LARGE = "share/roomctl-large"
DEB: dict[str, Any] = runpy.run_path(str(TREE / ".ci" / "deb.py"))
TESTERS = ("pytest", "pytest-asyncio", "pytest-timeout", "pytest-xdist", "hypothesis")
QUICK = (
    "tests/visca",
    "tests/occupancy",
    "tests/test_rules.py",
    "tests/test_config.py",
    "tests/api",
)
FOREIGN = ("tests/visca/test_clients.py", "tests/api/test_alerts.py", "tests/api/test_openapi.py")
"""Codecs, rules, configuration and API, but for what needs programs that others wrote."""
# What is there, but for what changes by itself and what dpkg and apt note of every package.
LISTED = (
    "find / -xdev -path /home/admin -prune -o -path /mnt -prune -o -path /tmp -prune"
    " -o -path '/var/log/*' -prune -o -path '/var/cache/*' -prune -o -path '/var/lib/dpkg/*' -prune"
    " -o -path '/var/lib/apt/*' -prune -o -path '/var/lib/systemd/*' -prune"
    " -o -path '/var/tmp/*' -prune -o -name '*-' -prune -o -print | sort;"
    " getent passwd; getent group"
)


@pytest.fixture
def box(furnished: tuple[Path, Path], package: Path) -> Iterator[Box]:
    """A box that was just switched on; the package and answers lie in its user's home."""
    folder = FOLDER / "box"
    shutil.rmtree(folder, ignore_errors=True)
    bring(folder / "written", package, "roomctl.deb")
    with booted(furnished, folder) as one:
        one.run(f"chown -R {debian.USER}: /{HOME}")
        yield one


def other(
    package: Path, to: Path, version: str = "", arch: str = "", needs_mb: int = 0, file: str = ""
) -> Path:
    """Return the package with another version, architecture or need of space, or a large file."""
    folder = to.with_suffix(".folder")
    subprocess.run(["dpkg-deb", "--raw-extract", package, folder], check=True)
    control, script = folder / "DEBIAN/control", folder / "DEBIAN/preinst"
    text = control.read_text()
    for name, value in (("Version", version), ("Architecture", arch)):
        if value:
            text = re.sub(rf"^{name}: .*$", f"{name}: {value}", text, flags=re.MULTILINE)
    control.write_text(text)
    if needs_mb:
        script.write_text(re.sub(r"-lt \d+", f"-lt {needs_mb}", script.read_text()))
    if file:
        (folder / file).parent.mkdir(parents=True)
        (folder / file).write_bytes(bytes(8 << 20))
    line = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(folder), str(to)]
    subprocess.run(line, check=True, capture_output=True)
    shutil.rmtree(folder)
    return to


def test_a_commit_makes_one_package_to_the_byte(tree: Path, package: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "another place" / "tree"
    subprocess.run(["git", "clone", "--quiet", str(tree), str(elsewhere)], check=True)
    around = {"TZ": "Asia/Shanghai", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "7"}
    key = str(package.with_name("key.gpg"))
    again = made(elsewhere, tmp_path / "deb", "--keyring", key, **around)
    assert (again.name, again.read_bytes()) == (package.name, package.read_bytes())


def test_lintian_finds_no_error_and_the_manual_can_be_read(box: Box) -> None:
    said = box.do("lintian --fail-on error --suppress-tags-from-file /dev/null roomctl.deb || true")
    assert [line for line in said.splitlines() if line.startswith("E:")] == []
    box.do("sudo apt install ./roomctl.deb", limit_s=1200)
    assert "roomctl init" in box.do("MANWIDTH=200 man roomctl")
    words = "COMP_WORDS='roomctl doc' COMP_CWORD=1 _ROOMCTL_COMPLETE=complete_bash roomctl"
    assert box.do(words).split() == ["doctor"]


def test_the_packages_python_passes_the_tests_of_codecs_rules_and_api(
    box: Box, tree: Path, tmp_path: Path
) -> None:
    place = box.files / HOME / "suite"
    shutil.copytree(tree, place, ignore=shutil.ignore_patterns("roomctl", ".git"))
    install = [*DEB["pip"]("install"), "--target", str(place / "testers")]
    DEB["run"]([*install, *DEB["platforms"](DEB["machine"]()), *TESTERS])
    box.run(f"chown -R {debian.USER}: /{HOME}/suite")
    box.do("sudo apt install ./roomctl.deb", limit_s=1200)
    python = "cd suite && PYTHONPATH=testers /usr/lib/roomctl/bin/python3 -P"
    where = box.do(f"{python} -c 'import sys, roomctl; print(sys.version_info[:2], roomctl)'")
    assert "(3, 13)" in where
    assert "/usr/lib/roomctl/lib/" in where
    words = "-m pytest -n 0 -q -p no:cacheprovider -m 'not real and not browser and not more'"
    words += "".join(f" --ignore={each}" for each in FOREIGN)
    said = box.do(f"{python} {words} {' '.join(QUICK)}", limit_s=3000)
    assert int(re.findall(r"(\d+) passed", said)[-1]) > 1000, said[-2000:]


def code_on_the_display(box: Box) -> str:
    """Return what the code says that stands on the room's display, as a phone reads it."""
    compositor = "WAYLAND_DISPLAY=/run/roomctl-display/wayland-0"
    seen: list[str] = []

    def read() -> bool:
        box.run(f"{compositor} grim -o HEADLESS-1 -t ppm /tmp/display.ppm")
        picture = (box.files / "tmp/display.ppm").read_bytes()
        width, height = map(int, picture.split(None, 3)[1:3])
        pixels = numpy.frombuffer(picture[-width * height * 3 :], numpy.uint8)
        seen[:] = [one.text for one in zxing.read_barcodes(pixels.reshape(height, width, 3))]
        return bool(seen)

    numpy, zxing = pytest.importorskip("numpy"), pytest.importorskip("zxingcpp")
    until(read, "a code on the display", lambda: journal(box))
    return seen[0]


def test_three_steps_and_the_room_is_ready_and_so_again_after_a_reboot(box: Box) -> None:
    begun = time.monotonic()
    said = three_steps(box)
    assert time.monotonic() - begun < READY_S
    assert "Bamboo is ready" in said, said
    orders = box.run("systemd-analyze verify --man=no multi-user.target").said
    assert "cycle" not in orders, orders  # systemd leaves out a unit of each, such as the way back
    assert code_on_the_display(box).startswith("https://192.0.2.2:8080/#pair=")
    for _ in ("installed", "rebooted"):
        until_ready(box)
        assert units(box) == ["roomctl-kiosk", "roomctl-screen", "roomctl"]
        for unit in units(box):
            assert shown(box, unit)["NRestarts"] == "0", journal(box)
        wrong = [one for one in findings(box) if one["verdict"] != "ok"]
        assert {one["subject"] for one in wrong} <= {"clock"}, wrong
        box.reboot()


@long
def test_purge_leaves_nothing_and_remove_keeps_the_room(box: Box) -> None:
    before = set(box.run(LISTED).said.splitlines())
    three_steps(box)
    room = box.do("sudo cat /etc/roomctl/room.toml")
    box.do("sudo apt remove roomctl")
    assert shown(box, "roomctl")["ActiveState"] == "inactive"
    assert box.do("sudo cat /etc/roomctl/room.toml") == room
    box.do("sudo apt install ./roomctl.deb", limit_s=1200)
    until_ready(box)
    box.do("sudo apt purge roomctl")
    left = set(box.run(LISTED).said.splitlines()) - before
    assert {line.partition(":")[0] for line in left} <= {
        "gpio"
    }  # Debian's name of a group of others


@long
def test_an_upgrade_and_a_step_back_keep_the_room(box: Box, package: Path, tmp_path: Path) -> None:
    three_steps(box)
    until_ready(box)
    kept = "sudo sha256sum /etc/roomctl/room.toml; sudo find /var/lib/roomctl | sort"
    before, identity = box.do(kept), status(box)["identity"]
    for name, version in (("newer", "99.0"), ("older", "0.0.1")):
        bring(box.files, other(package, tmp_path / f"{name}.deb", version), f"{name}.deb")
        first = shown(box, "roomctl")["MainPID"]
        box.do(f"sudo apt install --allow-downgrades ./{name}.deb", limit_s=1200)
        assert box.do("dpkg-query -W -f '${Version}' roomctl") == version
        until_ready(box)
        assert shown(box, "roomctl")["MainPID"] != first
        assert set(before.splitlines()) <= set(box.do(kept).splitlines())
        assert status(box)["identity"] == identity


@long
def test_a_bad_package_changes_nothing_and_says_why(
    box: Box, package: Path, tmp_path: Path
) -> None:
    three_steps(box)
    until_ready(box)
    whole = package.read_bytes()
    half = tmp_path / "half.deb"
    half.write_bytes(whole[: len(whole) // 2])
    bring(box.files, half, "half.deb")
    bring(box.files, other(package, tmp_path / "a.deb", arch="s390x"), "other.deb")
    bring(box.files, other(package, tmp_path / "b.deb", "0.0.1"), "older.deb")
    huge = other(package, tmp_path / "c.deb", "99.0", needs_mb=10**9)
    bring(box.files, huge, "large.deb")
    bring(
        box.files, other(package, tmp_path / "d.deb", "99.0", file=f"usr/{LARGE}/one"), "full.deb"
    )
    version = box.do("dpkg-query -W -f '${Version}' roomctl")
    first = shown(box, "roomctl")["MainPID"]
    for name, words in (
        ("half", "unexpected end of file|corrupt|Could not read"),
        ("other", "s390x"),
        ("older", "downgraded"),
    ):
        ran = box.run(f"sudo apt install ./{name}.deb", user=debian.USER)
        assert ran.status != 0
        assert re.search(words, ran.said), ran.said
        assert shown(box, "roomctl")["MainPID"] == first
    ran = box.run("sudo apt install ./large.deb", user=debian.USER)
    assert ran.status != 0, ran.said
    assert "MB are needed; nothing was changed" in ran.said
    box.run(f"mkdir /usr/{LARGE} && mount -t tmpfs -o size=1m small /usr/{LARGE}")
    ran = box.run("sudo apt install ./full.deb", user=debian.USER)
    assert "No space left" in ran.said, ran.said
    assert ran.status != 0, ran.said
    assert box.do("dpkg-query -W -f '${Version} ${Status}' roomctl") == (
        f"{version} install ok installed"
    ), ran.said
    until_ready(box)
