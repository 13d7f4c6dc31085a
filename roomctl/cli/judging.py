"""The process in which the files of an import are read: what they mean, or why they are none.

    stdin   one line of JSON (where they would be written), then an archive, to the end
    stdout  a line of JSON: {"targets": {PATH: NAME}, "secrets": [...]}, or an error (`_error`)

A file costs this process its time or its memory, and no other anything. Of a picture only the name
is sent.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from roomctl.cli.moving import Afar, JudgedImport, judged
from roomctl.errors import ConfigError, FileError, Refused, RoomctlError
from roomctl.store.archive import NoArchive, packed, unpacked

MEMORY_BYTES = 256 * 1024 * 1024  # address space
CPU_S = 15  # kept by the kernel
CHILD_S = 60.0  # of wall time
LONGEST_WHY = 2000  # characters


def in_child(
    files: Mapping[str, bytes], config: Path, state: Path, afar: Afar | None
) -> JudgedImport:
    """Return what `judged` does, found out by a process with limits; blocking. RoomctlError."""
    task = {
        "config": str(config),
        "state": str(state),
        "afar": afar is not None,
        "secrets_dir": afar and afar.secrets_dir,
    }
    small = {n: b"" if n.startswith("pictures/") else data for n, data in files.items()}
    with tempfile.TemporaryDirectory(prefix="roomctl-import-") as scratch:
        try:
            answer = subprocess.run(  # noqa: S603 - ourselves
                [sys.executable, "-P", "-m", __name__],
                input=json.dumps(task).encode() + b"\n" + packed(small),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # a traceback may quote a room.toml
                env={**os.environ, "TMPDIR": scratch},
                timeout=CHILD_S,
                check=False,
            )
            return _heard(json.loads(answer.stdout))
        except (ValueError, subprocess.TimeoutExpired) as error:
            why = "is not read: its files take too much memory or time"
            raise NoArchive(why) from error


def main() -> None:
    """Read stdin, answer on stdout; the limits come first."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    task = json.loads(sys.stdin.buffer.readline(16384))
    afar = Afar(task["secrets_dir"]) if task["afar"] else None
    said: dict[str, Any]
    try:
        files = unpacked(sys.stdin.buffer.read())
        found = judged(files, Path(task["config"]), Path(task["state"]), afar)
        said = {"targets": dict(found.targets), "secrets": found.secrets}
    except RoomctlError as error:
        said = _error(error)
    except OSError as error:
        said = {"no_archive": f"cannot be looked at: {error}"}
    sys.stdout.write(json.dumps(said))


def _error(error: RoomctlError) -> dict[str, Any]:
    match error:
        case FileError():
            return {"file": [error.file, error.key, error.why[:LONGEST_WHY]], "line": error.line}
        case Refused():
            return {"refused": [error.code, error.why[:LONGEST_WHY]], "params": error.params}
    return {"no_archive": str(error)[:LONGEST_WHY]}


def _heard(said: Mapping[str, Any]) -> JudgedImport:
    match said:
        case {"targets": dict(targets), "secrets": list(secrets)}:
            return JudgedImport(targets, tuple(secrets))
        case {"file": [file, key, why], "line": line}:
            raise ConfigError(file, key, why, line=line)
        case {"refused": [code, why], "params": params}:
            raise Refused("room", code, why, **params)
        case {"no_archive": why}:
            raise NoArchive(why)
    raise ValueError("not an answer")


if __name__ == "__main__":
    main()
