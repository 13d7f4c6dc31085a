"""`roomctl do selftest.run` against a room that does not come to an end of it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from roomctl.cli import ask, selftest
from roomctl.cli.run_file import left
from roomctl.errors import RoomctlError

pytestmark = pytest.mark.real


class Anew(BaseHTTPRequestHandler):
    """A room that was restarted after it took the command."""

    def _say(self, body: bytes) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self._say(b"{}")

    def do_GET(self) -> None:
        self._say(b'{"report": null}')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Anew)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_room_that_was_started_anew_meanwhile_has_passed_no_test(
    tmp_path: Path, url: str
) -> None:
    token = tmp_path / "token"
    token.write_text("a-token-of-this-room")
    token.chmod(0o600)
    with pytest.raises(RoomctlError, match="was restarted"):
        selftest.run(url, token, {}, print)


def test_which_of_two_rooms_is_asked_is_said_once_in_a_command(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with left(url, "a-token-of-this-room"), left("http://127.0.0.1:9", "another-token-here"):
        with pytest.raises(RoomctlError, match="was restarted"):
            selftest.run(None, None, {}, print)
        ask.access(None, None, "GET", "issues")
        ask.room(None, None)
    assert capsys.readouterr().err.count(url) == 1
