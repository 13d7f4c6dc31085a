"""What a descriptor cannot say of a speakerphone, one TOML file per model. Knows no device.

No profile is needed: `GENERIC` serves every device whose descriptor is sane.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from roomctl.errors import ProfileError
from roomctl.profile import Profile, choose, load_all
from roomctl.speakerphone.telephony import MuteLed, Timing


class SpeakerphoneProfile(Profile):
    """A speakerphone model; `match` holds `vid:pid` in lower-case hex."""

    mute_led: MuteLed = Field(default="mute", description="the LED that shows muted")
    mic_needs_off_hook: bool = Field(
        default=False, description="the microphone is silent until Off-Hook is written"
    )
    echo_ms: int = Field(default=2500, ge=0, le=2500, description="a write is echoed within")
    repeat_ms: int = Field(default=2500, ge=0, le=2500, description="an unanswered press repeats")
    double_ms: int = Field(default=50, ge=0, le=500, description="one press may be sent twice")

    @property
    def timing(self) -> Timing:
        return Timing(self.echo_ms / 1000, self.repeat_ms / 1000, self.double_ms / 1000)


GENERIC = SpeakerphoneProfile(
    name="USB speakerphone",
    match=(),
    source="USB HID Usage Tables 1.5, Telephony and LED pages",
    verified="manual",
)


def load_profiles(folder: Path) -> dict[str, SpeakerphoneProfile]:
    """Read the profiles in `folder`, which may be empty; `generic` is always among them."""
    return {"generic": GENERIC} | load_all(folder, SpeakerphoneProfile)


def pick(
    profiles: dict[str, SpeakerphoneProfile], asked: str | None, vid: int | None, pid: int | None
) -> tuple[str, SpeakerphoneProfile]:
    """Return the profile that the room names, else the one for vid:pid, else `generic`."""
    if asked is None:
        return choose(profiles, f"{vid or 0:04x}:{pid or 0:04x}", "generic")
    if asked not in profiles:
        why = f"there is no profile {asked!r}; there are: {', '.join(sorted(profiles))}"
        raise ProfileError("firmware_profiles/speakerphone", asked, why)
    return asked, profiles[asked]
