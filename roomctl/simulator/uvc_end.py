"""A USB camera at the far end of a `v4l2:` url, and what can be done to it. Knows no wire."""

from __future__ import annotations

from collections.abc import Mapping

from roomctl.camera.sim import SimUvc
from roomctl.simulator.far_end import Action, Argument
from roomctl.wire import Identity, Machine


class UvcEnd:
    """One USB camera."""

    kind = "camera"

    def __init__(self, name: str, url: str) -> None:
        self.url = url
        self.names: tuple[str, ...] = (f"camera.{name}",)
        self.camera = SimUvc()

    def machine(self) -> Machine:
        return self.camera

    def identity(self) -> Identity:
        return Identity(url=self.url, path="simulated", product="Simulated USB camera")

    def state(self, name: str, now: float) -> dict[str, object]:
        self.camera.tick(now)
        return {
            "model": "Simulated USB camera",
            "pan_deg": round(self.camera.pan_deg, 2),
            "tilt_deg": round(self.camera.tilt_deg, 2),
            "zoom_pct": round(self.camera.zoom_pct, 1),
            "moving": self.camera.moving,
            "stalled": self.camera.stalled,
        }

    def actions(self, name: str) -> Mapping[str, Action]:
        def stall(args: Mapping[str, Argument], now: float) -> None:
            self.camera.stalled = not self.camera.stalled

        return {"stall": stall}

    def faults(self, name: str) -> Mapping[str, Action]:
        return {}

    def refusal(self, data: bytes) -> str | None:
        return self.camera.refusal(data)

    def unplugged(self) -> None:
        """Lose power over USB."""
        self.camera.lose_power()
