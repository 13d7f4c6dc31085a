"""A room that others can reach: https from outside, http from this box alone, pinned by its key."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from roomctl.api import box
from tests.cli.rig import Running, Said, simulating

pytestmark = pytest.mark.real

LIMIT_S = 60.0


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if not _own_address():
        pytest.skip("this machine has no address but loopback")
    words = ("--screen", "simulated", "--listen", "0.0.0.0:0")
    with simulating(tmp_path_factory.mktemp("room"), *words) as running:
        running.ready()
        yield running


def _own_address() -> str:
    return next((one for one in box.addresses() if ":" not in one), "")


def outside(room: Running, scheme: str = "https") -> str:
    return f"{scheme}://{_own_address()}:{room.port}"


def unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def stranger(room: Running, scheme: str = "https") -> httpx.Client:
    return httpx.Client(
        base_url=outside(room, scheme), verify=unverified(), timeout=LIMIT_S, trust_env=False
    )


def pin(room: Running) -> str:
    document = room.roomctl("status", "--json").json
    return str(document["identity"]["fingerprint"])


def asked(room: Running, tmp_path: Path, fragment: str, second_line: str = "") -> Said:
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text(f"{room.said['token']}\n{second_line}")
    words = ("--room", f"{outside(room)}{fragment}", "--token-file", str(token), "--json")
    return room.roomctl("status", *words)


def test_this_box_itself_is_answered_by_http_as_ever(room: Running) -> None:
    assert room.said["api"] == f"http://127.0.0.1:{room.port}"
    assert room.roomctl("status").status == 0


def test_others_are_answered_by_https_and_by_nothing_else(room: Running) -> None:
    with stranger(room) as client:
        assert client.get("/healthz").status_code == 200
    with stranger(room, "http") as client, pytest.raises(httpx.TransportError):
        client.get("/healthz")


def test_an_old_tls_is_refused(room: Running) -> None:
    context = unverified()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match=r"TLSVersion.TLSv1_1 is deprecated"):
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match=r"TLSVersion.TLSv1_1 is deprecated"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection((_own_address(), int(room.port)), LIMIT_S) as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        context.wrap_socket(plain)


def test_a_cookie_is_secure_where_https_is_spoken_and_works_by_http_on_the_box(
    room: Running,
) -> None:
    def paired(client: httpx.Client) -> str:
        link = room.roomctl("pair", "--json").json["link"]
        token = link.partition("#pair=")[2].partition("&")[0]
        answer = client.post("/api/v1/pair", json={"token": token})
        assert answer.status_code == 204
        assert client.get("/api/v1/room").status_code == 200
        return answer.headers["set-cookie"]

    with stranger(room) as client:
        assert "; Secure" in paired(client)
    with httpx.Client(base_url=room.said["api"], trust_env=False) as client:
        assert "Secure" not in paired(client)


def test_the_pairing_link_names_https_and_the_key(room: Running) -> None:
    link = room.roomctl("pair", "--json").json["link"]
    assert link.startswith("https://")
    assert link.endswith(f"&key={pin(room)}")


def test_who_has_the_pin_is_let_in_however_it_is_written(room: Running, tmp_path: Path) -> None:
    known = pin(room)
    spaced = " ".join([known[7:].upper()[at : at + 4] for at in range(0, 64, 4)])
    assert asked(room, tmp_path, f"#{known}").json["phase"] == "ready"
    assert asked(room, tmp_path, f"/#pair=used&key={known}").json["phase"] == "ready"
    assert asked(room, tmp_path, "", f"sha256:{spaced}\n").json["phase"] == "ready"


def test_another_key_than_the_pinned_one_is_refused_before_the_token_is_sent(
    room: Running, tmp_path: Path
) -> None:
    said = asked(room, tmp_path, f"#sha256:{'0' * 64}")
    assert (said.status, said.out) == (1, "")
    assert "another key than the fingerprint says; nothing was sent" in said.err


def test_a_key_that_nobody_vouches_for_is_refused_and_not_taken_at_first_sight(
    room: Running, tmp_path: Path
) -> None:
    said = asked(room, tmp_path, "")
    assert said.status == 1
    assert "not signed by an authority that this computer knows" in said.err
    assert pin(room) not in said.err


def test_what_is_no_pin_is_refused(room: Running, tmp_path: Path) -> None:
    said = asked(room, tmp_path, "#sha256:0123")
    assert "is not a fingerprint" in said.err


def test_strangers_who_speak_no_tls_are_gone_without_a_word_in_the_log(room: Running) -> None:
    for data in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01" + b"\xff" * 2000, b"\0" * 9000):
        with socket.create_connection((_own_address(), int(room.port)), LIMIT_S) as plain:
            plain.settimeout(LIMIT_S)
            plain.sendall(data)
            try:
                while plain.recv(4096):
                    pass
            except ConnectionError:
                continue
    where = (_own_address(), int(room.port))
    silent = [socket.create_connection(where, LIMIT_S) for _ in range(30)]
    with stranger(room) as client:
        assert client.get("/healthz").status_code == 200
    for one in silent:
        one.close()
    log = (room.folder / "log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert "could not be taken" not in log


def test_the_page_s_own_socket_and_events_pass_by_https(room: Running) -> None:
    from websockets.sync.client import connect

    token = room.said["token"]
    address = outside(room, "wss") + "/api/v1/live"
    head = {"Authorization": f"Bearer {token}"}
    with connect(address, ssl=unverified(), additional_headers=head, proxy=None) as live:
        assert '"hello"' in str(live.recv(LIMIT_S))
    with stranger(room) as client, client.stream("GET", "/api/v1/events", headers=head) as events:
        assert next(events.iter_lines())


def test_the_room_s_own_key_is_in_no_answer_and_nobody_else_s_to_read(room: Running) -> None:
    keys = list(room.folder.rglob("key.pem"))
    assert [one.stat().st_mode & 0o777 for one in keys] == [0o600]
    assert [one.parent.stat().st_mode & 0o777 for one in keys] == [0o700]
