"""What a room can be asked to do: one coroutine per command of the API, and who may ask it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from roomctl.errors import Refused
from roomctl.room.audio import Audio
from roomctl.room.bookings import Bookings
from roomctl.room.calls import Calls
from roomctl.room.commands import Source, Verb
from roomctl.room.devices import Devices

IN_ROOM = frozenset({"panel"})  # roles held by somebody who is in the room


class Verbs:
    """The commands of one room. Arguments are as in `api.schema`, already checked for form."""

    def __init__(
        self,
        devices: Devices,
        audio: Audio,
        calls: Calls,
        bookings: Bookings,
        light: Callable[[bool], None],
    ) -> None:
        self._devices, self._audio = devices, audio
        self._calls, self._bookings = calls, bookings
        self._light = light

    @property
    def table(self) -> Mapping[str, Verb]:
        return {
            "camera.drive": self._drive,
            "camera.stop": self._stop,
            "camera.home": self._home,
            "camera.recall": self._recall,
            "camera.store": self._store,
            "camera.power": self._power,
            "audio.mute": self._mute,
            "audio.volume": self._volume,
            "meeting.join": self._join,
            "meeting.new": self._new,
            "meeting.leave": self._leave,
            "room.wake": self._wake,
            "room.rest": self._rest,
        }

    async def _drive(
        self, source: Source, camera: str, pan: float, tilt: float, zoom: float, lease_ms: int
    ) -> None:
        self._devices.camera(camera).drive(pan, tilt, zoom, lease_s=lease_ms / 1000)

    async def _stop(self, source: Source, camera: str) -> None:
        self._devices.camera(camera).stop()

    async def _home(self, source: Source, camera: str) -> None:
        await self._devices.camera(camera).home()

    async def _recall(self, source: Source, camera: str, preset: int) -> None:
        await self._devices.camera(camera).recall(preset)

    async def _store(self, source: Source, camera: str, preset: int) -> None:
        await self._devices.camera(camera).store(preset)

    async def _power(self, source: Source, camera: str, on: bool) -> None:
        await self._devices.camera(camera).power(on)

    async def _mute(self, source: Source, on: bool) -> None:
        if not on and source.role not in IN_ROOM:
            why = "a microphone is opened in the room only, on its panel or its speakerphone"
            raise Refused("microphone", "unmute_in_room_only", why)
        await self._audio.want(on, source.name)

    async def _volume(self, source: Source, pct: int) -> None:
        await self._audio.volume(pct)

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
            found = self._bookings.booking(booking)
            await self._calls.join(self._calls.read(found.fields), found.title)
        elif number is not None and platform is not None:
            await self._calls.join(self._calls.by_number(platform, number, passcode), None)
        elif favourite is not None:
            await self._calls.join(self._calls.favourite(favourite), favourite)
        else:
            await self._calls.join(self._calls.read(link or ""), None)

    async def _new(self, source: Source, platform: str | None = None) -> None:
        self._light(True)
        await self._calls.new(platform)

    async def _leave(self, source: Source) -> None:
        await self._calls.leave()

    async def _wake(self, source: Source) -> None:
        self._light(True)

    async def _rest(self, source: Source) -> None:
        self._light(False)
