"""How much a request makes the program do: calls are counted, which no busy machine changes."""

import contextlib
import sys
from pathlib import Path

import fastapi

import roomctl
from roomctl.command import Source
from roomctl.room.commands import KEPT
from tests.api.rig import BEARER

HOME = Path(roomctl.__file__).parent
STAFF = Source("admin", "test")


class Calls:
    """How often each function of a package was called, by its name."""

    def __init__(self, folder):
        self._folder, self.of = str(folder), {}

    def within(self, name):
        """Return how often functions were called whose name begins so."""
        return sum(times for known, times in self.of.items() if known.startswith(name))

    def note(self, frame, event, _):
        if event == "call" and frame.f_code.co_filename.startswith(self._folder):
            name = frame.f_code.co_qualname
            self.of[name] = self.of.get(name, 0) + 1


@contextlib.contextmanager
def counted(folder=HOME):
    calls, before = Calls(folder), sys.getprofile()
    sys.setprofile(calls.note)
    try:
        yield calls
    finally:
        sys.setprofile(before)


async def volume(client, pct):
    body = {"type": "audio.volume", "args": {"pct": pct}}
    assert (await client.post("/api/v1/commands", json=body)).status_code == 200


async def test_a_command_is_read_without_a_hash_of_every_declaration(alive, program):
    await volume(program, 10)
    with counted() as calls:
        await volume(program, 11)
    assert calls.of.get("_hash", 0) < len(alive.room.declared)


async def test_a_command_costs_the_same_however_many_are_remembered(alive, program):
    await volume(program, 10)
    with counted() as calls:
        await volume(program, 11)
    for _ in range(KEPT):
        record = alive.room.submit("audio.volume", {"pct": 12}, STAFF)
        await alive.room.finish(record, 60)
    with counted() as later:
        await volume(program, 13)
    assert later.within("Commands.") < calls.within("Commands.") + 20  # the oldest is forgotten


async def test_a_request_resolves_no_dependency_that_is_there_for_the_description_alone(house):
    async with house.in_process(headers=BEARER) as client:
        await client.get("/api/v1/room")
        with counted(Path(fastapi.__file__).parent) as calls:
            assert (await client.get("/api/v1/room")).status_code == 200
        assert calls.within("HTTPBearer.") == 0
        described = (await client.get("/openapi.json")).json()
    assert described["paths"]["/api/v1/room"]["get"]["security"] == [{"HTTPBearer": []}]
