"""What people changed of a running room: `GET /api/v1/settings`, each revision with who and why.

A revision comes back by the command `room.rollBack`. Tokens may look.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from roomctl.api.problem import refusals
from roomctl.api.rights import Routes, needs
from roomctl.roles import Right
from roomctl.room import Room


class Revision(BaseModel):
    """All settings as they were after one change, by their keys in room.toml."""

    number: int
    at: datetime
    who: str
    why: str
    settings: dict[str, str]


def revision_routes(room: Room) -> Routes:
    """Return the route to the revisions of a room's settings."""
    router = Routes()

    @router.get("/api/v1/settings", tags=["settings"], responses=refusals())
    @needs(Right.STATISTICS)
    async def revisions() -> list[Revision]:
        """Return the revisions that are kept, oldest first; the last one counts."""
        return [
            Revision(
                number=one.number,
                at=one.at,
                who=one.who,
                why=one.why,
                settings={".".join(place): value for place, value in one.settings.items()},
            )
            for one in room.revisions
        ]

    return router
