"""Makes the Debian package: everything of a box in one file, for Debian 13 (trixie).

    deb.py                 build/deb/roomctl_VERSION_ARCH.deb for this machine
    deb.py --arch arm64    for another: only wheels are unpacked, nothing is run or compiled
    deb.py lock            chooses the wheels of every architecture afresh: .ci/debian/wheels-*.txt

The Python environment is made of the wheels that .ci/debian/wheels-ARCH.txt names by their hashes;
they are fetched once into build/deb/wheels. One commit makes one package, to the byte: no clock, no
path of the machine and no order of a folder goes into it. Why it is made so: docs/design.md.
"""

from __future__ import annotations

import argparse
import email
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
OURS = TREE / ".ci" / "debian"
TO = TREE / "build" / "deb"
MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "armhf": "armv7l"}
PYTHON, GLIBC = "3.13", 41  # Debian 13's
EXTRAS = ("caldav", "gpio", "gpiod", "holidays", "mqtt", "oidc")
"""All but video and walkthrough: PyAV and OpenCV are each as large as the rest; Debian has both."""
FROM_DEBIAN = {
    "armhf": {
        "argon2-cffi": "python3-argon2",
        "argon2-cffi-bindings": "python3-argon2",
        "cffi": "python3-cffi-backend",
        "cryptography": "python3-cryptography",
        "gpiod": "python3-libgpiod",
        "pyyaml": "python3-yaml",
    }
}
"""What has no wheel there, or stands on what has none, and Debian's package of it."""
HOME = Path("usr/lib/roomctl")
KEYRING = Path("usr/share/keyrings/roomctl.gpg")
MANUAL, PACKAGED = "/opt/roomctl/bin/roomctl", "/usr/bin/roomctl"
"""Where the documents' own installation puts the program, and where the package does."""
COMPILED_MB = 60  # Python's caches, made when it is installed
UPDATES = "roomctl-update"
"""Units that run as root and replace the package: no script of it stops or starts them."""
SCRIPTS = ("preinst", "postinst", "prerm", "postrm")
PLACES = {
    "systemd/*.service": "usr/lib/systemd/system",
    "udev/*.rules": "usr/lib/udev/rules.d",
    "udev/*.hwdb": "usr/lib/udev/hwdb.d",
    "sysusers/*": "usr/lib/sysusers.d",
    "tmpfiles/*": "usr/lib/tmpfiles.d",
    "chromium/*": "etc/chromium/policies/managed",
}
"""What deploy/ has, and where Debian's programs look for it."""
ROOMCTL = """#!/usr/lib/roomctl/bin/python3
import sys
from roomctl.cli import main
sys.argv[0] = "roomctl"
sys.exit(main())
"""


def main(arguments: Sequence[str]) -> int:
    """Do what is asked for; print the file that was made."""
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    asked.add_argument("what", nargs="?", choices=["build", "lock"], default="build")
    asked.add_argument("--arch", choices=MACHINES, default=machine())
    asked.add_argument("--to", type=Path, default=TO)
    asked.add_argument("--wheels", type=Path, default=TO / "wheels", help="where they are kept")
    asked.add_argument("--keyring", type=Path, help="the public key of updates, as gpg exports it")
    wanted = asked.parse_args(arguments)
    if wanted.what == "lock":
        lock()
        return 0
    print(build(wanted.arch, wanted.to, wanted.wheels, wanted.keyring))
    return 0


def machine() -> str:
    """Return Debian's name of this machine's architecture."""
    return said("dpkg", "--print-architecture").strip()


def build(arch: str, to: Path, wheels: Path, keyring: Path | None = None) -> Path:
    """Make the package, with the public key of its updates; return its file."""
    epoch = int(git("log", "-1", "--format=%ct"))
    version = version_of(epoch)
    to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="roomctl-deb-", dir=to) as scratch:
        root = Path(scratch) / "root"
        environment(root / HOME, arch, wheels, Path(scratch), epoch)
        lay_out(root, version, epoch)
        if keyring is not None:
            place = root / KEYRING
            place.parent.mkdir(parents=True)
            place.write_bytes(keyring.read_bytes())
        finish(root, arch, version)
        return packed(root, to / f"roomctl_{version}_{arch}.deb", epoch)


def version_of(epoch: int) -> str:
    """Return the version: a tag's own, or one that says the commit and sorts by its date."""
    written = re.search(r'^version = "(.+)"$', (TREE / "pyproject.toml").read_text(), re.MULTILINE)
    assert written is not None
    tag = git("tag", "--list", f"v{written[1]}", "--merged", "HEAD").strip()
    changed = ".modified" if git("status", "--porcelain").strip() else ""
    if tag and not changed and git("rev-list", "-1", tag) == git("rev-list", "-1", "HEAD"):
        return written[1]
    sign = "+" if tag else "~"  # after the release of that number, or before it
    when = datetime.fromtimestamp(epoch, UTC)
    commit = git("rev-parse", "--short=9", "HEAD").strip()
    return f"{written[1]}{sign}{when:%Y%m%d.%H%M%S}.g{commit}{changed}"


def environment(home: Path, arch: str, wheels: Path, scratch: Path, epoch: int) -> None:
    """Unpack roomctl and every wheel into an environment of Debian's Python."""
    own = scratch / "own"
    line = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "-d", str(own)]
    run(line, SOURCE_DATE_EPOCH=str(epoch))
    site = home / "lib" / f"python{PYTHON}" / "site-packages"
    for wheel in sorted([*own.glob("*.whl"), *fetched(arch, wheels)]):
        unpack(wheel, site)
    lacking = [*unmet(site, arch)]
    if lacking:
        raise SystemExit(
            f"deb: {arch}: these are required and not there: {', '.join(lacking)}; run deb.py lock"
        )
    for file in (site / "roomctl/_data/deploy").rglob("*.service"):
        file.write_text(packaged(file))
    (home / "bin").mkdir()
    (home / "bin" / "python3").symlink_to(f"/usr/bin/python{PYTHON}")
    (home / "bin" / "roomctl").write_text(ROOMCTL)
    settings = {"home": "/usr/bin", "include-system-site-packages": "true", "version": PYTHON}
    (home / "pyvenv.cfg").write_text(
        "".join(f"{key} = {value}\n" for key, value in settings.items())
    )


def fetched(arch: str, wheels: Path) -> list[Path]:
    """Return the wheels of an architecture, with the hashes that are written down."""
    folder = wheels / arch
    listed = OURS / f"wheels-{arch}.txt"
    known = set(re.findall(r"sha256:([0-9a-f]{64})", listed.read_text()))
    folder.mkdir(parents=True, exist_ok=True)
    there = {sha256(one): one for one in folder.glob("*.whl")}
    if known - there.keys():
        line = [*pip("download"), "--no-deps", "--require-hashes", "--dest", str(folder)]
        run([*line, *platforms(arch), "-r", str(listed)])
        there = {sha256(one): one for one in folder.glob("*.whl")}
    return [there[one] for one in known]


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def pip(*words: str) -> list[str]:
    return [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words]


def platforms(arch: str) -> list[str]:
    """Return what makes pip take wheels for Debian 13 on that architecture, and nothing else."""
    name = MACHINES[arch]
    tags = [f"manylinux_2_{minor}_{name}" for minor in range(GLIBC, 4, -1)]
    tags += [f"{old}_{name}" for old in ("manylinux2014", "manylinux2010", "manylinux1", "linux")]
    words = ["--only-binary=:all:", "--implementation=cp", f"--python-version={PYTHON}"]
    return [*words, *(f"--platform={tag}" for tag in [*tags, "any"])]


def unpack(wheel: Path, site: Path) -> None:
    """Unpack a wheel (PEP 427), without its scripts, its tests and what runs at every start."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            head, _, rest = name.partition("/")
            if head.endswith(".data"):
                kind, _, name = rest.partition("/")
                if kind not in ("purelib", "platlib"):
                    continue
            if name.endswith(("/", ".pth", ".gitignore")) or "/tests/" in name:
                continue
            file = site / name
            if file.exists():
                raise SystemExit(f"deb: {wheel.name}: {name} is another wheel's, too")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(archive.read(head + "/" + rest if head.endswith(".data") else name))


def unmet(site: Path, arch: str) -> Iterator[str]:
    """Yield what a package of the environment requires on the target, and is not there."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    there = {canonicalize_name(one["Name"]): one for one in metadata(site)}
    wanted = [Requirement(f"roomctl[{','.join(EXTRAS)}]")]
    seen: set[str] = set()
    while wanted:
        one = wanted.pop()
        if str(one) in seen:
            continue
        seen.add(str(one))
        name = canonicalize_name(one.name)
        if (found := there.get(name)) is None:
            if name not in FROM_DEBIAN.get(arch, {}):
                yield str(one)
            continue
        if not one.specifier.contains(found["Version"], prereleases=True):
            yield f"{one}, and it is {found['Version']}"
        for line in found.get_all("Requires-Dist", []):
            needs = Requirement(line)
            around = target(arch)
            if needs.marker is None or any(
                needs.marker.evaluate({**around, "extra": extra}) for extra in ("", *one.extras)
            ):
                wanted.append(needs)


def metadata(site: Path) -> list[email.message.Message]:
    """Return what each package says of itself."""
    files = sorted(site.glob("*.dist-info/METADATA"))
    return [email.message_from_bytes(file.read_bytes()) for file in files]


def target(arch: str) -> dict[str, str]:
    """Return what markers see on the target (PEP 508)."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{PYTHON}.5",
        "os_name": "posix",
        "platform_machine": MACHINES[arch],
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{PYTHON}.5",
        "python_version": PYTHON,
        "sys_platform": "linux",
    }


def lay_out(root: Path, version: str, epoch: int) -> None:
    """Put what deploy/ has where Debian looks for it; the command's manual and completion."""
    for pattern, folder in PLACES.items():
        for file in sorted((TREE / "deploy").glob(pattern)):
            place = root / folder / file.name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(packaged(file))
    units = root / "usr/lib/systemd/system"
    for file in sorted(OURS.glob(f"{UPDATES}*")):
        (units / file.name).write_text(file.read_text())
        if wanted := re.search(r"^# WantedBy=(\S+)$", file.read_text(), re.MULTILINE):
            link = units / f"{wanted[1]}.wants" / file.name
            link.parent.mkdir(exist_ok=True)
            link.symlink_to(f"../{file.name}")
    (root / "usr/bin").mkdir()
    (root / PACKAGED[1:]).symlink_to("../lib/roomctl/bin/roomctl")
    when = datetime.fromtimestamp(epoch, UTC)
    made = run([sys.executable, str(OURS / "pages.py"), version, f"{when:%Y-%m-%d}"])
    for name, text in json.loads(made).items():
        write(root / "usr/share" / name, text)
    about = root / "usr/share/doc/roomctl"
    write(about / "copyright", copyright_of(root / HOME))
    date = email.utils.format_datetime(when)
    head = f"roomctl ({version}) trixie; urgency=medium\n\n  * See CHANGELOG.md.\n\n"
    write(about / "changelog.gz", f"{head} -- {maintainer()}  {date}\n")
    write(root / "usr/share/lintian/overrides/roomctl", (OURS / "overrides").read_text())


def packaged(file: Path) -> str:
    """Return a file of deploy/ in which the program is the package's."""
    return file.read_text(encoding="utf-8").replace(MANUAL, PACKAGED)


def maintainer() -> str:
    found = re.search(r"^Maintainer: (.+)$", (OURS / "control").read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def write(file: Path, text: str) -> None:
    """Write a text; compressed, without name and date, where its name ends in .gz."""
    file.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    file.write_bytes(gzip.compress(data, mtime=0) if file.suffix == ".gz" else data)


def copyright_of(home: Path) -> str:
    """Return whose each part is, and under which terms, as the parts say it."""
    lines = ["roomctl: Apache-2.0, see /usr/share/common-licenses/Apache-2.0.", ""]
    lines += [
        "Python packages below /usr/lib/roomctl, each with its licence in its *.dist-info:",
        "",
    ]
    for one in metadata(next((home / "lib").glob("*/site-packages"))):
        classed = [
            each.rpartition(" :: ")[2]
            for each in one.get_all("Classifier", [])
            if "License ::" in each
        ]
        terms = (
            one["License-Expression"]
            or ", ".join(classed)
            or (one["License"] or "see there").splitlines()[0]
        )
        lines.append(f"  {one['Name']} {one['Version']}: {terms}")
    return "\n".join([*lines, ""])


def finish(root: Path, arch: str, version: str) -> None:
    """Write what dpkg reads: control, scripts, sums and configuration files."""
    files = sorted(one for one in root.rglob("*") if one.is_file() and not one.is_symlink())
    size = sum(-(-one.stat().st_size // 4096) * 4 for one in files)
    sums = [
        f"{hashlib.md5(one.read_bytes()).hexdigest()}  {one.relative_to(root)}" for one in files
    ]
    system = root / "usr/lib/systemd/system"
    units = sorted(one.name for one in system.iterdir() if one.is_file())
    units = [one for one in units if not one.startswith(UPDATES) or one.endswith(".path")]
    values = {
        "version": version,
        "arch": arch,
        "size": str(size),
        "need": str(size // 1024 + COMPILED_MB),
        "units": " ".join(units),
        "more": "".join(f", {one}" for one in sorted({*FROM_DEBIAN.get(arch, {}).values()})),
    }
    control = root / "DEBIAN"
    control.mkdir()
    for name in ("control", *SCRIPTS):
        text = (OURS / name).read_text()
        (control / name).write_text(re.sub(r"@(\w+)@", lambda found: values[found[1]], text))
    (control / "md5sums").write_text("\n".join([*sums, ""]))
    settings = [f"/{one.relative_to(root)}" for one in files if one.is_relative_to(root / "etc")]
    (control / "conffiles").write_text("\n".join([*settings, ""]))


def packed(root: Path, file: Path, epoch: int) -> Path:
    """Pack the folder: one date, two modes, root's."""
    programs = {*(root / "DEBIAN" / name for name in SCRIPTS), root / HOME / "bin" / "roomctl"}
    for one in [root, *root.rglob("*")]:
        if not one.is_symlink():
            one.chmod(0o755 if one.is_dir() or one in programs else 0o644)
        os.utime(one, (epoch, epoch), follow_symlinks=False)
    new = file.with_suffix(".new")
    line = ["dpkg-deb", "--root-owner-group", "--threads-max=1", "-Zxz", "-z6", "--build"]
    run([*line, str(root), str(new)], SOURCE_DATE_EPOCH=str(epoch))
    new.replace(file)
    return file


def lock() -> None:
    """Choose the newest wheels that fit, and write them down with their hashes."""
    python = shutil.which(f"python{PYTHON}", path="/usr/bin")
    if python is None:
        raise SystemExit(f"deb: choosing wheels needs Debian's python{PYTHON}, whose markers count")
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        run([sys.executable, "-m", "hatchling", "build", "--target", "wheel", "-d", scratch])
        (own,) = Path(scratch).glob("*.whl")
        line = [*pip(f"--python={python}", "install"), "--dry-run", "--target", scratch]
        line += ["--report", str(report), *platforms("arm64"), f"{own}[{','.join(EXTRAS)}]"]
        run(line)
        chosen = {
            one["metadata"]["name"].lower(): one["metadata"]["version"]
            for one in json.loads(report.read_text())["install"]
            if one["metadata"]["name"] != "roomctl"
        }
    for arch in MACHINES:
        others = FROM_DEBIAN.get(arch, {})
        pins = [f"{name}=={version}" for name, version in chosen.items() if name not in others]
        with tempfile.TemporaryDirectory() as scratch:
            run([*pip("download"), "--no-deps", "--dest", scratch, *platforms(arch), *pins])
            lines = sorted(
                f"{pin_of(one)} --hash=sha256:{sha256(one)}" for one in wheels_in(scratch)
            )
        listed = OURS / f"wheels-{arch}.txt"
        listed.write_text("\n".join(["# Made by `.ci/deb.py lock`.", *lines, ""]))
        from_debian = " ".join(sorted({*others.values()})) or "none"
        print(f"{arch}: {len(lines)} wheels; from Debian: {from_debian}")


def wheels_in(folder: str) -> list[Path]:
    return sorted(Path(folder).glob("*.whl"))


def pin_of(wheel: Path) -> str:
    """Return the project and version that a wheel's name says (PEP 427)."""
    project, version, _ = wheel.name.split("-", 2)
    return f"{project.replace('_', '-').lower()}=={version}"


def git(*words: str) -> str:
    return said("git", "-C", str(TREE), *words)


def said(*line: str) -> str:
    return run(line)


def run(line: Sequence[str], **around: str) -> str:
    """Run a program; what it printed. SystemExit with its words if it fails."""
    done = subprocess.run(
        line, cwd=TREE, env={**os.environ, **around}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"deb: {line[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
