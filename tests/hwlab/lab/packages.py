"""Debian packages by name, unpacked into a folder and never installed. Knows no kernel.

apt works on lists and an archive folder of its own, so no right is needed and nothing of the
system's is touched. What the system has already is not fetched again.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

_DOWNLOAD_LIMIT_S = 600


class Unavailable(Exception):
    """The lab cannot be had here; `str()` says why in one sentence."""


class Packages:
    """The archive that this system's apt knows, seen through lists in `folder`."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
            raise Unavailable("needs apt-get and dpkg-deb: Debian, or what is made of it")
        self._folder = folder
        for part in ("lists/partial", "archives/partial"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        self._apt("apt-get", "update", "--quiet=2")

    def dependencies(self, name: str) -> list[str]:
        """Return the names that `name` depends on, alternatives and all."""
        text = self._apt("apt-cache", "depends", name)
        return re.findall(r"^[ |]*Depends: ([^<\s]+)$", text, re.MULTILINE)

    def missing(self, names: Iterable[str]) -> list[str]:
        """Return what an installation of `names` would bring to this system, as NAME=VERSION."""
        options = ("--simulate", "--quiet=2", "--no-install-recommends")
        text = self._apt("apt-get", *options, "install", *names)
        found = re.findall(r"^Inst (\S+) (?:\[\S+\] )?\((\S+)", text, re.MULTILINE)
        return [f"{name}={version}" for name, version in found]

    def unpack(self, names: Iterable[str], into: Path) -> None:
        """Download `names` and unpack each into `into`; their scripts are not run."""
        wanted = list(names)
        debs = self._folder / "debs"
        debs.mkdir(exist_ok=True)
        into.mkdir(parents=True, exist_ok=True)
        if wanted:
            self._apt("apt-get", "download", "--quiet=2", *wanted, cwd=debs)
        for deb in sorted(debs.glob("*.deb")):
            _run(["dpkg-deb", "--extract", str(deb), str(into)])
            deb.unlink()

    def _apt(self, program: str, *arguments: str, cwd: Path | None = None) -> str:
        options = [
            f"Dir::State::Lists={self._folder}/lists",
            f"Dir::Cache={self._folder}",
            f"Dir::Cache::Archives={self._folder}/archives",
            "APT::Update::Error-Mode=any",
        ]
        if os.geteuid() == 0:
            options.append("APT::Sandbox::User=root")  # its own user may not enter the folder
        given = [part for option in options for part in ("--option", option)]
        return _run([program, *given, *arguments], cwd)


def _run(command: list[str], cwd: Path | None = None) -> str:
    said = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        timeout=_DOWNLOAD_LIMIT_S,
        check=False,
    )
    if said.returncode:
        last = (said.stderr.strip() or said.stdout.strip() or "it said nothing").splitlines()[-1]
        raise Unavailable(f"{Path(command[0]).name} {_verb(command)}: {last}")
    return said.stdout


def _verb(command: list[str]) -> str:
    known = {"update", "depends", "install", "download", "--extract"}
    return next((word for word in command if word in known), "")
