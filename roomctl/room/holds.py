"""Who moves which camera: a hold is one press of a finger, and its id is never good twice.

Pure: time is an argument. Knows no camera and no socket.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

LEASE_S = 0.3  # a holder that is silent for longer has let go
PHONE_LEASE_S = 0.5  # a phone comes over the air: its beats bunch up
REMEMBERED = 4096  # ended ids that are still refused


@dataclass(slots=True)
class _Hold:
    camera: str
    holder: str
    seq: int
    until: float


class Holds:
    """The presses that are held down now, at most one per camera."""

    def __init__(self) -> None:
        self._held: dict[str, _Hold] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()

    def beat(
        self, hold: str, seq: int, camera: str, holder: str, now: float, lease_s: float = LEASE_S
    ) -> bool:
        """Renew or begin a hold for `lease_s`; False if it may not move the camera.

        It may not if it has ended, if it comes late, or while another one has the camera.

        A beat that was queued while its lease ran out must not move the camera again: only a new
        press, with a new id, does.
        """
        self._expire(now)
        if hold in self._ended:
            return False
        known = self._held.get(hold)
        if known is None:
            if any(other.camera == camera for other in self._held.values()):
                return False
            self._held[hold] = _Hold(camera, holder, seq, now + lease_s)
            return True
        if known.camera != camera or known.holder != holder or seq <= known.seq:
            return False
        known.seq, known.until = seq, now + lease_s
        return True

    def release(self, hold: str, holder: str) -> str | None:
        """End a hold; return the camera that must stop, or None if there is nothing to stop."""
        known = self._held.get(hold)
        if known is not None and known.holder != holder:
            return None
        self._end(hold)
        return known.camera if known else None

    def drop(self, holder: str) -> list[str]:
        """End every hold of a holder that went away; return the cameras that must stop."""
        mine = [(hold, held.camera) for hold, held in self._held.items() if held.holder == holder]
        for hold, _ in mine:
            self._end(hold)
        return [camera for _, camera in mine]

    def forget(self, camera: str) -> None:
        """End what holds a camera that is no longer there."""
        for hold in [hold for hold, held in self._held.items() if held.camera == camera]:
            self._end(hold)

    def _expire(self, now: float) -> None:
        for hold in [hold for hold, held in self._held.items() if held.until <= now]:
            self._end(hold)

    def _end(self, hold: str) -> None:
        self._held.pop(hold, None)
        self._ended[hold] = None
        self._ended.move_to_end(hold)
        while len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)
