"""The route that sends a test message to the people of [alert.NAME].

Nothing that a request says goes out with it: a message's words are the room's own.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import Field

from roomctl.api.problem import refusals
from roomctl.api.rights import Routes, needs
from roomctl.api.schema import ApiModel
from roomctl.roles import Right
from roomctl.room import Room

AlertName = Annotated[
    str, Path(pattern=r"^[a-z][a-z0-9_-]{0,31}$", description="NAME of [alert.NAME]")
]


class AlertTestModel(ApiModel):
    """What became of a test message."""

    alert: Annotated[str, Field(description="NAME of [alert.NAME]")]
    service: Annotated[str, Field(description="smtp, smtps, wecom, dingtalk, feishu, lark, teams")]
    host: Annotated[str, Field(description="the server that was asked")]
    arrived: Annotated[bool, Field(description="whether that server took it")]
    why: Annotated[str | None, Field(description="why it did not, in English, without a secret")]


def alert_routes(room: Room) -> Routes:
    """Return the route to a room's alerts."""
    router = Routes()

    @router.post(
        "/api/v1/alerts/{name}/test",
        tags=["alerts"],
        response_model=AlertTestModel,
        responses=refusals(404, 429),
    )
    @needs(Right.MAINTAIN)
    async def test(name: AlertName) -> AlertTestModel:
        """Send a test message to the people of an alert, once in 10 s at most."""
        found = await room.alerts.test(name)
        return AlertTestModel(
            alert=found.alert,
            service=found.service,
            host=found.host,
            arrived=found.arrived,
            why=found.why,
        )

    return router
