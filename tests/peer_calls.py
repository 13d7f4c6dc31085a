"""peer-calls, a meeting server that others wrote, on a loopback port, and what its page shows."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

import httpx

from tests.held_port import HeldPort
from tests.node_packages import bring as bring_packages

START_S = 60.0
CONFIG = 'baseUrl: ""\niceServers: []\n'  # its own default asks a server on the internet

PLATFORM = """
key = "peercalls"
name = { zh = "Peer Calls", en = "Peer Calls" }
source = "peer-calls 3.0.21, its page"
mode = "assisted"

[page]
name = "form.media input[name=nickname]"
join = "form.media button[type=submit]"
leave = ".toolbar .hangup"
source = "peer-calls 3.0.21, its page"

[[sign]]
says = "prejoin"
places = ["form.media button[type=submit]"]

[[join]]
path = '/call/(?P<meeting_id>[A-Za-z0-9-]+)'

[[good]]
text = "https://meet.example.org/call/bamboo"
hosts = ["meet.example.org"]
meeting_id = "bamboo"
url = "https://meet.example.org/call/bamboo"
[[bad]]
text = "https://meet.example.org/call/bamboo"
refused = "foreign_host"
"""


class PeerCalls:
    """The server as a process of its own; `brought` is what `bring` returned."""

    def __init__(self, brought):
        self._brought = brought
        self._place = tempfile.TemporaryDirectory(prefix="peer-calls-")
        config = Path(self._place.name) / "config"
        config.mkdir()
        (config / "local.yaml").write_text(CONFIG, encoding="ascii")
        self._held = HeldPort()
        self.port = self._held.number
        self.origin = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self):
        """Start it, and wait until it answers."""
        index = Path(self._brought["folder"]) / "node_modules/peer-calls/lib/index.js"
        around = {"PATH": os.environ["PATH"], "BIND": "127.0.0.1", "PORT": str(self.port)}
        self.process = subprocess.Popen(
            [self._brought["node"], str(index)],
            cwd=self._place.name,
            env=around,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + START_S
        while not _answers(self.origin):
            assert self.process.poll() is None, "peer-calls ended"
            assert time.monotonic() < until, "peer-calls does not answer"
            time.sleep(0.05)
        return self

    def kill(self):
        """Have it be gone, as with its network."""
        self.process.kill()
        self.process.wait()

    def close(self):
        self.kill()
        self._place.cleanup()


def bring():
    """Which Node and where peer-calls is."""
    return bring_packages("peer-calls")


def _answers(origin):
    try:
        return httpx.get(origin, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
