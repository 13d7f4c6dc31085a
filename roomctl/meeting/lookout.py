"""What a plain page says by a picture that staff have named: a lobby, a call, a wall, an end. Pure.

A picture has to be seen twice, one look after the other, before it says anything, and missed twice
before it says no more. What stands there only in a call, such as the key that leaves it, is one
witness of the call, and needs a second one (`call`).

Knows no clock, no screen and no way to compare pictures.
"""

from __future__ import annotations

from collections.abc import Sequence

from roomctl.meeting.walkthrough import NamedPicture, PageName, ShownControl, Sighted

BEFORE_S = 2.0  # between two looks while a call is not proven
DURING_S = 10.0  # and while it is

EARLY = 3  # looks at a call that is just proven, as often as before: it may be a lobby with media

_DURING = frozenset({PageName.LOBBY, PageName.IN_CALL, PageName.REMOVED, PageName.ENDED})


class Lookout:
    """What stands on a page, as the looks at it say."""

    def __init__(self, pictures: Sequence[NamedPicture], first: int = 0) -> None:
        """`first` is the number that the first of the pictures was brought under."""
        self._pictures, self._first = tuple(pictures), first
        self.says: PageName | None = None
        self.is_sure = False  # two looks have seen the same
        self._before: PageName | str | None = ""

    @property
    def controls(self) -> tuple[ShownControl, ...]:
        """What is to be brought."""
        return tuple(one.look for one in self._pictures)

    def wanted(self, *, proven: bool) -> tuple[int, ...]:
        """Return the numbers to look for; in a proven call those of the call, and of its end."""
        return tuple(
            number
            for number, one in enumerate(self._pictures, self._first)
            if not proven or one.says in _DURING
        )

    def saw(self, seen: Sighted) -> None:
        """Take what a look saw of those."""
        now = next(
            (
                one.says
                for number, one in enumerate(self._pictures, self._first)
                if isinstance(seen.get(number), tuple)
            ),
            None,
        )
        if now == self._before:
            self.says, self.is_sure = now, True
        self._before = now
