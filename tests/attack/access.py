"""Who was let in, and wants more than that: by other paths, other methods, and its own socket."""

import importlib
import re
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from tests.attack.program import ROOM, SIMULATE, Program
from tests.attack.registry import CannotRun, attack

WITH_MICROPHONE = f'{ROOM}[speakerphone.table]\nurl = "usb:0b0e:2456"\n'
CLOSED = {  # to a panel, with what would be done if it were not
    "/api/v1/pairings": b'{"role": "panel"}',
    "/api/v1/tokens": b'{"name": "mine", "scope": "admin"}',
    "/api/v1/sessions": b"",
    "/api/v1/occupancy/ceiling": b'{"present": true}',
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
    "room.roll_back": {"revision": 1},
    "meeting.join": {"link": "https://meet.jit.si/Attacked"},
}
BROWSERS = ("panel", "screen", "simulator")
MAY_NOT = {
    "panel": {"camera.raw", "room.roll_back"},
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


PHONE = WITH_MICROPHONE.replace("[screen]", 'phone = "on"\n[screen]', 1)
GUEST_MAY_NOT: dict[str, dict[str, object]] = {
    "audio.mute": {"on": False},
    "camera.store": {"camera": "front", "preset": 1},
    "camera.name": {"camera": "front", "preset": 1, "name": "Mine"},
    "camera.power": {"camera": "front", "on": False},
    "camera.raw": {"camera": "front", "frame": "8101040700FF"},
    "room.standby": {},
    "room.roll_back": {"revision": 1},
    "screen.type": {"text": "x"},
}


def scanned(svg: str) -> str:
    """Return what a QR code says, which is drawn as lines of black modules."""
    numpy, zxing = _scanner()
    size = int(re.findall(r'viewBox="0 0 (\d+)', svg)[0])
    modules = numpy.full((size, size), 255, numpy.uint8)
    x = y = 0.0
    drawn = re.findall(r'stroke="#000" d="([^"]+)"', svg)[0]
    for step, across, down in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", drawn):
        if step == "h":
            modules[int(y), int(x) : int(x + float(across))] = 0
            x += float(across)
        else:
            x, y = (
                float(across) + (x if step == "m" else 0),
                float(down) + (y if step == "m" else 0),
            )
    (code,) = zxing.read_barcodes(numpy.kron(modules, numpy.ones((6, 6), numpy.uint8)))
    return str(code.text)


def _scanner() -> tuple[Any, Any]:
    try:
        return importlib.import_module("numpy"), importlib.import_module("zxingcpp")
    except ImportError as error:
        raise CannotRun("needs zxing-cpp, which reads QR codes") from error


@attack("a visitor's phone that wants to stay, and more", small=1, whole=20)
def guest(folder: Path, count: int) -> str:
    tried = 0
    room = Program(folder, words=SIMULATE, room=PHONE, url="http://room.example")
    with room as program, program.paired() as panel, program.client() as phone:
        token = scanned(panel.get("/api/v1/phone").text).partition("#pair=")[2]
        head = {"Origin": program.base}
        assert phone.post("/api/v1/pair", json={"token": token}, headers=head).is_success
        assert given(program, phone, "audio.mute", {"on": True}) == 200
        program.until(lambda: program.room()["audio"]["mute"] == "muted")
        for _ in range(count):
            for path in ("/api/v1/phone", "/api/v1/sessions", "/api/v1/settings"):
                assert phone.get(path).status_code == 403, path
            paired = phone.post("/api/v1/pairings", json={"role": "panel"}, headers=head)
            assert paired.status_code == 403, "a guest makes a panel"
            for name, args in GUEST_MAY_NOT.items():
                status = given(program, phone, name, args)
                assert status in (403, 409), f"{name} by a guest: {status}"
            tried += 4 + len(GUEST_MAY_NOT)
        assert program.room()["audio"]["mute"] == "muted", "the microphone is open"
        (visit,) = [
            one["id"]
            for one in program.ask("GET", "/api/v1/sessions").json()
            if one["role"] == "guest"
        ]
        with phone.stream("GET", "/api/v1/events") as events:
            assert events.status_code == 200
            assert program.ask("DELETE", f"/api/v1/sessions/{visit}").status_code == 204
            for _ in events.iter_lines():
                pass  # until the room ends it
        assert phone.get("/api/v1/room").status_code == 401, "the visit is over"
    return f"{tried} requests by a phone, all refused; its stream ended with its visit"


@attack("a token's join, leave and join in a muted room", small=1, whole=10)
def joins(folder: Path, count: int) -> str:
    room = Program(folder, words=SIMULATE, room=WITH_MICROPHONE)
    with room as program, program.client() as program_of_others:
        program_of_others.headers["Authorization"] = f"Bearer {program.token}"
        assert given(program, program_of_others, "audio.mute", {"on": True}) == 200
        program.until(lambda: program.room()["audio"]["mute"] == "muted")
        for number in range(count):
            for name, args in (
                ("meeting.join", {"link": f"https://meet.jit.si/Attacked{number}"}),
                ("meeting.join", {"link": f"https://meet.jit.si/Again{number}"}),
                ("meeting.leave", {}),
            ):
                assert given(program, program_of_others, name, args) in (200, 202)
                heard = program.room()["audio"]
                assert heard["mute"] in ("muted", "muting"), f"{name}: {heard}"
        program.until(lambda: program.room()["meeting"]["state"] in ("idle", "ended", "failed"))
        assert program.room()["audio"]["mute"] == "muted", "the microphone is open"
    return f"{3 * count} joins and leaves by a token; the room stays muted"


@attack("secrets on the disk and in the log", small=1, whole=5)
def secrets(folder: Path, count: int) -> str:
    read = 0
    with Program(folder) as program:
        for number in range(count):
            made = program.ask("POST", "/api/v1/tokens", {"name": f"t{number}", "scope": "admin"})
            token = made.json()["token"]
            with program.client() as holder:
                holder.headers["Authorization"] = f"Bearer {token}"
                assert holder.get("/api/v1/room").status_code == 200
                program.state.chmod(0o755)  # as a careless hand leaves it
                program.stop()
                for file in (*program.state.rglob("*"), folder / "log"):
                    if file.is_file():
                        read += 1
                        assert token.encode() not in file.read_bytes(), f"{file.name} has a token"
                program.start()
                assert program.state.stat().st_mode & 0o077 == 0, "others may read the state folder"
                assert program.token not in program.log, "the log has a token"
                holder.base_url = program.base
                assert holder.get("/api/v1/room").status_code == 200
                assert program.ask("DELETE", f"/api/v1/tokens/t{number}").status_code == 204
                assert holder.get("/api/v1/room").status_code == 401, "a revoked token is good"
    return f"{count} tokens: in none of {read} files, good after a restart, and not once revoked"
