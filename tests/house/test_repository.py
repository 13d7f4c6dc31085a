"""A repository that is made here, as apt itself reads it; and what apt says of a bad one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from roomctl import updater
from roomctl.cli import updating

TREE = Path(__file__).resolve().parents[2]
NEEDS = ("gpg", "dpkg-deb", "apt-get")
CONTROL = """Package: roomctl
Version: {version}
Architecture: {arch}
Maintainer: lab <lab@example.org>
Description: one file
"""

LACKS = [program for program in NEEDS if shutil.which(program) is None]
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(bool(LACKS) and not os.environ.get("CI"), reason=f"needs {LACKS}"),
]


def run(*line: str, **around: str) -> subprocess.CompletedProcess[str]:
    kept = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}
    return subprocess.run(line, env={**kept, **around}, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def gnupg() -> Iterator[str]:
    """A folder with the keys of two people."""
    home = tempfile.mkdtemp(prefix="key")  # a socket's path is short
    for name in ("rooms@example.org", "others@example.org"):
        line = ["--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", "never"]
        done = run("gpg", "--homedir", home, "--batch", *line)
        assert done.returncode == 0, done.stderr
    yield home
    run("gpgconf", "--homedir", home, "--kill", "all")
    shutil.rmtree(home, ignore_errors=True)


def package(folder: Path, version: str, arch: str) -> Path:
    root = folder / f"{version}-{arch}"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN/control").write_text(CONTROL.format(version=version, arch=arch))
    (root / "large").write_bytes(bytes(range(256)) * 40)
    file = folder / f"{version}-{arch}.deb"
    done = run("dpkg-deb", "--root-owner-group", "-Znone", "--build", str(root), str(file))
    assert done.returncode == 0, done.stderr
    return file


def made(gnupg: str, to: Path, *files: Path, key: str = "rooms@example.org") -> Path:
    line = [sys.executable, str(TREE / ".ci/repository.py"), "--key", key, "--to", str(to)]
    done = run(*line, *map(str, files), GNUPGHOME=gnupg)
    assert done.returncode == 0, done.stderr
    return to


def here() -> str:
    return run("dpkg", "--print-architecture").stdout.strip()


class Apt:
    """apt in a folder of its own, which knows one source."""

    def __init__(self, folder: Path, repository: Path, key: Path) -> None:
        for name in ("lists/partial", "cache/archives/partial", "got"):
            (folder / name).mkdir(parents=True)
        (folder / "status").touch()
        uri = updating.uri_of(str(repository))
        sources = folder / "roomctl.sources"
        sources.write_text(updating.source_text(uri, "stable", key))
        self._folder = folder
        settings = {
            "Dir::Etc::sourcelist": str(sources),
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::State::lists": f"{folder}/lists",
            "Dir::State::status": f"{folder}/status",
            "Dir::Cache": f"{folder}/cache",
            "APT::Sandbox::User": "root",
        }
        words = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
        self._words = [*words, *updater.STRICT]

    def said(self, *words: str) -> subprocess.CompletedProcess[str]:
        line = ["apt-get", *self._words, *words]
        kept = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
        return subprocess.run(
            line,
            cwd=self._folder / "got",
            env=kept,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


@pytest.fixture
def repository(gnupg: str, tmp_path: Path) -> Path:
    place = tmp_path / "a stick"
    made(gnupg, place, package(tmp_path, "1.0", here()))
    return made(gnupg, place, package(tmp_path, "2.0~beta1", here()))


def test_apt_takes_the_newest_and_an_older_one_by_its_number(
    repository: Path, tmp_path: Path
) -> None:
    apt = Apt(tmp_path / "apt", repository, key_of(repository, tmp_path))
    done = apt.said("update")
    assert done.returncode == 0, done.stdout
    for version in ("2.0~beta1", "1.0"):
        done = apt.said("download", f"roomctl={version}")
        assert done.returncode == 0, done.stdout
    got = {one.name for one in (tmp_path / "apt/got").iterdir()}
    assert got == {f"roomctl_{one}_{here()}.deb" for one in ("1.0", "2.0~beta1")}


def key_of(repository: Path, folder: Path) -> Path:
    return Path(shutil.copy(repository / "roomctl.gpg", folder / "key.gpg"))


def others(gnupg: str, place: Path) -> None:
    made(gnupg, place, *(place / "pool").glob("*.deb"), key="others@example.org")


def changed(gnupg: str, place: Path) -> None:
    for file in place.glob("dists/stable/main/*/Packages*"):
        file.write_bytes(bytes(file.stat().st_size))


def unsigned(gnupg: str, place: Path) -> None:
    for name in ("InRelease", "Release.gpg"):
        (place / "dists/stable" / name).unlink()


def from_tomorrow(gnupg: str, place: Path) -> None:
    again(gnupg, place, "Date", "Thu, 01 Jan 2099 00:00:00 GMT")


def ended(gnupg: str, place: Path) -> None:
    again(gnupg, place, "Label", "x\nValid-Until: Thu, 01 Jan 2015 00:00:00 GMT")


def again(gnupg: str, place: Path, key: str, value: str) -> None:
    dist = place / "dists/stable"
    text = (dist / "Release").read_text()
    (dist / "Release").write_text(re.sub(rf"(?m)^{key}: .*$", f"{key}: {value}", text))
    line = ["--batch", "--yes", "--local-user", "rooms@example.org", "--clear-sign", "--output"]
    done = run("gpg", "--homedir", gnupg, *line, str(dist / "InRelease"), str(dist / "Release"))
    assert done.returncode == 0, done.stderr


def gone(gnupg: str, place: Path) -> None:
    shutil.rmtree(place / "dists/stable")


BAD: dict[str, tuple[Callable[[str, Path], None], str]] = {
    "of another's key": (others, "signature"),
    "unsigned": (unsigned, "signature"),
    "changed after it was signed": (changed, "damaged"),
    "from the future": (from_tomorrow, "clock"),
    "ended": (ended, "clock"),
    "gone": (gone, "unreachable"),
}


@pytest.mark.parametrize("bad", BAD)
def test_apt_refuses_a_bad_repository_and_the_updater_knows_why(
    gnupg: str, repository: Path, tmp_path: Path, bad: str
) -> None:
    key = key_of(repository, tmp_path)
    make, code = BAD[bad]
    make(gnupg, repository)
    apt = Apt(tmp_path / "apt", repository, key)
    done = apt.said("update")
    assert done.returncode != 0, done.stdout
    assert updater.meaning(done.stdout).code == code, done.stdout


def test_half_a_package_is_not_taken(repository: Path, tmp_path: Path) -> None:
    apt = Apt(tmp_path / "apt", repository, key_of(repository, tmp_path))
    assert apt.said("update").returncode == 0
    file = repository / f"pool/roomctl_1.0_{here()}.deb"
    file.write_bytes(file.read_bytes()[:5000])
    done = apt.said("download", "roomctl=1.0")
    assert done.returncode != 0
    assert updater.meaning(done.stdout).code == "damaged", done.stdout
