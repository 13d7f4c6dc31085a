"""A room behind nginx, with the lines of docs/network.md."""

import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator

import httpx
import pytest
from websockets.sync.client import connect

from roomctl.api import box
from roomctl.api.certificate import make
from roomctl.clock import SystemClock
from roomctl.installed import data_path
from tests.cli.rig import LIMIT_S, Running, simulating, until
from tests.held_port import HeldPort

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
HERE = next((one for one in box.addresses() if ":" not in one), "")
PAGE = data_path("web").parent / "docs" / "network.md"
WRAPPED = """
daemon off; pid {folder}/nginx.pid; error_log stderr;
events {{}}
http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
{server} }}
"""

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(NGINX is None or not HERE, reason="apt install nginx-light"),
]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("proxied")
    file = folder / "room.toml"
    file.write_text(
        '[api]\nlisten = "127.0.0.1:0"\ntrusted_proxies = ["127.0.0.1"]\n', encoding="utf-8"
    )
    with simulating(folder, str(file), "--screen", "simulated") as running:
        yield running


@pytest.fixture(scope="module")
def front(room: Running) -> Iterator[str]:
    """Run nginx before the room; return its address."""
    folder = room.folder
    make(folder / "tls", [HERE], SystemClock().now().wall)
    [server] = re.findall(r"```nginx\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    held = HeldPort(HERE)
    port = held.number
    for written, here in {
        "listen 443 ssl;": f"listen {HERE}:{port} ssl;",
        "/etc/nginx/bamboo.pem": f"{folder}/tls/certificate.pem",
        "/etc/nginx/bamboo.key": f"{folder}/tls/key.pem",
        "127.0.0.1:8080": f"127.0.0.1:{room.port}",
    }.items():
        assert written in server
        server = server.replace(written, here)
    (folder / "nginx.conf").write_text(WRAPPED.format(folder=folder, server=server))
    line = [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    with (folder / "nginx.log").open("w") as log, subprocess.Popen(line, stderr=log) as process:
        try:
            until(lambda: _answers(f"https://{HERE}:{port}"))
            yield f"https://{HERE}:{port}"
        finally:
            process.terminate()
            process.wait(LIMIT_S)


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _client(front: str, room: Running | None = None) -> httpx.Client:
    head = {} if room is None else {"Authorization": f"Bearer {room.said['token']}"}
    return httpx.Client(
        base_url=front, headers=head, verify=_unverified(), timeout=LIMIT_S, trust_env=False
    )


def _answers(front: str) -> bool:
    try:
        with _client(front) as client:
            return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def _addresses(room: Running, number: int) -> list[str]:
    """Return from where the room was woken, once the audit has so many entries about it."""
    head = {"Authorization": f"Bearer {room.said['token']}"}
    with httpx.Client(base_url=room.said["api"], headers=head, trust_env=False) as client:

        def found() -> list[str]:
            entries = client.get("/api/v1/audit").json()["entries"]
            return [one["address"] for one in entries if one["command"] == "room.wake"]

        until(lambda: len(found()) >= number)
        return found()


def _wake(client: httpx.Client, **headers: str) -> None:
    body = {"type": "room.wake", "args": {}}
    answer = client.post("/api/v1/commands?wait_s=5", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


def test_a_panel_that_is_paired_through_the_proxy_has_a_secure_cookie(
    room: Running, front: str
) -> None:
    link = room.roomctl("pair", "--json").json["link"]
    token = link.partition("#pair=")[2].partition("&")[0]
    with _client(front) as client:
        answer = client.post("/api/v1/pair", json={"token": token}, headers={"Origin": front})
        assert answer.status_code == 204, answer.text
        assert "; Secure" in answer.headers["set-cookie"]
        assert client.get("/api/v1/room").status_code == 200
        foreign = {"Origin": "https://evil.example"}
        body = {"type": "room.wake", "args": {}}
        assert client.post("/api/v1/commands", json=body, headers=foreign).status_code == 403


def test_the_socket_and_the_events_pass(room: Running, front: str) -> None:
    address = front.replace("https:", "wss:") + "/api/v1/live"
    head = {"Authorization": f"Bearer {room.said['token']}"}
    with connect(address, ssl=_unverified(), additional_headers=head, proxy=None) as live:
        assert '"hello"' in str(live.recv(LIMIT_S))
    with _client(front, room) as client, client.stream("GET", "/api/v1/events") as events:
        assert next(events.iter_lines())


def test_the_audit_names_who_came_to_the_proxy_whatever_they_claim(
    room: Running, front: str
) -> None:
    claims = {"X-Forwarded-For": "203.0.113.66", "X-Forwarded-Proto": "https"}
    with _client(front, room) as client:
        _wake(client, **claims)
    assert _addresses(room, 1) == [HERE]
    past_it = httpx.HTTPTransport(local_address="127.0.0.2")  # which is no trusted proxy
    head = {"Authorization": f"Bearer {room.said['token']}"}
    with httpx.Client(base_url=room.said["api"], headers=head, transport=past_it) as client:
        _wake(client, **claims)
    assert _addresses(room, 2) == [HERE, "127.0.0.2"]
