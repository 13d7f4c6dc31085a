"""Which of the room's speakerphones is in use, and what is said of each. Knows no mute.

The first one online in the order of room.toml, or the one that somebody chose on a panel; in a call
it never changes but for one that is unplugged. The choice lasts as long as the program runs.
"""

from __future__ import annotations

from collections.abc import Sequence

from roomctl.device import Status
from roomctl.errors import Refused
from roomctl.room.document import SpeakerphoneEntry
from roomctl.speakerphone import Speakerphone
from roomctl.speakerphone.choice import in_use


class Phones:
    """The speakerphones of one room; `used` is the name of the one in use, if one is online."""

    def __init__(self, phones: Sequence[Speakerphone]) -> None:
        self._phones = {phone.name: phone for phone in phones}
        self._chosen: str | None = None
        self.used: str | None = None

    def __bool__(self) -> bool:
        return bool(self._phones)

    @property
    def phone(self) -> Speakerphone | None:
        """The one in use, while it is online."""
        phone = self._phones.get(self.used or "")
        return phone if phone and phone.health.status is Status.ONLINE else None

    @property
    def entries(self) -> tuple[SpeakerphoneEntry, ...]:
        return tuple(self._entry(phone) for phone in self._phones.values())

    def choose(self, name: str) -> None:
        """Use this one from the next `follow` on; Refused "unknown_device" or "offline"."""
        if name not in self._phones:
            known = ", ".join(self._phones) or "none"
            raise Refused("room", "unknown_device", f"no speakerphone {name!r}; there is: {known}")
        if self._phones[name].health.status is not Status.ONLINE:
            raise Refused(name, "offline", f"{name} is not plugged in; choose it when it is")
        self._chosen = name

    def tell(self, muted: bool, off_hook: bool) -> None:
        """Have those that are not in use dark; while none is, any of them may be the next one."""
        for phone in self._phones.values():
            if phone.name != self.used:
                phone.wish(*((muted, off_hook) if self.used is None else (False, False)))

    def follow(self, *, in_call: bool) -> bool:
        """Take what is online now; return whether another one, or none, is in use."""
        online = [
            name for name, phone in self._phones.items() if phone.health.status is Status.ONLINE
        ]
        before, self.used = self.used, in_use(online, self._chosen, self.used, in_call=in_call)
        return self.used != before

    def _entry(self, phone: Speakerphone) -> SpeakerphoneEntry:
        state = phone.state
        return SpeakerphoneEntry(
            name=phone.name,
            label=state.model,
            port_path=state.port_path,
            online=phone.health.status is Status.ONLINE,
            used=phone.name == self.used,
            mic_gated=state.mic_gated,
        )
