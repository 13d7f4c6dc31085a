"""Who may ask: bearer tokens for programs, cookies for panels, pairing tokens that work once.

Nothing is granted for coming from loopback: a meeting's page runs on the same box. Tokens are 256
random bits and are kept as SHA-256 hashes only. Knows no routes.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass
from enum import StrEnum

from roomctl.clock import Clock
from roomctl.room import Source
from roomctl.store import Store, all_text
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

PAIRING_S = 900.0  # a pairing link that nobody opened is good for 15 minutes
SESSIONS_KEPT = 200


class Role(StrEnum):
    """What a token is for."""

    ADMIN = "admin"  # facilities staff and programs: everything but unmuting
    PANEL = "panel"  # a person in the room
    SCREEN = "screen"  # the room's display: it looks and never asks for anything
    FAR_SIDE = "far_side"  # the simulated hardware's page


@dataclass(frozen=True, slots=True)
class _Pairing:
    role: Role
    until: float
    visit_s: float | None


@dataclass(frozen=True, slots=True)
class _Visit:
    role: Role
    until: float


class Tokens:
    """The tokens of one room. `admin` is shown once, at start; the rest is kept as hashes."""

    def __init__(self, store: Store, clock: Clock, admin: str) -> None:
        self._store, self._clock = store, clock
        self._admin = _hash(admin)
        self._pairings: dict[str, _Pairing] = {}
        self._visits: dict[str, _Visit] = {}
        known = {role.value: role for role in Role}
        self._sessions: dict[str, Role] = {
            hashed: known[role]
            for hashed, role in store.read("sessions", all_text).items()
            if role in known  # a newer version may have had more
        }
        self._writing = asyncio.Lock()

    def offer_pairing(
        self, role: Role, good_for_s: float = PAIRING_S, visit_s: float | None = None
    ) -> str:
        """Return a token that turns one browser into a panel (or far side, or screen), once.

        With `visit_s` it stays one for that long, and until the program ends; else for good.
        """
        now = self._clock.mono_s()
        self._pairings = {k: p for k, p in self._pairings.items() if p.until >= now}
        token = secrets.token_urlsafe(24)
        self._pairings[_hash(token)] = _Pairing(role, now + good_for_s, visit_s)
        return token

    def is_offered(self, token: str) -> bool:
        """Whether a pairing token still waits for the browser that uses it."""
        pairing = self._pairings.get(_hash(token))
        return pairing is not None and pairing.until >= self._clock.mono_s()

    async def pair(self, token: str) -> tuple[Role, str] | None:
        """Use up a pairing token; return the role and the session's secret, or None."""
        pairing = self._pairings.pop(_hash(token), None)
        if pairing is None or pairing.until < self._clock.mono_s():
            return None
        secret = secrets.token_urlsafe(32)
        if pairing.visit_s is not None:
            self._visit(_hash(secret), pairing.role, pairing.visit_s)
            return pairing.role, secret
        self._sessions[_hash(secret)] = pairing.role
        while len(self._sessions) > SESSIONS_KEPT:
            del self._sessions[next(iter(self._sessions))]
        await self._keep()
        return pairing.role, secret

    def _visit(self, hashed: str, role: Role, visit_s: float) -> None:
        now = self._clock.mono_s()
        self._visits = {k: v for k, v in self._visits.items() if v.until >= now}
        self._visits[hashed] = _Visit(role, now + visit_s)

    async def _keep(self) -> None:
        """Write the sessions down, one write at a time: the last one must be the newest."""
        async with self._writing:
            try:
                await in_thread(self._store.write, "sessions", dict(self._sessions))
            except OSError as error:
                _log.warning("a pairing will not outlive a restart: %s", error)

    def bearer(self, authorization: str | None) -> Source | None:
        """Return who holds the token of an Authorization header, or None."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(_hash(token.strip()), self._admin):
            return None
        return Source(Role.ADMIN, "api token")

    def session(self, secret: str | None, role: Role) -> Source | None:
        """Return who holds a session cookie of `role`, or None."""
        if not secret:
            return None
        hashed = _hash(secret)
        visit = self._visits.get(hashed)
        visiting = visit is not None and visit.role is role and visit.until >= self._clock.mono_s()
        if self._sessions.get(hashed) is role:
            self._sessions[hashed] = self._sessions.pop(hashed)  # who is forgotten first: the idle
        elif not visiting:
            return None
        return Source(role, f"{role} {hashed[:6]}", phone=visiting)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
