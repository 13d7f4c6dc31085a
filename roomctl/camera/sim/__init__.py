"""Simulated USB, AW and ONVIF cameras, and what any simulated camera sees."""

from __future__ import annotations

from roomctl.camera.sim.host import SimHost
from roomctl.camera.sim.uvc import SimUvc
from roomctl.camera.sim.view import picture


def http_camera(scheme: str) -> SimHost:
    """Return a camera that is asked over HTTP: `aw`, Panasonic's, or `onvif`.

    What few rooms have costs the others nothing: its protocol is loaded here.
    """
    if scheme == "onvif":
        from roomctl.camera.sim.onvif import SimOnvif

        return SimOnvif()
    from roomctl.camera.sim.aw import SimAw

    return SimAw()


__all__ = ["SimHost", "SimUvc", "http_camera", "picture"]
