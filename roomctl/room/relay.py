"""The ways out when a meeting's page does not let the room in: hands on it, or another meeting.

The panel sees what the room's display shows, and presses, scrolls and types there.

Only a panel that is the room's own may. A phone leaves with its visitor, and a token is
anywhere: what others show in a meeting does not go there. Text may be a passcode: it is neither
kept nor logged. Knows no browser and no compositor.
"""

from __future__ import annotations

from collections.abc import Mapping

from roomctl.errors import Refused
from roomctl.room.calls import Calls
from roomctl.room.commands import Source, Verb
from roomctl.room.pictures import Picture, as_picture
from roomctl.screen import Screen
from roomctl.screen.protocol import KeyName
from roomctl.screen.touching import Touching


class Relay:
    """What a panel may do to the page that stands on the display."""

    def __init__(self, screen: Screen | None, calls: Calls) -> None:
        self._screen, self._calls = screen, calls

    @property
    def table(self) -> Mapping[str, Verb]:
        return {
            "screen.press": self._press,
            "screen.scroll": self._scroll,
            "screen.type": self._type,
            "screen.key": self._key,
            "meeting.pressJoin": self._press_join,
            "meeting.fallback": self._fall_back,
            "meeting.rejoin": self._rejoin,
        }

    async def look(self, source: Source) -> Picture:
        """Return what the display shows now; Refused to whoever is not in the room."""
        return as_picture("screen", await self._touching(source).look())

    async def _press(self, source: Source, x: float, y: float) -> None:
        await self._touching(source).press(x, y)

    async def _scroll(self, source: Source, x: float, y: float, steps: int, down: bool) -> None:
        await self._touching(source).scroll(x, y, steps, down)

    async def _type(self, source: Source, text: str) -> None:
        await self._touching(source).type(text)

    async def _key(self, source: Source, key: str) -> None:
        await self._touching(source).key(KeyName(key))

    async def _press_join(self, source: Source) -> None:
        """Strike the keys that finish this platform's page before the meeting."""
        touching = self._touching(source)
        keys = self._calls.keys_to_join
        if not keys:
            why = "it is not known which keys join on this platform; press Join on its page"
            raise Refused("screen", "no_keys", why)
        for key in keys:
            await touching.key(KeyName(key))

    async def _fall_back(self, source: Source) -> None:
        await self._calls.fall_back()

    async def _rejoin(self, source: Source) -> None:
        await self._calls.rejoin()

    def _touching(self, source: Source) -> Touching:
        if source.role != "panel" or source.phone:
            why = "the room's display is seen and touched from the room's own panel only"
            raise Refused("screen", "room_panel_only", why)
        if self._screen is None:
            raise Refused("room", "no_screen", "this room has no [screen]; add one to room.toml")
        return self._screen.touching
