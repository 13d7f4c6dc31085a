"""Simulated USB, AW and ONVIF cameras, and what any simulated camera sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roomctl.camera.sim.host import SimHost
from roomctl.camera.sim.view import grey, picture

if TYPE_CHECKING:
    from roomctl.camera.sim.search import Answer
    from roomctl.camera.sim.uvc import SimUvc
    from roomctl.ports.search import Question


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


def search_answer(scheme: str, name: str, address: str) -> tuple[Question, Answer] | None:
    """Return the search that a camera reached at `address` hears, and its answers; None: none."""
    from roomctl.camera.sim import search

    if scheme == "onvif":
        return search.onvif_answer(name, address)
    return search.sony_answer(name, address) if scheme == "visca-ip" else None


__all__ = ["SimHost", "grey", "http_camera", "picture", "search_answer", "usb_camera"]
