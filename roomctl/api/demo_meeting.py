"""The page that stands for a meeting platform in a simulated room, on an origin of its own.

It holds a real WebRTC call with itself, so that media flows without any network. Knows no room.
"""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, Response

_ASSETS = {"demo-meeting.js": "text/javascript", "demo-meeting.css": "text/css"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; media-src 'self' blob:",
    "Referrer-Policy": "no-referrer",
}


def create_demo_meeting(web: Path) -> FastAPI:
    """Return the app that serves the demo meeting's page under every room name."""
    app = FastAPI(openapi_url=None)

    @app.get("/{name}")
    def page(name: str) -> Response:
        if name == "favicon.ico":
            return Response(status_code=404)
        file, kind = (
            (name, _ASSETS[name]) if name in _ASSETS else ("demo-meeting.html", "text/html")
        )
        return FileResponse(web / file, media_type=kind, headers=_HEADERS)

    return app
