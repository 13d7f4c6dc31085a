"""Canaries: a real daemon with a secret in every place, and everything it tells anybody.

The other ends refuse the secrets and say them back, as a hostile or clumsy device may.
"""

import io
import json
import signal
import socketserver
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from roomctl.secret import SecretFiles
from tests.cli.rig import LIMIT_S, ROOMCTL, environment, roomctl, until, written

pytestmark = pytest.mark.real

CANARY = "Canary7f3a"
"""Part of every secret; what is derived of one (MD5, HMAC) is none."""

BASE64 = ("Q2FuYXJ5N2Yz", "NhbmFyeTdmM2", "DYW5hcnk3ZjNh")  # of it, at each of three places

ROOM = """
[room]
display_name = "Pine"
[camera.good]
url = "aw://127.0.0.1:{good}"
user = "admin"
password = "secret:camera"
[camera.bad]
url = "aw://127.0.0.1:{bad}"
user = "admin"
password = "secret:camera"
[camera.onvif]
url = "onvif://127.0.0.1:{bad}"
user = "admin"
password = "secret:camera"
[display.wall]
url = "tcp://127.0.0.1:{pjlink}"
password = "secret:wall"
[occupancy.people]
url = "mqtt://127.0.0.1:{closed}/people?login=secret:broker"
profile = "wireless_motion"
[mqtt]
url = "mqtt://127.0.0.1:{closed}"
username = "room"
password = "secret:mqtt"
[calendar]
url = "secret:calendar"
[meeting.favourites]
Board = "secret:board"
[meeting.new.jitsi]
room_link = "secret:standing"
[[webhook]]
url = "secret:hook"
secret = "secret:hook-key"
plain_http = true
events = ["issue.opened", "condition.changed", "occupancy.changed"]
[alert.mail]
url = "secret:mail"
password = "secret:mail-password"
[alert.chat]
url = "secret:robot"
secret = "secret:robot-key"
plain = true
after_s = 0
severity = "info"
[api]
listen = "127.0.0.1:0"
"""


class Echo(BaseHTTPRequestHandler):
    """Answers with whatever it was told, and refuses it."""

    status = 401

    def do_GET(self) -> None:
        said = f"{self.path} {self.headers.get('Authorization', '')}".encode("latin-1")
        self.send_response(self.status)
        self.send_header("WWW-Authenticate", 'Basic realm="x"')
        self.send_header("X-Said", said.decode("latin-1"))
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_POST = do_GET  # noqa: N815 - the library's name

    def log_message(self, *_: Any) -> None:
        pass


class Good(Echo):
    """Takes any login."""

    status = 200


class Projector(socketserver.StreamRequestHandler):
    """Wants a password, and takes none."""

    def handle(self) -> None:
        self.wfile.write(b"PJLINK 1 498e4a67\r")
        self.request.recv(200)
        self.wfile.write(b"PJLINK ERRA\r")


@dataclass
class Told:
    """A room that runs, and everything that was told by it, by where."""

    folder: Path
    process: "subprocess.Popen[str]"
    client: httpx.Client
    texts: dict[str, str]


@pytest.fixture(scope="module")
def others() -> Iterator[dict[str, int]]:
    servers = {
        "good": ThreadingHTTPServer(("127.0.0.1", 0), Good),
        "bad": ThreadingHTTPServer(("127.0.0.1", 0), Echo),
        "pjlink": socketserver.ThreadingTCPServer(("127.0.0.1", 0), Projector),
        "closed": socketserver.TCPServer(("127.0.0.1", 0), Projector),
    }
    ports = {name: one.server_address[1] for name, one in servers.items()}
    servers.pop("closed").server_close()
    for one in servers.values():
        threading.Thread(target=one.serve_forever, daemon=True).start()
    yield ports
    for one in servers.values():
        one.shutdown()
        one.server_close()


@pytest.fixture(scope="module")
def told(others: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("canary")
    file = folder / "room.toml"
    file.write_text(ROOM.format(**others))
    files = SecretFiles(folder / "secrets")
    web = f"http://{CANARY}user:{CANARY}pass@127.0.0.1:{others['bad']}"
    for name, value in {
        "camera": f"{CANARY}camera",
        "wall": f"{CANARY}wall",
        "broker": f"room:{CANARY}broker",
        "mqtt": f"{CANARY}mqtt",
        "calendar": f"{web}/{CANARY}path.ics?tk={CANARY}query",
        "board": f"https://meet.jit.si/{CANARY}board",
        "standing": f"https://meet.jit.si/{CANARY}standing",
        "hook": f"http://127.0.0.1:{others['bad']}/{CANARY}hook",
        "hook-key": f"{CANARY}hook-key",
        "mail": f"smtp://{CANARY}user@127.0.0.1:{others['bad']}?to=a@b.example&from=c@d.example",
        "mail-password": f"{CANARY}mail",
        "robot": f"feishu:http://127.0.0.1:{others['bad']}/{CANARY}robot",
        "robot-key": f"{CANARY}robot-key",
    }.items():
        files.write(name, value)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*ROOMCTL, "serve", "--config", str(file), "--trace", str(folder / "trace"), "-v"],
            stdout=log,
            stderr=log,
            text=True,
            env=environment(folder),
        )
    try:
        left = folder / "run/roomctl/api.json"
        until(lambda: written(left), 4 * LIMIT_S)
        found = json.loads(left.read_text())
        head = {"Authorization": f"Bearer {found['token']}"}
        with httpx.Client(
            base_url=found["api"], headers=head, timeout=LIMIT_S, trust_env=False
        ) as client:
            yield _exercised(Told(folder, process, client, {}))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(LIMIT_S)


def _exercised(told: Told) -> Told:
    """Ask for everything, with right and wrong words, once every other end has been met."""
    client, texts = told.client, told.texts

    def met() -> bool:
        found = {one["subject"] for one in client.get("/api/v1/issues").json()}
        wanted = {"camera.bad", "camera.onvif", "display.wall", "occupancy.people", "calendar"}
        return wanted <= found

    until(met, 4 * LIMIT_S)
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        if "get" in methods and path != "/api/v1/events":
            for camera in ("good", "bad"):
                where = path.replace("{camera}", camera).replace("{preset}", "1")
                answer = client.get(where)
                texts[f"GET {where}"] = f"{answer.headers} {_text(answer.content)}"
    for kind, args in {
        "meeting.join": {"favourite": "Board"},
        "meeting.new": {"platform": "jitsi"},
        "camera.recall": {"camera": "bad", "preset": 1},
        "display.power": {"display": "wall", "on": True},
    }.items():
        answer = client.post("/api/v1/commands?wait_s=5", json={"type": kind, "args": args})
        texts[kind] = answer.text
    for name in ("mail", "chat"):
        texts[f"alert {name}"] = client.post(f"/api/v1/alerts/{name}/test").text
    text = (told.folder / "room.toml").read_text().replace("display.wall", "dsplay.wall")
    texts["check"] = client.post("/api/v1/config/check", json={"text": text}).text
    with client.stream("GET", "/api/v1/events") as events:
        lines = events.iter_lines()
        texts["events"] = "\n".join(next(lines) for _ in range(3))
    texts["roomctl check"] = roomctl(told.folder, "check", str(told.folder / "room.toml")).out
    texts["roomctl status"] = roomctl(told.folder, "status").out
    texts["roomctl secret"] = str(
        roomctl(told.folder, "secret", "list", "--config", str(told.folder / "room.toml"))
    )
    return told


def _text(data: bytes) -> str:
    if not data.startswith(b"PK"):
        return data.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(data)) as bundle:
        return "\n".join(bundle.read(name).decode() for name in bundle.namelist())


def holds(text: str) -> bool:
    digits = text.lower().replace(" ", "")
    return any(one in text or one.encode().hex() in digits for one in (CANARY, *BASE64))


def test_no_answer_event_metric_audit_bundle_trace_or_document_has_a_secret(told: Told) -> None:
    expected = {"GET /metrics", "GET /api/v1/audit", "GET /api/v1/diagnostics", "GET /api/v1/log"}
    assert expected <= set(told.texts)
    assert [where for where, text in told.texts.items() if holds(text)] == []


def test_no_log_at_its_most_verbose_has_a_secret(told: Told) -> None:
    lines = (told.folder / "log").read_text().splitlines()
    assert len(lines) > 5
    assert [line for line in lines if holds(line)] == []


def test_nothing_that_is_kept_has_a_secret_but_the_secrets(told: Told) -> None:
    files = [one for one in told.folder.rglob("*") if one.is_file()]
    kept = [one for one in files if one.parent.name != "secrets"]
    assert len(kept) < len(files)
    assert [str(one) for one in kept if holds(one.read_bytes().decode("latin-1"))] == []


def test_no_process_of_ours_has_a_secret_in_its_command_line_or_environment(told: Told) -> None:
    for file in ("cmdline", "environ"):
        found = Path(f"/proc/{told.process.pid}/{file}").read_bytes()
        assert found
        assert not holds(found.decode("latin-1"))


def test_the_canaries_were_used(told: Told) -> None:
    """Or finding none would prove nothing."""
    trace = told.client.get("/api/v1/cameras/good/trace")
    assert trace.status_code == 200
    issues = {one["subject"]: one for one in told.client.get("/api/v1/issues").json()}
    assert "password" in json.dumps(issues["display.wall"])
    assert "password" in json.dumps(issues["camera.bad"])
    assert "refuses the message (HTTP 401)" in told.texts["alert chat"]
    assert '"arrived":false' in told.texts["alert mail"]
