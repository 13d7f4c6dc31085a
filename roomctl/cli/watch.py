"""`roomctl watch`: a room's changes as they happen, from its events (SSE)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from roomctl.cli.language import say
from roomctl.cli.told import news, words

if TYPE_CHECKING:
    import httpx

SILENCE_S = 40.0  # the room says something every 15 s, be it nothing
AGAIN_S = 2.0


def watch(client: httpx.Client, tell: Callable[[str], None], *, as_json: bool) -> None:
    """Tell every change until interrupted; a connection that is lost is sought again."""
    import httpx

    document: dict[str, Any] = {}
    seen = ""
    while True:
        try:
            for event_id, event, data in _events(client, seen):
                seen = event_id or seen
                if data is None:
                    continue
                if as_json:
                    tell(json.dumps({"event": event, "data": data}, ensure_ascii=False))
                    continue
                before, document = document, data if event == "room" else {**document, **data}
                for line in news(before, document) if before else [words(document)]:
                    tell(f"{datetime.now().astimezone():%H:%M:%S}  {line}" if before else line)
        except httpx.HTTPError:
            if not document and not seen:
                raise
            tell(json.dumps({"event": "lost"}) if as_json else say("lost"))
        time.sleep(AGAIN_S)


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
