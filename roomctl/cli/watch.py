"""`roomctl watch`: a room's changes as they happen, from its events (SSE)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from roomctl.cli.language import NOT_LET_IN, say
from roomctl.cli.told import news, words, zone_of
from roomctl.errors import RoomctlError

if TYPE_CHECKING:
    import httpx

SILENCE_S = 40.0  # the room says something every 15 s, be it nothing
AGAIN_S = 2.0


def watch(
    client: httpx.Client, tell: Callable[[str], None], *, as_json: bool, again_s: float = AGAIN_S
) -> None:
    """Tell every change until interrupted; a connection that is lost is sought again.

    RoomctlError: the room no longer tells whoever has this token.
    """
    import httpx

    follower, seen, lost = _Follower(tell, as_json=as_json), "", False
    while True:
        try:
            for event_id, event, data in _events(client, seen):
                seen, lost = event_id or seen, False
                if data is not None:
                    follower.take(event, data)
        except httpx.HTTPError as error:
            answer = error.response if isinstance(error, httpx.HTTPStatusError) else None
            if answer is not None and answer.status_code in (401, 403):
                raise RoomctlError(NOT_LET_IN.format(url=client.base_url)) from error
            if not lost:
                tell(json.dumps({"event": "lost"}) if as_json else say("lost"))
            lost = True
        time.sleep(again_s)


class _Follower:
    """What is known of the room so far, and who is told what is new."""

    def __init__(self, tell: Callable[[str], None], *, as_json: bool) -> None:
        self._tell, self._as_json = tell, as_json
        self._document: dict[str, Any] = {}

    def take(self, event: str, data: dict[str, Any]) -> None:
        """Take an event: the whole room, or the sections that changed."""
        if self._as_json:
            self._tell(json.dumps({"event": event, "data": data}, ensure_ascii=False))
            return
        before = self._document
        self._document = data if event == "room" else {**before, **data}
        if not before:
            self._tell(words(self._document))
        for line in news(before, self._document) if before else ():
            now = datetime.now(zone_of(self._document))
            self._tell(f"{now:%H:%M:%S}  {line}")


def _events(client: httpx.Client, seen: str) -> Iterator[tuple[str, str, dict[str, Any] | None]]:
    """Yield id, name and data of each event, from the one after `seen`."""
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": seen} if seen else {})
    with client.stream("GET", "/api/v1/events", headers=headers, timeout=SILENCE_S) as response:
        response.raise_for_status()
        event: dict[str, str] = {}
        for line in response.iter_lines():
            if line:
                name, _, value = line.partition(":")
                event[name] = value.removeprefix(" ")
                continue
            data = json.loads(event["data"]) if event.get("data") else None
            yield event.get("id", ""), event.get("event", ""), data
            event = {}
