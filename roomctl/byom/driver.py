"""The USB switch of [byom] as a device: turned, and believed only where it says where it stands.

A relay, and a switch that is pressed by its button, answer nothing: `said` stays None, and who has
the devices is for the room to find out (`room.byom`). Knows no bytes of a maker and no camera.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from roomctl.byom.profile import LINES, ByomProfile, ByomTable
from roomctl.byom.session import Side, SwitchLine, SwitchSession, SwitchText, Turned
from roomctl.clock import Clock, SystemClock
from roomctl.device import Device, Nameplate, Status
from roomctl.errors import ConfigError, NoReply, PortError, Refused
from roomctl.explain import suggest
from roomctl.installed import data_path
from roomctl.kind import Context, Kind
from roomctl.lines import Lines, completed
from roomctl.ports import address, gpio, gpiod
from roomctl.profile import ProfileFolder
from roomctl.wire import Connect, Identity, Machine

if TYPE_CHECKING:
    from roomctl.ports.inventory import PluggedDevice

_log = logging.getLogger(__name__)

LOOK_AGAIN_S = 5.0  # where the input that tells of a laptop cannot be read
PROBE_LIMIT_S = 5.0  # three questions without an answer
TURN_LIMIT_S = 10.0  # more than the longest pulse; a slower answer counts as none
_SIDES: Mapping[str, Side] = {"room": "room", "laptop": "laptop"}


class SilentSwitch(PortError):
    """The connection stands, and nobody answers on it any more."""


class ByomSwitch(Device):
    """One switch. `said` is who has the devices as it says itself; None: it does not say.

    `plugged` is whether a laptop is plugged in; None: nothing tells.
    """

    kind = "byom"
    single = True

    def __init__(
        self,
        table: ByomTable,
        profile: ByomProfile | None,
        connect: Connect,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        super().__init__("byom", wire_of(table, profile), connect, clock, changed)
        self.table, self.profile = table, profile
        self.said: Side | None = None
        self.plugged: bool | None = None
        self._session: SwitchSession | None = None

    @property
    def reads_back(self) -> bool:
        """Whether the switch says where it stands."""
        return self.profile is not None and self.profile.text.holder.ask is not None

    @property
    def toggles(self) -> bool:
        """Whether all that can be done is to press its button, which turns it over."""
        return self.profile is None and self.table.line == "pulse"

    @property
    def nameplates(self) -> Mapping[str, Nameplate]:
        if self.profile is None:
            return {self.name: Nameplate()}
        return {
            self.name: Nameplate(profile=self.profile.name, verified=self.profile.verified),
        }

    async def turn(self, side: Side) -> None:
        """Turn the switch; done once it has taken that, which is no proof that it has turned.

        Raises Refused "offline" or "failed", NoReply.
        """
        if self._session is None:
            detail = self.health.detail or "it was never reached"
            raise Refused(self.name, "offline", f"does not answer: {detail}")
        done: asyncio.Future[Turned] = asyncio.get_running_loop().create_future()

        def heard(turned: Turned) -> None:
            if not done.done():
                done.set_result(turned)

        self._session.turn(side, heard)
        self.wake()
        try:
            async with asyncio.timeout(TURN_LIMIT_S):
                turned = await done
        except TimeoutError:
            turned = "silent"
        if turned == "refused":
            raise Refused(self.name, "failed", f"does not turn to the {side}; it says no")
        if turned == "silent":
            raise NoReply(self.name, self._answers_within_s, "whether it has turned is not known")

    @property
    def _answers_within_s(self) -> float:
        if self.profile is None:
            return TURN_LIMIT_S
        words = self.profile.text
        return min(TURN_LIMIT_S, words.set_reply_s or words.reply_s)

    # Device

    def machine(self, identity: Identity) -> Machine:
        if self.profile is None:
            pulse_s = self.table.pulse_s if self.toggles else None
            self._session = SwitchLine(pulse_s, self.proven)
        else:
            words = self.profile.text
            lines = Lines(words, places(self.table), over_tcp=self.url.startswith("tcp:"))
            now = self.clock.mono_s()
            self._session = SwitchText(lines, words, now, self._heard, self._silent)
        return self._session

    async def attend(self) -> None:
        """Talk until the connection is lost, and hear meanwhile whether a laptop is plugged in."""
        looking = asyncio.ensure_future(self._look())
        try:
            await self.converse()
        except SilentSwitch:
            return  # it has been told, and is opened anew
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    def lost(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.end()
        self.said = None

    def _heard(self, meaning: str) -> None:
        self.proven()
        said = _SIDES.get(meaning)
        if said != self.said:
            _log.info("byom: the switch says that the %s has the devices", said or "other port")
            self.said = said
            self.changed()

    def _silent(self, why: str) -> None:
        self.said = None
        self.unproven("no_reply", f"{self.name}: {why} on {self.url}; is it powered?")
        raise SilentSwitch(self.url, why)  # out of the pump: a new connection may help

    async def _look(self) -> None:
        """Follow the input that tells of a laptop, for as long as the switch is talked to."""
        url, told = self.table.plugged, False
        while url is not None:
            try:
                port = await self._connect(self.name, url)
            except PortError as error:
                if not told:
                    _log.warning("byom: not known whether a laptop is plugged in: %s", error)
                told = True
                self._plug(None)
                await asyncio.sleep(LOOK_AGAIN_S)
                continue
            try:
                with contextlib.suppress(PortError):
                    while True:
                        self._plug((await port.read()).data[-1:] == b"1")
            finally:
                self._plug(None)
                await port.close()
            await asyncio.sleep(1.0)

    def _plug(self, plugged: bool | None) -> None:
        if plugged is not self.plugged:
            self.plugged = plugged
            self.changed()


def places(table: ByomTable) -> dict[str, str]:
    """Return what a profile's `{room}` and `{laptop}` stand for."""
    return {"room": table.room_port, "laptop": table.laptop_port}


def wire_of(table: ByomTable, profile: ByomProfile | None) -> str:
    """Return the url that is opened: a line as an output, a wire with what its profile knows."""
    if profile is None:
        return address.as_output(table.url)
    return completed(table.url, profile.port, profile.baud)


@cache
def profiles() -> Mapping[str, ByomProfile]:
    """Return the shipped profiles by the names that room.toml uses; each is read once."""
    return ProfileFolder(data_path("firmware_profiles") / "byom", ByomProfile)


def profile_of(table: ByomTable) -> ByomProfile | None:
    """Return what a switch speaks; None: it is a line. ConfigError for one that does not exist."""
    if table.profile is None:
        return None
    known = profiles()
    if table.profile not in known:
        why = f"no profile {table.profile!r}; {suggest(table.profile, known)}"
        raise ConfigError("room.toml", "byom.profile", why)
    return known[table.profile]


def _build(tables: Mapping[str, ByomTable], context: Context) -> list[ByomSwitch]:
    for table in tables.values():
        _refuse_lines(table)
    return [
        ByomSwitch(table, profile_of(table), context.connect, context.clock, context.changed)
        for table in tables.values()
    ]


def _refuse_lines(table: ByomTable) -> None:
    """Raise ConfigError for an input as the switch, or an output as what tells of a laptop."""
    where = {"byom.url": address.as_output(table.url), "byom.plugged": table.plugged}
    found: dict[str, object] = {}
    for key, url in where.items():
        scheme = (url or "").partition(":")[0]
        try:
            match scheme:
                case "gpio" if url:
                    line: object = gpio.line_of(url) if key == "byom.url" else gpio.input_of(url)
                case "gpiod" if url:
                    parsed = address.parse(url)
                    line = gpiod.line_of(parsed) if key == "byom.url" else gpiod.input_of(parsed)
                case _:
                    if key == "byom.plugged" and scheme not in ("", "sim", *LINES):
                        why = f"must be an input, such as gpio:17 or gpiod:gpiochip0/17; not {url}"
                        raise ConfigError("room.toml", key, why)
                    continue
        except PortError as error:
            raise ConfigError("room.toml", key, str(error)) from error
        if key == "byom.url" and "direction=in" in (url or ""):
            raise ConfigError("room.toml", key, f"{url} is an input")
        if line in found.values():
            raise ConfigError("room.toml", key, f"{url} is already the line of the switch")
        found[key] = line


async def probe(found: Sequence[PluggedDevice], connect: Connect) -> list[PluggedDevice]:
    """Return `found`, with the laptop switches that answer on serial ports where no camera did.

    Each port is opened, and asked who has the devices, in the words of each profile with a speed.
    """
    return await asyncio.gather(*(_asked(thing, connect) for thing in found))


async def _asked(thing: PluggedDevice, connect: Connect) -> PluggedDevice:
    if not thing.url.startswith("serial:") or "baud=" in thing.url:
        return thing
    for name, profile in profiles().items():
        if profile.baud is None or profile.text.holder.ask is None:
            continue
        news = asyncio.Event()
        table = ByomTable(url=thing.url, profile=name)
        switch = ByomSwitch(table, profile, connect, SystemClock(), news.set)
        running = asyncio.ensure_future(switch.run())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PROBE_LIMIT_S):
                while switch.health.status is Status.STARTING:
                    news.clear()
                    await news.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        if switch.health.status is Status.ONLINE:
            what = f"a laptop switch that answers as {profile.name}"
            return replace(thing, kind="byom", what=what, profile=name)
    return thing


KIND = Kind("byom", ByomTable, _build, ByomProfile, probe=probe)
