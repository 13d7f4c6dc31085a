"""Who may give which command of a room now: the table in `roles`, with what room.toml allows.

Knows no route, no token and no device: whether anybody is in the room is told.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from roomctl import roles
from roomctl.command import Declaration, Source
from roomctl.config import Config
from roomctl.errors import Refused
from roomctl.roles import Right


class Permissions:
    """The rights of those who ask one room."""

    def __init__(
        self,
        declared: Sequence[Declaration],
        config: Callable[[], Config],
        empty: Callable[[], bool],
    ) -> None:
        """`empty`: whether nobody is in the room."""
        self._declared, self._config, self._empty = declared, config, empty

    def commands_of(self, source: Source) -> Iterator[str]:
        """Yield the commands that somebody may ever give; `audio.unmute`: open the microphone."""
        rights = {one.name: one.right for one in self._declared} | {"audio.unmute": Right.UNMUTE}
        for name, right in rights.items():
            if self._denied(right, source, empty=False) is None:
                yield name

    def permit(self, right: Right, source: Source) -> None:
        """Refused says why somebody may not do something now."""
        denial = self._denied(right, source, empty=self._empty())
        if denial is not None:
            raise Refused("room", denial.code, denial.why)

    def who_may(self, right: Right, sources: Sequence[Source]) -> Source:
        """Return the first of those that one caller is who has a right; Refused says why not."""
        empty = self._empty()
        for source in sources:
            if self._denied(right, source, empty=empty) is None:
                return source
        self.permit(right, sources[0])
        return sources[0]

    def giver(self, kind: str, args: Mapping[str, Any], sources: Sequence[Source]) -> Source:
        """Return as whom one caller gives a command: the first that may, else the first."""
        right = next(one.needed(args) for one in self._declared if one.name == kind)
        with contextlib.suppress(Refused):
            return self.who_may(right, sources)
        return sources[0]

    def _denied(self, right: Right, source: Source, *, empty: bool) -> roles.Denial | None:
        config = self._config()
        return roles.denied(
            right,
            source.role,
            empty=empty,
            phone_may_unmute=config.room.phone_may_unmute,
            anyone_teaches=config.meeting.learn == "anyone",
            named=source.rights,
        )
