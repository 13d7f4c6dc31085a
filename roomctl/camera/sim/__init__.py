"""Simulated USB, AW and ONVIF cameras, and what any simulated camera sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roomctl.camera.sim.host import SimHost
from roomctl.camera.sim.view import picture

if TYPE_CHECKING:
    from roomctl.camera.sim.uvc import SimUvc


def http_camera(scheme: str) -> SimHost:
    """Return a camera that is asked over HTTP: `aw`, Panasonic's, or `onvif`.

    What few rooms have costs the others nothing: its protocol is loaded here.
    """
    if scheme.startswith("onvif"):
        from roomctl.camera.sim.onvif import SimOnvif

        return SimOnvif()
    from roomctl.camera.sim.aw import SimAw

    return SimAw()


def usb_camera() -> SimUvc:
    """Return a camera on USB."""
    from roomctl.camera.sim.uvc import SimUvc

    return SimUvc()


__all__ = ["SimHost", "http_camera", "picture", "usb_camera"]
