"""The default devices of real sound servers, for the length of a meeting and no longer."""

import logging

import pytest

from roomctl.kiosk.audio.default_devices import DefaultDevices, place
from tests.kiosk.mixing import DEFAULTS, OTHERS_PUCK, PUCK, mixing
from tests.kiosk.sound_server import KINDS, SoundServer, needed

pytestmark = pytest.mark.real


@pytest.fixture(scope="module", params=KINDS)
def shared(request):
    needed(request.param)
    server = SoundServer(request.param)
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture
def server(shared):
    shared.pactl("set-default-sink", DEFAULTS[0])
    shared.pactl("set-default-source", DEFAULTS[1])
    return shared


async def test_a_meeting_has_the_rooms_devices_as_default_and_gives_them_back(server, monkeypatch):
    async with mixing(server, monkeypatch) as ear:
        for _ in range(2):
            await ear.mixer.begin()
            await server.defaults_become("room", "mic")
            await ear.mixer.end()
            await server.defaults_become(*DEFAULTS)


async def test_meetings_that_follow_at_once_give_back_what_was_before_the_first(
    server, monkeypatch
):
    async with mixing(server, monkeypatch) as ear:
        for _ in range(3):
            await ear.mixer.begin()
            await ear.mixer.end()
        await server.defaults_become(*DEFAULTS)
        await ear.mixer.begin()
        await server.defaults_become("room", "mic")
        await ear.mixer.end()
        await server.defaults_become(*DEFAULTS)


async def test_a_device_that_is_back_within_a_meeting_is_the_default_again(server, monkeypatch):
    async with mixing(server, monkeypatch, OTHERS_PUCK) as ear:
        await ear.mixer.begin()
        assert server.defaults() == DEFAULTS
        ear.mixer.use(PUCK)
        await server.defaults_become("room", "mic")
        await ear.mixer.end()
        await server.defaults_become(*DEFAULTS)


async def test_what_a_killed_process_left_is_given_back_by_the_next_one(
    server, monkeypatch, tmp_path
):
    note = tmp_path / "note"
    async with mixing(server, monkeypatch, defaults=DefaultDevices(note)) as killed:
        await killed.mixer.begin()
        await server.defaults_become("room", "mic")  # and it never comes to its end
    async with mixing(server, monkeypatch, defaults=DefaultDevices(note)) as following:
        await server.defaults_become(*DEFAULTS)
        await following.mixer.begin()
        await server.defaults_become("room", "mic")
        await following.mixer.end()
        await server.defaults_become(*DEFAULTS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{}", "[1]", "null", '["a", "b", "c"]'])
def test_a_note_that_nobody_can_read_is_said_and_left_alone(text, tmp_path, caplog):
    note = tmp_path / "note"
    note.write_text(text)
    with caplog.at_level(logging.WARNING):
        DefaultDevices(note)
    assert "does not say which devices were the default ones" in caplog.text


def test_the_note_lies_in_the_folder_that_is_the_users_alone(tmp_path):
    assert place({"XDG_RUNTIME_DIR": str(tmp_path)}).parent == tmp_path
    assert place({}) is None
