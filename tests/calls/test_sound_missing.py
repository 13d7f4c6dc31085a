"""A room in which nobody would hear, or be heard, is not ready: a real sound server says so."""

import pytest

from tests.calls.box import Box
from tests.kiosk.sound_server import KINDS, needed

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
SILENT = {
    "volume_zero": ("set-sink-volume air 0%", "set-sink-volume air 40%"),
    "volume_zero, by a mute": ("set-sink-mute air 1", "set-sink-mute air 0"),
    "gain_zero": ("set-source-volume webcam 0%", "set-source-volume webcam 80%"),
}


@pytest.fixture(params=KINDS)
def box(request, tmp_path):
    needed(request.param)
    needed("chromium")
    box = Box(request.param, tmp_path)
    try:
        box.start("sound", "screen", "daemon")
        box.audio("open")
        assert box.heard()
        # PipeWire keeps the volume of a virtual device that never ran to itself; these two have.
        box.sound.pactl("set-default-sink", "air")
        yield box
    finally:
        box.close()


def lacks(room):
    """What the room's sound lacks: by its condition, and by its issues."""
    (audio,) = (one for one in room["conditions"] if one["type"] == "audio_ready")
    codes = {one["code"] for one in room["issues"] if one["code"].startswith("audio.")}
    return audio["status"], audio["reason"], codes


def test_a_volume_of_zero_is_an_issue_until_it_is_turned_up(box):
    box.daemon.document_when("ready", lambda room: lacks(room) == (True, None, set()))
    for name, (down, up) in SILENT.items():
        code = name.partition(",")[0]
        box.sound.pactl(*down.split())
        told = (False, code, {f"audio.{code}"})
        box.daemon.document_when(name, lambda room, told=told: lacks(room) == told)
        box.sound.pactl(*up.split())
        box.daemon.document_when("ready", lambda room: lacks(room) == (True, None, set()))


def test_a_sound_server_without_devices_has_a_dummy_and_hears_nothing(box):
    if box.sound.kind == "pulseaudio":  # as its default.pa does; PipeWire has one by itself
        box.sound.pactl("load-module", "module-always-sink")
    for module in ("module-remap-source", "module-null-sink"):
        box.sound.pactl("unload-module", module)
    both = (False, "no_microphone", {"audio.no_microphone", "audio.no_loudspeaker"})
    box.daemon.document_when("nothing is there", lambda room: lacks(room) == both)
    assert "auto_null" in box.sound.pactl("list", "short", "sinks")
    audio = box.daemon.room()["audio"]
    assert (audio["volume_pct"], audio["gain_pct"]) == (None, None)

    box.sound.pactl("load-module", "module-null-sink", "sink_name=hall")
    deaf = (False, "no_microphone", {"audio.no_microphone"})
    box.daemon.document_when("a loudspeaker, and its monitor", lambda room: lacks(room) == deaf)
    source = ("source_name=webcam", "master=hall.monitor")
    box.sound.pactl("load-module", "module-remap-source", *source)
    box.daemon.document_when("ready", lambda room: lacks(room) == (True, None, set()))
