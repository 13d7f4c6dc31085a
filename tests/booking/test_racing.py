"""A room and somebody else's client change one real CalDAV calendar, at random, and power goes.

After each of the room's changes the calendar holds what the answer says, nothing twice, and what
it does not speak of is as it was. `ROOMCTL_EXAMPLES=500` looks longer.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any
from urllib.error import HTTPError
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roomctl.booking import dav, edit
from roomctl.booking.agenda import Booking
from roomctl.booking.change import BookingChange, BookingOutbox, ref_of
from tests.booking.test_caldav import ACCOUNT, EACH, Server, running  # noqa: F401 - a fixture
from tests.examples import examples

pytestmark = pytest.mark.real

SHANGHAI = ZoneInfo("Asia/Shanghai")
NINE = datetime(2026, 11, 26, 9, tzinfo=SHANGHAI)
SLOT = timedelta(minutes=30)
ROOM = "bamboo@example.com"
START, END = NINE - timedelta(hours=9), NINE + timedelta(hours=15)
NEVER = 6  # tries; a cut comes once in a write


@dataclass
class Cable:
    """What lies between the room and the server; it is cut around one PUT or DELETE."""

    to: tuple[str, int]
    cut: str = ""  # before or after the server has it
    first: Callable[[], None] | None = None  # what somebody else does just before
    port: int = 0
    server: Any = field(default=None, repr=False)

    def carry(self, down: socket.socket) -> None:
        with contextlib.suppress(OSError):
            head, _, body = _until(down, b"\r\n\r\n").partition(b"\r\n\r\n")
            lengths = re.findall(rb"(?i)content-length: *(\d+)", head)
            while lengths and len(body) < int(lengths[0]):
                body += down.recv(65536)
            cut = ""
            if head.startswith((b"PUT", b"DELETE")):
                (cut, self.cut), (act, self.first) = (self.cut, ""), (self.first, None)
                if act is not None:
                    act()
            if cut == "before":
                return
            with socket.create_connection(self.to, 30) as up:
                up.sendall(head + b"\r\nConnection: close\r\n\r\n" + body)
                while data := up.recv(65536):
                    if cut != "after":
                        down.sendall(data)


def _until(down: socket.socket, end: bytes) -> bytes:
    data = b""
    while end not in data:
        piece = down.recv(65536)
        if not piece:
            raise OSError("gone")
        data += piece
    return data


@pytest.fixture(scope="module")
def cable(running: Server) -> Iterator[Cable]:  # noqa: F811
    host, port = running.url.removeprefix("http://").partition("/")[0].split(":")
    made = Cable((host, int(port)))

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            made.carry(self.request)

    server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


class Party:
    """A calendar, the room that writes it, and somebody else."""

    def __init__(self, server: Server, cable: Cable) -> None:
        self.server, self.cable = server, cable
        host = server.url.removeprefix("http://").partition("/")[0]
        self.url = server.url.replace(host, f"{ACCOUNT}@127.0.0.1:{cable.port}")
        self.names: set[str] = set()
        self.made = 0
        self.given: list[Booking] = []

    def clear(self) -> None:
        for name in self.names:
            with contextlib.suppress(HTTPError):
                self.server.ask("DELETE", name)

    def listed(self) -> dict[str, Booking]:
        """Return what blocks the room, by what the calendar calls it; each once."""
        task = dav.DavTask(self.url, "Asia/Shanghai", ROOM, "Booked", START, END)
        said, data = dav.answered(task)
        assert "error" not in said, said
        found = [each for each in edit.bookings_in(data, SHANGHAI, ROOM, START, END) if each.blocks]
        refs = [ref_of(each) for each in found]
        assert len(set(refs)) == len(refs), refs
        return dict(zip(refs, found, strict=True))

    def put(self, name: str, slot: int) -> None:
        """Somebody else has an event then, new or moved."""
        self.names.add(f"{name}.ics")
        begin = NINE + slot * SLOT
        times = (f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}" for at in (begin, begin + SLOT))
        start, end = times
        self.server.put(
            "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\nBEGIN:VEVENT\n"
            f"UID:{name}@x\nDTSTAMP:20261101T000000Z\nDTSTART:{start}\nDTEND:{end}\n"
            f"SUMMARY:{name}\nORGANIZER:mailto:li@example.com\n"
            f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ROOM}\nEND:VEVENT\nEND:VCALENDAR\n",
            f"{name}.ics",
        )

    def delete(self, name: str) -> None:
        with contextlib.suppress(HTTPError):
            self.server.ask("DELETE", f"{name}.ics")

    def write(self, change: BookingChange) -> dict[str, Any]:
        """Have the room's change written, whatever the power does; only its outbox is kept."""
        outbox = BookingOutbox().queued(change)
        for _ in range(NEVER):
            outbox = BookingOutbox.of(json.loads(json.dumps(outbox.record())))
            kept = outbox.waiting[0].change.record()
            task = dav.DavTask(self.url, "Asia/Shanghai", ROOM, "Booked", START, END, "", kept)
            said, _ = dav.answered(task)
            if "error" not in said:
                return said
        raise AssertionError(said)


CUTS = st.sampled_from(["", "", "before", "after"])
SLOTS = st.integers(0, 5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("reserve"), SLOTS, CUTS, st.integers(0, 3)),
        st.tuples(st.sampled_from(["extend", "end", "release"]), SLOTS, CUTS, st.integers(0, 3)),
        st.tuples(st.just("restore"), SLOTS, CUTS, st.integers(0, 3)),
        st.tuples(st.sampled_from(["put", "delete"]), SLOTS, st.just(""), st.just(0)),
    ),
    min_size=4,
    max_size=8,
)


@EACH
@settings(
    max_examples=examples(50),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_nothing_is_booked_twice_and_nothing_lost_unsaid(
    running: Server,  # noqa: F811
    cable: Cable,
    steps: list[tuple[str, int, str, int]],
) -> None:
    party = Party(running, cable)
    try:
        for at, (what, slot, cut, race) in enumerate(steps):
            _step(party, at, what, slot, cut, race)
    finally:
        cable.cut, cable.first = "", None
        party.clear()


def _step(party: Party, at: int, what: str, slot: int, cut: str, race: int) -> None:
    if what == "put":
        return party.put(f"e{at % 3}", slot)
    if what == "delete":
        return party.delete(f"e{slot % 3}")
    before = party.listed()
    known = party.given if what == "restore" else list(before.values())
    if what != "reserve" and not known:
        return None
    change = _change(what, at, slot, known)
    party.names.add(f"{change.id}.ics")
    others = {ref: each for ref, each in before.items() if ref != change.ref}
    party.cable.cut = cut
    raced = f"r{at}" if race == 0 else ""
    if raced and not cut:  # somebody else comes in the very moment
        party.cable.first = lambda: party.put(raced, slot)
    said = party.write(change)
    party.cable.cut, party.cable.first = "", None
    _judge(party, change, said, others, before)
    if change.kind == "release" and "written" in said:
        party.given.append(known[slot % len(known)])
    return None


def _change(what: str, at: int, slot: int, known: list[Booking]) -> BookingChange:
    key = f"{at:032x}"
    if what == "reserve":
        begin = NINE + slot * SLOT
        times = (begin, begin + SLOT, begin + SLOT, NINE)
        return BookingChange(key, "reserve", f"local/{at}", "", *times, "panel")
    seen = known[slot % len(known)]
    end = {"extend": seen.end + SLOT, "end": seen.start + SLOT / 3}.get(what, seen.end)
    kinds = {"extend": "move_end", "end": "move_end"}
    kind: Any = kinds.get(what, what)
    times = (seen.start, end, seen.end, NINE)
    return BookingChange(key, kind, seen.id, ref_of(seen), *times, "panel", seen.title)


def _judge(
    party: Party,
    change: BookingChange,
    said: dict[str, Any],
    others: dict[str, Booking],
    before: dict[str, Booking],
) -> None:
    after = party.listed()
    ref = change.ref or said.get("written", "")
    mine = after.pop(ref, None)
    beside = {key: each for key, each in after.items() if key in others}
    assert {key: (one.start, one.end) for key, one in beside.items()} == {
        key: (one.start, one.end) for key, one in others.items()
    }
    if "written" not in said:
        assert said.keys() <= {"conflict", "rejected"}
        if change.kind == "reserve":
            assert f"{change.id}@roomctl" not in {key.partition("/")[0] for key in after}
        elif mine is not None and change.ref in before:
            assert mine.end == before[change.ref].end  # as it was: whoever asked is told
    elif change.kind == "release":
        assert mine is None
    else:
        assert mine is not None
        assert (mine.start, mine.end) == (change.start, change.end)
        longer = change.kind == "move_end" and change.end > change.was_end
        if longer or (change.kind != "move_end" and change.ref not in before):
            since = change.was_end if longer else change.start
            over = [each for each in after.values() if each.start < change.end]
            assert not [each for each in over if each.end > since]
