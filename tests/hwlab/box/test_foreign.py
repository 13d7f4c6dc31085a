"""The package's Python environment of another architecture, started by qemu's user emulation.

Debian 13 of that architecture is unpacked into a folder, and nothing of it is set up: what runs is
its Python, with every compiled module of the package, and a simulated room. No unit, no browser.
"""

from __future__ import annotations

import contextlib
import os
import re
import runpy
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.hwlab.box import debian
from tests.hwlab.box.conftest import RELEASES, long
from tests.hwlab.box.container import until
from tests.hwlab.box.disk import free
from tests.hwlab.box.documented import TREE
from tests.hwlab.box.packaged import WHEELS
from tests.hwlab.lab import kernel
from tests.hwlab.lab.packages import Packages, Unavailable

pytestmark = [
    pytest.mark.timeout(3600),
    pytest.mark.skipif("13" not in RELEASES, reason="the package is for Debian 13"),
]

DEB: dict[str, Any] = runpy.run_path(str(TREE / ".ci" / "deb.py"))
EMULATORS = {"arm64": "qemu-aarch64", "armhf": "qemu-arm"}
IMPORTS = """
import importlib, platform, sys
import cryptography.x509, gpiod, yaml  # wheels', or Debian's
for name in sys.argv[1:]:
    importlib.import_module(name)
from argon2 import PasswordHasher
from roomctl import version
print(platform.machine(), len(sys.argv) - 1, PasswordHasher(1, 1024, 1).hash("1")[:9])
print(version.build_info())
"""


def root_of(arch: str, around: dict[str, str]) -> Path:
    """Return the folder of an unpacked Debian 13, with what the package takes from it there."""
    folder = debian.FOLDER / "foreign" / arch
    if (folder / "made").exists():
        return folder / "root"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    needs = {"python3", *DEB["FROM_DEBIAN"].get(arch, {}).values()}
    archive, _ = debian._archives()
    line = ["debootstrap", "--foreign", f"--arch={arch}", "--variant=minbase"]
    line += [f"--include={','.join(sorted(needs))}", "trixie", str(folder / "root"), archive]
    debian._run(line, around)
    for package in (folder / "root/var/cache/apt/archives").glob("*.deb"):
        debian._run(["dpkg", "--extract", str(package), str(folder / "root")], around)
    (folder / "made").touch()
    return folder / "root"


@dataclass(frozen=True)
class Foreign:
    """The package's environment of another architecture, and how its Python is started here."""

    arch: str
    site: Path
    line: list[str]
    around: dict[str, str]


@pytest.fixture(scope="module", params=sorted(EMULATORS))
def foreign(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    arch, folder = request.param, tmp_path_factory.mktemp(request.param)
    try:
        if os.geteuid() != 0:
            raise Unavailable("a Debian root is made by root alone")
        packages = Packages(folder / "apt")
        packages.unpack(packages.missing(["qemu-user", "debootstrap"]), folder / "tools")
        around = kernel.tools(folder / "tools")
        own = folder / "tools/usr/share/debootstrap"
        around |= {"DEBOOTSTRAP_DIR": str(own)} if own.is_dir() else {}
        root = root_of(arch, around)
    except Unavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no Debian of {arch}: {error}")
    DEB["environment"](folder / "home", arch, WHEELS, folder, 1_700_000_000)
    (site,) = (folder / "home/lib").glob("*/site-packages")
    return Foreign(
        arch,
        site,
        [EMULATORS[arch], "-L", str(root), str(root / "usr/bin/python3.13")],
        {
            **{key: around[key] for key in ("PATH", "LD_LIBRARY_PATH")},
            "PYTHONHOME": str(root / "usr"),
            "PYTHONPATH": f"{site}:{root}/usr/lib/python3/dist-packages",
            "HOME": str(folder),
        },
    )


def test_every_compiled_module_is_loaded_on_another_architecture(foreign: Foreign) -> None:
    site = foreign.site
    compiled = [one.relative_to(site) for one in site.rglob("*.so") if ".libs" not in str(one)]
    names = [re.sub(r"/", ".", str(one.parent / one.name.partition(".")[0])) for one in compiled]
    assert len(names) > 5
    done = subprocess.run(
        [*foreign.line, "-c", IMPORTS, *sorted(names)],
        env=foreign.around,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    machine, count, hashed = done.stdout.splitlines()[0].split()
    assert (machine, int(count), hashed) == (DEB["MACHINES"][foreign.arch], len(names), "$argon2id")


@long
def test_a_simulated_room_is_ready_on_another_architecture(
    foreign: Foreign, tmp_path: Path
) -> None:
    port = free()
    start = [*foreign.line, "-c", "from roomctl.cli import main; main()", "simulate"]
    log = tmp_path / "log"
    with log.open("wb") as said:
        room = subprocess.Popen(
            [*start, "--port", str(port), "--screen", "simulated"],
            env=foreign.around,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )

    def ready() -> bool:
        assert room.poll() is None, log.read_text()
        with contextlib.suppress(httpx.HTTPError):
            return bool(httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=60).json()["ready"])
        return False

    try:
        until(ready, "the room to be ready", log.read_text, 1800)
    finally:
        room.kill()
        room.wait()
