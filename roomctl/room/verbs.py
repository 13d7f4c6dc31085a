"""What a room can be asked to do: one coroutine per command of the API.

Who may ask it stands in `room.roles`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from roomctl.room.bookings import Bookings
from roomctl.room.cameras import CameraCommands
from roomctl.room.commands import Source, Verb
from roomctl.room.meeting import CallControl


class Verbs:
    """The commands of one room. Arguments are as in `api.schema`, already checked for form."""

    def __init__(
        self,
        cameras: CameraCommands,
        calls: CallControl,
        bookings: Bookings,
        light: Callable[[bool], None],
        roll_back: Callable[[int, str], Awaitable[None]],
    ) -> None:
        self._cameras = cameras
        self._calls, self._bookings = calls, bookings
        self._light, self._roll_back_to = light, roll_back

    @property
    def table(self) -> Mapping[str, Verb]:
        return {
            **self._cameras.table,
            "meeting.join": self._join,
            "meeting.new": self._new,
            "meeting.leave": self._leave,
            "room.wake": self._wake,
            "room.rest": self._rest,
            "room.rollBack": self._roll_back,
        }

    async def _join(
        self,
        source: Source,
        booking: str | None = None,
        link: str | None = None,
        favourite: str | None = None,
        number: str | None = None,
        platform: str | None = None,
        passcode: str | None = None,
    ) -> None:
        self._light(True)
        if booking is not None:
            await self._calls.join_booked(self._bookings.booking(booking))
            await self._bookings.check_in(booking)
        elif number is not None and platform is not None:
            await self._calls.join(self._calls.by_number(platform, number, passcode), None)
        elif favourite is not None:
            await self._calls.join(self._calls.favourite(favourite), favourite)
        else:
            await self._calls.join(self._calls.read(link or ""), None, link or "")

    async def _new(self, source: Source, platform: str | None = None) -> None:
        self._light(True)
        await self._calls.new(platform)

    async def _leave(self, source: Source) -> None:
        await self._calls.leave()

    async def _wake(self, source: Source) -> None:
        self._light(True)

    async def _rest(self, source: Source) -> None:
        self._light(False)

    async def _roll_back(self, source: Source, revision: int) -> None:
        await self._roll_back_to(revision, source.name)
