"""What is seen of a meeting's media reaches the daemon as it was seen."""

import os
from pathlib import Path

import pytest

from roomctl.kiosk.browser.folder import BrowserFolder
from roomctl.kiosk.browser.witnesses import Witnesses
from roomctl.screen.protocol import MeetingPage, MessageReader, PagePhase, SoundFlow, encode

LOG = Path(__file__).parent / "rtc_logs/call.log"
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
async def test_a_look_is_a_message_that_is_read_as_it_was_said(folder, logged):
    witnesses = Witnesses(folder, flow_of, logged=logged)
    with (folder.logs / "event_log.log").open("wb", buffering=0) as log:
        log.write(LOG.read_bytes())
        seen = await witnesses.look(PAGE, os.getpid())
        witnesses.close()
    assert MessageReader().feed(encode(seen)) == [seen]
    assert seen.flow == SoundFlow(capture=True, playback=False)
    assert (seen.lines is not None) is logged
    if seen.lines is not None:
        assert (seen.lines.connected, seen.lines.received_s > 3) == (1, True)
