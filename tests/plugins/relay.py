"""A relay on a real port, which answers as Shelly's documentation of *Cover* says."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Relay:
    """What it was told, and what it says."""

    url: str = ""
    told: list[str] = field(default_factory=list)
    status: dict[str, object] = field(
        default_factory=lambda: {
            "id": 0,
            "source": "init",
            "state": "stopped",
            "apower": 0.0,
            "last_direction": "close",
            "pos_control": True,
            "current_pos": 40,
        }
    )


@contextlib.contextmanager
def relaying() -> Iterator[Relay]:
    """Serve until the block ends."""
    relay = Relay()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            method = parts.path.removeprefix("/rpc/Cover.")
            if method != "GetStatus":
                args = {key: value[0] for key, value in parse_qs(parts.query).items()}
                relay.told.append(f"{method} {args}")
            body = json.dumps(relay.status if method == "GetStatus" else None).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    relay.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield relay
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
