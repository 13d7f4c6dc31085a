"""The package of this tree, how a box gets it, and sources that boxes are updated from."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.hwlab.box import debian
from tests.hwlab.box.container import Box
from tests.hwlab.box.documented import TREE

HOME = f"home/{debian.USER}"
WHEELS = TREE / "build" / "deb" / "wheels"
ANSWERS = """name = "Bamboo"
language = "en"
timezone = "Asia/Shanghai"
platform = "jitsi"
screen = "kiosk"
wall = "auto"
"""


def committed(place: Path) -> Path:
    """Return a clone of this tree, with what is changed in the working copy committed."""
    subprocess.run(["git", "clone", "--quiet", str(TREE), str(place)], check=True)
    for line in changed().splitlines():
        source, copy = TREE / line, place / line
        if source.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy)
        elif copy.exists():
            copy.unlink()
    who = ["-c", "user.name=lab", "-c", "user.email=lab@example.org"]
    git = ["git", "-C", str(place), *who]
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "lab: as it is"], check=True)
    return place


def changed() -> str:
    words = ["ls-files", "--modified", "--deleted", "--others", "--exclude-standard"]
    said = subprocess.run(["git", "-C", TREE, *words], capture_output=True, text=True, check=True)
    return said.stdout


def made(tree: Path, to: Path, *more: str, **around: str) -> Path:
    """Return the package that a tree makes, of this machine's architecture."""
    line = [sys.executable, str(tree / ".ci/deb.py"), "--to", str(to), "--wheels", str(WHEELS)]
    line += more
    done = subprocess.run(
        line, env={**os.environ, **around}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Path(done.stdout.strip())


def bring(root: Path, package: Path, name: str) -> None:
    (root / HOME).mkdir(parents=True, exist_ok=True)
    shutil.copy(package, root / HOME / name)
    (root / HOME / "answers.toml").write_text(ANSWERS, encoding="utf-8")


def three_steps(box: Box) -> str:
    box.do("sudo apt install ./roomctl.deb", limit_s=1200)
    return box.do("sudo roomctl init --answers answers.toml")


class Signer:
    """Somebody with a key of their own, as gpg keeps it."""

    def __init__(self, name: str) -> None:
        self.home = tempfile.mkdtemp(prefix="key")  # a socket's path is short
        self._name = name
        line = ["--quick-generate-key", name, "ed25519", "sign", "never"]
        self._gpg("--batch", "--passphrase", "", *line)

    def _gpg(self, *words: str) -> bytes:
        line = ["gpg", "--homedir", self.home, *words]
        return subprocess.run(line, check=True, capture_output=True).stdout

    def public(self, to: Path) -> Path:
        to.write_bytes(self._gpg("--export", self._name))
        return to

    def publish(self, to: Path, *files: Path, more: tuple[str, ...] = ()) -> Path:
        """Make a repository of packages, or a bundle."""
        line = [sys.executable, str(TREE / ".ci/repository.py"), "--key", self._name]
        around = {**os.environ, "GNUPGHOME": self.home}
        done = subprocess.run(
            [*line, "--to", str(to), *more, *map(str, files)],
            env=around,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return to

    def sign(self, dist: Path, at: str = "") -> None:
        """Sign what stands in Release again, by gpg's own clock at `at`."""
        line = ["--batch", "--yes", "--local-user", self._name, "--clear-sign", "--output"]
        clock = ["--faked-system-time", at] if at else []
        self._gpg(*clock, *line, str(dist / "InRelease"), str(dist / "Release"))

    def end(self) -> None:
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False)
        shutil.rmtree(self.home, ignore_errors=True)


def altered(
    package: Path, to: Path, version: str, change: Callable[[Path], object] = lambda root: None
) -> Path:
    """Return the package as another version, with what `change` does to its files."""
    folder = to.with_suffix(".folder")
    subprocess.run(["dpkg-deb", "--raw-extract", package, folder], check=True)
    control = folder / "DEBIAN/control"
    text = control.read_text()
    control.write_text(re.sub(r"^Version: .*$", f"Version: {version}", text, flags=re.MULTILINE))
    change(folder)
    line = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(folder), str(to)]
    subprocess.run(line, check=True, capture_output=True)
    shutil.rmtree(folder)
    return to
