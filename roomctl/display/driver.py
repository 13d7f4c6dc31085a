"""Displays: switched on and off, asked what they are doing, and believed only when they say so.

A projector takes half a minute to come up and longer to cool down, and refuses most things
meanwhile. So a request for power is kept until the display lets one; *on* is what was read back.
Knows no bytes: `session` says when, `pjlink` and `text` say how. At the end stands their part of a
room: a section of the document, issues and commands.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache

from roomctl.clock import Clock, Moment
from roomctl.command import DisplayName, Param, Source, command
from roomctl.device import Device, Health, Nameplate, Status
from roomctl.display.profile import DisplayProfile, DisplayTable, InputName
from roomctl.display.session import (
    DisplayAsk,
    DisplayProtocol,
    DisplaySession,
    DisplayStatus,
    Outcome,
    Power,
)
from roomctl.errors import (
    ConfigError,
    NoReply,
    PortClosed,
    PortError,
    PortReason,
    Refused,
    Unsupported,
)
from roomctl.explain import suggest
from roomctl.frozen import frozen
from roomctl.installed import data_path
from roomctl.kind import IssueEntry, KindPart
from roomctl.lines import completed
from roomctl.profile import ProfileFolder
from roomctl.roles import Right
from roomctl.wire import Connect, Identity, Machine

_log = logging.getLogger(__name__)

HEAR_AGAIN_S = 60.0  # where another program has the port
DENIED_WAIT_S = 60.0  # after a wrong password: some lock themselves when they are asked on and on


class SilentDisplay(PortError):
    """The connection stands, and nobody answers on it any more."""


class DisplayDevice(Device):
    """One projector or television; `state` is what it said last."""

    kind = "display"

    def __init__(
        self,
        name: str,
        table: DisplayTable,
        profile: DisplayProfile,
        connect: Connect,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        super().__init__(f"display.{name}", table.url, connect, clock, changed)
        self.profile, self.state = profile, DisplayStatus()
        self._table = table
        self._session: DisplaySession | None = None
        self._protocol: DisplayProtocol | None = None

    @property
    def healths(self) -> Mapping[str, Health]:
        return {self.name: self.health}

    @property
    def nameplates(self) -> Mapping[str, Nameplate]:
        state = self.state
        model = " ".join(filter(None, (state.maker, state.model))) or None
        known = Nameplate(model, None, state.serial or None, self.profile.name)
        return {self.name: replace(known, verified=self.profile.verified)}

    @property
    def display_on(self) -> bool | None:
        """Whether it shows a picture, as it says itself; None while it warms up or cools down."""
        return {"on": True, "off": False}.get(self.state.power)

    async def switch_display(self, on: bool) -> None:
        """Follow the room's standby; as `power`."""
        await self.power(on)

    @property
    def faults(self) -> Mapping[str, str]:
        """What is wrong with it, by part: warning or error."""
        return self.state.faults

    async def power(self, on: bool) -> None:
        """Switch on or off; at once if the display lets one, else as soon as it has cooled down.

        `state.requested_on` is set until the display says that it is so. Raises Refused "offline"
        if it does not answer at all.
        """
        session = self._answering()
        session.request_power(on, self.clock.mono_s())
        self.wake()

    async def select(self, source: str) -> None:
        """Show another input, by its name in `state.inputs` or the profile.

        Raises Unsupported if it has no such input, Refused "busy" while it is not on, NoReply.
        """
        await self._set(DisplayAsk("input", source), f"input {source!r}")

    async def mute_picture(self, muted: bool) -> None:
        """Hide or show the picture; the lamp stays lit. Errors as `select`."""
        await self._set(DisplayAsk("picture_muted", muted), "picture mute")

    # Device

    def machine(self, identity: Identity) -> Machine:
        self._protocol = self._speaking()
        self._session = DisplaySession(
            self._protocol,
            self.clock.mono_s(),
            self._heard,
            self._silent,
            requested_on=self.state.requested_on,
        )
        return self._session

    async def attend(self) -> None:
        """Talk until the connection is lost; a display that refuses the password is left alone."""
        hearing = asyncio.ensure_future(self._hear())
        try:
            await self.converse()
        except SilentDisplay:
            return  # it has been told, and is opened anew
        except PortClosed:
            if self._protocol is None or self._protocol.denied is None:
                raise
            denied = self._protocol.denied
            self.unproven("refused", f"{self.name}: {denied}")
            await self.leave_alone(DENIED_WAIT_S)
            raise PortError(self.url, denied, PortReason.REFUSED) from None
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    async def _hear(self) -> None:
        """Take what a projector says by itself, for as long as it is talked to; a hint to ask."""
        url = notices_from(self.url, self.profile)
        while url is not None:
            try:
                port = await self._connect(self.name, url)
            except PortError as error:
                _log.debug("%s: its notices are not heard: %s", self.name, error)
                await asyncio.sleep(HEAR_AGAIN_S)
                continue
            try:
                while True:
                    self._hinted((await port.read()).data)
            except PortError as error:
                _log.debug("%s: %s", self.name, error)
                await asyncio.sleep(1.0)
            finally:
                await port.close()

    def _hinted(self, datagram: bytes) -> None:
        from roomctl.display.pjlink import hinted_by

        name = hinted_by(datagram)
        if name is not None and self._session is not None:
            self._session.hint(name, self.clock.mono_s())
            self.wake()

    def lost(self) -> None:
        if self._session is not None:
            self._session.end()
        self._session = None
        self.state = DisplayStatus(requested_on=self.state.requested_on)

    # What the session tells

    def _heard(self, state: DisplayStatus) -> None:
        before, self.state = self.state, state
        if state.power != "unknown":
            self.proven()
        for part in state.faults.keys() - before.faults.keys():
            _log.warning("%s: %s: %s", self.name, part, state.faults[part])
        self.changed()

    def _silent(self, why: str) -> None:
        denied = self._protocol is not None and self._protocol.denied is not None
        reason = "refused" if denied else "no_reply"
        self.unproven(reason, f"{self.name}: {why} on {self.url}; is it powered?")
        if not denied:
            raise SilentDisplay(self.url, why)  # out of the pump: a new connection may help

    def _speaking(self) -> DisplayProtocol:
        words = self.profile.text
        if words is None:
            from roomctl.display.pjlink import PjLink

            password = self._table.password.reveal()
            return PjLink(password, mutes_sound_too=self.profile.mutes_sound_too)
        from roomctl.display.text import TextProtocol

        over_tcp = self.url.startswith("tcp:")
        return TextProtocol(words, self._table.address, over_tcp=over_tcp)

    async def _set(self, ask: DisplayAsk, what: str) -> None:
        session = self._answering()
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def heard(outcome: Outcome) -> None:
            if not done.done():
                done.set_result(outcome)

        session.say(ask, heard)
        self.wake()
        outcome = await done
        if outcome in ("unsupported", "refused"):
            raise Unsupported(self.name, what)
        if outcome == "busy":
            why = f"is {self.state.power} and takes no {what} now; switch it on and wait"
            raise Refused(self.name, "busy", why)
        if outcome == "failed":
            raise Refused(self.name, "failed", f"reports that {what} failed")
        if outcome == "silent":
            raise NoReply(self.name, self._protocol.reply_s if self._protocol else 0.0)

    def _answering(self) -> DisplaySession:
        if self._session is None or self._protocol is None or self._protocol.denied is not None:
            detail = self.health.detail or "it was never reached"
            raise Refused(self.name, "offline", f"does not answer: {detail}")
        return self._session


@cache
def profiles() -> Mapping[str, DisplayProfile]:
    """Return the shipped profiles by the names that room.toml uses; each is read once."""
    return ProfileFolder(data_path("firmware_profiles") / "display", DisplayProfile)


def displays(
    tables: Mapping[str, DisplayTable], connect: Connect, clock: Clock, changed: Callable[[], None]
) -> tuple[DisplayDevice, ...]:
    """Make the displays that room.toml names; ConfigError for a profile that does not exist."""
    known = profiles() if tables else {}
    found = []
    for name, table in tables.items():
        if table.profile not in known:
            why = f"no profile {table.profile!r}; {suggest(table.profile, known)}"
            raise ConfigError("room.toml", f"display.{name}.profile", why)
        profile = known[table.profile]
        table = table.model_copy(update={"url": completed(table.url, profile.port, profile.baud)})
        found.append(DisplayDevice(name, table, profile, connect, clock, changed))
    return tuple(found)


def notices_from(url: str, profile: DisplayProfile) -> str | None:
    """Return where a projector's notices are heard (PJLink class 2); None: it sends none."""
    from roomctl.display.pjlink import PORT

    found = re.fullmatch(r"tcp://([^:/\[\]]+)(?::\d+)?/?", url)
    return f"udp-from://{found[1]}:{PORT}" if found and profile.speaks == "pjlink" else None


@frozen
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
    async def _power(self, source: Source, display: DisplayName, on: bool) -> None:
        """Switch a display on or off; one that cools down is switched on as soon as possible."""
        await self._named(display).power(on)

    @command("display.input", Right.OPERATE)
    async def _input(self, source: Source, display: DisplayName, input: InputName) -> None:
        """Show another input of a display that is on."""
        await self._named(display).select(input)

    @command("display.picture_mute", Right.OPERATE)
    async def _picture_mute(self, source: Source, display: DisplayName, on: bool) -> None:
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
