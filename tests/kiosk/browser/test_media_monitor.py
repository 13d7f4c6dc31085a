"""What is seen of a meeting's media reaches the daemon as it was seen."""

import asyncio
import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from roomctl.kiosk.browser import media_monitor
from roomctl.kiosk.browser.folder import BrowserFolder
from roomctl.kiosk.browser.media_monitor import MediaMonitor
from roomctl.meeting.flow import TrafficCount
from roomctl.screen.protocol import MeetingPage, MessageReader, PagePhase, SoundFlow, encode

LOG = Path(__file__).parent / "rtc_logs/call.log"
LOGGED_AT_S = 13_934.0  # its newest event, in the seconds of the machine that wrote it
PAGE = MeetingPage(7, PagePhase.OPEN)


@pytest.fixture
def folder(tmp_path):
    made = BrowserFolder(tmp_path)
    yield made
    made.remove()


async def flow_of(pid):
    return SoundFlow(capture=True, playback=False)


@pytest.mark.real
@pytest.mark.parametrize("logged", [False, True])
async def test_a_look_is_a_message_that_is_read_as_it_was_said(folder, logged, monkeypatch):
    then = SimpleNamespace(monotonic=lambda: LOGGED_AT_S)  # however long this machine has run
    monkeypatch.setattr(media_monitor, "time", then)
    monitor = MediaMonitor(folder, flow_of, logged=logged)
    with (folder.logs / "event_log.log").open("wb", buffering=0) as log:
        log.write(LOG.read_bytes())
        seen = await monitor.look(PAGE, os.getpid())
        monitor.close()
    assert MessageReader().feed(encode(seen)) == [seen]
    assert seen.flow == SoundFlow(capture=True, playback=False)
    assert (seen.lines is not None) is logged
    if seen.lines is not None:
        assert (seen.lines.connected, seen.lines.received_s > 3) == (1, True)


class Network:
    """A session whose datagrams flow, as many as a call has, once it is told to call."""

    def __init__(self):
        self.began = self.has_socket = None

    def call(self, *, with_socket):
        self.began, self.has_socket = time.monotonic(), with_socket

    def datagrams(self):
        count = 0 if self.began is None else int((time.monotonic() - self.began) * 50)
        return count, count

    def heard(self):
        return None

    def read(self):
        return TrafficCount()

    def find_datagram_sockets(self):
        return bool(self.has_socket)

    def close(self):
        pass


@pytest.mark.real
@pytest.mark.parametrize("with_socket", [False, True])
async def test_whose_datagrams_they_are_is_looked_at_when_they_begin(folder, with_socket):
    network = Network()
    monitor = MediaMonitor(folder, flow_of, logged=True, network=network, every_s=600.0)
    assert not (await monitor.look(PAGE, os.getpid())).traffic.datagrams
    with (folder.logs / "event_log.log").open("wb", buffering=0) as log:
        log.write(LOG.read_bytes())
        network.call(with_socket=with_socket)
        for _ in range(6):  # they flow once they have for a second
            await asyncio.sleep(0.4)
            seen = await monitor.look(PAGE, os.getpid())
    assert seen.traffic.datagrams is with_socket
    assert seen.lines.connected == 1, "its connection was made meanwhile"
    network.has_socket = True
    await asyncio.sleep(0.4)
    seen = await monitor.look(PAGE, os.getpid())
    assert seen.traffic.datagrams is with_socket, "others' datagrams stay others'"
    monitor.close()
