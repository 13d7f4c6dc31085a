"""An ONVIF PTZ camera, as a `CameraProtocol`: what people ask for as messages, and back.

ONVIF does not say how many degrees a camera turns, so there are none: it is driven, zoomed, sent
home and to its presets. Those have tokens and names as the camera likes; people count them from 1:
a preset is called `3` by its name or its token, else it is the third in the list. Power, focus and
lamps are no matter of its PTZ service. Knows no port and no clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from roomctl.camera.onvif import message as soap
from roomctl.camera.onvif.connection import OnvifConnection, OnvifRequest
from roomctl.camera.onvif.message import MEDIA, PTZ
from roomctl.camera.profile import CameraProfile, Presets, ZoomRange
from roomctl.camera.protocol import (
    DEAD_ZONE,
    AssumedState,
    CameraRequest,
    CameraState,
    Part,
    ProtocolEvents,
    SelfDescribed,
    must_have,
)
from roomctl.clock import Moment
from roomctl.errors import Refused
from roomctl.motion import Outcome

PRESETS = 9  # of a camera that does not say how many it has
MOST_PRESETS = 100
_NUMBER = re.compile(r"(?:preset[ _-]?)?0*([1-9][0-9]{0,2})", re.IGNORECASE)


class OnvifCommand:
    """A message to a service; `moves`: it is over when the camera stands."""

    def __init__(self, body: str, *, moves: bool = False, service: str = PTZ) -> None:
        self.body, self.moves, self.service = body, moves, service


class OnvifProtocol(SelfDescribed[OnvifConnection]):
    """One ONVIF camera; `before`: what was known of it when it was last there."""

    def __init__(
        self,
        name: str,
        url: str,
        events: ProtocolEvents,
        login: tuple[str, str] = ("", ""),
        now: Moment | None = None,
        before: CameraProfile | None = None,
    ) -> None:
        clock = (now.wall, now.mono_s) if now else None
        super().__init__(name, OnvifConnection(events, url, login, clock))
        self._before = before or profile_of(None, PRESETS, zooms=True)

    @property
    def profile(self) -> CameraProfile:
        connection, seen = self.connection, self.connection.seen
        if not connection.ready:
            return self._before
        known = max(numbered(connection.presets), default=0)
        most = PRESETS if seen.most_presets is None else seen.most_presets
        count = min(max(known, most), MOST_PRESETS) if connection.has_presets else 0
        return profile_of(seen.model, count, zooms=seen.has_zoom)

    @property
    def modes(self) -> dict[str, tuple[str, ...]]:
        return self.profile.modes

    @property
    def abilities(self) -> tuple[str, ...]:
        can = self.profile.abilities
        home = self.connection.seen.has_home
        return can if home else tuple(word for word in can if word != "home")

    def state(self, believed: AssumedState) -> CameraState:
        seen = self.connection.seen
        if not self.connection.ready:
            return CameraState()
        return CameraState(
            zoom_pct=None if seen.zoom is None else round(100 * min(max(seen.zoom, 0), 1), 1),
            moving=self.connection.moving,
            preset=believed.preset,
            model=seen.model or "ONVIF camera",
            firmware=seen.firmware,
        )

    def drive(
        self, pan: float, tilt: float, zoom: float, focus: float, until: float, now: float
    ) -> None:
        """Move until `until`, unless renewed; each push from -1 to 1."""
        must_have(self.name, self.profile.zoom or not zoom, "zoom")
        must_have(self.name, not focus, "focus that can be driven")
        pushes = (min(max(push, -1.0), 1.0) for push in (pan, tilt, zoom))
        pan, tilt, zoom = (0.0 if abs(push) < DEAD_ZONE else push for push in pushes)
        self.connection.drive(pan, tilt, zoom, until, now)

    def submit(self, command: object, ended: Callable[[Outcome], None], now: float) -> None:
        """Have a message said; its time limit is the connection's."""
        if not isinstance(command, OnvifCommand):
            raise TypeError(f"{command!r} is not an ONVIF message")
        request = OnvifRequest(command.body, ended, command.moves, command.service)
        self.connection.submit(request, now)

    # What people ask for, as messages.

    def home(self) -> CameraRequest:
        must_have(self.name, self.connection.seen.has_home, "way home")
        return _one(soap.goto_home(self._media_profile), moves=True)

    def goto(
        self, pan_deg: float | None, tilt_deg: float | None, zoom_pct: float | None, speed: float
    ) -> CameraRequest:
        """Zoom; ONVIF knows no degrees."""
        if pan_deg is not None or tilt_deg is not None:
            self._has_no("positions in degrees: ONVIF does not know them")
        if zoom_pct is None:
            return CameraRequest(())
        must_have(self.name, self.profile.zoom, "zoom")
        inside = min(max(zoom_pct, 0.0), 100.0)
        clamped: tuple[Part, ...] = ("zoom",) if inside != zoom_pct else ()
        body = soap.zoom_to(self._media_profile, inside / 100)
        return CameraRequest((OnvifCommand(body, moves=True),), clamped)

    def recall(self, number: int) -> CameraRequest:
        token = self._token(number, "store it first")
        return _one(soap.goto_preset(self._media_profile, token), moves=True)

    def delete(self, number: int) -> CameraRequest:
        token = self._token(number, "there is nothing to delete")
        return _one(soap.remove_preset(self._media_profile, token))

    def _token(self, number: int, otherwise: str) -> str:
        token = numbered(self.connection.presets).get(number)
        if token is None:
            why = f"preset {number} is empty; {otherwise}"
            raise Refused(self.name, "not_executable", why)
        return token

    def store(self, number: int) -> CameraRequest:
        presets = self.connection.presets
        token = numbered(presets).get(number)
        name = str(number) if token is None else presets[token] or str(number)
        return _one(soap.set_preset(self._media_profile, name, token))

    def relative(self, pan_deg: float, tilt_deg: float, speed: float) -> CameraRequest:
        self._has_no("positions in degrees: ONVIF does not know them")

    def stream_address(self) -> CameraRequest:
        return self._address(soap.stream_uri)

    def snapshot_address(self) -> CameraRequest:
        return self._address(soap.snapshot_uri)

    def _address(self, ask: Callable[[str], str]) -> CameraRequest:
        body = ask(self.connection.shown_profile or "")
        return CameraRequest((OnvifCommand(body, service=MEDIA),))

    @property
    def _media_profile(self) -> str:
        return self.connection.profile or ""


def _one(body: str, *, moves: bool = False) -> CameraRequest:
    return CameraRequest((OnvifCommand(body, moves=moves),))


def numbered(presets: Mapping[str, str]) -> dict[int, str]:
    """Return the tokens of presets by the numbers that people call them."""
    found: dict[int, str] = {}
    for names in (presets, {token: token for token in presets}):
        for token, name in names.items():
            match = _NUMBER.fullmatch(name.strip())
            if match is not None and token not in found.values():
                found.setdefault(int(match[1]), token)
    left = [token for token in presets if token not in found.values()]
    free = (number for number in range(1, len(presets) + 1) if number not in found)
    return found | dict(zip(free, left, strict=False))


def profile_of(model: str | None, presets: int, *, zooms: bool) -> CameraProfile:
    """Return what can be asked of such a camera; its layout on a wire means nothing."""
    return CameraProfile(
        name=model or "ONVIF camera",
        match=(),
        source="what the camera says of itself",
        verified="hardware",
        layout="A",
        zoom=ZoomRange() if zooms else None,
        presets=Presets(first=1, count=presets) if presets else None,
        quirks=("no-power",),
    )
