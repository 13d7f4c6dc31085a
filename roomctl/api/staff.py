"""The staff PIN: what it is kept as, who may try it how often, and what it gives a panel.

Argon2id, 32 MiB, 3 passes, 1 lane: 0.07 s on a desk computer, some 0.3 s on a Raspberry Pi 4
(scaled). RFC 9106 would have 64 MiB: too much beside a browser on a board with 1 GB, and more than
the unit leaves free (MemoryMax=300M) if it is ever asked for twice at once. One PIN is looked at
at a time. What guards a PIN of six digits is the delay, though: 15 minutes after every wrong one,
in the end, are 96 a day.

A wrong PIN makes its panel wait, and many of them every panel (`tries`).

Knows no routes, and no PIN: what is kept is its hash.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from roomctl.api.auth import NotStored
from roomctl.api.tries import AttemptLimiter
from roomctl.clock import Clock
from roomctl.command import Source
from roomctl.errors import Refused
from roomctl.frozen import frozen
from roomctl.roles import Role
from roomctl.store import Store
from roomctl.wire import in_thread

if TYPE_CHECKING:
    from argon2 import PasswordHasher

    from roomctl.room import Room

_log = logging.getLogger(__name__)

MEMORY_KIB, PASSES, LANES = 32 * 1024, 3, 1

SHORTEST, LONGEST = 6, 12  # digits of a PIN

NAME = "pin"
FAILURES = "pin_failures"

Ending = Literal["asked", "time", "standby", "changed"]


@frozen
class Elevation:
    """What the right PIN gave a panel: staff's role, until the room's clock says `until_s`."""

    role: Role
    until_s: float


@frozen
class StaffState:
    """What a panel knows of staff's rights: whether a PIN is set, and which role it has now."""

    pin: bool
    role: Role | None
    ends_in_s: float | None


def refuse_weak(pin: str) -> None:
    """Raise Refused "weak_pin" for what is no PIN, or what everybody tries first."""
    if not re.fullmatch(rf"[0-9]{{{SHORTEST},{LONGEST}}}", pin):
        why = f"a PIN has {SHORTEST} to {LONGEST} digits only"
        raise Refused("room", "weak_pin", why)
    steps = {(int(after) - int(digit)) % 10 for digit, after in pairwise(pin)}
    half = len(pin) // 2
    if len(steps) == 1 or pin[:half] * 2 == pin or len(set(pin)) < 3:
        raise Refused("room", "weak_pin", "that PIN is too easy to guess")


def keep_pin(store: Store, pin: str | None) -> None:
    """Write the hash of a PIN, or that there is none, and forget wrong ones; blocking.

    Refused "weak_pin"; NotStored.
    """
    if pin is not None:
        refuse_weak(pin)
    document = {} if pin is None else {"hash": hasher().hash(pin)}
    try:
        store.write(NAME, document)
        store.write(FAILURES, {})
    except OSError as error:
        raise NotStored(f"the PIN cannot be kept: {error.strerror or error}") from error


@functools.cache
def hasher() -> PasswordHasher:
    """Return what makes a hash of a PIN or a password, and looks whether one is right."""
    from argon2 import PasswordHasher  # 2 MB, which a room without a PIN never needs

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


def is_right(kept: str, entered: str) -> bool:
    """Whether a PIN or password is the one that was kept; it takes as long for any."""
    from argon2.exceptions import InvalidHash, VerificationError  # by 21.1's name, Debian 13's

    try:
        return hasher().verify(kept, entered)
    except (VerificationError, InvalidHash):
        return False


class Staff:
    """The PIN of one room, and the panels on which it was entered."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        role: Role,
        minutes: float,
        note: Callable[[Source, str, Mapping[str, Any], str], None],
    ) -> None:
        """Give `role` for so many minutes; `note` takes for the audit that it has ended."""
        self._store, self._clock, self._note = store, clock, note
        self._role, self._for_s = role, minutes * 60.0
        self._hash = _read_hash(store)
        self._tries = AttemptLimiter(store, clock, FAILURES)
        self._elevations: dict[str, Elevation] = {}
        self._trying = asyncio.Lock()
        self.revision = 0  # grows with whatever a panel shows of it

    def configure(self, role: Role, minutes: float) -> None:
        """Give another role, and for another time, from the next PIN on."""
        self._role, self._for_s = role, minutes * 60.0

    @property
    def is_set(self) -> bool:
        """Whether there is a PIN."""
        return self._hash is not None

    def role_of(self, panel: Source) -> Source | None:
        """Return who a panel is beside itself, while the PIN that was entered there counts."""
        if panel.role != Role.PANEL:
            return None
        elevation = self._elevations.get(panel.name)
        if elevation is None:
            return None
        if self._clock.mono_s() >= elevation.until_s:
            self.end(panel, "time")
            return None
        return Source(elevation.role, f"staff at {panel.name}", panel.address)

    def state(self, panel: Source) -> StaffState:
        """Return what a panel shows of it; other browsers have no PIN."""
        if panel.role != Role.PANEL:
            return StaffState(pin=False, role=None, ends_in_s=None)
        elevation = self._elevations.get(panel.name) if self.role_of(panel) else None
        if elevation is None:
            return StaffState(pin=self.is_set, role=None, ends_in_s=None)
        ends_in_s = elevation.until_s - self._clock.mono_s()
        return StaffState(pin=self.is_set, role=elevation.role, ends_in_s=ends_in_s)

    def wait_s(self, panel: str) -> float:
        """Return for how long no PIN is looked at that comes from this panel."""
        return self._tries.wait_s(panel)

    async def enter(self, panel: Source, pin: str) -> StaffState:
        """Give a panel staff's rights for the right PIN.

        Refused "no_pin", "wrong_pin", or "pin_wait" while no PIN is looked at.
        """
        async with self._trying:
            if self._hash is None:
                why = "no PIN is set; `roomctl pin set` on the box sets one"
                raise Refused("room", "no_pin", why)
            if (wait_s := self.wait_s(panel.name)) > 0:
                why = f"too many wrong PINs; try again in {wait_s:.0f} s"
                raise Refused("room", "pin_wait", why)
            before = await self._tries.count(panel.name)
            kept = self._hash
            right = await in_thread(is_right, kept, pin)
            if not right or kept != self._hash:
                raise Refused("room", "wrong_pin", "that is not the PIN")
            await self._tries.forget(panel.name, before)
            until_s = self._clock.mono_s() + self._for_s
            self._elevations[panel.name] = Elevation(self._role, until_s)
            self.revision += 1
            return self.state(panel)

    def end(self, panel: Source, how: Ending = "asked") -> None:
        """Take staff's rights from a panel; one that has none is left as it is."""
        elevation = self._elevations.pop(panel.name, None)
        self.revision += elevation is not None
        if elevation is not None and how != "asked":  # that is noted with who asked
            source = Source(elevation.role, f"staff at {panel.name}", panel.address)
            self._note(source, "staff.end", {"how": how}, "done")

    def end_all(self, how: Ending) -> None:
        """Take staff's rights from every panel."""
        for name in tuple(self._elevations):
            self.end(Source(Role.PANEL, name), how)

    async def set_pin(self, pin: str | None) -> None:
        """Set another PIN, or none; whoever had entered the old one is no longer staff.

        Refused "weak_pin"; NotStored: the old one counts.
        """
        async with self._trying:
            await in_thread(keep_pin, self._store, pin)
            self._hash = _read_hash(self._store)
            self._tries.clear()
            self.revision += 1
            self.end_all("changed")

    async def reset(self) -> None:
        """Forget the wrong PINs: nobody has to wait. NotStored: it is so until a restart."""
        await self._tries.reset()

    async def follow(self, room: Room) -> None:
        """End it when the room goes on standby, until cancelled."""
        with room.watch() as changes:
            while True:
                await changes.get()
                if not room.document.panel.awake:
                    self.end_all("standby")


def _read_hash(store: Store) -> str | None:
    found = store.read(NAME, lambda document: isinstance(document.get("hash", ""), str))
    return found.get("hash")
