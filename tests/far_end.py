"""Somebody at the other end of a page's call: aiortc in a process of its own.

`python -m tests.far_end PORT` prints a line once it listens. It answers each offer that is posted
to it, plays a tone (or silence, or a tone until it mutes, or sends no sound at all), and tells how
loud what it hears is. A process that is stopped is a network that is cut.
"""

import asyncio
import atexit
import contextlib
import functools
import json
import math
import signal
import subprocess
import sys
import time
from array import array
from pathlib import Path

import httpx

from tests.held_port import HeldPort

CALL = """
  async function call(media, way = "") {
    const line = new RTCPeerConnection();
    const play = document.body.appendChild(document.createElement("audio"));
    play.autoplay = true;
    line.ontrack = ({ streams: [heard] }) => { play.srcObject = heard; };
    if (media) for (const track of media.getTracks()) line.addTrack(track, media);
    else line.addTransceiver("audio", { direction: "recvonly" });
    await line.setLocalDescription(await line.createOffer());
    while (line.iceGatheringState !== "complete") await new Promise((done) => setTimeout(done, 20));
    const body = JSON.stringify(line.localDescription);
    const answer = await fetch("/offer" + way, { method: "POST", body });
    await line.setRemoteDescription(await answer.json());
    return line;
  }
"""
"""A page's function: `await call(media, "?sends=tone|silence|briefly|nothing")` gives its line."""

LOUD = 500  # of 16 bit: a codec may make a little of nothing
MUTES_S = 8.0  # what sends briefly sends no packet of sound after so long


class FarEnd:
    """The process; it goes on with another port's pages, too."""

    def __init__(self):
        self._held = HeldPort()
        self._client = None
        self.process = None

    def start(self):
        """Start it, and wait until it listens."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.far_end", str(self._held.number)],
            cwd=Path(__file__).resolve().parent.parent,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline(), "it listens"
        origin = f"http://127.0.0.1:{self._held.number}"
        self._client = httpx.Client(base_url=origin, trust_env=False, timeout=60)
        return self

    def answer(self, path, offer):
        """Take a page's offer, as it was posted to `path` of its own server; return the answer."""
        return self._client.post(path, content=offer).raise_for_status().text

    def heard(self):
        """What it heard last of any page: `peak` of 16 bit, when, and when it was loud last."""
        return self._client.get("/heard").raise_for_status().json()

    def cut(self):
        """Answer nothing any more, as if the network were gone."""
        self.process.send_signal(signal.SIGSTOP)

    def mend(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self._client.close()


@functools.cache
def shared():
    """One for all pages of this test process whose network is never cut."""
    far = FarEnd().start()
    atexit.register(far.close)
    return far


async def serve(port):
    import uvicorn
    from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
    from aiortc.mediastreams import AudioStreamTrack, MediaStreamError
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    owned = set()
    heard = {"peak": 0, "at": 0.0, "loud_at": 0.0}

    class Tone(AudioStreamTrack):
        mutes_s = math.inf

        async def recv(self):
            frame = await super().recv()
            if frame.pts > self.mutes_s * frame.sample_rate:
                await asyncio.Event().wait()
            plane = frame.planes[0]
            half = b"\x00\x10" * 20 + b"\x00\xf0" * 20
            plane.update((half * (plane.buffer_size // len(half) + 1))[: plane.buffer_size])
            return frame

    async def hear(track):
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if track.kind == "audio":
                    samples = array("h", bytes(frame.planes[0]))
                    heard["peak"], heard["at"] = max(map(abs, samples)), time.monotonic()
                    if heard["peak"] > LOUD:
                        heard["loud_at"] = heard["at"]

    async def tell(request):
        return JSONResponse(heard)

    async def offer(request):
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        owned.add(connection)

        @connection.on("track")
        def came(track):
            owned.add(asyncio.ensure_future(hear(track)))

        sends = request.query_params.get("sends", "tone")
        await connection.setRemoteDescription(RTCSessionDescription(**await request.json()))
        if sends != "nothing":
            track = AudioStreamTrack() if sends == "silence" else Tone()
            track.mutes_s = MUTES_S if sends == "briefly" else math.inf
            connection.addTrack(track)
        await connection.setLocalDescription(await connection.createAnswer())
        answer = connection.localDescription
        lines = answer.sdp.splitlines(keepends=True)
        if sends == "nothing":  # aiortc names a stream of its own all the same
            lines = [one for one in lines if not one.startswith("a=ssrc")]
        return JSONResponse({"type": answer.type, "sdp": "".join(lines)})

    routes = [Route("/offer", offer, methods=["POST"]), Route("/heard", tell)]
    config = uvicorn.Config(Starlette(routes=routes), port=port, log_level="warning")
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    sys.stdout.write(json.dumps("it listens") + "\n")
    sys.stdout.flush()
    await serving


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
