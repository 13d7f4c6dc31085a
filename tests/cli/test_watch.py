"""`roomctl watch` on answers as a room gives them, and on a line that is lost."""

from __future__ import annotations

import json

import httpx
import pytest

from roomctl.cli.watch import watch
from roomctl.errors import RoomctlError
from tests.cli.test_told import document


def event(number: int, kind: str, data: object) -> str:
    return f"id: boot-{number}\nevent: {kind}\ndata: {json.dumps(data)}\n\n"


class Answers:
    """What a room answers, one after another; then the token has ended."""

    def __init__(self, *bodies: str | int) -> None:
        self._left = list(bodies)
        self.resumed: list[str | None] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.resumed.append(request.headers.get("Last-Event-ID"))
        body = self._left.pop(0) if self._left else 401
        return httpx.Response(body) if isinstance(body, int) else httpx.Response(200, text=body)


def told(answers: Answers, *, as_json: bool = False) -> list[str]:
    lines: list[str] = []
    client = httpx.Client(base_url="http://bamboo", transport=httpx.MockTransport(answers))
    with client, pytest.raises(RoomctlError, match=r"http://bamboo: does not know this token"):
        watch(client, lines.append, as_json=as_json, again_s=0.0)
    return lines


def test_a_line_that_is_lost_is_sought_again_where_it_was() -> None:
    first = event(1, "room", document()) + "id: boot-2\n\n:\n\n"
    answers = Answers(
        first, 503, 503, event(3, "change", {"audio": {"mute": "open", "listening": True}})
    )
    lines = told(answers)
    assert lines[0].startswith("Bamboo: ready\n")
    assert lines[1] == "the connection is lost; trying again"
    assert lines[2].endswith("  microphone  on")
    assert len(lines) == 3
    assert answers.resumed == [None, "boot-2", "boot-2", "boot-2", "boot-3"]


def test_what_begins_and_what_is_over_is_told_and_nothing_twice() -> None:
    menu = {"code": "camera.menu_open", "subject": "camera.front", "params": {}}
    lines = told(
        Answers(
            event(1, "room", document())
            + event(2, "change", {"issues": [menu]})
            + event(3, "change", {"issues": [menu]})
            + event(4, "change", {"issues": []})
        )
    )
    sentence = "camera.front: its menu is open, so it does not move"
    assert [line[10:] for line in lines[1:]] == [f"! {sentence}", f"{sentence}  is over"]


def test_programs_get_each_event_on_a_line() -> None:
    lines = told(Answers(event(1, "room", document()), 503), as_json=True)
    assert [json.loads(line)["event"] for line in lines] == ["room", "lost"]
