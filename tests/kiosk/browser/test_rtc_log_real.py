"""The logs that a real Chromium writes: of calls with aiortc, and of pages that are in no call.

`pytest -s` prints how long after its media the log says so, and how long after an end.
"""

import contextlib
import http.server
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from roomctl.kiosk.browser.rtc_log import RtcLogs
from tests.aiortc_room import HostRoom

pytestmark = pytest.mark.browser

_LIMIT_S = 60.0
_PAGE = """<!doctype html><title>page</title><body><script>
const asked = new URLSearchParams(location.search), peer = asked.get("peer");
const connections = [], all = (list) => Promise.all(list);
const tell = (word) => fetch("/said?" + word);
const media = () => navigator.mediaDevices.getUserMedia({ audio: true, video: true });
async function loop(tracks, channel) {
  const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
  connections.push(a, b);
  a.onicecandidate = ({ candidate }) => candidate && b.addIceCandidate(candidate);
  b.onicecandidate = ({ candidate }) => candidate && a.addIceCandidate(candidate);
  for (const track of tracks) { a.addTrack(track); b.addTrack(track); }
  if (channel) a.createDataChannel("test");
  await a.setLocalDescription(await a.createOffer());
  await b.setRemoteDescription(a.localDescription);
  await b.setLocalDescription(await b.createAnswer());
  await a.setRemoteDescription(b.localDescription);
}
async function call(direction, tracks) {
  const connection = new RTCPeerConnection();
  connections.push(connection);
  for (const track of tracks) connection.addTransceiver(track, { direction });
  await connection.setLocalDescription(await connection.createOffer());
  while (connection.iceGatheringState !== "complete") {
    await new Promise((later) => setTimeout(later, 20));
  }
  const { type, sdp } = connection.localDescription;
  const body = JSON.stringify({ type, sdp });
  const answer = await fetch(peer + "/offer", { method: "POST", body });
  await connection.setRemoteDescription(await answer.json());
}
const pages = {
  async preview() {
    const context = new AudioContext(), meter = context.createAnalyser();
    context.createMediaStreamSource(await media()).connect(meter);
    new RTCPeerConnection();
    let heard = 0;
    await new Promise((done) => {
      const look = setInterval(() => {
        const levels = new Uint8Array(8);
        meter.getByteTimeDomainData(levels);
        if (++heard === 40) { clearInterval(look); done(); }
      }, 50);
    });
  },
  async loop() { await loop((await media()).getTracks()); },
  async channel() { await loop([], true); },
  async call() { await call("sendrecv", (await media()).getTracks()); },
  async receive() { await media(); await call("recvonly", ["audio", "video"]); },
  async send() { await call("sendonly", (await media()).getTracks()); },
  async muted() {
    const tracks = (await media()).getTracks();
    for (const track of tracks) track.enabled = false;
    await call("sendrecv", tracks);
  },
  async both() {
    const tracks = (await media()).getTracks();
    await loop(tracks);
    await call("sendrecv", tracks);
  },
  async many() {
    await media();
    await all(Array.from({ length: 250 }, () => loop([], true)));
  },
  async framed() { // by another site
    const frame = document.createElement("iframe");
    frame.allow = "camera; microphone";
    frame.src = location.href.replace("127.0.0.1", "localhost").replace("framed", "call");
    document.body.append(frame);
  },
};
const close = () => connections.forEach((connection) => connection.close());
pages[asked.get("does")]().then(() => tell("done"), (error) => tell(error));
(async () => {
  while (true) {
    const order = await (await fetch("/order")).text();
    if (order === "close") close();
    if (order === "leave") location.href = "/nothing";
  }
})();
</script>"""


class _Site(http.server.ThreadingHTTPServer):
    """The page's server: `said` is set by the page, `order` is given to it."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Answer)
        self.said, self.words = threading.Event(), []
        self.orders, self.changed = [], threading.Condition()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def order(self, word):
        with self.changed:
            self.orders.append(word)
            self.changed.notify_all()


class _Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked, body = urlsplit(self.path), b""
        if asked.path == "/page":
            body = _PAGE.encode()
        elif asked.path == "/said":
            self.server.words.append(asked.query)
            self.server.said.set()
        elif asked.path == "/order":
            with self.server.changed:
                self.server.changed.wait_for(lambda: self.server.orders, 20)
                body = self.server.orders.pop().encode() if self.server.orders else b""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the page has left
            self._send(body)

    def _send(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


class _Session:
    """A browser on a page, and what its logs say; `seen` keeps every reading."""

    def __init__(self, place, does, peer=""):
        self.site = _Site()
        self.logs = place / "logs"
        self.logs.mkdir()
        port = self.site.server_port
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [
                shutil.which("chromium"),
                "--headless=new",
                "--no-sandbox",
                "--no-first-run",
                "--disable-web-security",  # the page asks aiortc at another port
                f"--user-data-dir={place / 'profile'}",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                "--autoplay-policy=no-user-gesture-required",
                f"--webrtc-event-logging={self.logs}",
                f"http://127.0.0.1:{port}/page?does={does}&peer={peer}",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.reader, self.seen = RtcLogs(self.logs), []

    def look(self):
        lines = self.reader.read(time.monotonic())
        self.seen.append(lines)
        return lines

    def until(self, what, holds, each_s=0.25):
        """Look until something holds of a reading."""
        end = time.monotonic() + _LIMIT_S
        while not holds(lines := self.look()):
            assert time.monotonic() < end, f"never: {what}: {lines}; the page: {self.site.words}"
            time.sleep(each_s)
        return lines

    def done(self):
        assert self.site.said.wait(_LIMIT_S), "the page did what it was asked"
        assert self.site.words == ["done"]

    def written(self, names, each):
        """Wait until there are so many logs, and each holds so many bytes."""

        def holds(_):
            sizes = [path.stat().st_size for path in self.logs.iterdir()]
            return len(sizes) == names and min(sizes) >= each

        self.until(f"{names} logs of {each} bytes", holds)

    def connected(self):
        """Wait until the log says so, and again until it says more; return both."""
        self.done()
        at = time.monotonic()
        first = self.until("connected", lambda lines: lines.connected)
        print(f"{time.monotonic() - at:.1f} s after media: {first}")  # noqa: T201 - measured
        later = self.until("more", lambda lines: lines.newest_at > first.newest_at)
        print(later)  # noqa: T201
        return first, later

    def renderers(self):
        """Yield the pids of the browser's renderers."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    line = (entry / "cmdline").read_bytes()
                except OSError:
                    continue
                if b"--type=renderer" in line and os.fsencode(self.logs.parent) in line:
                    yield int(entry.name)

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.site.shutdown()
        self.site.server_close()


@pytest.fixture
def opened(tmp_path):
    """Open a page in a browser; ended after the test."""
    sessions = []

    def open_(does, peer=""):
        sessions.append(_Session(tmp_path, does, peer))
        return sessions[-1]

    yield open_
    for session in sessions:
        session.close()


@pytest.fixture
def peer():
    host = HostRoom()
    yield host
    host.close()


def nothing(session):
    return all(
        lines.connected == lines.packets_in == lines.packets_out == lines.signs_in == 0
        for lines in session.seen
    )


def ends(session, how):
    """Do something that ends the call, and wait until the log says so."""
    before, at = session.look(), time.monotonic()
    how()
    lines = session.until("ended", lambda lines: lines.ended == 1, each_s=0.05)
    print(f"{time.monotonic() - at:.1f} s after its end: {lines}")  # noqa: T201
    assert (lines.connections, lines.connected, lines.missing) == (0, 0, 0)
    assert lines.packets_in >= before.packets_in
    assert lines.signs_in >= before.signs_in


def test_call_carries_packets_both_ways_until_it_is_closed(opened, peer):
    session = opened("call", peer.origin)
    first, later = session.connected()
    assert (later.connections, later.connected, later.missing) == (1, 1, 0)
    assert later.others >= 1
    assert later.packets_in > first.packets_in
    assert later.packets_out > first.packets_out
    assert later.signs_in > first.signs_in
    ends(session, lambda: session.site.order("close"))


def test_listener_sends_nothing_until_it_leaves_the_page(opened, peer):
    session = opened("receive", peer.origin)
    first, later = session.connected()
    assert later.packets_in > first.packets_in
    assert later.packets_out == 0
    ends(session, lambda: session.site.order("leave"))


def test_sender_receives_signs_and_no_packets_until_its_renderer_is_killed(opened, peer):
    session = opened("send", peer.origin)
    first, later = session.connected()
    assert later.packets_out > first.packets_out
    assert later.packets_in == 0
    assert later.signs_in > first.signs_in

    def kill():
        for pid in session.renderers():
            os.kill(pid, signal.SIGKILL)

    ends(session, kill)


def test_muted_call_stays_connected_until_its_peer_is_killed(opened, peer):
    session = opened("muted", peer.origin)
    first, later = session.connected()
    assert later.connected == 1
    assert later.packets_out > first.packets_out
    peer.kill()
    at = time.monotonic()
    silent = session.until(
        "silence", lambda lines: not lines.connected or lines.newest_at - lines.sign_at > 3
    )
    print(f"{time.monotonic() - at:.1f} s after its peer: {silent}")  # noqa: T201
    lines = session.until("unreachable", lambda lines: not lines.connected)
    print(f"{time.monotonic() - at:.1f} s after its peer: {lines}")  # noqa: T201
    assert (lines.connections, lines.ended) == (1, 0)
    assert lines.signs_in == silent.signs_in


def test_call_in_a_frame_of_another_site_is_a_call(opened, peer):
    session = opened("framed", peer.origin)
    session.until("connected", lambda lines: lines.connected)


def test_call_of_a_page_that_is_also_connected_to_itself_counts_alone(opened, peer):
    session = opened("both", peer.origin)
    _, later = session.connected()
    session.written(3, 5000)
    assert max(lines.connected for lines in session.seen) == 1
    assert later.packets_out > 0
    own = session.look()
    assert (own.connections, own.missing) == (1, 0)


@pytest.mark.parametrize(("does", "bytes_each"), [("loop", 10_000), ("channel", 800)])
def test_page_that_is_connected_to_itself_is_nothing(opened, does, bytes_each):
    session = opened(does)
    session.done()
    session.written(2, bytes_each)
    session.until("neither counts", lambda lines: lines.connections == 0)
    assert nothing(session)


def test_preview_is_nothing(opened):
    session = opened("preview")
    session.done()
    session.written(1, 17)
    assert session.look().connections == 1
    assert [path.stat().st_size for path in session.logs.iterdir()] == [17]
    assert nothing(session)


def test_500_connections_of_one_page_prove_nothing(opened):
    session = opened("many")
    session.done()
    session.written(5, 800)  # Chromium logs no more
    lines = session.until("doubt", lambda lines: lines.missing >= 2)
    assert lines.connections == 1  # and two pairs that are the page's own
    assert nothing(session)
