"""A VISCA camera's conversation, begun with what its profile says. Knows no port and no clock."""

from __future__ import annotations

from roomctl.camera.profile import CameraProfile, recognised
from roomctl.visca.connection import Connection, Events
from roomctl.visca.message import Version
from roomctl.visca.model import CameraModel


def connection(
    name: str, address: int, events: Events, fixed: CameraProfile | None = None
) -> Connection:
    """Return a conversation with a camera; `fixed` None: it is recognised by what it says."""
    if fixed is not None:
        return Connection(name, address, events, fixed.model)
    return Connection(name, address, events, _model(None), _model)


def _model(version: Version | None) -> CameraModel:
    return recognised(version).model
