"""The first file system of the guest: busybox, a few modules and `init`, as a cpio archive.

Knows no host path but those that it is given. Format "newc" of cpio(5): a header of thirteen
eight-digit hexadecimal numbers after the magic 070701, the name, the data, each padded to four.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping

_FOLDERS = ("bin", "dev", "proc", "sys", "mod", "ro", "tools", "up", "new")


def archive(init: bytes, busybox: bytes, modules: Iterable[tuple[str, bytes]]) -> bytes:
    """Return the archive; the modules keep their order in /mod/order."""
    held = {f"mod/{name}.ko": content for name, content in modules}
    order = "".join(f"/{path}\n" for path in held).encode()
    programs = {"init": init, "bin/busybox": busybox}
    return _newc(_FOLDERS, programs, {"mod/order": order, **held})


def _newc(
    folders: Iterable[str], programs: Mapping[str, bytes], files: Mapping[str, bytes]
) -> bytes:
    entries = [(name, stat.S_IFDIR | 0o755, b"") for name in folders]
    entries += [(name, stat.S_IFREG | 0o755, data) for name, data in programs.items()]
    entries += [(name, stat.S_IFREG | 0o644, data) for name, data in files.items()]
    packed = [_entry(number, *entry) for number, entry in enumerate(entries, 1)]
    return b"".join([*packed, _entry(0, "TRAILER!!!", 0, b"")])


def _entry(number: int, name: str, mode: int, data: bytes) -> bytes:
    path = name.encode() + b"\0"
    numbers = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
    head = b"070701" + b"".join(b"%08x" % number for number in numbers)
    return _padded(head + path) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
