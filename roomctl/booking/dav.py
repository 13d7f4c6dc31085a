"""The process that speaks CalDAV (RFC 4791) with one server: one thing read or written.

    stdin   one line of JSON (DavTask)
    stdout  one line of JSON: {"calendar": url}, and behind it, if something was read, the events'
            iCalendar objects to the end; or {"written": ref}, {"conflict": reason},
            {"rejected": why}, {"error": why, "after_s": null or seconds}

Its parent gives it time and memory and ends it. An event is written with the ETag that it was read
with; if that is no longer its own (HTTP 412), it is read and judged anew.
"""

from __future__ import annotations

import contextlib
import json
import re
import resource
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from roomctl.booking.change import (
    BookingChange,
    Conflict,
    Rejected,
    WriteOutcome,
    Written,
    judged,
)
from roomctl.frozen import frozen

MEMORY_BYTES = 512 * 1024 * 1024  # address space; the libraries take 200 MiB of it
CPU_S = 20
REQUEST_S = 10
LARGEST = 8 * 1024 * 1024  # bytes of all events that are asked for
_JUDGED_ANEW = 3
_MOST_CALENDARS = 50
_DAY = timedelta(days=1)


@frozen
class DavTask:
    """What the process is asked.

    `at` is the calendar's own address, once it was found; `write` a change's record, None: to read.
    """

    url: str
    zone: str
    room: str
    title: str
    start: datetime
    end: datetime
    at: str = ""
    write: dict[str, Any] | None = None

    def line(self) -> bytes:
        times = {"start": self.start.isoformat(), "end": self.end.isoformat()}
        return json.dumps(asdict(self) | times).encode() + b"\n"

    @classmethod
    def of(cls, line: bytes) -> DavTask:
        said = json.loads(line)
        times = {name: datetime.fromisoformat(said[name]) for name in ("start", "end")}
        return cls(**said | times)


class DavError(Exception):
    """Nothing was read or written, or nobody knows; `after_s`: it wants to be left alone."""

    def __init__(self, why: str, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s


def main() -> None:
    """Do what stdin says; the limits come first."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    task = DavTask.of(sys.stdin.buffer.readline())
    try:
        server = _Server(task)
        if task.write is None:
            data = b"".join(server.events())
            _say({"calendar": server.at})
            sys.stdout.buffer.write(data)
        else:
            _say(_as_said(server.write(BookingChange.of(task.write))))
    except DavError as error:
        _say({"error": str(error), "after_s": error.after_s})
    sys.stdout.buffer.flush()


def _say(said: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n")


def _as_said(outcome: WriteOutcome) -> dict[str, str]:
    match outcome:
        case Written(ref):
            return {"written": ref}
        case Conflict(reason):
            return {"conflict": reason}
        case Rejected(why):
            return {"rejected": why}


class _Server:
    """One calendar on one server."""

    def __init__(self, task: DavTask) -> None:
        try:
            from caldav.davclient import DAVClient
            from caldav.lib import error
        except ImportError:
            why = "needs the library caldav: pip install 'roomctl[caldav]'"
            raise DavError(why) from None
        self._task, self._zone = task, ZoneInfo(task.zone)
        self._errors: ModuleType = error
        bare, user, password = _apart(task.url)
        self._home = urlsplit(bare)
        self._client: Any = DAVClient(
            bare,
            username=user,
            password=password,
            timeout=REQUEST_S,
            enable_rfc6764=False,
            rate_limit_handle=False,
            headers={"User-Agent": "roomctl", "Accept-Encoding": "identity"},
        )
        self._client.session.trust_env = False  # no .netrc, no proxy of whoever started it
        self._client.session.max_redirects = 3
        self.at = task.at or self._found()

    def events(self) -> Iterator[bytes]:
        """Yield the iCalendar objects that touch the window."""
        size = 0
        for each in self._objects(self._task.start, self._task.end):
            data = str(each.data or "").encode()
            size += len(data)
            if size > LARGEST:
                raise DavError(f"lists more than {LARGEST // 1024**2} MiB; keep fewer weeks there")
            yield data.strip() + b"\r\n"

    def write(self, change: BookingChange) -> WriteOutcome:
        for _ in range(_JUDGED_ANEW):
            found = self._reserve(change) if change.kind == "reserve" else self._change(change)
            if found is not None:
                return found
        raise DavError(f"changed {_JUDGED_ANEW} times while it was written; it is tried again")

    def _reserve(self, change: BookingChange) -> WriteOutcome | None:
        from roomctl.booking import edit

        url = self._url_of(change.id)
        if not change.ref and self._get(url) is not None:
            return Written(self._ref(change))  # its answer was lost
        if self._taken(change, change.start, change.end):
            return Conflict("taken")
        data = edit.created(change, self._task.title, datetime.now(UTC))
        status = self._put(url, data, {"If-None-Match": "*"})
        return None if status == 412 else Written(change.ref or self._ref(change))

    def _change(self, change: BookingChange) -> WriteOutcome | None:
        from roomctl.booking import edit

        if not change.ref:
            return Conflict("gone")
        own = change.uid.endswith("@roomctl")
        found = self._object(change)
        if found is None:
            if change.kind == "restore" and own:
                return self._reserve(change)
            return Written() if change.kind == "release" and own else Conflict("gone")
        url, data, etag = found
        known = edit.event_of(data, change, self._zone, self._task.room)
        outcome = judged(known, change)
        if outcome is not None or known is None:
            return outcome
        if change.kind == "check_in" and edit.is_checked_in(data, change):
            return Written()
        longer = change.kind == "move_end" and change.end > change.was_end
        if longer and self._taken(change, change.was_end, change.end):
            return Conflict("taken")
        if change.kind == "restore" and self._taken(change, change.start, change.end):
            return Conflict("taken")
        match = {"If-Match": etag} if etag else {}
        if change.kind == "release" and own:
            return None if self._delete(url, match) == 412 else Written()
        try:
            now = datetime.now(UTC)
            new = edit.edited(data, change, known, self._task.room, self._zone, now)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            why = f"this event cannot be rewritten ({error}); change it where it was made"
            return Rejected(why)
        return None if self._put(url, new, match) == 412 else Written()

    def _ref(self, change: BookingChange) -> str:
        """Return how the calendar will list what a reserve makes."""
        return f"{change.uid}/{change.start.astimezone(self._zone).isoformat()}"

    def _taken(self, change: BookingChange, start: datetime, end: datetime) -> bool:
        """Whether somebody else has the room in a time."""
        from roomctl.booking import edit

        data = b"".join(str(each.data or "").encode() for each in self._objects(start, end))
        found = edit.bookings_in(data, self._zone, self._task.room, start, end)
        uid = change.uid
        return any(
            each.blocks and not each.all_day and each.start < end and each.end > start
            for each in found
            if each.ref.rpartition("/")[0] != uid
        )

    def _object(self, change: BookingChange) -> tuple[str, bytes, str] | None:
        """Return where an event is, what it is now, and its ETag."""
        if change.uid.endswith("@roomctl"):
            url = self._url_of(change.uid.removesuffix("@roomctl"))
            found = self._get(url)
            return None if found is None else (url, *found)
        near = (change.start - _DAY, max(change.end, change.was_end) + _DAY)
        uid = f"UID:{change.uid}"
        for each in self._objects(*near):
            lines = str(each.data or "").replace("\r\n ", "").replace("\n ", "")
            if uid in (line.strip() for line in lines.splitlines()):
                url = str(each.url)
                again = self._get(url)
                return None if again is None else (url, *again)
        return None

    def _objects(self, start: datetime, end: datetime) -> list[Any]:
        calendar = self._client.calendar(url=self.at)
        with self._asked(f"the events of {_path(self.at)}"):
            return list(calendar.search(start=start, end=end, event=True, expand=False))

    def _found(self) -> str:
        """Return the address of the only calendar that this account has, or the url's own."""
        with self._asked("its calendars"):
            if self._is_calendar(str(self._client.url)):
                return str(self._client.url)
            calendars = [
                each
                for each in self._client.principal().calendars()[:_MOST_CALENDARS]
                if self._near(str(each.url))
            ]
        if not calendars:
            raise DavError("has no calendar for this account; write the calendar's own url")
        if len(calendars) > 1:
            paths = ", ".join(_path(str(each.url)) for each in calendars[:8])
            raise DavError(f"has {len(calendars)} calendars, write the url of one: {paths}")
        return str(calendars[0].url)

    def _is_calendar(self, url: str) -> bool:
        body = '<?xml version="1.0"?><propfind xmlns="DAV:"><prop><resourcetype/></prop></propfind>'
        answer = self._client.propfind(url, body, 0)
        text = str(answer.raw or "")
        return answer.status == 207 and "calendar" in _words(text)

    def _near(self, url: str) -> bool:
        """Whether an address is the operator's own server, or of the same organization over TLS."""
        found, home = urlsplit(url), self._home
        if found.hostname == home.hostname:
            return found.scheme == home.scheme or found.scheme == "https"
        return found.scheme == "https" and _domain(found.hostname) == _domain(home.hostname)

    def _url_of(self, name: str) -> str:
        return f"{self.at.rstrip('/')}/{name}.ics"

    def _get(self, url: str) -> tuple[bytes, str] | None:
        with self._asked("an event"):
            answer = self._client.request(url)
        if answer.status in (404, 410):
            return None
        if answer.status != 200:
            raise DavError(f"answered HTTP {answer.status} for an event")
        return str(answer.raw or "").encode(), str(answer.headers.get("ETag", ""))

    def _put(self, url: str, data: bytes, condition: dict[str, str]) -> int:
        headers = {"Content-Type": "text/calendar; charset=utf-8", **condition}
        with self._asked("a change"):
            answer = self._client.request(url, "PUT", data.decode(), headers)
        return self._done(answer.status)

    def _delete(self, url: str, condition: dict[str, str]) -> int:
        with self._asked("a change"):
            answer = self._client.request(url, "DELETE", "", condition)
        return 204 if answer.status in (404, 410) else self._done(answer.status)

    def _done(self, status: int) -> int:
        if status == 412 or 200 <= status < 300:
            return status
        raise DavError(f"answered HTTP {status} to a change")

    def _asked(self, what: str) -> AbstractContextManager[None]:
        return _asked(self._errors, what)


@contextlib.contextmanager
def _asked(errors: ModuleType, what: str) -> Iterator[None]:
    """Say what a library's error means, without an address or an account in it."""
    try:
        yield
    except DavError:
        raise
    except errors.RateLimitError as error:
        after_s = error.retry_after_seconds
        why = f"is asked too often (HTTP {error.status or 429})"
        raise DavError(why, 60.0 if after_s is None else after_s) from None
    except errors.AuthorizationError as error:
        why = f"refuses this account for {what} (HTTP {error.status or '401 or 403'})"
        raise DavError(f"{why}; are name and password right?") from None
    except errors.DAVError as error:
        said = f"HTTP {error.status}" if error.status else type(error).__name__
        raise DavError(f"does not give {what} ({said}); is it a CalDAV address?") from None
    except Exception as error:
        raise DavError(_network(error)) from None


def _network(error: Exception) -> str:
    """Return what went wrong on the way, in words."""
    said = repr(error)
    if "CERTIFICATE" in said.upper() or "certificate" in said:
        why = "expired" if "expired" in said else "not trusted"
        return f"has a certificate that is {why}; renew it, or install its authority on this box"
    if "Timeout" in type(error).__name__:
        return f"did not answer within {REQUEST_S} s"
    return f"cannot be reached, or breaks off ({type(error).__name__}); is its host right?"


def _apart(url: str) -> tuple[str, str | None, str | None]:
    """Return a url without its account, and the account."""
    parts = urlsplit(url)
    account, _, host = parts.netloc.rpartition("@")
    user, _, password = account.partition(":")
    bare = urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))
    return bare, unquote(user) or None, unquote(password) if account else None


def _path(url: str) -> str:
    return urlsplit(url).path


def _domain(host: str | None) -> str:
    """Return the last two labels of a name; an address is a domain by itself."""
    host = host or ""
    return host if host.replace(".", "").isdigit() else ".".join(host.split(".")[-2:])


def _words(xml: str) -> set[str]:
    """Return the names of the empty elements in an answer, without their prefixes."""
    return {match[1] for match in re.finditer(r"<(?:[\w.-]+:)?([\w-]+)[^<>]*/>", xml[:65536])}


if __name__ == "__main__":
    main()
