"""People who sign in with a password of this room: their names, roles, and when one is looked at.

For a house without OpenID Connect, or beside it. Kept are Argon2id hashes (`staff.hasher`); a name
that nobody has takes as long as a wrong password, and says the same. Wrong ones make their name
and their address wait, and many of them everybody (`tries`). One password is looked at at a time,
and few wait for it. A session ends with its time, the program, the person, or his password. Knows
no routes.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from roomctl.api.auth import SIGNED_IN, NotStored
from roomctl.api.staff import hasher, is_right
from roomctl.api.tries import UNKNOWN, AttemptLimiter, of_address
from roomctl.clock import Clock
from roomctl.errors import Refused
from roomctl.frozen import frozen
from roomctl.roles import Role
from roomctl.store import Store
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

FILE, FAILURES = "people", "people_failures"
NAME = r"[a-z][a-z0-9._-]{0,31}"
SHORTEST, LONGEST = 10, 256  # characters of a password
MOST = 200
WAITING = 4  # sign-ins that wait for the one that is looked at


@frozen
class StaffAccount:
    """Somebody who may sign in; never the password."""

    name: str
    role: Role
    made: datetime
    hashed: str


def refuse_weak(name: str, password: str) -> None:
    """Raise Refused "weak_password" for what is too short, or easily thought of."""
    if not SHORTEST <= len(password) <= LONGEST:
        why = f"a password has {SHORTEST} to {LONGEST} characters; this one has {len(password)}"
        raise Refused("room", "weak_password", why)
    if len(set(password)) < 5 or name in password.lower() or _ORDINARY.search(password):
        why = "that password is too easy to guess; combine several words"
        raise Refused("room", "weak_password", why)


_ORDINARY = re.compile(r"^(password|passw0rd|qwerty|letmein|admin|welcome)?[0-9!]*$", re.IGNORECASE)


def keep_person(store: Store, name: str, role: Role, password: str, now: datetime) -> None:
    """Write down somebody who may sign in, or his new password and role; blocking.

    Refused "weak_password", "too_many_people", "invalid"; NotStored.
    """
    if not re.fullmatch(NAME, name):
        why = f"{name!r}: a name has up to 32 of a-z, 0-9, '.', '_' and '-', the first a letter"
        raise Refused("room", "invalid", why)
    if role not in SIGNED_IN:
        roles = ", ".join(one.value for one in SIGNED_IN)
        raise Refused("room", "invalid", f"no person can sign in as {role}; roles: {roles}")
    refuse_weak(name, password)
    known = _read(store)
    if name not in known and len(known) >= MOST:
        raise Refused("room", "too_many_people", f"there are {MOST} people; remove some first")
    known[name] = StaffAccount(name, role, now, hasher().hash(password))
    _write(store, known)


def remove_person(store: Store, name: str) -> None:
    """Have somebody sign in no longer; blocking. Refused "unknown_person"; NotStored."""
    known = _read(store)
    if known.pop(name, None) is None:
        raise unknown(name)
    _write(store, known)


def kept_people(store: Store) -> list[StaffAccount]:
    """Return everybody who may sign in, by name; blocking."""
    return sorted(_read(store).values(), key=lambda one: one.name)


def unknown(name: str) -> Refused:
    """Return why nothing is done about somebody whom nobody knows."""
    return Refused("room", "unknown_person", f"no person {name!r}; `roomctl person list` has all")


class StaffAccounts:
    """The people of one room. `ended` ends the sessions of somebody, by name."""

    def __init__(self, store: Store, clock: Clock, ended: Callable[[str], None]) -> None:
        self._store, self._clock, self._ended = store, clock, ended
        self._known = _read(store)
        self._tries = AttemptLimiter(store, clock, FAILURES)
        self._trying, self._waiting = asyncio.Lock(), 0

    @property
    def known(self) -> list[StaffAccount]:
        """Everybody who may sign in, by name."""
        return sorted(self._known.values(), key=lambda one: one.name)

    async def sign_in(self, name: str, password: str, address: str = "") -> StaffAccount:
        """Return who it is; Refused "wrong_password", "password_wait" or "too_often".

        `address` is where he asks from.
        """
        if self._waiting >= WAITING:
            raise Refused("room", "too_often", "too many sign in at once; try again in a moment")
        self._waiting += 1
        try:
            async with self._trying:
                return await self._look(name, password, of_address(address))
        finally:
            self._waiting -= 1

    def wait_s(self, name: str, address: str = "") -> float:
        """Return for how long no password for a name is looked at that comes from an address."""
        return self._tries.wait_s(self._counted(name), of_address(address))

    def _counted(self, name: str) -> str:
        return name if name in self._known else UNKNOWN

    async def _look(self, name: str, password: str, address: str) -> StaffAccount:
        whose = self._counted(name)
        if (wait_s := self._tries.wait_s(whose, address)) > 0:
            why = f"too many wrong passwords; try again in {wait_s:.0f} s"
            raise Refused("room", "password_wait", why)
        before = await self._tries.count(whose, address)
        person = self._known.get(name)
        kept = await in_thread(_nobodys) if person is None else person.hashed
        right = await in_thread(is_right, kept, password)
        if not right or person is None or self._known.get(name) is not person:
            raise Refused("room", "wrong_password", "wrong name or password")
        await self._tries.forget(name, before)
        return person

    async def keep(self, name: str, role: Role, password: str) -> StaffAccount:
        """Let somebody sign in, or give him another password and role; his sessions end.

        Raises as `keep_person`; then all is as it was.
        """
        async with self._trying:
            now = self._clock.now().wall
            await in_thread(keep_person, self._store, name, role, password, now)
            self._read_anew(name)
            await self._tries.forget(name)
            return self._known[name]

    async def remove(self, name: str) -> None:
        """Have somebody sign in no longer; his sessions end. Raises as `remove_person`."""
        async with self._trying:
            await in_thread(remove_person, self._store, name)
            self._read_anew(name)

    async def reset(self) -> None:
        """Forget the wrong passwords: nobody has to wait. NotStored: it is so until a restart."""
        await self._tries.reset()

    def _read_anew(self, changed: str) -> None:
        self._known = _read(self._store)
        self._ended(changed)


@functools.cache
def _nobodys() -> str:
    """Return the hash of a password that nobody knows: a name that is none takes as long."""
    return hasher().hash(secrets.token_urlsafe(32))


def _read(store: Store) -> dict[str, StaffAccount]:
    return {one.name: one for one in _people(store.read(FILE, _fits))}


def _fits(kept: Mapping[str, Any]) -> bool:
    return all(isinstance(entry, dict) for entry in kept.values())


def _people(kept: Mapping[str, Any]) -> Iterator[StaffAccount]:
    """Yield who can be read: somebody whose role or hash is damaged signs in no longer."""
    for name, entry in kept.items():
        try:
            role, made = Role(entry["role"]), datetime.fromisoformat(entry["made"])
            hashed = entry["hash"]
        except (KeyError, ValueError, TypeError):
            _log.warning("a stored person cannot be read, and cannot sign in; add them again")
            continue
        if role in SIGNED_IN and isinstance(hashed, str) and re.fullmatch(NAME, name):
            yield StaffAccount(name, role, made, hashed)


def _write(store: Store, known: Mapping[str, StaffAccount]) -> None:
    document = {
        name: {"role": one.role, "made": one.made.isoformat(), "hash": one.hashed}
        for name, one in known.items()
    }
    try:
        store.write(FILE, document)
    except OSError as error:
        raise NotStored(f"people cannot be kept: {error.strerror or error}") from error
