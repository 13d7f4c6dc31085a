"""Boxes for the tests: one where the documents' commands were typed, and copies of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hwlab.box import debian, documented, packaged
from tests.hwlab.box.container import Box, booted
from tests.hwlab.box.packaged import Signer
from tests.hwlab.lab.packages import Unavailable

Boot = Callable[[], Box]
RELEASES = os.environ.get("ROOMCTL_BOX_RELEASES", "13 12").split()
long = pytest.mark.skipif(
    not os.environ.get("ROOMCTL_BOX_LONG"),
    reason="a quarter of an hour: ROOMCTL_BOX_LONG=1",
)
_DISPLAY = """[Service]
TTYPath=
TTYReset=no
TTYVHangup=no
TTYVTDisallocate=no
StandardInput=null
Environment=WLR_BACKENDS=headless WLR_RENDERER=pixman
"""  # a container has no terminal and no display: labwc draws into memory
_CARD = """context.objects = [
  { factory = adapter args = { factory.name = support.null-audio-sink node.name = loudspeaker
    media.class = Audio/Sink audio.position = [ FL FR ] } }
  { factory = adapter args = { factory.name = support.null-audio-sink node.name = microphone
    media.class = Audio/Source/Virtual audio.position = [ MONO ] } }
]
"""  # PipeWire's own nodes for the sound card that a container has not


@pytest.fixture(scope="session", params=RELEASES, ids=lambda release: f"debian{release}")
def blank(request: pytest.FixtureRequest) -> Path:
    """The root of a blank Debian, with the packages that the documents name."""
    try:
        return debian.root(request.param, print)
    except Unavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no box: {error}")


@pytest.fixture(scope="session")
def installed(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """The layers of a box where everything was typed but what starts the units."""
    folder = debian.FOLDER / "run" / blank.parent.name / "installed"
    shutil.rmtree(folder, ignore_errors=True)
    prepare(folder / "written")
    with booted([blank], folder, network="outside", keep=True) as box:
        box.run(f"chown -R {debian.USER}: /home/{debian.USER}")
        for command in documented.installation(blank.parent.name):
            if not documented.is_apt(command) and not documented.starts(command):
                box.do(f"cd roomctl && {answered(command)}")
    yield folder / "written", blank
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def box(installed: tuple[Path, Path], request: pytest.FixtureRequest) -> Iterator[Box]:
    """A box that was just switched on, with nothing of roomctl started."""
    folder = debian.FOLDER / "run" / installed[1].parent.name / "box"
    shutil.rmtree(folder, ignore_errors=True)
    with booted(installed, folder) as one:
        yield one


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of this tree, with what is changed in the working copy committed."""
    return packaged.committed(tmp_path_factory.mktemp("tree") / "roomctl")


@pytest.fixture(scope="session")
def signer() -> Iterator[Signer]:
    one = Signer("roomctl lab <lab@example.org>")
    yield one
    one.end()


@pytest.fixture(scope="session")
def package(tree: Path, signer: Signer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of this tree; key.gpg beside it is the key of its updates."""
    place = tmp_path_factory.mktemp("deb")
    return packaged.made(tree, place, "--keyring", str(signer.public(place / "key.gpg")))


@pytest.fixture(scope="session")
def furnished(package: Path) -> Iterator[tuple[Path, Path]]:
    """The layers of a Debian 13 that has Debian's packages that ours names, and nothing of ours."""
    try:
        blank = debian.root("13", print)
    except Unavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no box: {error}")
    folder = debian.FOLDER / "run" / "furnished"
    shutil.rmtree(folder, ignore_errors=True)
    stand_ins(folder / "written")
    line = ["dpkg-deb", "--field", str(package), "Depends"]
    needs = subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()
    with booted([blank], folder, network="outside", keep=True) as box:
        box.do("sudo apt-get update -qq")
        box.do(f"sudo apt-get satisfy -qq --no-install-recommends '{needs}'", limit_s=1800)
        box.do("sudo apt-get install -qq --no-install-recommends lintian man-db", limit_s=1800)
        box.run("rm -f /etc/pip.conf")
    yield folder / "written", blank
    shutil.rmtree(folder, ignore_errors=True)


def answered(command: str) -> str:
    """Return a command that asks nobody, for a box whose sound card is its session's."""
    return f"{command} --yes --wall auto" if command == "sudo roomctl init" else command


def stand_ins(root: Path) -> None:
    """Give a box what it has no hardware for."""
    display = root / "etc/systemd/system/roomctl-kiosk.service.d/lab.conf"
    card = root / "etc/pipewire/pipewire.conf.d/lab.conf"
    for file, text in ((display, _DISPLAY), (card, _CARD)):
        file.parent.mkdir(parents=True)
        file.write_text(text)


def prepare(root: Path) -> None:
    """Give a box a clone of this tree, as it is in the working copy, and stand-ins of hardware."""
    stand_ins(root)
    place = root / f"home/{debian.USER}/roomctl"
    place.parent.mkdir(parents=True)
    git = ["git", "-C", str(documented.TREE)]
    subprocess.run([*git, "clone", "--quiet", ".", str(place)], check=True)
    changed = subprocess.run([*git, "diff", "--binary", "HEAD"], capture_output=True, check=True)
    if changed.stdout:
        apply = ["git", "-C", str(place), "apply", "-"]
        subprocess.run(apply, input=changed.stdout, check=True)
