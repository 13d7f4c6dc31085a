"""Who asks: bearer tokens for programs, cookies for panels, pairing tokens that work once.

Nothing is granted for coming from loopback: a meeting's page runs on the same box. Every secret is
at least 192 random bits; what is kept, in memory and on disk, are SHA-256 hashes.

What was ended, or limited, while the disk takes no writes is noted in a place that is reserved for
it (`store.revoked`): after a restart it lets nobody in, until it is stored. Knows no routes.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from roomctl.clock import Clock, Moment
from roomctl.command import Param
from roomctl.errors import Refused, RoomctlError
from roomctl.frozen import frozen
from roomctl.kind import IssueEntry, Part
from roomctl.roles import NAMEABLE, Right, Role, wider
from roomctl.room import Source
from roomctl.store import Revoked, Store
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

PAIRING_S = 900.0  # a pairing link that nobody opened is good for 15 minutes
SIGN_IN_S = 10 * 3600.0  # a working day
VISIT_S = 2 * 3600.0  # then a guest's phone has to be in the room again
UNUSED = timedelta(days=90)  # a session that nobody used for longer has ended
SESSIONS_KEPT = 200
VISITS_KEPT = 200
TOKENS_KEPT = 100
RETRY_S = 10.0  # for a disk that did not take that something has ended
WRITE_S = 60.0  # the day of a session's last use is written this long after it changed

SCOPES = (
    Role.SENSOR,
    Role.READ,
    Role.AUDITOR,
    Role.OPERATE,
    Role.FACILITIES,
    Role.TECHNICIAN,
    Role.INTEGRATION,
    Role.ADMIN,
)
"""What a token may be for."""
BY_COOKIE = (Role.PANEL, Role.GUEST, Role.DOOR, Role.SCREEN, Role.SIMULATOR)  # the strongest first
SIGNED_IN = (
    Role.ADMIN,
    Role.FACILITIES,
    Role.TECHNICIAN,
    Role.OPERATE,
    Role.AUDITOR,
    Role.READ,
)
"""What a person may sign in as, for a while; the strongest first."""


class NotStored(RoomctlError):
    """The disk refuses: what was asked for has not been done, for it would not last."""


@frozen
class ApiToken:
    """What is known of a program's token; never the token. `rights`: what an integration names."""

    name: str
    scope: Role
    made: datetime
    expires: datetime | None
    used: str | None  # the day of its last use, in UTC
    rights: frozenset[Right] = frozenset()


@frozen
class BrowserSession:
    """A browser that holds a session; `until` ends a visit or a sign-in, by the room's clock."""

    role: Role
    made: str
    used: str  # a day, in UTC
    until: float | None = None
    person: str = ""  # who signed in


@frozen
class _Offer:
    role: Role
    until: float
    visit_s: float


class Tokens(Part):
    """The tokens and sessions of one room."""

    def __init__(self, store: Store, clock: Clock, own: str | None = None) -> None:
        """`own` is an admin token of this run alone: nothing of it is kept."""
        self.store, self._clock = store, clock
        self._own = _hash(own) if own else None
        self._offers: dict[str, _Offer] = {}
        self._visits: dict[str, BrowserSession] = {}
        today = self._today()
        self._sessions = dict(_read_sessions(store.read("sessions", _fits), today))
        self._tokens = dict(_read_tokens(store.read("tokens", _fits)))
        self._revoked = Revoked(store.disk)
        self._ended = set(self._revoked.noted)  # and not stored yet
        self._unstored = {"sessions", "tokens"} if self._ended else set[str]()
        self._ended_since = clock.now().wall
        for hashed in self._ended:
            self._sessions.pop(hashed, None)
            self._tokens.pop(hashed, None)
        self._writing = asyncio.Lock()
        self._stale = asyncio.Event()  # a day of last use, or an end, is not written yet
        if self._ended:
            self._stale.set()

    @property
    def is_new(self) -> bool:
        """Whether nobody can reach this room yet: no panel was paired, no token was made."""
        panels = any(one.role is Role.PANEL for one in self._sessions.values())
        return not self._tokens and not panels

    async def run(self) -> None:
        """Write down days of last use, seldom, and what the disk did not take; until cancelled."""
        with contextlib.suppress(OSError):  # the disk notes it
            await in_thread(self._revoked.reserve)
        while True:
            await self._stale.wait()
            await asyncio.sleep(RETRY_S if self._ended else WRITE_S)
            self._stale.clear()
            try:
                await self._keep_sessions()
                await self._keep_tokens()
            except NotStored as error:
                if self._ended:
                    self._stale.set()
                else:
                    _log.warning("when tokens and sessions were last used is not kept: %s", error)

    def issues(self, now: Moment) -> Iterable[IssueEntry]:
        """Say that something was ended, and is not stored yet."""
        if not self._ended:
            return ()
        params: dict[str, Param] = {"count": len(self._ended)}
        return (IssueEntry("access.unstored", "api", params, self._ended_since),)

    # Pairing

    def offer_pairing(
        self, role: Role, good_for_s: float = PAIRING_S, visit_s: float = VISIT_S
    ) -> str:
        """Return a token that gives one browser a session, once.

        A guest's ends `visit_s` after it began, or with the program.
        """
        now = self._clock.mono_s()
        self._offers = {k: offer for k, offer in self._offers.items() if offer.until >= now}
        token = secrets.token_urlsafe(24)
        self._offers[_hash(token)] = _Offer(role, now + good_for_s, visit_s)
        return token

    def is_offered(self, token: str) -> bool:
        """Whether a pairing token still waits for the browser that uses it."""
        offer = self._offers.get(_hash(token))
        return offer is not None and offer.until >= self._clock.mono_s()

    async def pair(self, token: str) -> tuple[Role, str] | None:
        """Use up a pairing token; return the role and the session's secret, or None.

        NotStored: nobody is paired, and the token is as good as before.
        """
        hashed_token, secret, today = _hash(token), secrets.token_urlsafe(32), self._today()
        offer = self._offers.pop(hashed_token, None)
        if offer is None or offer.until < self._clock.mono_s():
            return None
        hashed = _hash(secret)
        if offer.role is Role.GUEST:
            self._visit(hashed, BrowserSession(Role.GUEST, today, today), offer.visit_s)
            return offer.role, secret
        self._sessions[hashed] = BrowserSession(offer.role, today, today)
        try:
            await self._keep_sessions()
        except NotStored:
            self._sessions.pop(hashed, None)
            self._offers[hashed_token] = offer
            raise
        while len(self._sessions) > SESSIONS_KEPT:
            del self._sessions[next(iter(self._sessions))]
        return offer.role, secret

    def sign_in(self, role: Role, person: str, for_s: float) -> str:
        """Return the secret of a session of somebody who has signed in; it ends with the program.

        A session that he had before stays: people have several browsers.
        """
        secret, today = secrets.token_urlsafe(32), self._today()
        self._visit(_hash(secret), BrowserSession(role, today, today, None, person), for_s)
        return secret

    def sign_out(self, secret: str) -> None:
        """End the session of somebody who has signed in; of any other nothing."""
        visit = self._visits.get(_hash(secret))
        if visit is not None and visit.person:
            del self._visits[_hash(secret)]

    def sign_out_person(self, person: str) -> None:
        """End every session of somebody who has signed in."""
        self._visits = {k: one for k, one in self._visits.items() if one.person != person}

    def _visit(self, hashed: str, session: BrowserSession, for_s: float) -> None:
        now = self._clock.mono_s()
        visits = [(k, visit) for k, visit in self._visits.items() if (visit.until or 0) >= now]
        self._visits = dict(visits[-VISITS_KEPT + 1 :])
        self._visits[hashed] = replace(session, until=now + for_s)

    # Who asks

    def bearer(self, authorization: str | None) -> Source | None:
        """Return who holds the token of an Authorization header, or None."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        hashed = _hash(token.strip())
        if self._own is not None and hmac.compare_digest(hashed, self._own):
            return Source(Role.ADMIN, "this box")
        known = self._tokens.get(hashed)
        if known is None or self._is_over(known):
            return None
        if known.used != (today := self._today()):
            self._tokens[hashed] = replace(known, used=today)
            self._stale.set()
        return Source(known.scope, f"token {known.name}", rights=known.rights)

    def session(self, secret: str | None, role: Role) -> Source | None:
        """Return who holds a session cookie of `role`, or None."""
        if not secret:
            return None
        hashed = _hash(secret)
        source = Source(role, f"{role} {_id(hashed)}")
        visit = self._visits.get(hashed)
        if visit is not None:
            here = visit.role is role and (visit.until or 0) >= self._clock.mono_s()
            if visit.person:
                source = replace(source, name=f"{visit.person} {_id(hashed)}")
            return source if here else None
        known = self._sessions.get(hashed)
        if known is None or known.role is not role or self._is_unused(known):
            return None
        del self._sessions[hashed]  # who is forgotten first: the idle
        if known.used != (today := self._today()):
            known = replace(known, used=today)
            self._stale.set()
        self._sessions[hashed] = known
        return source

    def _is_over(self, token: ApiToken) -> bool:
        return token.expires is not None and self._clock.now().wall >= token.expires

    def _is_unused(self, session: BrowserSession) -> bool:
        """Whether nobody used it for 90 days; a clock that nobody has set ends nothing."""
        now = self._clock.now()
        used = datetime.fromisoformat(session.used).replace(tzinfo=UTC)
        return now.synced and now.wall - used > UNUSED

    # What facilities staff list and end

    def sessions(self) -> list[tuple[str, BrowserSession]]:
        """Return every session that is good now, by its id, visits of phones included."""
        now = self._clock.mono_s()
        known = {k: one for k, one in self._sessions.items() if not self._is_unused(one)}
        known |= {k: one for k, one in self._visits.items() if (one.until or 0) >= now}
        return [(_id(hashed), one) for hashed, one in known.items()]

    async def end_session(self, session_id: str) -> None:
        """End a session, at once. Refused "unknown_session"; NotStored: see `_end`."""
        for known in (self._visits, self._sessions):
            for hashed in [hashed for hashed in known if _id(hashed) == session_id]:
                del known[hashed]
                if known is self._sessions:
                    await self._end("sessions", hashed)
                return
        raise Refused("room", "unknown_session", f"no session {session_id!r}")

    def tokens(self) -> list[ApiToken]:
        """Return the tokens that were made, those that have expired included."""
        return list(self._tokens.values())

    async def make(
        self,
        name: str,
        scope: Role,
        expires: datetime | None,
        rights: frozenset[Right] = frozenset(),
    ) -> tuple[ApiToken, str]:
        """Make a token; return what is known of it, and the token, which is shown this once.

        Refused "token_exists", "too_many_tokens", "not_scoped"; NotStored: there is none.
        """
        _refuse_names(scope, rights)
        if any(known.name == name for known in self._tokens.values()):
            raise Refused("room", "token_exists", f"there is a token {name!r}; revoke it first")
        if len(self._tokens) >= TOKENS_KEPT:
            why = f"there are {TOKENS_KEPT} tokens; revoke unused ones"
            raise Refused("room", "too_many_tokens", why)
        token = secrets.token_urlsafe(32)
        made = ApiToken(name, scope, self._clock.now().wall, expires, None, rights)
        self._tokens[_hash(token)] = made
        try:
            await self._keep_tokens()
        except NotStored:
            self._tokens.pop(_hash(token), None)
            raise
        return made, token

    async def limit(
        self,
        name: str,
        scope: Role | None,
        expires: datetime | None,
        rights: frozenset[Right] | None = None,
    ) -> ApiToken:
        """Let a token do less, or end sooner; Refused "token_widened" for more.

        `rights` make an integration of it that may no more than those. NotStored: it does less now,
        and after a restart it lets nobody in, until that is stored.
        """
        hashed, known = self._token(name)
        new_scope = scope or (known.scope if rights is None else Role.INTEGRATION)
        if rights is None:
            rights = known.rights if new_scope is Role.INTEGRATION else frozenset()
        _refuse_names(new_scope, rights)
        more = wider(new_scope, known.scope, rights, known.rights)
        later = expires is not None and known.expires is not None and expires > known.expires
        if more or later:
            why = f"{name}: a token's rights can only be reduced; make another one"
            raise Refused("room", "token_widened", why)
        new = replace(known, scope=new_scope, expires=expires or known.expires, rights=rights)
        self._tokens[hashed] = new
        await self._end("tokens", hashed)
        return new

    async def revoke(self, name: str) -> None:
        """End a token at once. Refused "unknown_token"; NotStored: see `_end`."""
        hashed, _ = self._token(name)
        del self._tokens[hashed]
        await self._end("tokens", hashed)

    def _token(self, name: str) -> tuple[str, ApiToken]:
        for hashed, known in self._tokens.items():
            if known.name == name:
                return hashed, known
        raise Refused("room", "unknown_token", f"no token {name!r}; `roomctl token list` has all")

    # What is kept

    async def _keep_sessions(self) -> None:
        await self._keep("sessions")

    async def _keep_tokens(self) -> None:
        await self._keep("tokens")

    async def _end(self, name: str, hashed: str) -> None:
        """Keep the document `name`, in which somebody may less than before.

        NotStored: that is so, and noted for the next start in the place that is reserved, unless
        not even that can be written; the disk is tried again until it takes the document.
        """
        try:
            await self._keep(name)
        except NotStored as error:
            if not self._ended:
                self._ended_since = self._clock.now().wall
            self._ended.add(hashed)
            self._unstored.add(name)
            self._stale.set()
            async with self._writing:
                await self._note(str(error))
            raise

    async def _note(self, why: str) -> None:
        try:
            await in_thread(self._revoked.note, tuple(self._ended))
        except OSError as error:
            _log.error("%s; nor can it be noted (%s): a restart would forget it", why, error)
        else:
            _log.error("%s; it is noted, and tried again", why)

    async def _keep(self, name: str) -> None:
        """Write one write at a time: the last one must be the newest."""
        async with self._writing:
            try:
                await in_thread(self.store.write, name, self._written(name))
            except OSError as error:
                raise NotStored(f"{name}: cannot be kept: {error.strerror or error}") from error
            self._unstored.discard(name)
            if self._ended and not self._unstored:
                self._ended.clear()
                with contextlib.suppress(OSError):  # what is noted lets nobody in whom we know
                    await in_thread(self._revoked.note, ())

    def _written(self, name: str) -> dict[str, Any]:
        if name == "sessions":
            return {
                hashed: {"role": one.role, "made": one.made, "used": one.used}
                for hashed, one in self._sessions.items()
                if not self._is_unused(one)
            }
        return {
            hashed: {
                "name": one.name,
                "scope": one.scope,
                "made": one.made.isoformat(),
                "expires": one.expires.isoformat() if one.expires else None,
                "used": one.used,
                "may": sorted(right.name.lower() for right in one.rights),
            }
            for hashed, one in self._tokens.items()
        }

    def _today(self) -> str:
        return self._clock.now().wall.date().isoformat()


def take_over(store: Store, clock: Clock) -> bool:
    """Turn the token that older versions kept in plain text into a hash; whether there was one.

    The token stays good, as the token "admin"; no file has it any more. OSError, and all is as it
    was, if the disk refuses.
    """
    token = store.read("admin").get("token")
    if isinstance(token, str) and len(token) >= 32:
        entry = {"name": "admin", "scope": Role.ADMIN, "made": clock.now().wall.isoformat()}
        store.write("tokens", {**store.read("tokens"), _hash(token): entry})
    plain = store.folder / "admin.json"
    found = plain.exists()
    for path in (plain, *store.folder.glob(".admin.*")):
        path.unlink(missing_ok=True)
    return found


def _fits(kept: Mapping[str, Any]) -> bool:
    """Whether a document is of this version, or of older ones: a role or a table each."""
    return all(isinstance(entry, str | dict) for entry in kept.values())


def _read_sessions(kept: Mapping[str, Any], today: str) -> Iterator[tuple[str, BrowserSession]]:
    """Yield what can be read; older versions kept the role alone, newer ones may have had more."""
    for hashed, entry in kept.items():
        entry = {"role": entry} if isinstance(entry, str) else entry
        try:
            role = Role(entry["role"])
            made, used = entry.get("made", today), entry.get("used", today)
            datetime.fromisoformat(used)
        except (KeyError, ValueError, TypeError, AttributeError):
            continue
        if role in BY_COOKIE and role is not Role.GUEST:
            yield hashed, BrowserSession(role, str(made), used)


def _read_tokens(kept: Mapping[str, Any]) -> Iterator[tuple[str, ApiToken]]:
    """Yield what can be read: a token whose limits are damaged is nobody's."""
    for hashed, entry in kept.items():
        try:
            until, scope = entry.get("expires"), Role(entry["scope"])
            made = datetime.fromisoformat(entry["made"])
            expires = None if until is None else datetime.fromisoformat(until).astimezone(UTC)
            rights = frozenset(NAMEABLE[word] for word in entry.get("may", ()))
            token = ApiToken(str(entry["name"]), scope, made, expires, entry.get("used"), rights)
        except (KeyError, ValueError, TypeError, AttributeError):
            _log.warning("a stored token cannot be read, and is ignored; make another one")
            continue
        if scope in SCOPES:
            yield hashed, token


def _refuse_names(scope: Role, rights: frozenset[Right]) -> None:
    if rights and scope is not Role.INTEGRATION:
        why = f"a token of the role {scope} may what its role may; integration names its rights"
        raise Refused("room", "not_scoped", why)


def _id(hashed: str) -> str:
    return hashed[:8]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
