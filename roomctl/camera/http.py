"""Cameras that are asked over HTTP: one device for each, with a login where one is wanted.

Knows no bytes: their protocols say them. A camera that refuses its login is left alone for a while,
for some lock themselves when they are asked on and on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from roomctl.camera.aw.protocol import ON_CAMERA, AwProtocol
from roomctl.camera.camera import Camera
from roomctl.camera.lines import ONVIF, CameraDevice, is_http
from roomctl.camera.mounting import Mounting, refuse_what_it_lacks
from roomctl.camera.onvif.message import without_digest
from roomctl.camera.onvif.protocol import OnvifProtocol
from roomctl.camera.profile import CameraTable
from roomctl.camera.protocol import CameraProtocol, LoginRefused, ProtocolEvents
from roomctl.clock import Clock
from roomctl.errors import ConfigError, PortError
from roomctl.ports.http import with_login, without_login
from roomctl.wire import Connect, Identity, Machine, Port, Record, Ring, traced

DENIED_WAIT_S = 60.0


class HttpCamera(CameraDevice):
    """One camera at one host."""

    _connection: Machine  # the newest

    def __init__(
        self,
        name: str,
        table: CameraTable,
        connect: Connect,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self._table = table
        self.trace = self._ring = Ring()
        connect = traced(self._logged_in(connect), clock, self._note)
        super().__init__(name, table.url, connect, clock, changed)

        def begin(events: ProtocolEvents, identity: Identity | None) -> CameraProtocol:
            before = self.camera.profile if identity is not None else None
            made: AwProtocol | OnvifProtocol
            if table.url.startswith(ONVIF):
                # in its messages a login is proven by SHA-1
                proven = table.weakest_login != "digest-sha-256"
                login = (table.user, table.password.reveal()) if proven else ("", "")
                made = OnvifProtocol(name, table.url, events, login, clock.now(), before)
            else:
                made = AwProtocol(name, table.url, events, before, ceiling=table.hangs)
            self._connection = made.connection
            return made

        self.camera = Camera(name, self, begin, mounting=Mounting.of(table))
        self.cameras = {name: self.camera}

    def advice(self, detail: str) -> str:
        """Return what to look at when the camera does not answer."""
        return f"{detail} on {self.url}; is it powered and in this network?"

    def machine(self, identity: Identity) -> Machine:
        self.camera.reopened(identity)
        return self._connection

    async def attend(self) -> None:
        """Talk until the port is lost; one that refuses the login is left alone for a minute."""
        try:
            await self.converse()
        except LoginRefused as error:
            self.unproven(str(error.reason), str(error))
            await self.leave_alone(DENIED_WAIT_S)
            raise

    def _note(self, record: Record) -> None:
        self._ring.note(replace(record, data=without_digest(record.data)))

    def _logged_in(self, connect: Connect) -> Connect:
        """Return `connect` with user and password in the url; errors name it without."""
        table, password = self._table, self._table.password.reveal()

        async def connecting(name: str, url: str) -> Port:
            try:
                return await connect(
                    name, with_login(url, table.user, password, table.weakest_login)
                )
            except PortError as error:
                raise PortError(url, error.why, error.reason) from None

        return connecting


def http_cameras(
    tables: Mapping[str, CameraTable],
    connect: Connect,
    clock: Clock,
    changed: Callable[[], None],
) -> list[HttpCamera]:
    """Return one device for each table of `tables` whose camera is asked over HTTP."""
    devices = []
    for name, table in tables.items():
        if is_http(table.url):
            _refuse_what_means_nothing(name, table)
            devices.append(HttpCamera(name, table, connect, clock, changed))
    return devices


def _refuse_what_means_nothing(name: str, table: CameraTable) -> None:
    scheme = table.url.partition(":")[0]
    if without_login(table.url) != table.url:
        why = f'says who logs in; write url = "{scheme}://HOST" and user and password beside it'
        raise ConfigError("room.toml", f"camera.{name}.url", why)
    if table.profile is not None:
        why = f"an {scheme}: camera reports its own model; leave the profile out"
        raise ConfigError("room.toml", f"camera.{name}.profile", why)
    if table.address != 1:
        why = "a host is one camera; leave the address out"
        raise ConfigError("room.toml", f"camera.{name}.address", why)
    has, model = ((), "ONVIF cameras") if scheme.startswith(ONVIF) else (ON_CAMERA, "AW cameras")
    refuse_what_it_lacks(name, table, has, model)
