"""What the room is handed of displays: tables, a section of the document, issues and commands.

Knows no protocol.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from roomctl.clock import Moment
from roomctl.command import DeviceName, Param, Source, command
from roomctl.device import Status
from roomctl.display.driver import DisplayDevice, displays
from roomctl.display.profile import DisplayProfile, DisplayTable, InputName
from roomctl.display.session import Power
from roomctl.errors import Refused
from roomctl.kind import Context, IssueEntry, Kind, KindPart
from roomctl.roles import Right


@dataclass(frozen=True, slots=True)
class DisplayEntry:
    """A projector or television. `power` is what it says; `requested_on` what it does not yet say.

    `lamp_hours` has one number for each lamp; null: not known, or it has no such thing.
    """

    name: str
    label: str
    power: Power
    requested_on: bool | None
    input: str | None
    inputs: tuple[str, ...]
    picture_muted: bool | None
    lamp_hours: tuple[int, ...]


class DisplaysPart(KindPart):
    """The displays that room.toml names, beside that of the screen."""

    def sections(self, now: Moment) -> Mapping[str, object]:
        return {"displays": tuple(_entry(one) for one in self._by_name.values())}

    def issues(self, now: Moment) -> Iterable[IssueEntry]:
        for one in self._by_name.values():
            if one.health.status is not Status.ONLINE:
                continue
            for part, level in sorted(one.faults.items()):
                params: dict[str, Param] = {"part": part, "level": level}
                yield IssueEntry("display.fault", one.name, params, one.health.since.wall)

    @command("display.power", Right.OPERATE)
    async def _power(self, source: Source, display: DeviceName, on: bool) -> None:
        """Switch a display on or off; one that cools down is switched on as soon as it lets one."""
        await self._named(display).power(on)

    @command("display.input", Right.OPERATE)
    async def _input(self, source: Source, display: DeviceName, input: InputName) -> None:
        """Show another input of a display that is on."""
        await self._named(display).select(input)

    @command("display.pictureMute", Right.OPERATE)
    async def _picture_mute(self, source: Source, display: DeviceName, on: bool) -> None:
        """Hide the picture of a display that is on, or show it again; the lamp stays lit."""
        await self._named(display).mute_picture(on)

    @property
    def _by_name(self) -> dict[str, DisplayDevice]:
        found = (one for one in self.devices if isinstance(one, DisplayDevice))
        return {one.name.removeprefix("display."): one for one in found}

    def _named(self, name: str) -> DisplayDevice:
        if name not in self._by_name:
            known = ", ".join(self._by_name) or "none"
            raise Refused("room", "unknown_device", f"no display {name!r}; there is: {known}")
        return self._by_name[name]


def _entry(one: DisplayDevice) -> DisplayEntry:
    state = one.state
    said = " ".join(filter(None, (state.maker, state.model)))
    return DisplayEntry(
        name=one.name.removeprefix("display."),
        label=said or one.profile.name,
        power=state.power,
        requested_on=state.requested_on,
        input=state.input,
        inputs=state.inputs,
        picture_muted=state.picture_muted,
        lamp_hours=state.lamp_hours,
    )


def _build(tables: Mapping[str, DisplayTable], context: Context) -> tuple[DisplayDevice, ...]:
    return displays(tables, context.connect, context.clock, context.changed)


KIND = Kind(
    "display",
    DisplayTable,
    _build,
    DisplayProfile,
    part=DisplaysPart,
    section="displays",
    entry=DisplayEntry,
)
