"""What the room keeps: damaged, on a disk that takes no writes, and when the power goes."""

import os
import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.attack.program import Program
from tests.attack.registry import CannotRun, attack
from tests.small_disk import fill, read_only, small_disk

DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda old: b"",
    "garbage": lambda old: random.Random(1).randbytes(5000),
    "zeros": lambda old: bytes(len(old) or 4096),
    "cut off": lambda old: old[: len(old) // 2],
    "null": lambda old: b"null",
    "a list": lambda old: b'["panel"]',
    "other types": lambda old: b'{"token": ["x"], "a": {"b": null}, "revision": 7}',
    "deep": lambda old: b'{"a": ' * 200_000,
    "huge": lambda old: b'{"a": "' + b"x" * (5 << 20) + b'"}',
    "twice": lambda old: b'{"token": "x", "token": "y"}',
    "half a character": lambda old: b'{"\\ud800": "panel"}',
    "other tables": lambda old: old,
}


def name_preset(program: Program, name: str) -> httpx.Response:
    body = {"type": "camera.name", "args": {"camera": "front", "preset": 1, "name": name}}
    return program.ask("POST", "/api/v1/commands?wait_s=30", body)


def preset(program: Program) -> str:
    [camera] = program.room()["cameras"]
    [name] = [one["name"] for one in camera["presets"] if one["number"] == 1]
    return str(name)


def lost(program: Program) -> dict[str, Any]:
    """What the room says was damaged, and what went with it."""
    found = program.issues().get("storage.quarantined", [])
    return {one["params"]["file"]: one["params"]["lost"] for one in found}


def damage(path: Path, kind: str) -> None:
    old = path.read_bytes()
    path.write_bytes(DAMAGE[kind](old))
    if path.suffix == ".sqlite" and kind == "other tables":
        path.unlink()
        with closing(sqlite3.connect(path)) as base:
            base.execute("CREATE TABLE transitions (another TEXT)")
            base.commit()
    elif kind == "other tables":
        path.write_bytes(b'{"tables": [1, 2.5, true]}')


@attack("damaged files", small=1, whole=len(DAMAGE))
def damaged_files(folder: Path, count: int) -> str:
    program = Program(folder)
    with program:
        name_preset(program, "Table")
        program.ask("GET", "/api/v1/use")
    kept = ("bookings.json", "sessions.json", "history.sqlite", "settings.toml")
    files = {path.name for path in program.state.iterdir()} - {"settings.toml.bak"} | {*kept}
    damaged = 0
    for turn in range(count):
        kind = list(DAMAGE)[turn % len(DAMAGE)]
        for name in files:
            path = program.state / name
            path.touch()
            damage(path, kind)
            damaged += 1
        with program:
            # An empty object, or one whose every value is text, would be a good document.
            program.until(lambda: files <= {*lost(program)})  # the history is opened a moment later
            said = lost(program)
            assert files == {*said}, f"{kind}: {files ^ {*said}} is not told, or not damaged"
            assert said["settings.toml"] == "nothing", said
            assert preset(program) == "Table", f"{kind}: the preset's name is lost"
            program.ask("POST", "/api/v1/commands?wait_s=30", {"type": "storage.acknowledge"})
            program.until(lambda: not lost(program))
            assert program.stop() == 0
    for name in files:
        left = [path.name for path in program.state.glob(f"{name}.damaged-*Z*")]
        whole = [one for one in left if not one.endswith(("-wal", "-shm"))]
        assert len(whole) <= 5, f"{len(whole)} damaged ones of {name} are kept"
    return f"{damaged} files damaged in {count} starts, each told, no setting lost"


@contextmanager
def on_a_small_disk(program: Program) -> Iterator[Program]:
    if os.geteuid() != 0:
        raise CannotRun("mounting a small disk needs root")
    with small_disk(program.state), program:
        yield program


@attack("a full disk", small=1, whole=10)
def full_disk(folder: Path, count: int) -> str:
    with on_a_small_disk(Program(folder)) as program:
        for turn in range(count):
            assert name_preset(program, f"before {turn}").json()["status"] == "done"
            offered = program.ask("POST", "/api/v1/pairings", {"role": "panel"}).json()["path"]
            ballast = fill(program.state)
            with program.client() as browser:
                token = {"token": offered.partition("#pair=")[2]}
                answer = browser.post("/api/v1/pair", json=token)
                assert answer.status_code >= 400, "a pairing that is not stored"
                assert not browser.cookies, "a pairing that is not stored"
            answer = name_preset(program, "x" * 40)
            assert answer.status_code >= 400, f"a name that is not stored: {answer.text}"
            program.until(lambda: preset(program) == f"before {turn}")  # noqa: B023 - at once
            program.until(lambda: "storage.full" in program.issues())
            [issue] = program.issues()["storage.full"]
            assert issue["params"]["free_bytes"] == 0, issue
            assert issue["params"]["path"] == str(program.state), issue
            ballast.unlink()
            if turn % 5 < 4:  # else the room finds out by itself, within ten seconds
                assert name_preset(program, "after").json()["status"] == "done"
            program.until(lambda: "storage.full" not in program.issues())
        assert not lost(program)
        assert program.stop() == 0
    return f"filled {count} times: names and pairings refused, told with what is free, and over"


@attack("a token that is revoked on a full disk", small=1, whole=6)
def revoked_on_a_full_disk(folder: Path, count: int) -> str:
    program = Program(folder)
    if os.geteuid() != 0:
        raise CannotRun("mounting a small disk needs root")
    with small_disk(program.state):
        for turn in range(count):
            with program:
                program.until(lambda: (program.state / "revoked.txt").exists())
                held = {scope: _made(program, f"{scope}{turn}") for scope in ("operate", "admin")}
                ballast = fill(program.state)
                ended = program.ask("DELETE", f"/api/v1/tokens/operate{turn}")
                limited = program.ask("PATCH", f"/api/v1/tokens/admin{turn}", {"scope": "read"})
                assert (ended.status_code, limited.status_code) == (507, 507)
                assert _status(program, held["operate"]) == 401
                assert _status(program, held["admin"]) == 403
                program.until(lambda: "access.unstored" in program.issues())
                program.kill()
            with program:
                assert _status(program, held["operate"]) == 401, "a revoked token lives again"
                assert _status(program, held["admin"]) == 401, "a limit is forgotten"
                assert program.issues()["access.unstored"][0]["params"]["count"] == 2
                ballast.unlink()
                program.until(lambda: "access.unstored" not in program.issues())
                names = {one["name"] for one in program.ask("GET", "/api/v1/tokens").json()}
                assert not names & {f"operate{turn}", f"admin{turn}"}
            with program:
                assert _status(program, held["operate"]) == 401
    return f"{count} tokens revoked and {count} limited on a full disk: none lived again"


def _made(program: Program, name: str) -> str:
    scope = name.rstrip("0123456789")
    answer = program.ask("POST", "/api/v1/tokens", {"name": name, "scope": scope})
    return str(answer.json()["token"])


def _status(program: Program, token: str) -> int:
    head = {"Authorization": f"Bearer {token}"}
    with program.client() as client:
        return client.get("/api/v1/sessions", headers=head).status_code


@attack("a disk that takes no writes", small=1, whole=10)
def read_only_disk(folder: Path, count: int) -> str:
    with on_a_small_disk(Program(folder)) as program:
        name_preset(program, "Table")
        for turn in range(count):
            program.stop()
            with read_only(program.state):
                program.start()
                assert "storage.read_only" in program.issues(), "a start is not refused, and told"
                answer = name_preset(program, "Door")
                assert answer.status_code >= 400, f"a name that is not stored: {answer.text}"
            assert preset(program) == "Table"
            if turn % 5 < 4:
                assert name_preset(program, "Table").json()["status"] == "done"
            program.until(lambda: "storage.read_only" not in program.issues())
    return f"{count} starts without a disk to write to: told, names refused, and over"


@attack("a power cut while settings are written", small=1, whole=12)
def power_cut(folder: Path, count: int) -> str:
    program, chance = Program(folder), random.Random(1)
    answered, tried = [""], [""]
    for _ in range(count):
        program.start()

        def naming() -> None:
            while True:
                tried.append(f"name {chance.randrange(10**9)}")
                try:
                    if name_preset(program, tried[-1]).json()["status"] == "done":
                        answered.append(tried[-1])
                except httpx.TransportError:
                    return

        people, least = threading.Thread(target=naming), len(answered) + chance.randrange(1, 5)
        people.start()
        program.until(lambda: len(answered) >= least)  # noqa: B023 - at once
        program.kill()
        people.join()
        orphan = program.state / ".settings.abcd_123"
        orphan.write_bytes(b"half")
        os.utime(orphan, (1.0, 1.0))
        with program:
            assert not lost(program), f"damaged: {lost(program)}"
            now = preset(program)  # the last one may be stored, and the answer cut off
            assert now in (answered[-1], tried[-1]), f"{answered[-1]!r} is lost, it is {now!r}"
            assert not orphan.exists(), "a temporary file is left"
    return f"{count} cuts, {len(answered) - 1} names answered as stored, none lost"
