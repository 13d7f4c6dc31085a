"""`roomctl join`: what becomes of the call, told as it goes, until the room is in it or is not."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from roomctl.cli import ask
from roomctl.cli.language import language, refusal, say
from roomctl.errors import RoomctlError
from roomctl.meeting.call import MEETING, MENDED_ON_PAGE
from roomctl.words import panel_texts

IN_CALL, NOT_JOINED, STILL_WAITS = 0, 3, 4
"""Exit statuses; 1 is every error, 2 a command line that was not understood, 130 Ctrl-C."""

LIMIT_S = 120.0
LOOK_S = 0.5

Joined = tuple[dict[str, Any], int]
"""The record of the command, with the room's `meeting`, and the exit status."""


def join(url: str | None, token: Path | None, text: str) -> dict[str, Any]:
    """Have the room join; return the record of the command, which is done once the page opens."""
    return ask.command(url, token, "meeting.join", {"link": text})


def join_and_wait(
    url: str | None, token: Path | None, text: str, tell: Callable[[str], None], limit_s: float
) -> Joined:
    """Have the room join, and tell how that goes until it is decided, or for `limit_s`.

    KeyboardInterrupt ends the waiting, and not the call. A connection that is lost is sought again.
    """
    until_s = time.monotonic() + limit_s
    with ask.asking(url, token) as asked:
        body = {"type": "meeting.join", "args": {"link": text}}
        record = asked("POST", "commands?wait_s=30", body)
        try:
            return _followed(_patient(asked, tell, until_s), record, tell, until_s)
        except KeyboardInterrupt:
            tell(say("join.interrupted"))
            raise


def _patient(asked: ask.Asked, tell: Callable[[str], None], until_s: float) -> ask.Asked:
    """Ask again while the room does not answer; RoomUnreachable once the time is over."""

    def patiently(method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        lost = False
        while True:
            try:
                return asked(method, path, body)
            except ask.RoomUnreachable:
                if time.monotonic() > until_s:
                    raise
                if not lost:
                    tell(say("lost"))
                lost = True
                time.sleep(LOOK_S)

    return patiently


def _followed(
    asked: ask.Asked, record: dict[str, Any], tell: Callable[[str], None], until_s: float
) -> Joined:
    told, begun_s = "", time.monotonic()
    while True:
        if record["status"] in ("accepted", "running"):
            record = asked("GET", f"commands/{record['id']}")
        if record["status"] not in ("accepted", "running", "done"):
            error = record["error"] or {"code": record["status"], "detail": record["status"]}
            raise RoomctlError(refusal(error["code"], error["detail"], error.get("params") or {}))
        meeting = asked("GET", "room")["meeting"]
        if record["status"] == "done":
            call = (record["result"] or {}).get("call")
            words, status = call_words(meeting, call), outcome(meeting, call)
            if words != told:
                tell(words)
            told = words
            if status is not None:
                return {**record, "meeting": meeting}, status
        if time.monotonic() > until_s:
            tell(say("join.waits", seconds=f"{time.monotonic() - begun_s:.0f}"))
            return {**record, "meeting": meeting}, STILL_WAITS
        time.sleep(LOOK_S)


def outcome(meeting: Mapping[str, Any], call: int | None) -> int | None:
    """Return the exit status; None: it is not decided whether the room comes into the call.

    A room of an earlier version numbers no calls: there, any call is this one.
    """
    if meeting.get("call") != call or meeting["state"] in ("idle", "ended"):
        return NOT_JOINED
    if meeting["state"] == "failed":
        waits = meeting["shown"] and meeting["failure"] in MENDED_ON_PAGE
        return None if waits else NOT_JOINED
    return IN_CALL if meeting["state"] in MEETING else None


def call_words(meeting: Mapping[str, Any], call: int | None) -> str:
    """Tell how the call stands and what it waits for, as the panel does."""
    texts, state = panel_texts(language()), meeting["state"]
    if meeting.get("call") not in (None, call):
        return say("join.replaced")
    if meeting.get("call") != call or state == "idle":
        return texts["call.ended"]
    if state == "unknown" and {*meeting.get("witnesses", ())} - {"sound"}:
        state = "in_call_unproven"
    hint = texts.get(f"call.hint.{state}", "")
    if state == "failed":
        failure = str(meeting["failure"])
        other = texts["failure.other"].format(code=failure)
        hint = texts.get(f"failure.{failure}", other)
    words = ": ".join(filter(None, (texts[f"call.{state}"].rstrip("…"), hint)))
    passcode = f"\n  {say('join.passcode')}" if meeting["can_enter_passcode"] else ""
    return words + passcode
