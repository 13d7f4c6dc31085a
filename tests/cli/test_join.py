"""`roomctl join`: on a terminal it tells how it goes, and its exit status says what came of it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from roomctl.cli.joining import IN_CALL, NOT_JOINED, STILL_WAITS, call_words, outcome
from roomctl.cli.language import WORDS
from roomctl.meeting.call import MENDED_ON_PAGE, CallFailure
from roomctl.words import panel_texts
from tests.cli.rig import LIMIT_S, ROOMCTL, Running, environment, simulating

LINK, OTHER = "https://meet.jit.si/BambooRoom", "https://meet.jit.si/OakRoom"
MEETING = {
    "state": "joining",
    "call": 7,
    "failure": None,
    "shown": True,
    "evidence": "none",
    "can_enter_passcode": False,
}


def meeting(**more: object) -> dict[str, Any]:
    return {**MEETING, **more}


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (meeting(state="in_call"), IN_CALL),
        (meeting(state="in_call", call=6), NOT_JOINED),  # the one before it, which still stood
        (meeting(state="in_call", call=8), NOT_JOINED),
        (meeting(state="idle", call=None), NOT_JOINED),
        (meeting(state="ended"), NOT_JOINED),
        (meeting(state="failed", failure="crashed", shown=False), NOT_JOINED),
        (meeting(state="failed", failure="passcode_needed", shown=False), NOT_JOINED),
        (meeting(state="failed", failure="passcode_needed"), None),
        (meeting(state="failed", failure="denied"), NOT_JOINED),
        *((meeting(state=state), None) for state in ("preparing", "prejoin", "joining", "lobby")),
        (meeting(state="unknown"), None),
        (meeting(state="leaving"), None),
    ],
)
def test_the_status_says_whether_the_room_is_in_this_call(now: Any, status: int | None) -> None:
    assert outcome(now, 7) == status


def test_a_room_that_numbers_no_calls_is_understood_too() -> None:
    old = {key: value for key, value in MEETING.items() if key != "call"}
    assert outcome({**old, "state": "in_call"}, None) == IN_CALL
    assert call_words({**old, "state": "lobby"}, None) != call_words({**old, "state": "idle"}, None)


@pytest.mark.parametrize("locale", ["C.UTF-8", "zh_CN.UTF-8"])
def test_every_state_and_failure_has_words_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    states = "preparing prejoin joining lobby in_call leaving ended unknown idle"
    told = {call_words(meeting(state=state, evidence="media"), 7) for state in states.split()}
    told |= {call_words(meeting(state="failed", failure=str(one)), 7) for one in CallFailure}
    assert len(told) == len(states.split()) + len(CallFailure)
    asks = meeting(state="failed", failure="passcode_needed", can_enter_passcode=True)
    assert call_words(asks, 7) != call_words({**asks, "can_enter_passcode": False}, 7)
    assert set(CallFailure) > MENDED_ON_PAGE


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with simulating(tmp_path_factory.mktemp("room"), "--screen", "simulated") as running:
        running.ready()
        yield running


@pytest.fixture(autouse=True)
def _at_rest(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "room" in request.fixturenames:
        running = request.getfixturevalue("room")
        blocked(running, None)
        running.roomctl("leave")


def blocked(room: Running, by: str | None) -> None:
    """Have the page show something in place of the meeting."""
    link = str(room.said["far_side"])
    with httpx.Client(base_url=room.said["api"], headers={"Origin": room.said["api"]}) as client:
        token = link.partition("#pair=")[2]
        if (kept := room.folder / "cookie").exists():
            client.cookies.update(json.loads(kept.read_text()))
        else:
            client.post("/api/v1/pair", json={"token": token}).raise_for_status()
            kept.write_text(json.dumps(dict(client.cookies)))
        args = {"by": by or "nothing"}
        body = {"device": "screen", "action": "block", "args": args}
        client.post("/api/v1/simulator", json=body).raise_for_status()


@dataclass
class Terminal:
    """`roomctl` at a terminal of its own."""

    process: subprocess.Popen[bytes]
    master: int
    shown: str = ""
    ended: bool = field(default=False)

    def until(self, text: str) -> None:
        """Wait until it shows a text."""
        while text not in self.shown:
            assert self._read(), f"{text!r} is not in {self.shown!r}"

    def status(self) -> int:
        """Wait for its end; return its exit status."""
        while self._read():
            pass
        return self.process.wait(LIMIT_S)

    def _read(self) -> bool:
        try:
            data = os.read(self.master, 4096)
        except OSError:  # nobody has the other end any more
            return False
        self.shown += data.decode().replace("\r\n", "\n")
        return bool(data)


@contextlib.contextmanager
def terminal(room: Running, *words: str, **more: str) -> Iterator[Terminal]:
    master, slave = os.openpty()
    env: Mapping[str, str] = environment(room.folder) | more
    process = subprocess.Popen([*ROOMCTL, *words], stdin=slave, stdout=slave, stderr=slave, env=env)
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        process.kill()
        process.wait(LIMIT_S)
        os.close(master)


@pytest.mark.real
def test_on_a_terminal_it_waits_for_the_call_and_tells_how_it_goes(room: Running) -> None:
    with terminal(room, "join", LINK) as shown:
        assert shown.status() == IN_CALL
    first, *_, last = shown.shown.splitlines()
    assert first == "Preparing the meeting: The meeting opens on the room screen."
    assert last == "In the meeting: Sound and picture are flowing."
    assert room.roomctl("status", "--json").json["meeting"]["state"] == "in_call"


@pytest.mark.real
def test_a_lobby_is_waited_for_until_the_host_opens_it(room: Running) -> None:
    blocked(room, "lobby")
    with terminal(room, "join", LINK) as shown:
        shown.until("In the lobby: The host has to let this room in.\n")
        blocked(room, None)
        assert shown.status() == IN_CALL


@pytest.mark.real
def test_a_host_who_lets_nobody_in_is_not_waited_for_for_ever(room: Running) -> None:
    blocked(room, "lobby")
    said = room.roomctl("join", "--wait", "--limit", "3", LINK)
    assert said.status == STILL_WAITS
    assert "In the lobby" in said.out
    assert "`roomctl leave`" in said.out
    assert room.roomctl("status", "--json").json["meeting"]["state"] == "lobby"


@pytest.mark.real
def test_a_passcode_that_is_asked_for_may_still_be_entered_in_the_room(room: Running) -> None:
    blocked(room, "passcode_needed")
    with terminal(room, "join", LINK) as shown:
        shown.until("Passcode required")
        blocked(room, None)  # somebody has entered it
        assert shown.status() == IN_CALL


@pytest.mark.real
def test_a_call_that_the_host_denies_is_none(room: Running) -> None:
    blocked(room, "denied")
    said = room.roomctl("join", "--wait", "--limit", "50", "--json", LINK)
    assert said.status == NOT_JOINED
    assert (said.json["type"], said.json["meeting"]["failure"]) == ("meeting.join", "denied")
    assert "The host did not let this room in" in said.err


@pytest.mark.real
def test_a_drill_of_a_move_waits_for_its_call_as_join_does(room: Running) -> None:
    blocked(room, "denied")
    denied = room.roomctl("migrate", "drill", LINK)
    assert (denied.status, denied.err) == (NOT_JOINED, "")
    assert "The host did not let this room in" in denied.out
    blocked(room, None)
    joined = room.roomctl("migrate", "drill", LINK, "--json")
    assert "In the meeting: Sound and picture are flowing." in joined.err
    assert (joined.status, joined.out) == (1, "")  # of a simulated room nothing is moved


@pytest.mark.real
def test_another_meeting_that_is_open_is_not_taken_for_this_one(room: Running) -> None:
    room.roomctl("join", "--wait", OTHER)
    blocked(room, "lobby")
    assert room.roomctl("join", "--wait", "--limit", "2", LINK).status == STILL_WAITS


@pytest.mark.real
def test_a_meeting_that_takes_its_place_ends_the_waiting(room: Running) -> None:
    blocked(room, "lobby")
    with terminal(room, "join", LINK) as shown:
        shown.until("In the lobby")
        room.roomctl("join", OTHER)
        assert shown.status() == NOT_JOINED
    assert shown.shown.endswith("another meeting was joined instead\n")


@pytest.mark.real
def test_a_call_that_somebody_leaves_meanwhile_is_none(room: Running) -> None:
    blocked(room, "lobby")
    with terminal(room, "join", LINK, LC_ALL="zh_CN.UTF-8") as shown:
        shown.until(panel_texts("zh-CN")["call.lobby"])
        room.roomctl("leave")
        assert shown.status() == NOT_JOINED


@pytest.mark.real
def test_ctrl_c_ends_the_waiting_and_not_the_call(room: Running) -> None:
    blocked(room, "lobby")
    with terminal(room, "join", LINK) as shown:
        shown.until("In the lobby")
        shown.process.send_signal(signal.SIGINT)
        assert shown.status() == 130
    assert WORDS["en"]["join.interrupted"] in shown.shown
    assert room.roomctl("status", "--json").json["meeting"]["state"] == "lobby"


@pytest.mark.real
def test_no_wait_is_done_when_the_page_opens_also_on_a_terminal(room: Running) -> None:
    with terminal(room, "join", "--no-wait", LINK) as shown:
        assert shown.status() == 0
    assert shown.shown == "done\n"


@pytest.mark.real
def test_a_room_elsewhere_is_waited_for_by_its_address_and_token(
    room: Running, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text(room.said["token"], encoding="utf-8")
    token.chmod(0o600)
    beside = Running(room.process, tmp_path, room.said)  # whose folders hold no room
    words = ["join", "--wait", LINK, "--room", room.said["api"], "--token-file", str(token)]
    assert beside.roomctl(*words).status == IN_CALL


@pytest.mark.real
def test_a_room_that_ends_meanwhile_is_one_sentence(tmp_path: Path) -> None:
    with simulating(tmp_path, "--screen", "simulated") as running:
        running.ready()
        blocked(running, "lobby")
        with terminal(running, "join", "--limit", "20", LINK) as shown:
            shown.until("In the lobby")
            running.end(signal.SIGKILL)
            assert shown.status() == 1
    assert "does not answer" in shown.shown.splitlines()[-1]
