"""LiveKit's page before a meeting (PreJoin of its components for React), on a loopback port.

It previews the microphone as LiveKit wrote it; what Join does would need a server of theirs.
"""

import subprocess
import tempfile
from pathlib import Path

from tests.kiosk.site import Answering, Loopback
from tests.node_packages import bring as bring_packages

PLATFORM = """
key = "livekit"
name = { zh = "LiveKit", en = "LiveKit" }
source = "@livekit/components-react 2.9.24, its PreJoin"
mode = "plain"

[[join]]
path = '/rooms/(?P<meeting_id>[A-Za-z0-9-]+)'

[[good]]
text = "https://meet.example.org/rooms/bamboo"
hosts = ["meet.example.org"]
meeting_id = "bamboo"
url = "https://meet.example.org/rooms/bamboo"
[[bad]]
text = "https://meet.example.org/rooms/bamboo"
refused = "foreign_host"
"""

_MAIN = """
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { PreJoin } from "@livekit/components-react";
import "@livekit/components-styles";
const page = createElement(PreJoin, { defaults: { videoEnabled: false, audioEnabled: true } });
createRoot(document.body.firstElementChild).render(page);
"""
_PAGE = """<!doctype html><meta charset="utf-8"><title>LiveKit</title>
<link rel="stylesheet" href="/main.css">
<main data-lk-theme="default" style="height: 100vh"></main><script src="/main.js"></script>
"""
_KINDS = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}


class PreJoin(Loopback):
    """The page's server; `brought` is what `bring` returned."""

    platform = PLATFORM
    link = property(lambda self: f"{self.origin}/rooms/bamboo")

    def __init__(self, brought):
        made = _bundled(brought)

        class Handler(Answering):
            def get(self):
                kind = self.path.rpartition(".")[2]
                text = made.get(kind)
                self.answer(200, *((text, _KINDS[kind]) if text else (_PAGE,)))

        super().__init__(Handler)


def bring():
    """Which Node and where LiveKit's components are."""
    return bring_packages("livekit")


def _bundled(brought):
    """The page's script and style, by the ends of their names."""
    modules = Path(brought["folder"]) / "node_modules"
    with tempfile.TemporaryDirectory(prefix="livekit-") as place:
        main, out = Path(place) / "main.mjs", Path(place) / "out"
        main.write_text(_MAIN, encoding="ascii")
        line = [brought["node"], str(modules / "esbuild/bin/esbuild"), str(main), "--bundle"]
        subprocess.run(
            [*line, f"--outdir={out}", "--define:process.env.NODE_ENV='production'"],
            env={"NODE_PATH": str(modules)},
            check=True,
            capture_output=True,
        )
        return {kind: (out / f"main.{kind}").read_text(encoding="utf-8") for kind in _KINDS}
