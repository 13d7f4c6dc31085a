"""What a room can be asked to do with its sound: `audio.*`, and what follows a hang-up.

Arguments are as in `api.schema`, already checked for form.
"""

from __future__ import annotations

from collections.abc import Mapping

from roomctl.errors import Refused
from roomctl.room.audio import Audio
from roomctl.room.commands import Result, Source, Verb
from roomctl.room.hearing import Hearing
from roomctl.room.hook import Hook
from roomctl.room.loudness import Loudness

IN_ROOM = frozenset({"panel"})  # roles held by somebody who is in the room


class SoundVerbs:
    """The commands about the sound of one room."""

    def __init__(self, audio: Audio, loudness: Loudness, hearing: Hearing, hook: Hook) -> None:
        self._audio, self._loudness, self._hearing, self._hook = audio, loudness, hearing, hook

    @property
    def table(self) -> Mapping[str, Verb]:
        return {
            "audio.mute": self._mute,
            "audio.volume": self._volume,
            "audio.device": self._device,
            "audio.test": self._test,
            "meeting.stay": self._stay,
        }

    async def _mute(self, source: Source, on: bool) -> None:
        if not on and source.role not in IN_ROOM:
            why = "a microphone is opened in the room only, on its panel or its speakerphone"
            raise Refused("microphone", "unmute_in_room_only", why)
        kind = "panel" if source.role in IN_ROOM else "program"
        await self._audio.want(on, f"{kind}:{source.name}")

    async def _volume(self, source: Source, pct: int) -> None:
        await self._loudness.set(pct)

    async def _device(self, source: Source, name: str) -> None:
        if source.role not in IN_ROOM:
            why = "another microphone is chosen in the room only, on its panel"
            raise Refused("microphone", "in_room_only", why)
        self._audio.choose(name)

    async def _test(self, source: Source) -> Result:
        if self._audio.in_call:
            why = "the test sound would be heard by everybody in the meeting"
            raise Refused("room", "in_call", why)
        found = await self._hearing.test()
        return {
            "verdict": found.verdict.value,
            "loud_pct": found.loud_pct,
            "quiet_pct": found.quiet_pct,
        }

    async def _stay(self, source: Source) -> None:
        if source.role not in IN_ROOM:
            why = "whoever hung up is in the room, and is answered there"
            raise Refused("room", "in_room_only", why)
        self._hook.stay()
