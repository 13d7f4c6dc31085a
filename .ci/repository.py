"""Makes a folder that apt installs and updates from, signed: a mirror's files, or a medium.

    repository.py --key KEY FILE.deb...               build/repository, for `roomctl update --from`
    repository.py --key KEY --bundle FILE.deb         build/bundle: with all that Debian has to add

KEY is as gpg calls it (`gpg --list-secret-keys`); GNUPGHOME says where its keys are. Packages of an
earlier call stay, so that a box can go back. A bundle takes Debian's packages by this system's apt,
which must be that of the same release; nothing that is installed here counts.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
CHANNELS = ("stable", "beta")
KEY_FILE = "roomctl.gpg"
SUMS = {"MD5Sum": "md5", "SHA256": "sha256"}
OF_FILE = {"MD5sum": "md5", "SHA256": "sha256"}
INSTALL = TREE / ".ci" / "debian" / "install"


def main(arguments: Sequence[str]) -> int:
    """Make it; print where it is."""
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    asked.add_argument("files", nargs="+", type=Path, metavar="FILE.deb")
    asked.add_argument("--key", required=True, help="who signs, as gpg calls it")
    asked.add_argument("--channel", choices=CHANNELS, default="stable")
    asked.add_argument("--to", type=Path, help="default: build/repository or build/bundle")
    asked.add_argument("--bundle", action="store_true", help="with Debian's packages, for a medium")
    asked.add_argument("--valid-days", type=int, help="apt refuses it when it is older")
    wanted = asked.parse_args(arguments)
    to = wanted.to or TREE / "build" / ("bundle" if wanted.bundle else "repository")
    pool = to / "pool"
    pool.mkdir(parents=True, exist_ok=True)
    for file in wanted.files:
        place = pool / named(file)
        if not place.exists() or not place.samefile(file):
            shutil.copy(file, place)
    if wanted.bundle:
        add_needed(pool, wanted.files)
        shutil.copy(INSTALL, to / INSTALL.name)
    index(to, wanted.channel, wanted.valid_days)
    sign(to / "dists" / wanted.channel, wanted.key)
    (to / KEY_FILE).write_bytes(run(["gpg", "--batch", "--export", wanted.key]))
    print(to)
    return 0


def named(file: Path) -> str:
    """Return the name that a package has in a pool."""
    package, version, arch = fields(file, "Package", "Version", "Architecture")
    return f"{package}_{version.partition(':')[2] or version}_{arch}.deb"


def fields(file: Path, *names: str) -> list[str]:
    line = ["dpkg-deb", "--showformat", "".join(f"${{{one}}}\\n" for one in names), "--show"]
    return run([*line, str(file)]).decode().splitlines()


def index(to: Path, channel: str, valid_days: int | None) -> None:
    """Write what each package says of itself, for every architecture, and the sums of that."""
    dist, packages = to / "dists" / channel, defaultdict[str, list[str]](list)
    shutil.rmtree(dist, ignore_errors=True)
    for file in sorted((to / "pool").glob("*.deb")):
        packages[fields(file, "Architecture")[0]].append(entry(file, to))
    every = packages.pop("all", [])
    for arch in sorted(packages):
        place = dist / "main" / f"binary-{arch}"
        place.mkdir(parents=True)
        data = "\n".join([*packages[arch], *every]).encode()
        (place / "Packages").write_bytes(data)
        (place / "Packages.gz").write_bytes(gzip.compress(data, mtime=0))
    now = datetime.now(UTC)
    about = {
        "Origin": "roomctl",
        "Label": "roomctl",
        "Suite": channel,
        "Codename": channel,
        "Date": format_datetime(now, usegmt=True),
        "Architectures": " ".join(sorted(packages)),
        "Components": "main",
    }
    if valid_days is not None:
        about["Valid-Until"] = format_datetime(now + timedelta(days=valid_days), usegmt=True)
    lines = [f"{key}: {value}" for key, value in about.items()]
    indexes = sorted(one for one in dist.rglob("Packages*"))
    for head, algorithm in SUMS.items():
        lines.append(f"{head}:")
        for one in indexes:
            data = one.read_bytes()
            digest = hashlib.new(algorithm, data).hexdigest()
            lines.append(f" {digest} {len(data)} {one.relative_to(dist)}")
    (dist / "Release").write_text("\n".join([*lines, ""]), encoding="ascii")


def entry(file: Path, to: Path) -> str:
    """Return a package's paragraph of an index."""
    data = file.read_bytes()
    control = run(["dpkg-deb", "--field", str(file)]).decode().rstrip("\n")
    sums = [f"{key}: {hashlib.new(name, data).hexdigest()}" for key, name in OF_FILE.items()]
    where = [f"Filename: {file.relative_to(to)}", f"Size: {len(data)}"]
    return "\n".join([control, *where, *sums, ""])


def sign(dist: Path, key: str) -> None:
    """Sign the sums as apt reads it: in the file, and beside it."""
    gpg = ["gpg", "--batch", "--yes", "--local-user", key, "--armor", "--digest-algo", "SHA256"]
    release = str(dist / "Release")
    run([*gpg, "--clear-sign", "--output", str(dist / "InRelease"), release])
    run([*gpg, "--detach-sign", "--output", str(dist / "Release.gpg"), release])


def add_needed(pool: Path, files: Sequence[Path]) -> None:
    """Fetch what the packages need, and what they recommend by name, as if nothing was here."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        (place / "status").touch()
        for name in ("lists/partial", "archives/partial"):
            (place / name).mkdir(parents=True)
        apt = ["apt-get", *options(place)]
        run([*apt, "update"])
        wanted = [str(one.absolute()) for one in files]
        line = [*apt, "install", "--yes", "--download-only", "--no-install-recommends"]
        run([*line, *wanted, *recommended(files, apt)])
        for one in sorted((place / "archives").glob("*.deb")):
            if fields(one, "Package")[0] != "roomctl":
                shutil.copy(one, pool / named(one))


def options(place: Path) -> list[str]:
    """Return what keeps apt in a folder of its own."""
    return [
        *("-o", f"Dir::State::status={place / 'status'}"),
        *("-o", f"Dir::State::lists={place / 'lists'}"),
        *("-o", f"Dir::Cache={place}"),
        *("-o", "APT::Sandbox::User=root"),
        *("-o", "Debug::NoLocking=1"),
    ]


def recommended(files: Sequence[Path], apt: Sequence[str]) -> Iterator[str]:
    """Yield the recommended packages that can be had."""
    for file in files:
        for group in fields(file, "Recommends")[0].split(","):
            for name in re.findall(r"[a-z0-9][a-z0-9+.-]+", group)[:1]:
                line = [*apt, "install", "--simulate", "--no-install-recommends", name]
                if subprocess.run(line, capture_output=True, check=False).returncode == 0:
                    yield name


def run(line: Sequence[str]) -> bytes:
    """Run a program; what it printed. SystemExit with its words if it fails."""
    around = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(line, env=around, capture_output=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace")
        raise SystemExit(f"repository: {line[0]} failed:\n{said[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
