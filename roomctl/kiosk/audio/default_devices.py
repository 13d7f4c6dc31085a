"""The default devices for the length of a meeting: set once for each choice, and given back after.

What was there before is noted in the user's runtime folder, so that a process that was killed in a
meeting leaves it to the next one to give it back. Knows no mute.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from roomctl.frozen import frozen
from roomctl.kiosk.audio.pulse import SoundServer
from roomctl.kiosk.audio.sources import SoundGraph, loudspeaker, microphone
from roomctl.screen.protocol import PreferDevice
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

Pair = tuple[str, str]
"""The names of a sink and a source."""

_NOTHING = ("", "")


@frozen
class _Kept:
    """What was there before the meeting, and the room's choice since; if `set`."""

    before: Pair
    chosen: Pair
    set: bool


class DefaultDevices:
    """The default sink and source of one sound server."""

    def __init__(self, note: Path | None = None) -> None:
        """`note` is a file that outlives this process; None: a process that is killed forgets."""
        self._note, self._kept = note, None if note is None else _read(note)

    async def follow(
        self, connection: SoundServer, scene: SoundGraph, use: PreferDevice, *, in_meeting: bool
    ) -> None:
        """Set them once for each choice, never in a quarrel with somebody who sets others."""
        now = (scene.default_sink, scene.default_source)
        known = self._kept or _Kept(now, now, set=False)
        if in_meeting:
            sink, source = loudspeaker(scene, use), microphone(scene, use)
            chosen = (sink.name if sink else now[0], source.name if source else now[1])
            fresh = chosen not in (known.chosen, now)
            self._kept = replace(known, chosen=chosen, set=known.set or fresh)
            if fresh:
                await self._write(known.before)
                await connection.default(*chosen)
        else:
            self._kept = None
            if known.set:
                if known.before != now:
                    await connection.default(*known.before)
                await self._write(None)

    async def _write(self, before: Pair | None) -> None:
        if self._note is not None:
            await in_thread(_written, self._note, before)


def place(environment: Mapping[str, str]) -> Path | None:
    """Return where the note belongs; None where no folder is this user's alone."""
    given = environment.get("RUNTIME_DIRECTORY", "").split(":")[0]  # systemd's, of this unit
    folder = given or environment.get("XDG_RUNTIME_DIR", "")
    return Path(folder) / "roomctl-default-devices.json" if folder else None


def _read(note: Path) -> _Kept | None:
    try:
        sink, source = json.loads(note.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        _log.warning("sound: %s does not say which devices were the default ones: %s", note, error)
        return None
    _log.info("sound: a dead run left the default devices of its meeting; they are given back")
    return _Kept((str(sink), str(source)), _NOTHING, set=True)


def _written(note: Path, before: Pair | None) -> None:
    """Keep it, whole or not at all; where nothing can be written the meeting goes on."""
    try:
        if before is None:
            note.unlink(missing_ok=True)
            return
        fresh = note.with_suffix(".new")
        fresh.write_text(json.dumps(before))
        fresh.replace(note)
    except OSError as error:
        _log.warning("sound: which devices were the default ones cannot be noted: %s", error)
