"""What a plain page says by a picture that staff have named: a lobby, a call, a wall, an end. Pure.

A picture has to be seen twice, one look after the other, before it says anything, and missed twice
before it says no more. What stands there only in a call, such as the key that leaves it, is one
witness of the call, and needs a second one (`call`).

Knows no clock, no screen and no way to compare pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from roomctl.meeting.walkthrough import NamedPicture, PageName, ShownControl, Sighted

BEFORE_S = 2.0  # between two looks while a call is not proven
LOBBY_S = 1.0  # where the picture of a lobby is known: a call waits for these looks
DURING_S = 10.0  # and while it is

EARLY = 3  # looks at a call that is just proven, as often as before: it may be a lobby with media

_DURING = frozenset({PageName.LOBBY, PageName.IN_CALL, PageName.REMOVED, PageName.ENDED})


class Lookout:
    """What stands on a page, as the looks at it say."""

    def __init__(self, pictures: Sequence[NamedPicture], first: int = 0) -> None:
        """`first` is the number that the first of the pictures was brought under."""
        self._pictures, self._first = tuple(pictures), first
        self.says: PageName | None = None
        self.sure_s: float | None = (
            None  # when the first of the last two looks began, if they agree
        )
        self._before: tuple[PageName | None, float] | None = None

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

    @property
    def before_s(self) -> float:
        """How long between two looks while a call is not proven."""
        return LOBBY_S if knows_lobby(self._pictures) else BEFORE_S

    def saw(self, began_s: float, seen: Sighted) -> None:
        """Take what a look saw of those that began then (monotonic seconds)."""
        now = next(
            (
                one.says
                for number, one in enumerate(self._pictures, self._first)
                if isinstance(seen.get(number), tuple)
            ),
            None,
        )
        before, self._before = self._before, (now, began_s)
        self.sure_s = None
        if before is not None and before[0] == now:
            self.says, self.sure_s = now, before[1]


def knows_lobby(pictures: Iterable[NamedPicture]) -> bool:
    """Whether the picture of a lobby is among them."""
    return any(one.says is PageName.LOBBY for one in pictures)
