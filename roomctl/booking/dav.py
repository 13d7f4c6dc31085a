"""The process that speaks CalDAV (RFC 4791) with one server: one thing read or written.

    stdin   one line of JSON (DavTask)
    stdout  one line of JSON: {"calendar": url, "kept": …}, and behind it, if something was read,
            the events' iCalendar objects to the end; or {"written": ref}, {"conflict": reason},
            {"rejected": why}, {"error": why, "reason": …, "after_s": null or seconds}

Its parent gives it time and memory and ends it. An event is written with the ETag that it was read
with; if that is no longer its own (HTTP 412), it is read and judged anew. So it is if the server
has it without the change afterwards: DAViCal 1.1.12 takes two writes that come at once, and keeps
one.

Whatever a server says, a redirect or the address of an event, is asked for only at the operator's
own host, or at one of the same organization by https: nobody else gets the password.

No server's query by time finds all: DAViCal's misses a series on days that an override has moved
by RANGE=THISANDFUTURE, Xandikos' the days of an RDATE. So the calendar is listed, too, and what
the query did not find is read here: each object once, and again when its ETag changes. `kept` is
what is known of them; the parent hands it to the next process. A server that answers no query by
time is listed whole, in bounds.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import re
import resource
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic, sleep
from types import ModuleType
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from roomctl.booking.change import (
    LOOK_S,
    LOOKS,
    OWN,
    BookingChange,
    Conflict,
    Rejected,
    WriteOutcome,
    Written,
    judged,
    ref_of,
)
from roomctl.booking.fetch import is_foreign, own_networks
from roomctl.booking.known import KnownEvents, place_of
from roomctl.booking.limits import ProcessorTime
from roomctl.booking.refusals import certificate_fault, retry_after_s
from roomctl.errors import PortReason
from roomctl.frozen import frozen
from roomctl.installed import pip

MEMORY_BYTES = 512 * 1024 * 1024  # address space; the libraries take 200 MiB of it
CPU_S = 20
REQUEST_S = 10
LARGEST = 8 * 1024 * 1024  # bytes of all events that are asked for
MOST_LISTED = 500  # events of a calendar that is listed whole, or that are read beside a query
_LARGEST_ANSWER = 16 * 1024 * 1024  # bytes: events in XML
_JUDGED_ANEW = 3
_MOST_CALENDARS = 50
_MOST_AT_ONCE = 100  # events that are asked for by their addresses
_LISTED_WHOLE = ("caldav.feishu.cn", "caldav.wecom.work")  # docs/calendars.md: untried
_NO_QUERY = (400, 403, 404, 405, 409, 415, 422, 500, 501)  # to a query by time: then listed whole
_CALENDAR = re.compile(r"<(?:[\w.-]+:)?calendar\s*/?>")  # a resourcetype
_OWN = re.compile(rf"[0-9a-f]{{32}}{re.escape(OWN)}")  # what a room gives; "/" or ".." is in none
_DAY = timedelta(days=1)
_FARTHEST = timedelta(hours=14)  # from UTC, in which servers take a time that has no zone


@frozen
class DavTask:
    """What the process is asked.

    `at` is the calendar's own address, once it was found, and `kept` what the last reading has
    learned; `write` a change's record, None: to read.
    """

    url: str
    zone: str
    room: str
    title: str
    start: datetime
    end: datetime
    at: str = ""
    write: dict[str, Any] | None = None
    kept: str = field(default="", repr=False)

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
    sys.stdout.buffer.write(answer(sys.stdin.buffer.readline(), ProcessorTime()))
    sys.stdout.buffer.flush()


def answer(line: bytes, time: ProcessorTime | None = None) -> bytes:
    """Return what stdout is to say to a line; events are read in slices of `time`."""
    said, data = answered(DavTask.of(line), time)
    return json.dumps(said).encode() + b"\n" + data


def answered(task: DavTask, time: ProcessorTime | None = None) -> tuple[dict[str, Any], bytes]:
    """Do what is asked; return what is said of it, and the events that were read."""
    try:
        with contextlib.closing(_Server(task, time)) as server:
            server.find()
            if task.write is None:
                data = b"".join(server.events())
                return {"calendar": server.at, "kept": server.known.packed()}, data
            return _as_said(server.write(BookingChange.of(task.write))), b""
    except DavError as error:
        why = f"{error} [calendar] url"
        return {"error": why, "reason": PortReason.REFUSED, "after_s": error.after_s}, b""


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

    def __init__(self, task: DavTask, time: ProcessorTime | None) -> None:
        try:
            from caldav.davclient import DAVClient
            from caldav.lib import error
        except ImportError:
            why = f"needs the library caldav: {pip('install', 'roomctl[caldav]')}"
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
            ssl_verify_cert=os.environ.get("SSL_CERT_FILE") or True,
        )
        self._client.session.trust_env = False  # no .netrc, no proxy of whoever started it
        self._client.session.max_redirects = 3
        session: Any = self._client.session
        self._send, session.send = session.send, self._sent
        self._looked_at = {self._home.hostname}
        self._time = time
        self.at = task.at
        self._was_put = False
        self.known = KnownEvents(task.kept)

    def find(self) -> None:
        """Find the calendar's own address, unless it is known."""
        self.at = self.at or self._found()

    def close(self) -> None:
        self._client.close()

    def _sent(self, request: Any, **how: Any) -> Any:  # noqa: ANN401 - of the library's own types
        """Send one request, or the next of a redirect, if its host may have the password."""
        self._look_at(str(request.url))
        response = self._send(request, **how | {"stream": True})
        if response._content is False:  # noqa: SLF001 - so `requests` says "not read yet"
            data = bytearray()
            for piece in response.iter_content(65536):
                data += piece
                if len(data) > _LARGEST_ANSWER:
                    response.close()
                    size = f"{_LARGEST_ANSWER // 1024**2} MiB"
                    raise DavError(f"answers with more than {size}; keep fewer weeks there")
            response._content, response._content_consumed = bytes(data), True  # noqa: SLF001
        after = response.headers.get("Retry-After")
        if response.status_code == 429 or (response.status_code == 503 and after):
            why = f"is asked too often (HTTP {response.status_code})"
            raise DavError(why, retry_after_s(after))
        return response

    def _look_at(self, url: str) -> None:
        """DavError if an address may not be asked for, whoever named it."""
        host = urlsplit(url).hostname or "?"
        named = host[:100] if host.isascii() and host.isprintable() else "?"
        if not self._near(url):
            why = f"redirects to another server ({named}), which does not get the password"
            raise DavError(f"{why}; is that the calendar's server? Then write its url")
        if host not in self._looked_at:
            own = own_networks()
            inside = not all(is_foreign(each, own) for each in _addresses(host))
            if inside and all(is_foreign(each, own) for each in _addresses(self._home.hostname)):
                why = f"redirects into this box's own network ({named}); that is refused"
                raise DavError(f"{why}. Is that the calendar's server? Then write its url")
            self._looked_at.add(host)

    def events(self) -> Iterator[bytes]:
        """Yield the iCalendar objects that touch the window."""
        size = 0
        for _, data in self._objects(self._task.start, self._task.end):
            size += len(data)
            if size > LARGEST:
                raise DavError(f"lists more than {LARGEST // 1024**2} MiB; keep fewer weeks there")
            yield data.strip() + b"\r\n"

    def write(self, change: BookingChange) -> WriteOutcome:
        for _ in range(_JUDGED_ANEW):
            found = self._reserve(change) if change.kind == "reserve" else self._change(change)
            if found is not None:
                return found
        if change.kind == "check_in" and self._was_put:
            return Written()  # a server may drop a property that it does not know
        raise DavError(f"changed {_JUDGED_ANEW} times while it was written; it is tried again")

    def _reserve(self, change: BookingChange) -> WriteOutcome | None:
        from roomctl.booking import edit

        url = self._url_of(change.id)
        if change.ref or self._get(url) is None:  # else its answer was lost
            if self._taken(change, change.start, change.end):
                return Conflict("taken")
            data = edit.created(change, self._task.title, datetime.now(UTC))
            if self._put(url, data, {"If-None-Match": "*"}) is None:
                return None
        if self._gives_way(change, url, change.start, change.end):
            self._delete(url, {})
            return Conflict("taken")
        return Written(change.ref or self._ref(change))

    def _change(self, change: BookingChange) -> WriteOutcome | None:
        from roomctl.booking import edit

        if not change.ref:
            return Conflict("gone")
        own = _OWN.fullmatch(change.uid) is not None
        found = self._object(change)
        if found is None:
            if change.kind == "restore" and own:
                return self._reserve(change)
            return Written() if change.kind == "release" and own else Conflict("gone")
        url, data, etag = found
        room, zone = self._task.room, self._zone
        known = edit.event_of(data, change, zone, room, self._time)
        outcome = judged(None if known is None else known.booking, change)
        if outcome is not None or known is None:
            return outcome
        if change.kind == "check_in" and edit.is_checked_in(data, known):
            return Written()
        longer = change.kind == "move_end" and change.end > change.was_end
        since = change.was_end if longer else change.start
        more = longer or change.kind == "restore"  # than the room has now
        if more and self._taken(change, since, change.end):
            return Conflict("taken")
        match = {"If-Match": etag} if etag else {}
        if change.kind == "release" and own:
            return None if self._delete(url, match) == 412 else Written()
        try:
            now = datetime.now(UTC)
            new = edit.edited(data, change, known, room, zone, now, self._time)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            why = f"this event cannot be rewritten ({error}); change it where it was made"
            return Rejected(why)
        began = monotonic()
        written = self._put(url, new, match)
        self._was_put = written is not None
        sleep(min(2 * (monotonic() - began), 2 * LOOK_S))  # what was judged before it is written
        if written is None or not self._holds(change, url, written):
            return None
        if more and self._gives_way(change, url, since, change.end):
            again = self._get(url)
            if again is not None:
                self._put(url, data, {"If-Match": again[1]} if again[1] else {})
            return Conflict("taken")
        return Written()

    def _holds(self, change: BookingChange, url: str, etag: str) -> bool:
        """Whether an event still has the change that was put there; or it is as it was put."""
        from roomctl.booking import edit

        found = self._get(url)
        if found is None:
            return False
        if etag and found[1] == etag:
            return True
        known = edit.event_of(found[0], change, self._zone, self._task.room, self._time)
        if known is None:
            return False
        if change.kind == "check_in":
            return edit.is_checked_in(found[0], known)
        return judged(known.booking, change) == Written()

    def _ref(self, change: BookingChange) -> str:
        """Return how the calendar will list what a reserve makes."""
        return f"{change.uid}/{change.start.astimezone(self._zone).isoformat()}"

    def _taken(self, change: BookingChange, start: datetime, end: datetime) -> bool:
        """Whether somebody else has the room in a time."""
        return any(self._others(change, start, end))

    def _others(
        self, change: BookingChange, start: datetime, end: datetime
    ) -> Iterator[tuple[str, str]]:
        """Yield the UIDs of what else has the room in a time, each with its address."""
        from roomctl.booking import edit

        for url, data in self._objects(start, end):
            found = edit.bookings_in(data, self._zone, self._task.room, start, end, self._time)
            for each in found:
                uid = ref_of(each).rpartition("/")[0]
                over = each.blocks and not each.all_day and each.start < end and each.end > start
                if over and uid != change.uid:
                    yield uid, url

    def _gives_way(self, change: BookingChange, url: str, start: datetime, end: datetime) -> bool:
        """Whether what was written has to go: somebody else has the room then, and was first.

        What a room has not made itself does not give way. See `change.LOOKS`.
        """
        for _ in range(LOOKS):
            others = list(self._others(change, start, end))
            if not others or any(not _OWN.fullmatch(uid) for uid, _ in others):
                return bool(others)
            if _OWN.fullmatch(change.uid):
                mine = (self._written_at(url), change.uid)
                if any((self._written_at(where), uid) < mine for uid, where in others):
                    return True
            sleep(LOOK_S)
        return True

    def _written_at(self, url: str) -> datetime:
        """Return since when an event is as it is, as the server says; a late day if it does not."""
        with self._asked("an event"):
            said = self._client.request(url).headers.get("Last-Modified", "")
        try:
            return parsedate_to_datetime(str(said)).astimezone(UTC)
        except ValueError:
            return datetime.max.replace(tzinfo=UTC)

    def _object(self, change: BookingChange) -> tuple[str, bytes, str] | None:
        """Return where an event is, what it is now, and its ETag."""
        if _OWN.fullmatch(change.uid):
            url = self._url_of(change.uid.removesuffix(OWN))
            found = self._get(url)
            if found is not None:
                return url, *found
        times = [change.start, change.end, change.was_end]
        with contextlib.suppress(ValueError):  # a server may know the place, and not that it moved
            place = datetime.fromisoformat(change.recurrence_id)
            times.append(place if place.tzinfo else place.replace(tzinfo=self._zone))
        near = (min(times) - _DAY, max(times) + _DAY)
        uid = f"UID:{change.uid}".encode()
        for url, data in self._objects(*near):
            lines = data.replace(b"\r\n ", b"").replace(b"\n ", b"").splitlines()
            if uid in (line.strip() for line in lines):
                again = self._get(url)
                return None if again is None else (url, *again)
        return None

    def _objects(self, start: datetime, end: datetime) -> Iterator[tuple[str, bytes]]:
        """Yield the addresses and the data of what touches a time, and more, or of all there is."""
        near = (start - _FARTHEST, end + _FARTHEST)
        found = self._by_time(*near)
        if found is None:
            yield from self._all()
        else:
            yield from found
            yield from self._beside({place_of(url) for url, _ in found}, *near)

    def _by_time(self, start: datetime, end: datetime) -> list[tuple[str, bytes]] | None:
        """Return what the server says touches a time; None if it answers no such query.

        The library would expand each series to drop what is beside the time: 6 s for one that has
        an occurrence every second. Who reads the data does so in bounds.
        """
        if self._home.hostname in _LISTED_WHOLE:
            return None
        calendar = self._client.calendar(url=self.at)
        with self._asked(f"the events of {_path(self.at)}"):
            try:
                found = calendar.search(start=start, end=end, event=True, post_filter=False)
            except self._errors.AuthorizationError as error:
                if error.status != 403:
                    raise
                return None
            except self._errors.DAVError as error:
                if error.status not in _NO_QUERY:
                    raise
                return None
            return [(str(each.url), _data(each)) for each in found]

    def _beside(
        self, found: set[str], start: datetime, end: datetime
    ) -> Iterator[tuple[str, bytes]]:
        """Yield what may touch a time, and is not among what the query by time has found."""
        try:
            etags = self._etags()
            unread = [url for url in self.known.unread(etags) if place_of(url) not in found]
            for some in _parts(unread[:MOST_LISTED]):
                read = self._at_once(some)
                for url in some if read else ():  # what is listed and not given is not asked again
                    self.known.note(url, etags[url], read.get(url, b""), start)
        except DavError as error:
            if error.after_s is not None:
                raise  # else the query by time was answered, and that has to do
        for place, data in self.known.touching(start, end):
            if place not in found:
                yield urljoin(self.at, quote(place)), data

    def _all(self) -> list[tuple[str, bytes]]:
        """List a calendar whole: its addresses, many events at once, and the rest one by one."""
        urls = list(self._etags())
        if len(urls) > MOST_LISTED:
            why = f"answers no query by time, and holds more than {MOST_LISTED} events"
            raise DavError(f"{why}; delete old ones")
        found = dict.fromkeys(urls, b"")
        for some in _parts(urls):
            found |= self._at_once(some)
        for url in [url for url, data in found.items() if not data]:
            one = self._get(url)
            found[url] = one[0] if one else b""
        return [each for each in found.items() if each[1]]

    def _etags(self) -> dict[str, str]:
        """Return the addresses of what is in the calendar, each with its ETag; "": not said."""
        body = '<?xml version="1.0"?><propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'
        with self._asked(f"the events of {_path(self.at)}"):
            answer = self._client.request(self.at, "PROPFIND", body, {"Depth": "1"})
            if answer.status != 207 or answer.tree is None:
                raise DavError(f"lists no events (HTTP {answer.status}); is it a CalDAV address?")
            found = dict[str, str]()
            for each in answer.tree.iter("{DAV:}response"):
                href = str(each.findtext("{DAV:}href") or "").strip()
                found[urljoin(self.at, href)] = each.findtext(".//{DAV:}getetag") or ""
        own = place_of(self.at).rstrip("/")
        return {url: etag for url, etag in found.items() if place_of(url).rstrip("/") != own}

    def _at_once(self, urls: Iterable[str]) -> dict[str, bytes]:
        """Return what a server gives of many events; nothing if it does not answer that."""
        from caldav.lib.url import URL

        calendar, named = self._client.calendar(url=self.at), {place_of(url): url for url in urls}
        with self._asked("many events"):
            try:
                found = list(calendar.multiget([URL.objectify(url) for url in urls]))
            except self._errors.DAVError:
                return {}  # asked for one by one
        read = {place_of(str(each.url)): _data(each) for each in found}
        return {named[place]: data for place, data in read.items() if place in named}

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
        return answer.status == 207 and _CALENDAR.search(text[:65536]) is not None

    def _near(self, url: str) -> bool:
        """Whether an address is the operator's own server, or of the same organization over TLS."""
        found, home = urlsplit(url), self._home
        if found.hostname == home.hostname:
            return found.scheme == home.scheme or found.scheme == "https"
        whose = organization(home.hostname)
        return found.scheme == "https" and organization(found.hostname) == whose

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

    def _put(self, url: str, data: bytes, condition: dict[str, str]) -> str | None:
        """Return the ETag that the server says the event has now, or ""; None: HTTP 412."""
        headers = {"Content-Type": "text/calendar; charset=utf-8", **condition}
        with self._asked("a change"):
            answer = self._client.request(url, "PUT", data.decode(), headers)
        done = self._done(answer.status)
        return None if done == 412 else str(answer.headers.get("ETag", ""))

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
    except errors.AuthorizationError as error:
        why = f"refuses this account for {what} (HTTP {error.status or '401 or 403'})"
        raise DavError(f"{why}; are name and password right?") from None
    except errors.DAVError as error:
        said = f"HTTP {error.status}" if error.status else type(error).__name__
        raise DavError(f"does not give {what} ({said}); is it a CalDAV address?") from None
    except OSError as error:  # so are those of the library's library
        raise DavError(_network(error)) from None
    except MemoryError:
        raise DavError(f"takes too much memory for {what}; keep fewer weeks there") from None
    except Exception as error:
        why = f"answers with something else than {what} ({type(error).__name__})"
        raise DavError(f"{why}; is it a CalDAV address?") from None


def _network(error: OSError) -> str:
    """Return what went wrong on the way, in words."""
    fault = certificate_fault(error)
    if fault is not None:
        return fault
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


def organization(host: str | None) -> str:
    """Return whose a host is: two labels, three of a country's com.cn; an address is its own."""
    host = host or ""
    if ":" in host or host.replace(".", "").isdigit():
        return host
    labels = host.split(".")
    country = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if country else -2 :])


def _addresses(host: str | None) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]


def _parts(urls: list[str]) -> Iterator[list[str]]:
    """Yield them in as many as are asked for at once."""
    for at in range(0, len(urls), _MOST_AT_ONCE):
        yield urls[at : at + _MOST_AT_ONCE]


def _data(event: Any) -> bytes:  # noqa: ANN401 - of the library's own types
    return str(event.data or "").encode()


if __name__ == "__main__":
    main()
