"""A simulated device for every device of a Config, in memory or on real wires; and its faults.

`connect` is given to a Room in place of `ports.connect`; everything above it stays as it is.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from roomctl import ports
from roomctl.camera.sim import grey, picture, search_answer
from roomctl.clock import Clock
from roomctl.config import Config
from roomctl.errors import PortClosed, PortError, PortReason, Refused
from roomctl.kind import Argument, SimulatedDevice
from roomctl.ports.http import without_login
from roomctl.screen.sim import SimScreen
from roomctl.simulator.cameras import SimulatedHttp, SimulatedLine, baud_of
from roomctl.simulator.devices import simulated_devices
from roomctl.simulator.wires import (
    PumpTask,
    SearchAnswers,
    Tuned,
    Wire,
    offer,
    offer_at_its_port,
    offer_unix,
)
from roomctl.wire import Chunk, Identity, Port, pair

if TYPE_CHECKING:
    from roomctl.byom.sim import SimulatedSwitch
    from roomctl.ports.picture import PicturePort

_log = logging.getLogger(__name__)

_WIRED = ("serial", "tcp", "udp", "visca-ip", "aw", "aw-https", "onvif", "onvif-https")


class _Plug:
    """One simulated device, whether it is plugged in, and what the room hears it through."""

    def __init__(self, device: SimulatedDevice) -> None:
        self.device = device
        self.plugged = True
        self.link: PumpTask | Wire | None = None

    async def hang_up(self) -> None:
        link, self.link = self.link, None
        if link is not None:
            await link.close()


class _NearPort:
    """The room's end of a wire in memory: like a device's port, it knows who is there."""

    def __init__(self, port: Port, device: SimulatedDevice) -> None:
        self._port, self._device = port, device
        self.identity: Identity = replace(device.identity(), url=device.url)

    async def read(self) -> Chunk:
        return await self._port.read()

    async def write(self, data: bytes) -> None:
        why = self._device.refusal(data)
        if why is not None:
            raise PortError(self.identity.url, why)
        await self._port.write(data)

    async def close(self) -> None:
        await self._port.close()


class Simulator:
    """The simulated hardware of one room; `ports` names wires for other programs by device."""

    def __init__(
        self, config: Config, clock: Clock, *, with_screen: bool = True, only: str = ""
    ) -> None:
        """Simulate what `config` names; with `only`, the urls that begin so, and the screen."""
        self._clock, self._with_screen, self._only = clock, with_screen, only
        self._config, self._plugs = config, dict[str, _Plug]()
        self._simulate(config)
        self._wires: list[Wire] = []
        self._searched: list[SearchAnswers] = []
        self._taking: set[asyncio.Task[None]] = set()
        self.ports: dict[str, str] = {}
        self.at_its_port: list[str] = []  # addresses of cameras at the port of VISCA over IP

    def _simulate(self, config: Config, same: Callable[[str], bool] = lambda name: False) -> None:
        devices = simulated_devices(config, with_screen=self._with_screen)
        known, self._plugs = self._plugs, {}
        for one in devices:
            if one.kind == "screen" or one.url.startswith(self._only):
                kept = known.get(one.url) if all(map(same, one.names)) else None
                self._plugs[one.url] = kept or _Plug(one)
        self._config = config
        for taker in self._takers():
            taker.switch.turned = self._turned

    def follow(self, config: Config) -> None:
        """Simulate what another room.toml names; a device whose table stays the same does, too."""
        before = self._config

        def same(name: str) -> bool:
            kind, _, own = name.partition(".")
            tables = before.tables(kind), config.tables(kind)
            key = own if own in tables[0] else kind
            return tables[0].get(key) == tables[1].get(key)

        self._simulate(config, same)

    def _simulates(self, name: str) -> bool:
        return any(name in plug.device.names for plug in self._plugs.values())

    async def connect(self, name: str, url: str) -> Port:
        """Open the wire to a simulated device; another url is opened for real."""
        shown = self._shown(name, url)
        if shown is not None:
            now = self._clock.mono_s()
            if url.startswith("grey:"):
                return SimulatedGrey(url, self._clock)
            if url.startswith("pictures:"):
                return SimulatedPictures(url, lambda at: shown.state(name, at), self._clock)
            return film(url, shown.state(name, now), now)
        plug = self._plugs.get(url) or self._plugs.get(_as_configured(url))
        if plug is None and name == "sound" and self._simulates("screen"):
            raise PortError(url, "the simulator has no wall", PortReason.MISSING)
        if plug is None:
            return await ports.connect(name, url)
        if not plug.plugged or self._taken(plug):
            raise PortError(url, "is unplugged (in the simulator)", PortReason.MISSING)
        await plug.hang_up()
        if self._wires and _can_be_wired(plug.device):
            wire = plug.link = await offer(_scheme(url), plug.device.machine, self._clock)
            _, mark, query = url.partition("?")
            return await ports.connect(name, f"{wire.url}{mark}{query}")
        near, far = pair(url, self._clock)
        machine, baud = plug.device.machine(), baud_of(url)
        if isinstance(machine, Tuned) and baud is not None:
            machine.spoken_at(baud)
        plug.link = PumpTask(far, machine, self._clock)
        return _NearPort(near, plug.device)

    def _takers(self) -> Iterator[SimulatedSwitch]:
        """Yield the switch that may take devices from the room."""
        if self._config.tables("byom"):
            from roomctl.byom.sim import SimulatedSwitch  # few rooms have one

            devices = (plug.device for plug in self._plugs.values())
            yield from (one for one in devices if isinstance(one, SimulatedSwitch))

    def _taken(self, plug: _Plug) -> bool:
        """Whether a device hangs at another host's bus now."""
        device = plug.device
        return any(
            one.takes and any(one.hangs(name, device.url) for name in device.names)
            for one in self._takers()
        )

    def _turned(self) -> None:
        """Have what a switch has taken from the room's bus be gone from it."""
        for plug in self._plugs.values():
            if plug.link is not None and self._taken(plug):
                plug.device.unplugged()
                task = asyncio.ensure_future(plug.hang_up())
                self._taking.add(task)
                task.add_done_callback(self._taking.discard)
        for plug in self._plugs.values():
            if plug.device.kind == "byom" and plug.link is not None:
                plug.link.wake()

    def _shown(self, name: str, url: str) -> SimulatedDevice | None:
        """Return the camera whose picture is opened; None: it is no picture, or a real one."""
        if not url.startswith(("picture:", "pictures:", "grey:")):
            return None
        plug = next((plug for plug in self._plugs.values() if name in plug.device.names), None)
        if plug is not None and not plug.plugged:
            raise PortError(url, "is unplugged (in the simulator)", PortReason.MISSING)
        return plug.device if plug else None

    def describe(self) -> list[dict[str, object]]:
        """Return each simulated device: name, kind, plugged, state, actions, faults."""
        now = self._clock.mono_s()
        return [
            {
                "name": name,
                "kind": plug.device.kind,
                "plugged": plug.plugged,
                "state": plug.device.state(name, now),
                "actions": ["unplug" if plug.plugged else "plug", *plug.device.actions(name)],
                "faults": list(plug.device.faults(name)),
            }
            for plug in self._plugs.values()
            for name in plug.device.names
        ]

    async def act(self, device: str, action: str, args: Mapping[str, Argument]) -> None:
        """Do something to a device; Refused names what there is."""
        plug = self._plug(device)
        actions, faults = plug.device.actions(device), plug.device.faults(device)
        if action == "unplug":
            plug.plugged = False
            plug.device.unplugged()
            await plug.hang_up()
        elif action == "plug":
            plug.plugged = True
        elif act := actions.get(action) or faults.get(action):
            act(args, self._clock.mono_s())
            if plug.link is not None:
                plug.link.wake()
        else:
            known = ", ".join(("unplug", "plug", *actions, *faults))
            why = f"cannot {action!r}; it can: {known}"
            raise Refused(device, "unknown_action", why)

    def device(self, device: str) -> SimulatedDevice:
        """Return a simulated device by its name, such as camera.front."""
        return self._plug(device).device

    async def wire(self) -> None:
        """Put every camera on real wires: a pty, or a port of 127.0.0.1.

        Afterwards `ports` names one by device, for other programs. The room has another one to
        the same camera, as if the camera had two control sockets, and opens it as it would open
        a real one: a pty through pyserial. Cameras of a network answer searches on loopback.
        """
        for url, plug in self._plugs.items():
            if _can_be_wired(plug.device):
                wire = await offer(_scheme(url), plug.device.second_port, self._clock)
                self._wires.append(wire)
                self.ports.update(dict.fromkeys(plug.device.names, wire.path))
                await self._answer_searches(plug, wire)

    async def _answer_searches(self, plug: _Plug, wire: Wire) -> None:
        """Have a device be found, unless other programs have the ports for that."""
        device, scheme, address = plug.device, _scheme(plug.device.url), wire.path
        if not _can_be_wired(device):
            return
        if scheme == "visca-ip":
            further = await offer_at_its_port(device.second_port, self._clock)
            if further is None:
                return
            self._wires.append(further)
            address = further.path.partition(":")[0]
            self.at_its_port.append(address)
        found = search_answer(scheme, device.names[0].partition(".")[2], address)
        if found is not None:
            question, answer = found
            try:
                said = SearchAnswers(question, address.partition(":")[0], _while(plug, answer))
            except OSError as error:
                _log.info("%s answers no search: %s", device.names[0], error)
                return
            self._searched.append(said)

    async def close(self) -> None:
        """Hang up everywhere, and take every wire away."""
        for plug in self._plugs.values():
            await plug.hang_up()
        for wire in self._wires:
            await wire.close()
        for one in self._searched:
            one.close()

    def _plug(self, device: str) -> _Plug:
        for plug in self._plugs.values():
            if device in plug.device.names:
                return plug
        known = ", ".join(name for plug in self._plugs.values() for name in plug.device.names)
        raise Refused("room", "unknown_device", f"no simulated {device!r}; there is: {known}")


def _can_be_wired(device: SimulatedDevice) -> TypeGuard[SimulatedLine | SimulatedHttp]:
    return isinstance(device, SimulatedLine | SimulatedHttp) and _scheme(device.url) in _WIRED


def _while(plug: _Plug, answer: Callable[[bytes], bytes | None]) -> Callable[[bytes], bytes | None]:
    """Return `answer` of a device that says nothing while it is unplugged."""
    return lambda data: answer(data) if plug.plugged else None


def _as_configured(url: str) -> str:
    """Return a url to which the room has added a speed, or a login, as its config has it."""
    return without_login(re.sub(r"[?&]baud=\d+$", "", url))


def _scheme(url: str) -> str:
    return url.partition(":")[0]


class SimulatedPictures:
    """What a camera in this `state` sees, again with every read."""

    def __init__(
        self, url: str, state: Callable[[float], Mapping[str, object]], clock: Clock
    ) -> None:
        self.identity = Identity(url=url, path="simulated")
        self._state, self._clock, self.is_open = state, clock, True

    async def read(self) -> Chunk:
        if not self.is_open:
            raise PortClosed(self.identity.url)
        now = self._clock.mono_s()
        return await film(self.identity.url, self._state(now), now).read()

    async def write(self, data: bytes) -> None:
        raise PortError(self.identity.url, "pictures are only read", PortReason.UNSUPPORTED)

    async def close(self) -> None:
        self.is_open = False


class SimulatedGrey:
    """Makes a picture that a simulated camera shows grey and small: 32 × 18."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.identity, self._clock = Identity(url=url, path="simulated"), clock
        self._levels = b""

    async def read(self) -> Chunk:
        return Chunk(self._levels, self._clock.mono_s())

    async def write(self, data: bytes) -> None:
        self._levels = grey(data, 32, 18)

    async def close(self) -> None:
        self._levels = b""


def film(url: str, state: Mapping[str, object], now: float) -> PicturePort:
    """Return a port to what a camera in this `state` sees now; it shows the middle if unknown."""
    from roomctl.ports.picture import PicturePort  # few look

    pan_deg, tilt_deg, zoom_pct = (
        value if isinstance(value := state.get(key), int | float) else 0.0
        for key in ("pan_deg", "tilt_deg", "zoom_pct")
    )
    data = picture(pan_deg, tilt_deg, zoom_pct)
    return PicturePort(Identity(url=url, path="simulated"), Chunk(data, now))


async def simulated_screen(socket: Path, clock: Clock, stop: asyncio.Event) -> None:
    """Be a simulated screen on the unix socket `socket` until `stop`; the socket is gone then."""
    socket.parent.mkdir(parents=True, exist_ok=True)
    wire = await offer_unix(socket, SimScreen(), clock)
    try:
        await stop.wait()
    finally:
        await wire.close()
        socket.unlink(missing_ok=True)
