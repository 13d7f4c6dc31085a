"""How a camera is mounted: which way its axes turn for people, how fast, and what is set on it.

Pure: what people ask for becomes what its protocol is asked, and where it stands what people see.
Knows no protocol, no port and no clock. Presets of the camera's own, home and stops pass it by.

A head that turns fast is fast in the picture only where that is wide. So a held push is slower the
further it is zoomed in: as lenses are built, the picture shrinks by the same factor with every step
of the zoom's position, and so does the speed, down to `TELE` of it. (On Sony's 20x lens that keeps
the picture's own speed within a factor of 4, where it would vary by 20.)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Literal

from roomctl.camera.profile import CameraProfile, CameraTable
from roomctl.camera.protocol import DEAD_ZONE, CameraState
from roomctl.errors import ConfigError
from roomctl.frozen import frozen

TELE = 0.2  # of the speed, at the tele end
SAYS_S = 3.0  # a camera that is back must have said by then what it is set to
READ_BACK_S = 5.0  # until a setting that was told must be seen to be so
PATIENCE = 3  # so often it is told before somebody hears of it
RETRY_S = 30.0  # and from then on

_SAID = ("flip", "mirror")

OnCamera = Literal["flip", "mirror", "preset_speed"]
"""What room.toml sets on the camera itself."""


@frozen
class Mounting:
    """`max_speed`: part of the model's fastest, above 0 to 1; `preset_speed` likewise.

    `flip`, `mirror`, `preset_speed` None: as somebody has set it on the camera.
    """

    invert_pan: bool = False
    invert_tilt: bool = False
    max_speed: float = 1.0
    speed_by_zoom: bool = True
    flip: bool | None = None
    mirror: bool | None = None
    preset_speed: float | None = None

    @classmethod
    def of(cls, table: CameraTable) -> Mounting:
        """Return what room.toml says of a camera."""
        pct = table.preset_speed_pct
        return cls(
            invert_pan=table.invert_pan,
            invert_tilt=table.invert_tilt,
            max_speed=table.max_speed_pct / 100,
            speed_by_zoom=table.speed_by_zoom,
            flip=table.flip,
            mirror=table.mirror,
            preset_speed=None if pct is None else pct / 100,
        )

    @property
    def on_camera(self) -> dict[OnCamera, float]:
        """Return what is to be set on the camera; a flag is 0 or 1."""
        flags: dict[OnCamera, float | None] = {"flip": self.flip, "mirror": self.mirror}
        flags["preset_speed"] = self.preset_speed
        return {name: float(value) for name, value in flags.items() if value is not None}

    def pushes(self, pan: float, tilt: float, zoom_pct: float | None) -> tuple[float, float]:
        """Return pushes of -1 to 1 for its own axes; `zoom_pct` None: not known, nothing slows."""
        part = self.max_speed
        if self.speed_by_zoom and zoom_pct is not None:
            part *= TELE ** (zoom_pct / 100)
        return _slower(self._pan(pan), part), _slower(self._tilt(tilt), part)

    def speed(self, speed: float) -> float:
        """Return the part of the top speed at which it goes to a place."""
        return speed * self.max_speed

    def degrees(
        self, pan_deg: float | None, tilt_deg: float | None
    ) -> tuple[float | None, float | None]:
        """Return people's degrees as its own, or its own as people's; None stays None."""
        return (
            None if pan_deg is None else self._pan(pan_deg),
            None if tilt_deg is None else self._tilt(tilt_deg),
        )

    def steps(self, pan_deg: float, tilt_deg: float) -> tuple[float, float]:
        """Return a step right and up as one of its own axes."""
        return self._pan(pan_deg), self._tilt(tilt_deg)

    def seen(self, state: CameraState) -> CameraState:
        """Return where it stands as people see it."""
        if not (self.invert_pan or self.invert_tilt):
            return state
        pan_deg, tilt_deg = self.degrees(state.pan_deg, state.tilt_deg)
        return replace(state, pan_deg=pan_deg, tilt_deg=tilt_deg)

    def _pan(self, value: float) -> float:
        return 0.0 - value if self.invert_pan else value

    def _tilt(self, value: float) -> float:
        return 0.0 - value if self.invert_tilt else value


AS_IT_COMES = Mounting()


def _slower(push: float, part: float) -> float:
    """Return a part of a push; one that moves the camera at all still does."""
    slow = min(max(push, -1.0), 1.0) * part
    if abs(push) < DEAD_ZONE or abs(slow) >= DEAD_ZONE:
        return slow
    return DEAD_ZONE if push > 0 else -DEAD_ZONE


class PersistentSettings:
    """What is `wanted` on the camera, told when it is there, and again while it is not so.

    What a camera says of itself decides; of one that does not say, that it took it. A model that
    has no such thing is asked once.
    """

    def __init__(self, wanted: Mapping[OnCamera, float]) -> None:
        self._wanted = wanted
        self._taken: set[OnCamera] = set()
        self._lacks: set[OnCamera] = set()
        self._under_way: OnCamera | None = None
        self._began = float("-inf")
        self._tries: dict[OnCamera, int] = {}
        self._not_before: dict[OnCamera, float] = {}
        self._why: dict[OnCamera, str] = {}

    @property
    def failed(self) -> dict[OnCamera, str]:
        """Return what is not as it should be, and why, as a code of the panel's errors."""
        return {
            name: why
            for name, why in self._why.items()
            if name in self._lacks or self._tries.get(name, 0) >= PATIENCE
        }

    def begin(self, now: float) -> None:
        """Begin anew: the camera is back, another one, or was switched on."""
        self._began = now
        for kept in (self._taken, self._lacks, self._tries, self._not_before, self._why):
            kept.clear()
        self._under_way = None

    def next(self, state: CameraState, now: float) -> tuple[OnCamera, float] | None:
        """Return what is to be told now, if anything; `ended` is owed for it."""
        if self._under_way is not None:
            return None
        for name, value in self._wanted.items():
            said = self._said(name, state)
            if said == value:
                self._tries.pop(name, None)
                self._why.pop(name, None)
            elif (at := self._at(name, unsaid=said is None)) is not None and now >= at:
                self._under_way = name
                return name, value
        return None

    def ended(self, name: OnCamera, now: float, why: str | None) -> None:
        """Note how telling it ended; `why` None: the camera took it."""
        self._under_way = None
        tries = self._tries[name] = self._tries.get(name, 0) + 1
        self._why[name] = why or "not_kept"
        if why is None:
            self._taken.add(name)
        elif why == "unsupported":
            self._lacks.add(name)
        self._not_before[name] = now + (READ_BACK_S if tries < PATIENCE else RETRY_S)

    def due(self, state: CameraState) -> float | None:
        """Return when the next one is to be told; None: all is as it should be."""
        ats = [self._at(name, unsaid=said is None) for name, said in self._otherwise(state)]
        return min((at for at in ats if at is not None), default=None)

    def _otherwise(self, state: CameraState) -> list[tuple[OnCamera, float | None]]:
        """Return what the camera does not say to be as it should be, and what it says."""
        said = {name: self._said(name, state) for name in self._wanted}
        return [(name, said[name]) for name, value in self._wanted.items() if said[name] != value]

    def _at(self, name: OnCamera, *, unsaid: bool) -> float | None:
        """Return from when on it may be told; None: never."""
        if name in self._lacks or (unsaid and name in self._taken):
            return None
        patient = unsaid and name in _SAID
        return max(self._not_before.get(name, 0.0), self._began + SAYS_S if patient else 0.0)

    def _said(self, name: OnCamera, state: CameraState) -> float | None:
        said = {"flip": state.flip, "mirror": state.mirror}.get(name)
        return None if said is None else float(said)


_INSTEAD = {
    "flip": "leave it out, turn the picture in the camera's own menu or web page and say mounting"
    ' = "ceiling"; if its arrows are wrong then, invert_pan and invert_tilt turn those',
    "mirror": "leave it out and mirror the picture in the camera's own menu or web page; if its"
    " arrows are wrong then, invert_pan = true turns those",
    "preset_speed_pct": "leave it out: it goes to presets at its own speed",
}


def on_camera(profile: CameraProfile) -> frozenset[str]:
    """Return the keys of room.toml that can be set on a camera of this model."""
    has = {
        "flip": profile.flip,
        "mirror": profile.mirror,
        "preset_speed_pct": profile.preset_speed is not None,
    }
    return frozenset(key for key, can in has.items() if can)


def refuse_what_it_lacks(name: str, table: CameraTable, has: Collection[str], model: str) -> None:
    """Raise ConfigError if room.toml sets what a `model` that is known has no command for."""
    for key in ("flip", "mirror", "preset_speed_pct"):
        if getattr(table, key) is not None and key not in has:
            why = f"no command for that is known for {model}; {_INSTEAD[key]}"
            raise ConfigError("room.toml", f"camera.{name}.{key}", why)
