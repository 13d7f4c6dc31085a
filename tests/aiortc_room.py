"""A meeting server on aiortc with a page of its own: before the meeting, lobby, denied, ended.

A process of its own (`python -m tests.aiortc_room PORT`), which prints a line once it listens. The
host is the server: it sends a picture whose colour changes, and counts the pictures that the guest
sends. What the host does is told it at /host.
"""

import asyncio
import contextlib
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import httpx

from tests.held_port import HeldPort

COLOURS = ((200, 0, 200), (0, 160, 0))  # of what the host sends, in turn
TURN_S = 0.5
SIZE = (160, 120)

PLATFORM = """
key = "hostroom"
name = { zh = "某会议", en = "Host Room" }
source = "tests/aiortc_room.py"
mode = "assisted"

[page]
name = "#name"
join = "#join"
leave = "#leave"
source = "tests/aiortc_room.py"

[[sign]]
says = "ended"
texts = ["The host has ended this meeting"]
[[sign]]
says = "denied"
texts = ["The host did not let you in"]
[[sign]]
says = "lobby"
texts = ["The host will let you in soon"]
[[sign]]
says = "prejoin"
places = ["#join"]

[[join]]
path = '/m/(?P<meeting_id>[0-9]{4})'

[[good]]
text = "https://meet.example.net/m/1234"
hosts = ["meet.example.net"]
meeting_id = "1234"
url = "https://meet.example.net/m/1234"
[[bad]]
text = "https://meet.example.net/m/1234"
refused = "foreign_host"
"""

PAGE = """
<!doctype html><meta charset="utf-8"><title>host room</title>
<style>video { position: fixed; inset: 0; width: 100%; height: 100%; object-fit: fill; z-index: -1 }
</style>
<p id="said"></p>
<form id="form"><input id="name"><button id="join">Join</button></form>
<button id="leave" hidden>Leave</button>
<video id="there" autoplay></video>
<script>
  const at = (id) => document.getElementById(id);
  const SAID = {
    lobby: "The host will let you in soon",
    denied: "The host did not let you in",
    ended: "The host has ended this meeting",
  };
  let connection = null, stage = "prejoin";
  const post = async (path, body) => {
    const answer = await fetch(path, { method: "POST", body: JSON.stringify(body) });
    return answer.json();
  };
  async function meet() {
    const media = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
    connection = new RTCPeerConnection();
    connection.ontrack = ({ track }) => {
      if (track.kind === "video") at("there").srcObject = new MediaStream([track]);
    };
    media.getTracks().forEach((track) => connection.addTrack(track, media));
    await connection.setLocalDescription(await connection.createOffer());
    while (connection.iceGatheringState !== "complete") {
      await new Promise((later) => setTimeout(later, 20));
    }
    const { type, sdp } = connection.localDescription;
    await connection.setRemoteDescription(await post("/offer", { type, sdp }));
  }
  function show(next) {
    if (next === stage) return;
    stage = next;
    at("said").textContent = SAID[next] ?? "";
    at("form").hidden = true;
    at("leave").hidden = next !== "in";
    if (next === "in") meet();
    else { connection?.close(); at("there").srcObject = null; }
  }
  at("form").onsubmit = async (event) => {
    event.preventDefault();
    show(await post("/join", { name: at("name").value }));
    setInterval(async () => show(await (await fetch("/stage")).json()), 250);
  };
  if (location.hash === "#now") at("form").requestSubmit();  // nobody is there to press Join
  at("leave").onclick = () => { post("/left", {}); show("left"); };
</script>
"""


class HostRoom:
    """The server, and its host's side."""

    def __init__(self):
        self._held = HeldPort()
        self.port = self._held.number
        self.start()
        self.origin = f"http://127.0.0.1:{self.port}"
        anew = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(base_url=self.origin, trust_env=False, timeout=60, limits=anew)

    def start(self):
        """Start it, at the same port each time."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.aiortc_room", str(self.port)],
            cwd=Path(__file__).resolve().parent.parent,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline(), "it listens"

    def host(self, **does):
        """Do something as the host (`stage`), and return how things stand."""
        answer = self._client.post("/host", json=does)
        return answer.raise_for_status().json()

    def until(self, what, holds, limit_s=60.0):
        """Ask until something holds of how things stand."""
        end = time.monotonic() + limit_s
        while not holds(stands := self.host()):
            assert time.monotonic() < end, f"never: {what}: {stands}"
            time.sleep(0.05)
        return stands

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def close(self):
        self._client.close()
        self.kill()


async def serve(port: int) -> None:
    import uvicorn
    from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
    from aiortc.mediastreams import MediaStreamError
    from av import VideoFrame
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse, JSONResponse
    from starlette.routing import Route

    stands = {"stage": "prejoin", "behind": "in", "names": [], "frames": 0, "left": 0}
    owned = set()

    class Colours(VideoStreamTrack):
        async def recv(self):
            pts, base = await self.next_timestamp()
            colour = COLOURS[int(pts * Fraction(base) / Fraction(TURN_S)) % len(COLOURS)]
            frame = VideoFrame(*SIZE, "rgb24")
            plane = frame.planes[0]
            row = bytes(colour) * SIZE[0]
            plane.update(row.ljust(plane.line_size, b"\0") * SIZE[1])
            frame.pts, frame.time_base = pts, base
            return frame

    async def count(track):
        with contextlib.suppress(MediaStreamError):
            while True:
                await track.recv()
                stands["frames"] += track.kind == "video"

    async def page(request):
        stands["stage"] = "prejoin"
        return HTMLResponse(PAGE)

    async def join(request):
        stands["names"].append((await request.json())["name"])
        stands["stage"] = stands["behind"]
        return JSONResponse(stands["stage"])

    async def stage(request):
        return JSONResponse(stands["stage"])

    async def offer(request):
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        owned.add(connection)

        @connection.on("track")
        def came(track):
            owned.add(asyncio.ensure_future(count(track)))

        await connection.setRemoteDescription(RTCSessionDescription(**await request.json()))
        connection.addTrack(Colours())
        await connection.setLocalDescription(await connection.createAnswer())
        answer = connection.localDescription
        return JSONResponse({"type": answer.type, "sdp": answer.sdp})

    async def left(request):
        stands["left"] += 1
        return JSONResponse(None)

    async def host(request):
        stands.update(await request.json())
        return JSONResponse(stands)

    routes = [Route("/m/{number}", page), Route("/stage", stage)]
    posted = {"/join": join, "/offer": offer, "/left": left, "/host": host}
    routes += [Route(path, answer, methods=["POST"]) for path, answer in posted.items()]
    config = uvicorn.Config(Starlette(routes=routes), port=port, log_level="warning")
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    sys.stdout.write("it listens\n")
    sys.stdout.flush()
    await serving


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
