"""Why a mute in the room tells nobody that they talk: what a mute of a virtual source leaves open.

docs/speakerphones.md, *Talking while muted*, stands on these three facts of real sound servers.
"""

import pytest

from tests.kiosk.sound_server import KINDS, SoundServer, needed

pytestmark = pytest.mark.real


@pytest.fixture(scope="module", params=KINDS)
def server(request):
    needed(request.param)
    server = SoundServer(request.param)
    try:
        server.start()
        server.play()
        server.pactl("load-module", "module-remap-source", "source_name=call", "master=mic")
        yield server
    finally:
        server.close()


def test_a_muted_source_gives_its_meter_silence(server):
    server.pactl("set-source-mute", "mic", "1")
    assert server.peak("mic") == 0
    server.pactl("set-source-mute", "mic", "0")
    assert server.peak("mic", patience_s=60) > 1000


def test_a_muted_virtual_source_is_silent_and_leaves_its_microphone_to_every_program(server):
    server.pactl("set-source-mute", "call", "1")
    assert server.peak("mic", patience_s=60) > 1000
    assert server.peak("call") == 0


def test_a_program_finds_the_microphone_behind_a_virtual_source_in_its_list(server):
    listed = [line.split("\t")[1] for line in server.pactl("list", "short", "sources").splitlines()]
    assert {"mic", "call"} <= set(listed)
