"""What is known of a calendar's events by their ETags: each is read once, and when it changes.

Pure. `packed` holds it from one process to the next. Knows no server: `dav` lists and reads.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

MOST_KEPT = 4 * 1024 * 1024  # characters of all events; of what is more the server's query tells
_FOREVER = timedelta(days=36500)


class KnownEvents:
    """The events of a calendar by their paths: ETag and text; of one that is over no text."""

    def __init__(self, packed: str = "") -> None:
        said = zlib.decompress(base64.b64decode(packed)) if packed else b"{}"
        self._known: dict[str, tuple[str, str]] = {
            place: (etag, text) for place, (etag, text) in json.loads(said).items()
        }
        self._size = 0

    def packed(self) -> str:
        """Return it as one line of text."""
        return base64.b64encode(zlib.compress(json.dumps(self._known).encode(), 1)).decode()

    def unread(self, etags: Mapping[str, str]) -> list[str]:
        """Return which addresses have changed, of all that there are; forget all others.

        One without an ETag is not among them: it would be read each time.
        """
        places = {place_of(url): etag for url, etag in etags.items()}
        known = self._known.items()
        self._known = {place: one for place, one in known if one[0] == places.get(place)}
        self._size = sum(len(text) for _, text in self._known.values())
        return [url for url, etag in etags.items() if etag and place_of(url) not in self._known]

    def note(self, url: str, etag: str, data: bytes, start: datetime) -> None:
        """Keep an event that was read; one that has nothing from `start` on is over."""
        text = data.decode() if _touches(data, start, start + _FOREVER) else ""
        if self._size + len(text) > MOST_KEPT:
            text = ""
        self._size += len(text)
        self._known[place_of(url)] = (etag, text)

    def touching(self, start: datetime, end: datetime) -> Iterator[tuple[str, bytes]]:
        """Yield the paths and the data of what may touch a time, by the dates in it."""
        for place, (_, text) in self._known.items():
            if text and _touches(text.encode(), start, end):
                yield place, text.encode()


def place_of(url: str) -> str:
    """Return the path of an address, in whichever way it is written."""
    return unquote(urlsplit(url).path)


def _touches(data: bytes, start: datetime, end: datetime) -> bool:
    """Whether an object has an event that may touch a time; never wrongly not."""
    from roomctl.booking.ics import InvalidCalendar, cut
    from roomctl.booking.occurrence import elsewhen

    try:
        return any(not elsewhen(series, start, end) for series in cut(data).series)
    except InvalidCalendar:
        return False
