"""What a descriptor cannot say of a speakerphone, one TOML file per model. Knows no device.

No profile is needed: `GENERIC` serves every device whose descriptor is sane.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from roomctl.config import DeviceTable
from roomctl.errors import ProfileError
from roomctl.installed import data_path
from roomctl.profile import Profile, choose, load_all
from roomctl.speakerphone.telephony import MuteLed, PressTiming

_IDS = r"^[0-9a-f]{4}:[0-9a-f]{4}$"


class SpeakerphoneTable(DeviceTable):
    """[speakerphone.NAME]: a USB speakerphone."""

    schemes: ClassVar[tuple[str, ...]] = ("usb", "hidraw")

    @classmethod
    def clash(cls, tables: Mapping[str, SpeakerphoneTable]) -> tuple[str, str] | None:
        """Return a speakerphone that nothing tells from another one."""
        seen: dict[str, str] = {}
        for name, phone in tables.items():
            if (other := seen.setdefault(phone.url, name)) != name:
                why = f"has the same url as speakerphone.{other}"
                return name, f"{why}; `roomctl probe` tells two of one model apart, by ?port="
        return None


class FirmwareAdvisory(BaseModel):
    """What is known to be wrong with some firmware; versions are bcdDevice: 0x0213 is 2.13."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    bcd_from: int = Field(default=0, ge=0, le=0xFFFF)
    bcd_to: int = Field(default=0xFFFF, ge=0, le=0xFFFF)
    what: str = Field(min_length=3)
    source: str = Field(min_length=3)


class SpeakerphoneProfile(Profile):
    """A speakerphone model; `match` holds `vid:pid` in lower-case hex."""

    mute_led: MuteLed = Field(default="mute", description="the LED that shows muted")
    mic_needs_off_hook: bool = Field(
        default=False, description="the microphone is silent until Off-Hook is written"
    )
    echo_ms: int = Field(default=2500, ge=0, le=2500, description="a write is echoed within")
    repeat_ms: int = Field(default=2500, ge=0, le=2500, description="an unanswered press repeats")
    double_ms: int = Field(default=50, ge=0, le=500, description="one press may be sent twice")

    mute_switch: bool | None = Field(
        default=None, description="mute has a position, or not, whatever the descriptor says"
    )
    no_get_report: bool = Field(
        default=False, description="do not ask it for the position of its mute switch"
    )
    update_ids: tuple[Annotated[str, Field(pattern=_IDS)], ...] = Field(
        default=(), description="vid:pid that it has while its firmware is being written"
    )
    advisories: tuple[FirmwareAdvisory, ...] = Field(
        default=(), description="what firmware is wrong"
    )

    def advisories_for(self, bcd_device: int | None) -> tuple[FirmwareAdvisory, ...]:
        """Return what is known to be wrong with this firmware; nothing if it is not known."""
        if bcd_device is None:
            return ()
        return tuple(one for one in self.advisories if one.bcd_from <= bcd_device <= one.bcd_to)

    @property
    def timing(self) -> PressTiming:
        return PressTiming(self.echo_ms / 1000, self.repeat_ms / 1000, self.double_ms / 1000)


GENERIC = SpeakerphoneProfile(
    name="USB speakerphone",
    match=(),
    source="USB HID Usage Tables 1.5, Telephony and LED pages",
    verified="manual",
)


def load_profiles(folder: Path) -> dict[str, SpeakerphoneProfile]:
    """Read the profiles in `folder`, which may be empty; `generic` is always among them."""
    return {"generic": GENERIC} | load_all(folder, SpeakerphoneProfile)


@cache
def shipped() -> Mapping[str, SpeakerphoneProfile]:
    """Return the profiles that come with the program, and `generic`; read once."""
    return load_profiles(data_path("firmware_profiles") / "speakerphone")


def pick(
    profiles: Mapping[str, SpeakerphoneProfile], asked: str | None, vid: int | None, pid: int | None
) -> tuple[str, SpeakerphoneProfile]:
    """Return the profile that the room names, else the one for vid:pid, else `generic`."""
    if asked is None:
        return choose(profiles, f"{vid or 0:04x}:{pid or 0:04x}", "generic")
    if asked not in profiles:
        why = f"there is no profile {asked!r}; there are: {', '.join(sorted(profiles))}"
        raise ProfileError("firmware_profiles/speakerphone", asked, why)
    return asked, profiles[asked]
