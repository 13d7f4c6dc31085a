"""A mute is what the next start begins with: real processes that are killed, and a recorder."""

import pytest

from tests.calls.box import Box
from tests.examples import crossed
from tests.kiosk.sound_server import KINDS, needed

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
ORDERS = {"as they boot": ("sound", "screen", "daemon"), "backwards": ("daemon", "screen", "sound")}


@pytest.fixture(params=KINDS)
def box(request, tmp_path):
    needed(request.param)
    needed("chromium")
    box = Box(request.param, tmp_path)
    try:
        box.start("sound", "screen", "daemon")
        box.audio("open")
        assert box.heard()
        yield box
    finally:
        box.close()


@pytest.mark.parametrize(("box", "order"), crossed(KINDS, [*ORDERS.values()]), indirect=["box"])
def test_muted_stays_muted_after_every_process_is_killed(box, order):
    box.mute(True)
    box.kill("daemon", "screen", "sound")
    box.start(*order)
    box.until_shut()
    assert box.audio("muted")["requested"] == "muted"
    assert box.silent()

    box.mute(False)
    assert box.heard()
    box.kill("daemon", "screen", "sound")
    box.start(*order)
    assert box.audio("open")["reason"] == "", "and what was open is open again"
    assert box.heard()


@pytest.mark.parametrize(("box", "muted"), crossed(KINDS, (True, False)), indirect=["box"])
def test_one_that_is_killed_alone_changes_nothing(box, muted):
    box.mute(muted)
    for part in ("daemon", "screen", "sound"):
        box.kill(part)
        if part == "daemon":
            assert box.silent() if muted else box.heard(), "meanwhile, too"
        box.start(part)
        box.audio("muted" if muted else "open")
        assert box.silent() if muted else box.heard()


@pytest.mark.parametrize("box", ["pulseaudio"], indirect=True)
def test_a_screen_process_without_a_room_keeps_every_microphone_shut(box):
    box.kill("daemon", "screen")
    assert box.heard()
    box.start("screen")
    box.until_shut()


@pytest.mark.parametrize("box", ["pulseaudio"], indirect=True)
def test_an_invalid_stored_mute_starts_muted_and_is_reported(box, tmp_path):
    box.kill("daemon", "screen", "sound")
    (tmp_path / "mute.json").write_text("")
    box.start("sound", "screen", "daemon")
    box.until_shut()
    box.audio("muted")
    issues = {one["code"]: one["params"] for one in box.daemon.room()["issues"]}
    assert issues["storage.quarantined"]["lost"] == "mute"
    box.mute(False)
    assert box.heard()
