"""What people call the presets of a room's cameras: from room.toml, and as given on a panel.

Knows no camera. A name that was given goes before that of room.toml, and survives a restart; the
program never writes room.toml.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from roomctl.clock import Clock
from roomctl.config import CameraTable
from roomctl.store import Place, Settings

UNNAMED = 4  # presets shown of a camera for which room.toml names none


class PresetNames:
    """The names by camera and preset number."""

    def __init__(
        self,
        tables: Mapping[str, CameraTable],
        settings: Settings,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self._tables, self._settings = tables, settings
        self._clock, self._changed = clock, changed

    def of(self, camera: str, there_are: Sequence[int] = ()) -> dict[int, str]:
        """Return the names of a camera's presets, by number in order.

        Where room.toml names none, the first few that `there_are` are shown without a name, too.
        """
        written = self._tables[camera].presets
        names = {int(number): name for number, name in written.items()}
        if not written:
            names = dict.fromkeys(there_are[:UNNAMED], "")
        for place, name in self._settings.now.items():
            match place:
                case ("camera", whose, "presets", number) if whose == camera and number.isdecimal():
                    names[int(number)] = name
        return dict(sorted(names.items()))

    async def give(self, camera: str, preset: int, name: str, who: str) -> None:
        """Call a preset `name` from now on; empty: by no name but that of room.toml."""
        place: Place = ("camera", camera, "presets", str(preset))
        why = f"{camera}: preset {preset} is called {name!r}"
        if not name:
            why = f"{camera}: preset {preset} has no name of its own"
        await self._settings.change(place, name or None, who, why, self._clock.now().wall)
        self._changed()
