"""Debian's kernel with what it lacks: gpio-sim, built as one module with the interrupt simulator.

Knows no emulator. Debian configures neither in; both stand in the kernel's source. `irq_to_desc` is
not exported to modules, so the one call that needs it goes through `generic_handle_irq`.
"""

from __future__ import annotations

import lzma
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from tests.hwlab.lab.packages import Packages, Unavailable

_SOURCES = ("drivers/gpio/gpio-sim.c", "kernel/irq/irq_sim.c")
_BUILD_TOOLS = ("make", "binutils", "libelf1t64")
_KBUILD = """\
obj-m := gpio-sim-lab.o
gpio-sim-lab-y := gpio-sim.o irq_sim.o
"""


class Kernel:
    """A kernel unpacked in `folder`."""

    def __init__(self, folder: Path, release: str) -> None:
        self.release = release
        self.image = folder / "boot" / f"vmlinuz-{release}"
        self.all_modules = folder / "usr" / "lib" / "modules"
        self.modules = self.all_modules / release

    def needed_by(self, *names: str) -> Iterator[tuple[str, bytes]]:
        """Yield (file name, content) of modules and what they need, in the order of loading."""
        lines = (self.modules / "modules.dep").read_text(encoding="ascii").splitlines()
        needs = {Path(path).name.partition(".")[0]: (path, rest) for path, rest in _split(lines)}
        done: set[str] = set()
        for name in names:
            path, rest = needs.get(name, ("", []))
            for one in [*reversed(rest), path] if path else []:
                if one not in done:
                    done.add(one)
                    yield Path(one).name.partition(".")[0], _module(self.modules / one)


def release(packages: Packages, architecture: str) -> str:
    """Return the release of the kernel that the archive has now; it drops old ones."""
    meta = f"linux-image-{architecture}"
    for name in packages.dependencies(meta):
        if name.startswith("linux-image-"):
            return name.removeprefix("linux-image-")
    raise Unavailable(f"this system's archive has no {meta}")


def fetch(packages: Packages, release: str, folder: Path, scratch: Path) -> Kernel:
    """Unpack the kernel into `folder`, build gpio-sim for it in `scratch` and index the modules."""
    packages.unpack([f"linux-image-{release}"], folder)
    kernel = Kernel(folder, release)
    headers = f"linux-headers-{release}"
    needed = packages.dependencies(headers)
    compiler = next(name for name in needed if re.match(r"gcc-\d+", name)).split("-for-")[0]
    wanted = [headers, *(each for each in needed if re.match("linux-(headers|kbuild)-", each))]
    major_minor = ".".join(release.split(".")[:2])
    wanted.append(f"linux-source-{major_minor}")
    packages.unpack([*wanted, *packages.missing([compiler, *_BUILD_TOOLS])], scratch)
    module = _build(scratch, release, compiler, f"linux-source-{major_minor}")
    (kernel.modules / "updates").mkdir(exist_ok=True)
    shutil.copy(module, kernel.modules / "updates" / "gpio-sim-lab.ko")
    return kernel


def index(kernel: Kernel, environment: dict[str, str]) -> None:
    """Write modules.dep and its like."""
    base = kernel.all_modules.parent.parent
    _run(["depmod", "--basedir", str(base), kernel.release], environment, kernel.modules)


def tools(root: Path) -> dict[str, str]:
    """Return an environment in which the programs unpacked in `root` run."""
    libraries = [str(path) for path in sorted((root / "usr" / "lib").glob("*-linux-gnu"))]
    path = [f"{root}/usr/bin", f"{root}/usr/sbin", os.environ["PATH"], "/usr/sbin", "/sbin"]
    before = os.environ.get("LD_LIBRARY_PATH")
    return {
        **os.environ,
        "PATH": ":".join(path),
        "LD_LIBRARY_PATH": ":".join([*libraries, *([before] if before else [])]),
    }


def _build(scratch: Path, release: str, compiler: str, source: str) -> Path:
    headers = scratch / "usr" / "src" / f"linux-headers-{release}"
    makefile = headers / "Makefile"
    text = makefile.read_text(encoding="utf-8")
    makefile.write_text(text.replace(" /usr/src/", f" {scratch}/usr/src/"), encoding="utf-8")
    (headers / "vmlinux").unlink(missing_ok=True)  # with it the module's types want pahole
    place = scratch / "gpio-sim"
    place.mkdir()
    with tarfile.open(scratch / "usr" / "src" / f"{source}.tar.xz") as archive:
        _extract(archive, place)
    simulator = place / "irq_sim.c"
    text = simulator.read_text(encoding="utf-8")
    mended = re.sub(r"handle_simple_irq\(irq_to_desc\((\w+)\)\)", r"generic_handle_irq(\1)", text)
    simulator.write_text(mended, encoding="utf-8")
    (place / "Makefile").write_text(_KBUILD, encoding="ascii")
    command = ["make", "-C", str(headers), f"M={place}", f"CC={compiler}", "modules"]
    _run(command, tools(scratch), place)
    return place / "gpio-sim-lab.ko"


def _extract(archive: tarfile.TarFile, place: Path) -> None:
    """Write the wanted files of an archive that is too long to be read to its end."""
    left = set(_SOURCES)
    for member in archive:
        found = member.name.partition("/")[2]
        content = archive.extractfile(member) if found in left else None
        if content is not None:
            (place / Path(found).name).write_bytes(content.read())
            left.discard(found)
            if not left:
                return
    raise Unavailable(f"the kernel's source has no {', '.join(sorted(left))}")


def _run(command: list[str], environment: dict[str, str], place: Path) -> None:
    program = shutil.which(command[0], path=environment["PATH"]) or command[0]
    said = subprocess.run(
        [program, *command[1:]],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if said.returncode:
        raise Unavailable(f"{command[0]} failed:\n{said.stdout[-2000:]}{said.stderr[-2000:]}")


def _split(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    for line in lines:
        path, _, rest = line.partition(":")
        yield path, rest.split()


def _module(path: Path) -> bytes:
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data
