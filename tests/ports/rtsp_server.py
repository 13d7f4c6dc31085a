"""GStreamer's RTSP server, which others wrote, with one stream at /camera. Debian's Python runs it.

    rtsp_server.py h264 [digest|basic USER PASSWORD]

It prints its port. Stdin: encoded pictures, each behind its length (4 bytes, big-endian).
"""

# ruff: noqa: E402, T201

import struct
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer

_PAYLOADERS = {"h264": "rtph264pay config-interval=-1", "h265": "rtph265pay config-interval=-1"}


def main(codec: str, login: list[str]) -> None:
    Gst.init(None)
    server = GstRtspServer.RTSPServer(address="127.0.0.1", service="0")
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_shared(True)
    factory.set_latency(0)
    caps = f"video/x-{codec},stream-format=byte-stream,alignment=au"
    source = f"appsrc name=source is-live=true format=time do-timestamp=true caps={caps}"
    factory.set_launch(f"( {source} ! {_PAYLOADERS[codec]} name=pay0 pt=96 )")
    if login:
        guard(server, factory, *login)
    sources = []

    def configured(_factory: object, media: GstRtspServer.RTSPMedia) -> None:
        sources.append(media.get_element().get_by_name("source"))

    factory.connect("media-configure", configured)
    server.get_mount_points().add_factory("/camera", factory)
    server.attach(None)
    threading.Thread(target=feed, args=(sources,), daemon=True).start()
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


def guard(server: object, factory: object, way: str, user: str, password: str) -> None:
    auth, token = GstRtspServer.RTSPAuth(), GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    auth.set_supported_methods(getattr(GstRtsp.RTSPAuthMethod, way.upper()))
    if way == "digest":
        auth.add_digest(user, password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    rights = GstRtspServer.RTSPPermissions()
    for right in ("access", "construct"):
        rights.add_permission_for_role("user", f"media.factory.{right}", True)
    factory.set_permissions(rights)


def feed(sources: list) -> None:
    while head := sys.stdin.buffer.read(4):
        picture = sys.stdin.buffer.read(*struct.unpack(">I", head))
        for source in sources:
            source.emit("push-buffer", Gst.Buffer.new_wrapped(picture))


main(sys.argv[1], sys.argv[2:])
