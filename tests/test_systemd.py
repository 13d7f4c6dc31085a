"""What systemd is told, on a socket that stands in for its own."""

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from roomctl import systemd

pytestmark = pytest.mark.real

LIMIT_S = 60.0


@pytest.fixture(params=["path", "abstract"])
def heard(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[socket.socket]:
    """Yield systemd's end; as with systemd, its name may be one that no file has."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@roomctl-{tmp_path}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0", 1))
        listening.settimeout(LIMIT_S)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        yield listening


def lines(listening: socket.socket) -> list[str]:
    return listening.recv(4096).decode().splitlines()


def test_one_message_holds_all_lines(heard: socket.socket) -> None:
    assert systemd.notify("READY=1", "STATUS=all is well")
    assert lines(heard) == ["READY=1", "STATUS=all is well"]


def test_without_systemd_nothing_is_told_and_nothing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not systemd.notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    assert not systemd.notify("READY=1")


def test_a_systemd_that_does_not_read_holds_nobody_up(heard: socket.socket) -> None:
    told = [systemd.notify("WATCHDOG=1") for _ in range(10_000)]
    assert told[0]
    assert not told[-1]


@pytest.mark.parametrize(
    ("microseconds", "pid", "limit_s"),
    [
        ("30000000", "", 30.0),
        ("30000000", "own", 30.0),
        ("30000000", "1", None),
        ("", "", None),
        ("0", "", None),
        ("soon", "", None),
    ],
)
def test_the_watchdogs_time_counts_for_this_process_alone(
    microseconds: str, pid: str, limit_s: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", microseconds)
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()) if pid == "own" else pid)
    assert systemd.watchdog_s() == limit_s


async def test_the_watchdog_hears_nothing_while_somebody_does_not_live(
    heard: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "30000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    stalled: list[str] = []

    async def until(line: str) -> list[list[str]]:
        came = [await asyncio.to_thread(lines, heard)]
        while line not in came[-1]:
            came.append(await asyncio.to_thread(lines, heard))
        return came

    watching = asyncio.ensure_future(
        systemd.watched(lambda: stalled[0] if stalled else None, lambda: "every device answers")
    )
    try:
        assert await asyncio.to_thread(lines, heard) == ["READY=1"]
        await until("WATCHDOG=1")
        stalled.append("front hangs")
        await until("STATUS=stalled: front hangs")
        for _ in range(5):
            assert await asyncio.to_thread(lines, heard) == ["STATUS=stalled: front hangs"]
        stalled.clear()
        await until("WATCHDOG=1")
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    assert (await until("STOPPING=1"))[-1] == ["STOPPING=1"]
