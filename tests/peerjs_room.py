"""A meeting of two on PeerJS: its server and its script, on a loopback port; the page is ours.

The page listens to the microphone until *Join* is pressed. Who comes second calls the first one.
"""

import json
import os
import subprocess
import time
from pathlib import Path

import httpx

from tests.held_port import HeldPort
from tests.kiosk.site import DRAWN
from tests.node_packages import bring as bring_packages

START_S = 60.0
PLATFORM = """
key = "peerjs"
name = { zh = "PeerJS", en = "PeerJS" }
source = "peerjs 1.5.5, a page of two"
mode = "plain"

[[join]]
path = '/two/(?P<meeting_id>[A-Za-z0-9-]+)'

[[good]]
text = "https://meet.example.org/two/bamboo"
hosts = ["meet.example.org"]
meeting_id = "bamboo"
url = "https://meet.example.org/two/bamboo"
[[bad]]
text = "https://meet.example.org/two/bamboo"
refused = "foreign_host"
"""

_PAGE = """<!doctype html><meta charset="utf-8"><title>PeerJS</title>
<style>button { position: fixed; left: 40%; top: 60%; width: 20%; height: 15%; }</style>
<script src="/peerjs.js"></script>
<button id="join">Join</button><audio autoplay></audio>
<script>
  const id = location.pathname.split("/").pop();
  const { hostname: host, port } = location;
  const server = { host, port, path: "/", config: { iceServers: [] } };
  const key = document.querySelector("button"), play = document.querySelector("audio");
  let media = null, made = null, peer = null;
  async function preview() {
    media = await navigator.mediaDevices.getUserMedia({ audio: true });
    const sound = new AudioContext();
    sound.createMediaStreamSource(media).connect(sound.destination);
  }
  function take(call) {
    made = call;
    call.on("stream", (heard) => { play.srcObject = heard; });
    call.on("close", () => { document.title = "closed"; });
  }
  function join() {
    key.textContent = key.id = "leave";
    key.onclick = () => {
      peer.destroy();
      media.getTracks().forEach((one) => one.stop());
      key.remove();
    };
    peer = new Peer(id, server);
    peer.on("call", (call) => { take(call); call.answer(media); });
    let came = false;
    peer.on("open", () => { came = true; });
    peer.on("error", () => {
      if (came) return;
      came = true;  // somebody is there: the name is taken
      peer = new Peer(server);
      peer.on("open", () => take(peer.call(id, media)));
    });
  }
  key.onclick = join;
  DRAWN
  Promise.all([drawn, preview()]).then(() => fetch("/ready", { method: "POST", body: "ready" }));
</script>
""".replace("DRAWN", DRAWN)

_SERVER = """
const [, port, page] = process.argv;
const express = require("express"), { ExpressPeerServer } = require("peer");
const app = express();
let ready = 0;
app.get("/two/:id", (_, answer) => answer.send(page));
app.get("/peerjs.js", (_, answer) => answer.sendFile(require.resolve("peerjs/dist/peerjs.min.js")));
app.post("/ready", (_, answer) => answer.send(String(++ready)));
app.get("/ready", (_, answer) => answer.send(String(ready)));
app.use("/", ExpressPeerServer(app.listen(Number(port), "127.0.0.1")));
"""


class Two:
    """The server as a process of its own; `brought` is what `bring` returned."""

    platform = PLATFORM

    def __init__(self, brought):
        self._brought, self.process = brought, None
        self._held = HeldPort()
        self.origin = f"http://127.0.0.1:{self._held.number}"
        self._client = httpx.Client(base_url=self.origin, trust_env=False, timeout=60)

    def start(self):
        """Start it, and wait until it answers."""
        modules = Path(self._brought["folder"]) / "node_modules"
        self.process = subprocess.Popen(
            [self._brought["node"], "-e", _SERVER, str(self._held.number), _PAGE],
            env={"PATH": os.environ["PATH"], "NODE_PATH": str(modules)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + START_S
        while self.ready is None:
            assert self.process.poll() is None, "PeerJS's server ended"
            assert time.monotonic() < until, "PeerJS's server does not answer"
            time.sleep(0.05)
        return self

    @property
    def ready(self):
        """How many pages have stood there and listened; None: it does not answer."""
        try:
            return json.loads(self._client.get("/ready").text)
        except httpx.TransportError:
            return None

    def close(self):
        self._client.close()
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def bring():
    """Which Node and where PeerJS is."""
    return bring_packages("peerjs")
