"""What the kernel counted for a meeting: of real sockets, and of a real Chromium's pages."""

import contextlib
import http.server
import itertools
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from roomctl.kiosk.traffic import SessionTraffic
from roomctl.meeting.flow import TrafficSource, media_flow

pytestmark = pytest.mark.real

_LIMIT_S = 60.0
_PROGRAM = """
import socket, sys
line = socket.create_connection((sys.argv[1], int(sys.argv[2])))
for word in sys.stdin:
    line.sendall(bytes(int(word)))
    line.recv(1, socket.MSG_WAITALL)
"""


class Program:
    """A program of a meeting in `folder`, with one connection to `here`."""

    def __init__(self, folder, host="127.0.0.1"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listening = socket.create_server((host, 0), family=family)
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, host, str(self.port), f"{folder}/profile"],
            stdin=subprocess.PIPE,
            text=True,
        )
        self.line, _ = self.listening.accept()

    @property
    def port(self):
        return self.listening.getsockname()[1]

    def sends(self, count):
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        while count:
            count -= len(self.line.recv(count))

    def receives(self, count):
        self.line.sendall(bytes(count))

    def close(self):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        self.line.close()
        self.listening.close()


@pytest.fixture
def run():
    with contextlib.ExitStack() as stack:
        yield lambda *words: stack.enter_context(contextlib.closing(Program(*words)))


def until(traffic, holds):
    """Look until something holds of a count: the kernel acknowledges a moment later."""
    end = time.monotonic() + _LIMIT_S
    while not holds(count := traffic.read()):
        assert time.monotonic() < end, f"never: {count}"
        time.sleep(0.02)
    return count


def tcp(count):
    return count.tcp_in, count.tcp_out - count.tcp_out % 10  # Linux counts a connection's SYN, too


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_payload_of_a_meetings_socket_is_counted_to_the_byte(run, tmp_path, host):
    program, traffic = run(tmp_path, host), SessionTraffic(tmp_path)
    program.sends(5000)
    program.receives(70_000)
    until(traffic, lambda count: tcp(count) == (70_000, 5000))


def test_closed_sockets_stay_counted_beside_new_ones(run, tmp_path):
    first, traffic = run(tmp_path), SessionTraffic(tmp_path)
    first.sends(5000)
    until(traffic, lambda count: tcp(count) == (0, 5000))
    first.close()
    second = run(tmp_path)
    second.sends(300)
    until(traffic, lambda count: tcp(count) == (0, 5300))


def test_other_programs_and_our_own_pages_are_not_counted(run, tmp_path):
    other, own = run(tmp_path / "other"), run(tmp_path / "meeting")
    theirs = run(tmp_path / "meeting")
    traffic = SessionTraffic(tmp_path / "meeting", {own.port})
    other.sends(5000)
    own.sends(7000)
    theirs.sends(300)
    until(traffic, lambda count: tcp(count) == (0, 300))


def test_socket_that_comes_later_is_found_within_some_looks(run, tmp_path):
    first, traffic = run(tmp_path), SessionTraffic(tmp_path)
    first.sends(50)
    until(traffic, lambda count: tcp(count) == (0, 50))
    run(tmp_path).sends(100)  # by a process that was not there
    for _ in range(6):
        count = traffic.read()
    assert tcp(count) == (0, 150)


def test_datagrams_are_those_of_the_whole_box_without_systemd(tmp_path):
    traffic = SessionTraffic(tmp_path, bus=tmp_path / "none")
    before = traffic.read()
    assert (before.source, before.bytes_in) == (TrafficSource.HOST, None)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        for _ in range(30):
            line.sendto(b"x", line.getsockname())
            line.recv(1)
    after = traffic.read()
    assert after.packets_in >= before.packets_in + 30
    assert after.packets_out >= before.packets_out + 30


_HEARER = """
import socket, sys
line = socket.socket(type=socket.SOCK_DGRAM)
line.bind(("127.0.0.1", 0))
if sys.argv[2] == "one peer":
    line.connect(("127.0.0.1", 9))
print(line.getsockname()[1], flush=True)
for word in sys.stdin:
    line.recv(100)
    print("taken in", flush=True)
"""


class Hearer:
    """A program of a meeting in `folder`, with one socket for datagrams."""

    def __init__(self, folder, way=""):
        self.process = subprocess.Popen(
            [sys.executable, "-c", _HEARER, f"{folder}/profile", way],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.at = ("127.0.0.1", int(self.process.stdout.readline()))

    def is_told(self):
        with socket.socket(type=socket.SOCK_DGRAM) as line:
            line.sendto(b"x", self.at)

    def takes_in(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def close(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def hearer(tmp_path):
    with contextlib.ExitStack() as done:
        yield lambda folder, way="": done.enter_context(contextlib.closing(Hearer(folder, way)))


def looking(folder):
    traffic = SessionTraffic(folder)
    traffic.read()
    return traffic, traffic.find_datagram_sockets()


def test_it_is_told_when_a_datagram_came_last(hearer, tmp_path):
    one = hearer(tmp_path)
    traffic, found = looking(tmp_path)
    assert found
    assert traffic.heard() is None
    for _ in range(2):
        before = time.monotonic()
        one.is_told()
        one.takes_in()
        after = time.monotonic()
        first = traffic.heard()
        assert before - 0.1 <= first <= after + 0.1
        assert traffic.heard() == first, "nothing came since"


def test_datagram_that_waits_to_be_taken_in_has_come(hearer, tmp_path):
    """A program that is held up hears later; the other end is not gone."""
    one = hearer(tmp_path)
    traffic, _ = looking(tmp_path)
    one.is_told()
    first = traffic.heard()
    assert traffic.heard() > first


def test_sockets_of_other_programs_with_a_peer_and_closed_ones_tell_nothing(hearer, tmp_path):
    folder = tmp_path / "meeting"
    other, peer, gone = hearer(tmp_path / "other"), hearer(folder, "one peer"), hearer(folder)
    traffic, found = looking(folder)
    assert found
    for one in (gone, other):
        one.is_told()
        one.takes_in()
    assert traffic.heard() is not None
    gone.close()
    assert traffic.heard() is None
    assert peer.process.poll() is None


def test_a_look_costs_at_most_five_milliseconds(run, tmp_path):
    program, traffic = run(tmp_path), SessionTraffic(tmp_path)
    program.sends(100)
    until(traffic, lambda count: tcp(count) == (0, 100))
    began = time.thread_time()
    for _ in range(50):
        traffic.read()
    assert time.thread_time() - began < 50 * 0.005


# A real browser's pages

_PAGES = {
    "call": """
      const port = new URLSearchParams(location.search).get("ws");
      const line = new WebSocket("ws://127.0.0.1:" + port);
      line.onopen = () => setInterval(() => line.send(new Uint8Array(SIZE)), 20);
    """,
    "music": """
      document.body.append(Object.assign(new Audio("/music"), { autoplay: true }));
    """,
    "upload": """
      fetch("/upload", { method: "POST", body: new Blob([new Uint8Array(200_000_000)]) });
    """,
    "idle": """
      fetch("/said");
    """,
}
_WAV = b"".join(
    (
        b"RIFF\xff\xff\xff\x7fWAVE",
        b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16_000, 32_000, 2, 16),
        b"data\xff\xff\xff\x7f",
    )
)


class _Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.partition("?")[0].lstrip("/")
        self.send_response(200)
        self.send_header("Content-Type", "audio/wav" if path == "music" else "text/html")
        self.end_headers()
        if path == "music":
            with contextlib.suppress(OSError):
                self.wfile.write(_WAV)
                while not self.server.ended.wait(0.1):
                    self.wfile.write(bytes(3200))  # 16 kHz, mono, as it is played
        elif path in _PAGES:
            script = _PAGES[path].replace("SIZE", str(self.server.size))
            self.wfile.write(f"<!doctype html><body><script>{script}</script>".encode())
        elif path == "said":
            self.server.said.set()

    def do_POST(self):
        while not self.server.ended.wait(0.1) and self.rfile.read(200_000):
            pass

    def log_message(self, *words):
        pass


class _Site(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, size):
        super().__init__(("127.0.0.1", 0), _Answer)
        self.size, self.said, self.ended = size, threading.Event(), threading.Event()
        self.ws = serve(self._talk, "127.0.0.1", 0, compression=None)
        for one in (self, self.ws):
            threading.Thread(target=one.serve_forever, daemon=True).start()

    def _talk(self, line):
        def send():
            with contextlib.suppress(ConnectionClosed):
                while not self.ended.wait(0.02):
                    line.send(bytes(self.size))

        threading.Thread(target=send, daemon=True).start()
        with contextlib.suppress(ConnectionClosed):
            for _ in line:
                pass

    def close(self):
        self.ended.set()
        self.ws.shutdown()
        self.shutdown()
        self.server_close()


@pytest.fixture
def page(tmp_path):
    """Open a page; returns a function that takes samples until something holds of their flow."""
    with contextlib.ExitStack() as stack:

        def open_(name, size=0):
            site = stack.enter_context(contextlib.closing(_Site(size)))
            port, ws = site.server_port, site.ws.socket.getsockname()[1]
            browser = subprocess.Popen(
                [
                    shutil.which("chromium"),
                    *("--headless=new", "--no-sandbox", "--no-first-run"),
                    *("--disable-background-networking", "--disable-component-update"),
                    "--autoplay-policy=no-user-gesture-required",
                    f"--user-data-dir={tmp_path / 'meeting' / 'profile'}",
                    f"http://127.0.0.1:{port}/{name}?ws={ws}",
                ],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            stack.callback(browser.wait)
            stack.callback(os.killpg, browser.pid, signal.SIGKILL)
            return site, Looks(tmp_path / "meeting")

        yield open_


class Looks:
    """Samples of a meeting's traffic, one a second; `flows` is what they say."""

    def __init__(self, folder):
        self.traffic, self.samples, self.flows = SessionTraffic(folder), [], []

    def look(self):
        self.samples.append((time.monotonic(), self.traffic.read()))
        self.flows.append(media_flow(self.samples))
        return self.flows[-1]

    def until(self, holds):
        end = time.monotonic() + _LIMIT_S
        while not holds(flow := self.look()):
            assert time.monotonic() < end, f"never: {flow}: {self.samples[-2:]}"
            time.sleep(1)
        for (_, before), (_, after) in itertools.pairwise(self.samples[-3:]):
            way = after.tcp_in - before.tcp_in, after.tcp_out - before.tcp_out
            print(f"{way[0]} B/s in, {way[1]} B/s out: {flow}")  # noqa: T201 - measured


@pytest.mark.browser
@pytest.mark.parametrize("size", [100, 640])  # Opus; PCM of 16 kHz
def test_sound_by_websocket_is_media_both_ways(page, size):
    _, looks = page("call", size)
    looks.until(lambda flow: flow.incoming and flow.outgoing)


@pytest.mark.browser
def test_streamed_music_is_media_that_only_come_in(page):
    _, looks = page("music")
    looks.until(lambda flow: flow.incoming)
    assert not any(flow.outgoing for flow in looks.flows)


@pytest.mark.browser
def test_upload_is_media_that_only_go_out(page):
    _, looks = page("upload")
    looks.until(lambda flow: flow.outgoing)
    assert not any(flow.incoming for flow in looks.flows)


@pytest.mark.browser
def test_idle_page_has_no_media(page):
    site, looks = page("idle")
    assert site.said.wait(_LIMIT_S)
    looks.until(lambda _: len(looks.samples) > 6)
    assert not any(flow.incoming or flow.outgoing for flow in looks.flows)
