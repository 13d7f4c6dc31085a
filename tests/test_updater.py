"""An update, cut off at any step, as often as one likes: the old version or the new, never half."""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl import installed, updater
from roomctl.updater import RoomHealth, UpdateFailed
from tests.authority import Authority

FULL = RoomHealth(frozenset({"ready", "audio_ready"}), {"camera.front": "passed"})
HALF = "half"


class Cut(Exception):
    """The power is gone."""


class Pretended:
    """A box whose every step may be the last before a power cut."""

    def __init__(self, cuts: list[int], *, fails: str = "", found: str | None = "new") -> None:
        self.cuts, self.steps, self.fails, self.found = cuts, 0, fails, found
        self.package, self.state, self.kept, self.snapshot = "old", "old", "", ""
        self.marker: tuple[str, str] | None = None
        self.runs, self.told = True, dict[str, object]()

    def step(self) -> None:
        self.steps += 1
        if self.cuts and self.steps >= self.cuts[0]:
            del self.cuts[0]
            self.steps, self.runs = 0, False
            raise Cut

    def fail(self, where: str) -> None:
        if self.fails == where:
            raise UpdateFailed(where)

    def installed(self) -> str:
        if self.package == HALF:
            raise UpdateFailed("needs")
        return self.package

    def newest(self) -> str | None:
        self.step()
        self.fail("newest")
        return self.found

    def fetch(self, version: str) -> None:
        self.step()
        self.fail("fetch")
        self.kept = self.package
        self.step()

    def look(self) -> RoomHealth | None:
        self.step()
        self.fail("in_use")
        return FULL

    def stop(self) -> None:
        self.step()
        self.runs = False

    def start(self) -> None:
        self.step()
        self.runs = True
        if self.package == "new":
            self.state = "new"  # it writes its state as soon as it runs

    def keep_state(self) -> None:
        assert not self.runs, "the state is copied while the room writes it"
        self.snapshot = HALF
        self.step()
        self.fail("keep_state")
        self.snapshot = self.state
        self.step()

    def restore_state(self) -> None:
        assert not self.runs
        assert self.snapshot == "old"
        self.state = HALF
        self.step()
        self.state = self.snapshot
        self.step()

    def install(self, version: str) -> None:
        self.package = HALF
        self.step()
        self.fail("install")
        self.package = version
        self.step()

    def put_back(self, version: str) -> None:
        assert self.kept == version
        self.package = HALF
        self.step()
        self.package = version
        self.step()

    def prove(self, before: RoomHealth | None) -> None:
        self.step()
        self.fail("prove")

    def mark(self, old: str, new: str) -> None:
        self.step()
        self.marker = (old, new)
        self.step()

    def marked(self) -> tuple[str, str] | None:
        return self.marker

    def unmark(self) -> None:
        self.step()
        self.marker = None
        self.step()

    def sweep(self) -> None:
        self.step()
        assert self.marker is None, "what the way back needs is deleted"
        self.snapshot = ""

    def tell(self, state: str, **more: object) -> None:
        self.told |= {"state": state, **more}
        self.step()

    def boot(self) -> None:
        """Start as the box does: the updater first, then whatever is installed."""
        while True:
            try:
                updater.resume(self)
            except Cut:
                continue
            break
        self.runs = True
        if self.package == "new":
            self.state = "new"


def run(box: Pretended) -> None:
    try:
        updater.update(box)
    except Cut:
        box.boot()
    except UpdateFailed:
        pass


@given(st.lists(st.integers(1, 30), max_size=5), st.sampled_from(["", "install", "prove"]))
@pytest.mark.hypothesis
def test_a_cut_at_every_step_leaves_the_old_version_or_the_new_one(
    cuts: list[int], fails: str
) -> None:
    box = Pretended(list(cuts), fails=fails)
    run(box)
    assert (box.package, box.state) in {("old", "old"), ("new", "new")}
    assert box.marker is None
    assert box.runs
    assert box.told["state"] == "idle"
    if fails:
        assert box.package == "old"


@pytest.mark.parametrize("fails", ["install", "prove"])
def test_a_version_that_fails_goes_back_and_says_why(fails: str) -> None:
    box = Pretended([], fails=fails)
    run(box)
    last = box.told["last"]
    assert isinstance(last, dict)
    assert (last["outcome"], last["old"], last["new"], last["code"]) == (
        "went_back",
        "old",
        "new",
        fails,
    )


@pytest.mark.parametrize("fails", ["newest", "fetch", "in_use", "keep_state"])
def test_what_stops_before_the_first_change_leaves_the_room_as_it_is(fails: str) -> None:
    box = Pretended([], fails=fails)
    with pytest.raises(UpdateFailed, match=fails):
        updater.update(box)
    assert (box.package, box.state, box.marker, box.runs) == ("old", "old", None, True)


def test_the_newest_version_is_not_installed_again() -> None:
    box = Pretended([], found=None)
    with pytest.raises(UpdateFailed, match="current"):
        updater.update(box)
    assert box.runs


@pytest.mark.parametrize(
    ("held", "tests", "lost"),
    [
        ({"ready", "audio_ready"}, {"camera.front": "passed"}, []),
        ({"ready", "audio_ready", "calendar_fresh"}, {"camera.front": "skipped"}, []),
        ({"audio_ready"}, {"camera.front": "passed"}, ["ready"]),
        (
            {"ready", "audio_ready"},
            {"camera.front": "failed", "camera.back": "failed"},
            ["camera.front"],
        ),
    ],
)
def test_a_room_is_worse_that_lost_a_condition_or_a_test(
    held: set[str], tests: dict[str, str], lost: list[str]
) -> None:
    assert updater.worse(FULL, RoomHealth(frozenset(held), tests)) == lost


def test_a_request_is_one_of_two_words_and_an_id() -> None:
    assert updater.parsed(b'{"do": "check", "id": "0123456789abcdef"}') == (
        "check",
        "0123456789abcdef",
    )
    assert updater.parsed(b'{"do": "install", "id": "01234567"}')[0] == "install"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b'{"do": "install"}',
        b'{"do": "remove", "id": "01234567"}',
        b'{"do": ["install"], "id": "01234567"}',
        b'{"do": "install", "id": "../../../etc"}',
        b'{"do": "install", "id": 1234567890}',
        b'{"do": "install", "id": "01234567\\n"}',
        b'{"do": "install", "id": "01234567", "version": "2"}',
        b'{"do": "install", "id": "\xff"}',
        b"[" * 200,
    ],
)
def test_anything_else_is_no_request(data: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        updater.parsed(data)


@given(st.binary(max_size=200))
@pytest.mark.hypothesis
def test_any_bytes_are_a_request_or_refused(data: bytes) -> None:
    try:
        do, name = updater.parsed(data)
    except (ValueError, RecursionError):
        return
    assert do in ("check", "install")
    assert name.isalnum()


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The two places of requests, root's first, in a folder of the test's own."""
    places = (tmp_path / "root.request", tmp_path / "room.request")
    monkeypatch.setattr(updater, "REQUESTS", places)
    return places


TRICKS: dict[str, Callable[[Path], object]] = {
    "link": lambda path: path.symlink_to("/etc/passwd"),
    "folder": lambda path: (path / "more").mkdir(parents=True),
    "large": lambda path: path.write_bytes(b'{"do": "check", "id": "01234567"}' + b" " * 1000),
    "nonsense": lambda path: path.write_bytes(b"\0" * 100),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_what_lies_in_the_requests_place_is_gone_afterwards_and_asks_nothing(
    runtime: tuple[Path, Path], trick: str
) -> None:
    TRICKS[trick](runtime[1])
    assert updater.requested() is None
    assert not runtime[1].exists()
    assert not runtime[1].is_symlink()


def test_a_request_is_taken_once(runtime: tuple[Path, Path]) -> None:
    runtime[1].write_text(json.dumps({"do": "install", "id": "0123456789"}))
    assert updater.requested() == ("install", "0123456789")
    assert updater.requested() is None


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("E: Failed to fetch copy:/x/InRelease  The following signatures couldn't be verified"
         " because the public key is not available: NO_PUBKEY 0123456789ABCDEF", "signature"),
        ("E: Release file for http://x/dists/stable/InRelease is not valid yet (invalid for another"
         " 3h). Updates for this repository will not be applied.", "clock"),
        ("W: OpenPGP signature verification failed: copy:/x stable InRelease: Sub-process"
         " /usr/bin/sqv returned an error code (1), error message is: Verifying signature:"
         "            Not live until 2037-12-31T23:30:00Z\n"
         "E: The repository 'copy:/x stable InRelease' is not signed.", "clock"),
        ("W: OpenPGP signature verification failed: copy:/x stable InRelease: Sub-process"
         " /usr/bin/sqv returned an error code (1), error message is: Verifying signature:"
         "            Expired on 2020-07-01T00:00:00Z\n"
         "E: The repository 'copy:/x stable InRelease' is not signed.", "clock"),
        ("E: Failed to fetch https://x/dists/stable/InRelease  SSL connection failed:"
         " error:0A000086:SSL routines::certificate verify failed / Success", "certificate"),
        ("E: Failed to fetch http://x/roomctl.deb  File has unexpected size (4 != 9). Mirror sync"
         " in progress?", "damaged"),
        ("E: Failed to fetch http://x/InRelease  Could not connect to x:80", "unreachable"),
        ("E: Could not get lock /var/lib/dpkg/lock-frontend.", "busy"),
        ("E: Something that nobody has seen", "failed"),
    ],
)  # fmt: skip
def test_what_apt_prints_becomes_a_code(said: str, code: str) -> None:
    assert updater.meaning(f"Get:1 something\n{said}\n").code == code


@pytest.fixture
def https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Servers by https at "localhost:port", on a system that trusts one authority."""
    trusted, nobody = Authority("trusted"), Authority("nobody")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.certificate(tmp_path / "trusted.pem")))
    with contextlib.ExitStack() as ending:

        def serve(days: tuple[int, int], name: str = "localhost", *, trust: bool = True) -> str:
            authority = trusted if trust else nobody
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(authority.server(tmp_path / "server.pem", name, days))
            server = ending.enter_context(TCPServer(("localhost", 0), BaseRequestHandler))
            server.socket = context.wrap_socket(server.socket, server_side=True)
            threading.Thread(target=server.serve_forever).start()
            ending.callback(server.shutdown)
            return f"localhost:{server.server_address[1]}"

        yield serve


@pytest.mark.real
@pytest.mark.parametrize(
    ("days", "more", "code", "word"),
    [
        ((30, 60), {}, "clock", "not yet valid"),
        ((-60, -30), {}, "clock", "expired"),
        ((-1, 1), {"trust": False}, "certificate", "issuer"),
        ((-1, 1), {"name": "elsewhere.example"}, "certificate", "mismatch"),
        ((-1, 1), {}, "certificate", "SSL connection failed"),
    ],
)
def test_a_certificate_that_apt_refuses_is_told_by_what_is_wrong_with_it(
    https: Callable[..., str], days: tuple[int, int], more: dict[str, Any], code: str, word: str
) -> None:
    at = https(days, **more)
    line = "SSL connection failed: error:0A000086:SSL routines::certificate verify failed / Success"
    why = updater.apt_failed(f"E: Failed to fetch https://{at}/dists/stable/InRelease  {line}")
    assert (why.code, word in why.detail) == (code, True), why


@pytest.mark.real
def test_a_server_of_bad_certificate_that_is_gone_leaves_what_apt_said() -> None:
    line = (
        "E: Failed to fetch https://localhost:1/x  SSL connection failed: certificate verify failed"
    )
    assert updater.apt_failed(line).code == "certificate"


@pytest.mark.real
def test_it_runs_without_any_other_module_of_the_program() -> None:
    line = [sys.executable, "-I", updater.__file__, "--help"]
    said = subprocess.run(line, capture_output=True, text=True, check=True)
    assert "resume" in said.stdout
    code = f"import runpy, sys; runpy.run_path({updater.__file__!r}); print(*sys.modules)"
    said = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert [name for name in said.stdout.split() if name.startswith("roomctl")] == []


def test_the_room_looks_where_the_updater_writes() -> None:
    assert installed.UPDATER == updater.FOLDER


@pytest.mark.real
def test_an_answer_of_the_room_that_does_not_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = 0

    class Endless(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            nonlocal sent
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                while sent < 10 * updater.LARGEST_ANSWER:
                    sent += self.wfile.write(b" " * 65536)

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        file = tmp_path / "api.json"
        file.write_text(json.dumps({"api": f"http://127.0.0.1:{server.server_port}", "token": ""}))
        monkeypatch.setattr(updater, "RUN_FILE", file)
        with pytest.raises(ValueError, match="more than 8 MB"):
            updater.api("GET", "room")
        server.shutdown()
    assert sent < 10 * updater.LARGEST_ANSWER


@pytest.mark.real
def test_a_program_that_prints_without_end_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(updater, "FOLDER", tmp_path)
    monkeypatch.setattr(updater, "LARGEST_LOG", 1 << 20)
    done = updater.run(["sh", "-c", "while :; do head -c 100000 /dev/zero; sleep 0.01; done"], 60.0)
    assert done.status is None
    assert len(done.said) == 1 << 20


@pytest.mark.real
def test_a_program_that_takes_too_long_is_ended_with_what_it_began(tmp_path, monkeypatch):
    monkeypatch.setattr(updater, "FOLDER", tmp_path)
    os.mkfifo(tmp_path / "line")
    with open(os.open(tmp_path / "line", os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as line:
        program = f"sleep 4711 > {tmp_path}/line & echo begun > {tmp_path}/line; echo begun; wait"
        limit_s = 0.3
        while not (done := updater.run(["sh", "-c", program], limit_s)).said:
            limit_s *= 2  # a busy machine had not started it
        assert done.status is None
        os.set_blocking(line.fileno(), True)
        assert set(line.readall().split()) == {b"begun"}  # all who could write are gone
