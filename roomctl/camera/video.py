r"""Where a camera's picture comes from: what `video` of room.toml may name. Pure.

| `video`                                      | the picture is                                   |
|----------------------------------------------|--------------------------------------------------|
| `/dev/video0`, `v4l2:/dev/video0`, `usb-…`   | of a video device of this box; meetings see it   |
| `rtsp://HOST[:PORT]/PATH`                    | the camera's stream: H.264 or H.265              |
| `http://HOST/PATH`, `https://HOST/PATH`      | a JPEG or PNG that the camera makes each time    |
| `onvif`                                      | the stream, else the snapshot, that it names     |
| `aw`                                         | the JPEG that Panasonic's cameras make each time |

An https url may end in the pin of the camera's key, `#sha256:…`. AW's JPEG is asked for as other
programs do it; no document that was read names that path, and no real camera was tried. Panasonic's
Supplement for Web Control (AW-HE42 series), page 19, has the MJPEG stream, and black pictures while
JPEG is off.
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import quote, urlsplit

from roomctl.frozen import frozen

# As udev's 60-persistent-v4l.rules names links: ID_BUS, which only USB devices have, and ID_SERIAL
_BY_ID = re.compile(r"usb-(?:[A-Za-z0-9#+.:=@_-]|\\x[0-9a-f]{2}){1,250}")
_NODE = re.compile("(?:video)?[0-9]+")
_SCHEMES = ("rtsp", "http", "https")
_PLAIN = re.compile("[!-~]{1,1000}")
_PIN = re.compile("sha256:[0-9a-f]{64}")
AW_PICTURE = "/cgi-bin/camera?resolution=640&quality=1"
FORMS = (
    "a device such as '/dev/video0' or 'usb-…-video-index0' (a name in /dev/v4l/by-id),"
    " 'rtsp://HOST/PATH', 'http://HOST/PATH' of a JPEG, 'onvif' or 'aw'"
)


@frozen
class VideoSource:
    """What a camera's picture is; `place`: a device's path, a url, or "" where the camera knows."""

    form: Literal["device", "network", "onvif", "aw"]
    place: str = ""


def read(video: str) -> VideoSource:
    """Return what `video` names; ValueError says what it may be, and what was probably meant."""
    if video == "onvif":
        return VideoSource("onvif")
    if video == "aw":
        return VideoSource("aw")
    if video.partition("://")[0] in _SCHEMES:
        _must_be_url(video)
        return VideoSource("network", video)
    bare = video.removeprefix("v4l2:")
    if _names_a_device(bare):
        return VideoSource("device", bare if bare.startswith("/") else f"/dev/v4l/by-id/{bare}")
    node = f"/dev/video{bare.removeprefix('video')}" if _NODE.fullmatch(bare) else ""
    meant = f"; did you mean {node!r}?" if node else ""
    raise ValueError(f"{video!r} names no picture; expected {FORMS}{meant}")


def _must_be_url(video: str) -> None:
    """Raise ValueError unless a host can be asked for it, without a login in it."""
    try:
        parts = urlsplit(video)
        host, login, _ = parts.hostname, parts.username or parts.password, parts.port
    except ValueError:
        host, login, parts = None, None, urlsplit("")
    if login is not None:
        why = 'has a login; write it without, and user and password = "secret:NAME" beside it'
        raise ValueError(f"the url in video {why}")  # which is not shown: a password is in it
    if not host or not _PLAIN.fullmatch(video):
        raise ValueError(f"{video!r} is not a url such as 'rtsp://192.0.2.10/stream2'")
    if parts.fragment and not (parts.scheme == "https" and _PIN.fullmatch(parts.fragment)):
        why = "may end in #sha256:… (64 digits) if it begins with https:, and in no other #…"
        raise ValueError(f"{video!r} {why}")


def _names_a_device(video: str) -> bool:
    """Whether it is a whole path, or a name that /dev/v4l/by-id may have."""
    first, *names = video.split("/")
    if names:
        plain = video.isprintable() and not re.search(r"\s", video)
        return first == "" and plain and not {"", ".", ".."}.intersection(names)
    return _BY_ID.fullmatch(video) is not None


def aw_picture(camera: str) -> str:
    """Return where a Panasonic camera at `aw://HOST` or `aw-https://HOST#PIN` makes a JPEG."""
    scheme, _, place = camera.partition("://")
    host, pinned, pin = place.partition("#")
    made = "https" if scheme.endswith("https") else "http"
    return f"{made}://{host}{AW_PICTURE}{pinned}{pin}"


def at_host(uri: str, camera: str) -> str | None:
    """Return the address that an ONVIF camera gave, at the host where it is asked itself.

    Cameras name addresses that are wrong behind a router. None: it is no address of a picture.
    """
    try:
        found, own = urlsplit(uri), urlsplit(camera)
        host, port = own.hostname, found.port
    except ValueError:
        return None
    if found.scheme not in _SCHEMES or not host or not _PLAIN.fullmatch(uri):
        return None
    host = f"[{host}]" if ":" in host else host
    place = host if port is None else f"{host}:{port}"
    pin = own.fragment if found.scheme == "https" else ""
    return found._replace(netloc=place, fragment=pin).geturl()


def with_login(url: str, user: str, password: str, weakest: str) -> str:
    """Return a url as its port is opened: user and password before the host, the rest behind #."""
    if not user:
        return url
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@"
    mark = "&" if "#" in url else "#"
    least = "" if weakest == "digest" else f"{mark}weakest_login={weakest}"
    return url.replace("://", f"://{login}", 1) + least
