"""Conditions of a call, as pages make them: a stage of `vendor_flow` for each.

What stands before a meeting listens to the microphone; "waiting" is a lobby that hears and sends by
WebRTC, as a call does.
"""

import contextlib
import struct
import time

CONDITIONS = """
  const LEAVE = "Leave · 离开";
  async function met(way) {
    const media = await navigator.mediaDevices.getUserMedia(wanted);
    const line = await call(media, way);
    await live(line);
    return { line, media };
  }
  async function live(line) {
    const stands = () => line.connectionState === "connected";
    while (!stands()) await new Promise((done) => setTimeout(done, 20));
    tell("media");
  }
  async function between(media) {
    const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()];
    here.onicecandidate = ({ candidate }) => candidate && there.addIceCandidate(candidate);
    there.onicecandidate = ({ candidate }) => candidate && here.addIceCandidate(candidate);
    const play = main.appendChild(document.createElement("audio"));
    play.autoplay = true;
    there.ontrack = ({ streams: [heard] }) => { play.srcObject = heard; };
    for (const one of [here, there])
      for (const track of media.getTracks()) one.addTrack(track, media);
    await here.setLocalDescription(await here.createOffer());
    await there.setRemoteDescription(here.localDescription);
    await there.setLocalDescription(await there.createAnswer());
    await here.setRemoteDescription(there.localDescription);
    return here;
  }
  const conditions = {
    preview,
    async music() {
      await preview();
      await new Audio("/music").play();
    },
    async noise() {
      await preview();
      const sound = new AudioContext();
      const hiss = sound.createBuffer(1, sound.sampleRate, sound.sampleRate);
      hiss.getChannelData(0).forEach((_, at, all) => { all[at] = Math.random() - 0.5; });
      const source = new AudioBufferSourceNode(sound, { buffer: hiss, loop: true });
      source.connect(sound.destination);
      source.start();
    },
    async loop() {
      await preview();
      await between(await navigator.mediaDevices.getUserMedia(wanted));
    },
    async probe() {
      await conditions.music();
      await new Promise((done) => setTimeout(done, 2000));
      const line = new RTCPeerConnection();
      line.addTransceiver("audio");
      await line.setLocalDescription(await line.createOffer());
      window.kept = line;
    },
    async many() {
      await preview();
      window.kept = [];
      for (let number = 0; number < 500; number += 1) {
        const line = new RTCPeerConnection();
        line.addTransceiver("audio");
        await line.setLocalDescription(await line.createOffer());
        window.kept.push(line);
      }
    },
    async hears() {
      add("h1", 40, words.lobby);
      await preview();
      await live(await call(null));
    },
    async waiting() {
      add("h1", 40, words.lobby);
      const { line } = await met("");
      await stand("waiting");
      line.close();
    },
    async listening() { await live(await call(null)); },
    async alone() { await met("?sends=nothing"); },
    async call() {
      const { line, media } = await met("");
      add("button", 84, LEAVE, () => {
        line.close();
        for (const track of media.getTracks()) track.stop();
        clear();
        add("h1", 40, LEAVE);
        tell("left");
      });
    },
    async muted() {
      const { line } = await met("?sends=briefly");
      await new Promise((done) => setTimeout(done, 8000));
      await Promise.all(line.getSenders().map((sender) => sender.replaceTrack(null)));
      tell("muted");
    },
  };
"""
"""By name; a page says `media` as soon as media flow, `muted` and `left`."""

_RATE = 16000
_EVERY_S = 0.25


def hold_music(handler):
    """Answer with sound that goes on until the page hangs up, as fast as it is played."""
    handler.send_response(200)
    handler.send_header("Content-Type", "audio/wav")
    handler.end_headers()
    size = 0xFFFFFFFF
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, _RATE, 2 * _RATE, 2, 16)
    head = struct.pack("<4sI4s", b"RIFF", size, b"WAVE") + form + struct.pack("<4sI", b"data", size)
    half = b"\x00\x10" * 20 + b"\x00\xf0" * 20
    with contextlib.suppress(OSError):
        handler.wfile.write(head)
        while True:
            handler.wfile.write(half * int(_RATE * _EVERY_S / 40))
            time.sleep(_EVERY_S)
