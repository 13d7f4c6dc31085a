"""A program that is told to end, or that can do nothing any more, is gone within its limit."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from roomctl.lifetime import END_LIMIT_S, LATE
from tests.attack.program import TREE, Program
from tests.attack.registry import attack

SHORT_S = 1.0  # where the suite does it once
SLACK_S = 30.0  # a busy machine's: the program's own limit is END_LIMIT_S
INQUIRY_ANSWER = bytes.fromhex("9050020304050607FF")

CAMERA = '[camera.front]\nurl = "tcp://127.0.0.1:{port}"\n'
SCREEN = '[screen]\nurl = "unix:{path}"\n'
FAULTY = '[camera.front]\nurl = "tcp://127.0.0.1:1"\n[api]\nlisten = "127.0.0.1:0"\n'


@attack("SIGTERM while a camera floods", small=1, whole=12)
def flood(folder: Path, count: int) -> str:
    return _ended_beside(folder, count, _floods)


@attack("SIGTERM while a camera reads nothing", small=1, whole=5)
def deaf(folder: Path, count: int) -> str:
    return _ended_beside(folder, count, _only_listens)


@attack("SIGTERM while the screen says nothing", small=1, whole=5)
def silent_screen(folder: Path, count: int) -> str:
    path = folder / "silent.sock"
    with _peers(socket.AF_UNIX, str(path), _only_listens) as (_, met):
        return _ended(folder, count, SCREEN.format(path=path), met)


@attack("SIGTERM to a loop that is blocked", small=1, whole=3)
def blocked(folder: Path, count: int) -> str:
    found = [_faulty(folder, count, fault) for fault in ("blocks", "spins") for _ in range(count)]
    assert all("late: the loop, blocked by" in last for _, last, _ in found), found
    assert {status for status, _, _ in found} == {LATE}, found
    return _told(found)


@attack("SIGTERM to a task that cannot be cancelled", small=1, whole=3)
def uncancellable(folder: Path, count: int) -> str:
    found = [_faulty(folder, count, "cannot_be_cancelled") for _ in range(count)]
    assert all("late: Devices.run" in last for _, last, _ in found), found
    assert all("cannot_be_cancelled (_faulty.py:" in last for _, last, _ in found), found
    assert {status for status, _, _ in found} == {LATE}, found
    return _told(found)


@attack("SIGTERM to a thread that hangs", small=1, whole=5)
def hanging_thread(folder: Path, count: int) -> str:
    found = [_faulty(folder, count, "hangs_in_a_thread", limit_s=SLACK_S) for _ in range(count)]
    assert {status for status, _, _ in found} == {0}, found
    return _told(found)


@attack("native code that never lets go, after SIGTERM", small=1, whole=2)
def lock_kept(folder: Path, count: int) -> str:
    found = [_faulty(folder, count, "keeps_the_lock_at_the_end") for _ in range(count)]
    assert {status for status, _, _ in found} == {-signal.SIGALRM}, found
    return _told(found)


@attack("a second SIGTERM", small=1, whole=3)
def again(folder: Path, count: int) -> str:
    found = [
        _faulty(folder, count, "cannot_be_cancelled", twice=True, limit_s=SLACK_S)
        for _ in range(count)
    ]
    assert {status for status, _, _ in found} == {128 + signal.SIGTERM}, found
    return _told(found)


@attack("a room that fails by itself, with a task that cannot be cancelled", small=1, whole=3)
def failing_room(folder: Path, count: int) -> str:
    found = [_faulty(folder, count, "fails", told=False) for _ in range(count)]
    assert {status for status, _, _ in found} == {LATE}, found
    assert all("s after the room failed (" in last for _, last, _ in found), found
    assert all("ZeroDivisionError('a fault of the" in last for _, last, _ in found), found
    return _told(found)


@attack("a web server that ends by itself", small=1, whole=3)
def ended_server(folder: Path, count: int) -> str:
    found = [
        _faulty(folder, count, "ends_the_web_server", told=False, limit_s=SLACK_S)
        for _ in range(count)
    ]
    assert all("the web server ended unexpectedly" in last for _, last, _ in found), found
    assert {status for status, _, _ in found} == {1}, found
    return _told(found)


@attack("a device's task, or the loop, that hangs under systemd's watchdog", small=1, whole=3)
def watchdog(folder: Path, count: int) -> str:
    found: list[str] = []
    for number in range(count):
        with ThreadPoolExecutor() as both:
            found += both.map(partial(_watched, folder / str(number)), ("stalls", "blocks"))
    return f"{len(found)} times no ping any more; last words: {found[0]}, {found[-1]}"


def _watched(folder: Path, fault: str) -> str:
    """Return the last words to a systemd that hears no more pings once the fault is there."""
    folder = folder / fault
    folder.mkdir(parents=True)
    place = folder / "notify"
    (folder / "room.toml").write_text(FAULTY, encoding="utf-8")
    around = {"NOTIFY_SOCKET": str(place), "WATCHDOG_USEC": "900000"}
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        listening.bind(str(place))
        listening.settimeout(SLACK_S)
        process = stack.enter_context(_victim(folder, fault, END_LIMIT_S, around))
        try:
            said = [listening.recv(4096)]
            while b"READY=1" not in said:
                said.append(listening.recv(4096))
            while not said[-1].startswith(b"STATUS=stalled: has not gone round"):
                said.append(listening.recv(4096))
                if fault == "blocks" and b"WATCHDOG=1" in said[-1]:
                    listening.settimeout(3.0)  # ten pings were due, one every 0.3 s
        except TimeoutError:
            assert fault == "blocks", f"it goes on: {said[-1]!r}"
        else:
            after = [listening.recv(4096) for _ in range(3)]
            assert not any(b"WATCHDOG=1" in one for one in after), after
        finally:
            process.kill()
            process.communicate()
    assert any(b"WATCHDOG=1" in one for one in said), said
    return said[-1].decode().splitlines()[-1]


Ended = tuple[int, str, float]
"""The exit status, the last line of stderr, and the seconds that it took."""


def _faulty(
    folder: Path,
    count: int,
    fault: str,
    *,
    told: bool = True,
    twice: bool = False,
    limit_s: float | None = None,
) -> Ended:
    """Run a room with a fault and end it, or have it end by itself; once: with a shorter limit."""
    limit_s = limit_s or (END_LIMIT_S if count > 1 else SHORT_S)
    (folder / "room.toml").write_text(FAULTY, encoding="utf-8")
    with _victim(folder, fault, limit_s) as process:
        try:
            assert process.stdout is not None
            said = [process.stdout.readline(), process.stdout.readline()]
            assert said == ["up\n", "there\n"], f"{said}: {process.communicate()[1][-500:]}"
            began = time.monotonic()
            if told:
                process.terminate()
            while twice and process.poll() is None:
                time.sleep(0.5)
                process.terminate()
            _, errors = process.communicate(timeout=END_LIMIT_S + SLACK_S)
        finally:
            process.kill()
    took_s = time.monotonic() - began
    return process.returncode, (errors.splitlines() or [""])[-1], took_s


def _victim(
    folder: Path, fault: str, limit_s: float, around: Mapping[str, str] | None = None
) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.attack._faulty", fault, str(folder), f"{limit_s}"],
        cwd=TREE,
        env={**os.environ, "RUNTIME_DIRECTORY": str(folder / "run"), **(around or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _told(found: list[Ended]) -> str:
    slowest_s = max(took_s for _, _, took_s in found)
    return f"{len(found)} times, slowest {slowest_s:.1f} s; last words: {found[-1][1] or 'none'}"


def _ended_beside(folder: Path, count: int, peer: Callable[[socket.socket], None]) -> str:
    with _peers(socket.AF_INET, ("127.0.0.1", 0), peer) as (port, met):
        return _ended(folder, count, CAMERA.format(port=port), met)


def _ended(folder: Path, count: int, room: str, met: threading.Event) -> str:
    """Start the room and end it while its device is what it is, `count` times."""
    slowest_s = 0.0
    for number in range(count):
        met.clear()
        with Program(folder / str(number), room=room) as program:
            program.until(met.is_set)
            time.sleep(0.1 * number)  # each time the signal meets another moment
            began = time.monotonic()
            status = program.stop(END_LIMIT_S + SLACK_S)
            slowest_s = max(slowest_s, time.monotonic() - began)
            assert status == 0, f"status {status}: {program.log[-500:]}"
    return f"{count} times, slowest {slowest_s:.1f} s"


@contextlib.contextmanager
def _peers(
    family: int, place: object, peer: Callable[[socket.socket], None]
) -> Iterator[tuple[int, threading.Event]]:
    """Serve a socket whose every connection is `peer`'s; yield its port, and whether it is met."""
    met = threading.Event()
    listening = socket.socket(family)
    listening.bind(place)
    listening.listen()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    def serve(connection: socket.socket) -> None:
        met.set()
        with contextlib.suppress(OSError), connection:
            peer(connection)

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield (0 if family == socket.AF_UNIX else listening.getsockname()[1]), met
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        accepting.join()
        listening.close()


def _floods(connection: socket.socket) -> None:
    while True:
        connection.sendall(INQUIRY_ANSWER * 1000)


def _only_listens(connection: socket.socket) -> None:
    """Read nothing, and say nothing, until the other end is gone."""
    connection.settimeout(None)
    while connection.recv(65536, socket.MSG_PEEK):
        if connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) != b"\x01":
            return
        time.sleep(0.05)
