"""Connections that ask nothing, say too much or read nothing, while a panel holds a camera.

What is measured is the simulated camera: how long it moves on after the last beat of a hold, which
nobody ends. The room lets go 0.3 s after that beat; what is more is the room that was kept busy.
"""

import contextlib
import json
import os
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from websockets.exceptions import ConnectionClosed, InvalidMessage
from websockets.sync.client import ClientConnection, connect

from tests.attack import Program, attack
from tests.attack.program import SIMULATE

BEAT_S = 0.1
HELD_BEATS = 8
LATE_S = 0.25  # a beat that comes later may find the hold ended
ANSWER_S = 60.0
STOP_S = 10.0  # thirty leases, for a busy machine; a room that is kept busy goes on to the end
ROOM = """
[room]
display_name = "Attacked"
[screen]
mode = "simulated"
[camera.front]
url = "serial:/dev/roomctl-front?baud=38400"
profile = "sony_srg300h"
"""
HALF = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "


def _live(program: Program, browser: httpx.Client) -> ClientConnection:
    """Open a panel's socket, as often as a browser would: one that is cut off comes again."""
    began = time.monotonic()
    while True:
        try:
            return _opened(program, browser)
        except (InvalidMessage, OSError):
            assert time.monotonic() - began < ANSWER_S, "no panel's socket was opened"
            time.sleep(0.1)


def _opened(program: Program, browser: httpx.Client) -> ClientConnection:
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    head = {"Cookie": cookies, "Origin": program.base}
    url = f"{program.base.replace('http', 'ws')}/api/v1/live"
    return connect(url, additional_headers=head, proxy=None, max_queue=None, open_timeout=20)


def _moving(page: httpx.Client) -> bool:
    began = time.monotonic()
    while True:
        try:
            devices = page.get("/api/v1/simulator").json()["devices"]
        except httpx.TransportError:  # cut off for a newer connection
            assert time.monotonic() - began < ANSWER_S, "the simulator's page was not answered"
        else:
            return any(device["state"].get("moving") for device in devices)


def _slowest_stop(program: Program, page: httpx.Client, browser: httpx.Client, holds: int) -> float:
    """Hold the camera `holds` times and fall silent; return how long it moved on at most, in s."""
    stops, began = list[float](), time.monotonic()
    while len(stops) < holds:
        try:
            with _live(program, browser) as panel:
                _measure_stops(panel, page, stops, holds)
        except ConnectionClosed:  # before its first word was read: it comes again
            assert time.monotonic() - began < ANSWER_S, "the panel is cut off again and again"
    return max(stops)


def _measure_stops(
    panel: ClientConnection, page: httpx.Client, stops: list[float], holds: int
) -> None:
    number = 0
    while len(stops) < holds:
        number += 1
        assert number < 20 * holds + 20, "the camera did not move while it was held"
        last = _hold(panel, number)
        if last is None or not _moving(page):
            continue  # this side was too slow to hold it, or to look
        while _moving(page):
            assert time.monotonic() - last < 30, "the camera never stopped"
        stops.append(time.monotonic() - last)


def _hold(panel: ClientConnection, number: int) -> float | None:
    """Hold the camera for some beats; return when the last was sent, None if one came late."""
    last = time.monotonic()
    for seq in range(HELD_BEATS):
        way = {"pan": 0.1 if number % 2 else -0.1, "tilt": 0.0, "zoom": 0.0}
        beat = {"type": "hold", "hold": f"{number}", "seq": seq, "camera": "front", **way}
        panel.send(json.dumps(beat))
        if time.monotonic() - last > LATE_S:
            return None
        last = time.monotonic()
        if seq < HELD_BEATS - 1:
            time.sleep(BEAT_S)
    return last


def _answered_within(program: Program) -> float:
    """Ask with a new connection, as often as a browser would; return when it was answered."""
    began = time.monotonic()
    while True:
        try:
            assert program.room()["identity"]["display_name"] == "Attacked"
        except httpx.TransportError:
            assert time.monotonic() - began < ANSWER_S, "no new connection was answered"
        else:
            return time.monotonic() - began


@contextlib.contextmanager
def _half_open(program: Program, count: int) -> Iterator[list[socket.socket]]:
    """Keep `count` connections that have asked half a question, opened again when cut off."""
    ending, connections = threading.Event(), list[socket.socket]()

    def keep() -> None:
        with contextlib.ExitStack() as stack:
            watched = stack.enter_context(selectors.DefaultSelector())
            while not ending.is_set():
                while len(connections) < count and not ending.is_set():
                    with contextlib.suppress(OSError):
                        one = socket.create_connection((program.host, program.port), 5)
                        connections.append(one)
                        watched.register(one, selectors.EVENT_READ)
                        one.sendall(HALF)
                for key, _ in watched.select(0.1):
                    cut = key.fileobj
                    assert isinstance(cut, socket.socket)
                    watched.unregister(cut)
                    connections.remove(cut)
                    cut.close()
                ending.wait(0.05)
            for one in connections:
                one.close()

    keeping = threading.Thread(target=keep)
    keeping.start()
    try:
        yield connections
    finally:
        ending.set()
        keeping.join()


@attack("half-open connections at 200 descriptors", small=300, whole=1_020)
def half_open(folder: Path, count: int) -> str:
    """Hold connections open, with half a request on each, and go on when they are cut off."""
    with Program(folder, words=SIMULATE, room=ROOM, files=200) as program:
        with (
            program.paired("simulator") as page,
            program.paired() as browser,
            _half_open(program, count),
        ):
            stop_s = _slowest_stop(program, page, browser, 1 + count // 500)
            answered_s = _answered_within(program)
            open_now = program.descriptors()
        assert stop_s < STOP_S, f"the camera moved on for {stop_s:.2f} s"
        assert open_now < 190, f"{open_now} descriptors are in use, the devices have none left"
        assert len(program.log) < 100_000, f"{len(program.log)} bytes of log"
        return (
            f"{count} connections, camera still after {stop_s:.2f} s at most, a newcomer answered "
            f"in {answered_s:.2f} s, {open_now} descriptors open, {len(program.log)} bytes of log"
        )


@attack("a socket that asks for the whole room again and again", small=1, whole=20)
def snapshots(folder: Path, count: int) -> str:
    """Send as fast as the socket takes it, `count` times until cut off."""
    with Program(folder, words=SIMULATE, room=ROOM) as program:
        with program.paired("simulator") as page, program.paired() as browser:
            ending, sent = threading.Event(), 0

            def flood() -> None:
                nonlocal sent
                while not ending.is_set():
                    with (
                        contextlib.suppress(ConnectionClosed, OSError),
                        _live(program, browser) as s,
                    ):
                        while not ending.is_set():
                            s.send('{"type": "snapshot"}')
                            sent += 1

            flooding = threading.Thread(target=flood)
            flooding.start()
            try:
                stop_s = _slowest_stop(program, page, browser, count)
            finally:
                ending.set()
                flooding.join()
        assert stop_s < STOP_S, f"the camera moved on for {stop_s:.2f} s"
        return f"{sent} times asked, camera still after {stop_s:.2f} s at most of {count} holds"


@attack("streams and files that nobody reads", small=40, whole=200)
def unread(folder: Path, count: int) -> str:
    """Ask for much on many connections and read nothing of it."""
    with Program(folder, words=SIMULATE, room=ROOM) as program:
        before_mb = program.memory_mb()
        ask = b"GET /ui/panel.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 200
        with (
            contextlib.ExitStack() as stack,
            program.paired("simulator") as page,
            program.paired() as browser,
        ):
            for _ in range(count):
                one = stack.enter_context(socket.socket())
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                with contextlib.suppress(OSError):
                    one.connect((program.host, program.port))
                    one.setblocking(False)
                    one.send(ask)
            stop_s = _slowest_stop(program, page, browser, 1 + count // 100)
            grown_mb = program.memory_mb() - before_mb
        assert stop_s < STOP_S, f"the camera moved on for {stop_s:.2f} s"
        assert grown_mb < 60, f"the program grew by {grown_mb:.0f} MB"
        return f"{count} connections, camera still after {stop_s:.2f} s, {grown_mb:.0f} MB more"


@attack("a heap of tiny chunks and frames", small=3, whole=100)
def crumbs(folder: Path, count: int) -> str:
    """Send bodies in chunks of one byte, and WebSocket messages in empty fragments."""
    with Program(folder, words=SIMULATE, room=ROOM) as program:
        chunks = (
            b"POST /api/v1/pair HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 100_000
        )
        refused = 0
        with program.paired("simulator") as page, program.paired() as browser:
            for _ in range(count):
                with socket.create_connection((program.host, program.port), 20) as one:
                    with contextlib.suppress(OSError):
                        one.sendall(chunks)
                    with contextlib.suppress(OSError):
                        refused += one.recv(64).startswith(b"HTTP/1.1 411")
            fragments = b"\x01\x80" + os.urandom(4) + (b"\x00\x80" + os.urandom(4)) * 100_000
            with _live(program, browser) as panel, contextlib.suppress(OSError):
                panel.socket.sendall(fragments)
            stop_s = _slowest_stop(program, page, browser, 1)
        assert stop_s < STOP_S, f"the camera moved on for {stop_s:.2f} s"
        return (
            f"{count} bodies, {refused} told to say their length, camera still after {stop_s:.2f} s"
        )
