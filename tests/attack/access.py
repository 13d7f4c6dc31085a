"""Who was let in, and wants more than that: by other paths, other methods, and its own socket."""

import socket
from contextlib import ExitStack
from pathlib import Path

import httpx

from tests.attack.program import ROOM, SIMULATE, Program
from tests.attack.registry import attack

WITH_MICROPHONE = f'{ROOM}[speakerphone.table]\nurl = "usb:0b0e:2456"\n'
CLOSED = {  # to a panel, with what would be done if it were not
    "/api/v1/pairings": b'{"role": "panel"}',
    "/api/v1/tokens": b'{"name": "mine", "scope": "admin"}',
    "/api/v1/sessions": b"",
    "/api/v1/settings": b"",
    "/api/v1/use": b"",
    "/api/v1/cameras/front/trace": b"",
    "/api/v1/simulator": b"",
    "/api/v1/simulator/act": b'{"device": "camera.front", "action": "unplug"}',
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post")
AROUND = (
    *("{}", "{}%0A", "{}%0D", "{}%0D%0A", "{}%00", "{}%20", "{}%09", "{}/", "{}//", "{}/."),
    *("/{}", "//{}", "/.{}", "/x/..{}", "/static/..{}", "{}?", "{}?token=x", "{}%23", "{}%3F"),
    *("{};x", "{}.json", "{}%2F", "{}%252F", "{}%C0%AF", "{}%E2%80%A8", "{}\x0b", "{}%0B"),
)


def asked(program: Program, head: str, body: bytes) -> int:
    """Send a request as it is, which no client would; return the answer's status."""
    with socket.create_connection((program.host, program.port), timeout=30) as line:
        line.sendall(head.encode("latin-1") + b"\r\n\r\n" + body)
        status = b""
        while len(status) < 12 and (more := line.recv(64)):
            status += more
    return int(status[9:12] or 0)


@attack("paths and methods that are not what they look like", small=6, whole=len(AROUND))
def disguised(folder: Path, count: int) -> str:
    tried = 0
    with Program(folder, words=SIMULATE) as program, program.paired() as panel:
        cookies = "; ".join(f"{name}={value}" for name, value in panel.cookies.items())
        for around in AROUND[:count]:
            for path, body in CLOSED.items():
                for method in METHODS:
                    lines = (
                        f"{method} {around.format(path)} HTTP/1.1",
                        f"Host: {program.host}:{program.port}",
                        f"Origin: {program.base}",
                        f"Cookie: {cookies}",
                        "Content-Type: application/json",
                        f"Content-Length: {len(body)}",
                        "Connection: close",
                    )
                    status = asked(program, "\r\n".join(lines), body)
                    tried += 1
                    assert status >= 300, f"{lines[0]!r} with a panel's cookie: {status}"
                    assert status < 500, f"{lines[0]!r}: {status}"
        assert panel.get("/api/v1/room").status_code == 200, "the panel itself goes on"
    return f"{tried} requests with a panel's cookie, none did what a panel may not"


ASKED: dict[str, dict[str, object]] = {
    "audio.mute": {"on": False},
    "camera.raw": {"camera": "front", "frame": "8101040700FF"},
    "camera.power": {"camera": "front", "on": False},
    "camera.name": {"camera": "front", "preset": 1, "name": "Mine"},
    "room.rollBack": {"revision": 1},
    "meeting.join": {"link": "https://meet.jit.si/Attacked"},
}
BROWSERS = ("panel", "screen", "simulator")
MAY_NOT = {
    "panel": {"camera.raw", "room.rollBack"},
    "screen": {*ASKED},
    "simulator": {*ASKED},
    "token": {"audio.mute"},
}


@attack("commands that a role may not give", small=1, whole=30)
def commands(folder: Path, count: int) -> str:
    tried = 0
    with Program(folder, words=SIMULATE, room=WITH_MICROPHONE) as program, ExitStack() as stack:
        askers = {role: stack.enter_context(program.paired(role)) for role in BROWSERS}
        askers["token"] = stack.enter_context(program.client())
        askers["token"].headers["Authorization"] = f"Bearer {program.token}"
        assert given(program, askers["token"], "audio.mute", {"on": True}) == 200
        program.until(lambda: program.room()["audio"]["mute"] == "muted")
        for role, asker in askers.items():
            for name in MAY_NOT[role]:
                for _ in range(count):
                    status = given(program, asker, name, ASKED[name])
                    tried += 1
                    assert status in (401, 403, 409), f"{name} by {role}: {status}"
        room = program.room()
        assert room["audio"]["mute"] == "muted", "the microphone is open"
        assert room["meeting"]["state"] == "idle", "the room has joined"
    return f"{tried} commands, all refused; the microphone stays muted"


def given(program: Program, asker: httpx.Client, name: str, args: dict[str, object]) -> int:
    """Give a command; return the answer's status."""
    body = {"type": name, "args": args}
    path, head = "/api/v1/commands?wait_s=10", {"Origin": program.base}
    return asker.post(path, json=body, headers=head).status_code
