"""Pictures of what a camera sees: at its presets, taken, kept, thrown away; while it is steered.

One is taken when a preset was stored and no meeting uses the video device. A preset that is stored
anew loses its old picture at once, whether or not there can be a new one; one that is recalled has
a new one after an hour, for rooms are furnished anew. Knows no HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from roomctl.camera.profile import CameraTable
from roomctl.camera.seeing import HEIGHT, WIDTH, PictureFault, fault_of
from roomctl.camera.video import at_host, aw_picture, with_login
from roomctl.clock import Clock, Moment
from roomctl.errors import (
    DeviceError,
    PortClosed,
    PortError,
    PortReason,
    Refused,
    RoomctlError,
)
from roomctl.frozen import frozen
from roomctl.store.disk import sync_folder, whole, write_whole
from roomctl.wire import Connect, Port, in_thread

_log = logging.getLogger(__name__)

LARGEST = 1 << 20  # bytes
GREY = f"grey:{WIDTH}x{HEIGHT}"
MOST_LOOKING = 8  # at once
CURRENT_S = 3600.0  # so old may a picture be when its preset is recalled
LIMIT_S = 5.0  # the port's own is 2 s, after which it lets go of the device
NETWORK_S = 9.0  # the port's own is 8 s
BEHIND_S = 0.5  # a stream may show so late that the camera stands

_TYPES = {b"\xff\xd8\xff": ("image/jpeg", "jpg"), b"\x89PNG": ("image/png", "png")}
_ENDINGS = {ending: media for media, ending in _TYPES.values()}
_Key = tuple[str, int]


@frozen
class Picture:
    """A still picture as the camera made it."""

    data: bytes
    media_type: str


class CameraVideo:
    """Where the pictures of one camera come from, as room.toml says.

    `addresses`: what a camera that names its own video says. `shared`: others may have its pictures
    at the same time; a video device is had by one program alone.
    """

    def __init__(
        self,
        name: str,
        table: CameraTable,
        connect: Connect,
        addresses: Callable[[], Awaitable[Sequence[str]]],
    ) -> None:
        source = table.video_source
        if source is None:
            raise ValueError(f"{name} has no video")
        self.name, self.table, self._source = name, table, source
        self._connect, self._addresses = connect, addresses
        self.shared = source.form != "device"

    async def open(self, scheme: Literal["picture", "pictures"]) -> Port:
        """Open the first of its addresses that gives pictures.

        PortError: none does, and why the first does not. DeviceError: the camera names none.
        """
        first = None
        for url in await self._urls():
            try:
                return await self._opened(f"{scheme}:{url}")
            except PortError as error:
                first = first or error
        raise first or PortError(
            f"{scheme}:{self.name}", "the camera names no address of a picture"
        )

    async def _opened(self, url: str) -> Port:
        """Open it with the login; an error names it without."""
        table = self.table
        login = (table.user, table.password.reveal(), table.weakest_login)
        try:
            return await self._connect(
                f"camera.{self.name}", with_login(url, *login) if self.shared else url
            )
        except PortError as error:
            raise PortError(url, error.why, error.reason) from None

    async def _urls(self) -> Sequence[str]:
        match self._source.form:
            case "aw":
                return (aw_picture(self.table.url),)
            case "onvif":
                said = [at_host(one, self.table.url) for one in await self._addresses()]
                return [one for one in said if one is not None]
        return (self._source.place,)


async def take_picture(video: CameraVideo) -> Picture:
    """Take one picture of a camera.

    Refused "busy": another program uses the device. PortError: it gives no picture, and why.
    """
    url, limit_s = f"picture:{video.name}", NETWORK_S if video.shared else LIMIT_S
    try:
        async with asyncio.timeout(limit_s):
            port = await video.open("picture")
            try:
                data = (await port.read()).data
            finally:
                await port.close()
    except TimeoutError as error:
        raise PortError(url, f"no picture within {limit_s:g} s") from error
    except PortClosed:
        raise
    except PortError as error:
        if error.reason is PortReason.BUSY:
            raise Refused(video.name, "busy", f"no picture: {error.why}") from error
        raise
    return as_picture(url, data)


def as_picture(url: str, data: bytes) -> Picture:
    """Return a picture that came from `url`; PortError if it is none, or too large a one."""
    media = next((media for head, (media, _) in _TYPES.items() if data.startswith(head)), None)
    if media is None or len(data) > LARGEST:
        raise PortError(url, f"{len(data)} bytes that are no picture of at most {LARGEST} bytes")
    return Picture(data, media)


EVERY_S = 0.1


@frozen
class _Patience:
    """How long a stream is waited for, and kept: seconds.

    `first_s`: until the first picture. `looked_s`: after the last look, until it is closed.
    `rests_s`: after a failure, until it is opened again; doubled by each further one, up to
    `most_s`.
    """

    first_s: float
    looked_s: float
    rests_s: float
    most_s: float


# A meeting finds a device free at once. A camera may need a second to begin.
DEVICE = _Patience(first_s=3.0, looked_s=2.0, rests_s=0.0, most_s=0.0)
# A stream begins with its next key picture; to keep it open a while costs a tenth of a core.
NETWORK = _Patience(first_s=NETWORK_S, looked_s=10.0, rests_s=1.0, most_s=60.0)
_FINAL = (PortReason.REFUSED, PortReason.INSECURE)  # some cameras lock out who asks on and on
_OF_DEVICE = {PortReason.BUSY: "busy"}
_CODES = {
    PortReason.REFUSED: "video_refused",
    PortReason.INSECURE: "video_refused",
    PortReason.UNSUPPORTED: "video_unsupported",
    PortReason.MISSING: "video_missing",
}


class SelfView:
    """What a camera sees while somebody steers it: one stream for all who look, while they do.

    `why_not`: why there may be none now, as a code and in words; asked before every picture of a
    device, so that a meeting finds it free, and before every look. A look waits for the next
    picture, so nobody gets more than there are. A stream that failed is opened again after a while.
    """

    def __init__(
        self,
        video: CameraVideo,
        clock: Clock,
        act: Callable[[Awaitable[None]], object],
        why_not: Callable[[], tuple[str, str] | None],
    ) -> None:
        self.video, self._name = video, video.name
        self._clock, self._act, self._why_not = clock, act, why_not
        self._patience = NETWORK if video.shared else DEVICE
        self._looked_s = self._rests_until = float("-inf")
        self._failures = 0
        self._failure = ("no_picture", "")
        self._waiting: list[asyncio.Future[Picture]] = []
        self._streams = False

    async def look(self) -> Picture:
        """Return the next picture; Refused says why there is none, or what `why_not` says.

        "no_picture", "busy", or of a camera on the network "video_missing", "video_refused" (its
        login) and "video_unsupported".
        """
        if (refusal := self._why_not()) is not None:
            raise Refused(self._name, *refusal)
        if len(self._waiting) >= MOST_LOOKING:
            raise Refused(self._name, "busy", f"{MOST_LOOKING} look at it already")
        self._looked_s = self._clock.mono_s()
        return await self._next()

    async def of_stream(self) -> Picture | None:
        """Return the next picture if it streams, for nobody else can have the device then."""
        if self._streams:
            with contextlib.suppress(Refused):
                return await self._next()
        return None

    async def _next(self) -> Picture:
        if not self._streams and self._clock.mono_s() < self._rests_until:
            raise Refused(self._name, *self._failure)
        waiting: asyncio.Future[Picture] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        if not self._streams:
            self._streams = True
            self._act(self._stream())
        try:
            async with asyncio.timeout(self._patience.first_s):
                return await waiting
        except TimeoutError as error:
            why = f"no picture within {self._patience.first_s:g} s"
            raise Refused(self._name, "no_picture", why) from error
        finally:
            if waiting in self._waiting:
                self._waiting.remove(waiting)

    async def _stream(self) -> None:
        """Hand pictures to all who wait, until nobody looks or there may be none."""
        try:
            while self._wanted():  # anew, for whoever looks while the device is let go
                await self._film()
            refusal = self._why_not() or ("no_picture", "the stream has ended")
        except PortError as error:
            refusal = self._failed(error.why, error.reason)
        except DeviceError as error:
            refusal = self._failed(str(error))
        finally:
            self._streams = False
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_exception(Refused(self._name, *refusal))

    def _failed(self, why: str, reason: PortReason | None = None) -> tuple[str, str]:
        """Note why there is no picture, and until when none is tried for; return code and why."""
        patience, codes = self._patience, _CODES if self.video.shared else _OF_DEVICE
        code = "no_picture" if reason is None else codes.get(reason, "no_picture")
        rests_s = min(patience.rests_s * 2**self._failures, patience.most_s)
        rests_s = patience.most_s if reason in _FINAL else rests_s
        self._failures = min(self._failures + 1, 10)
        self._rests_until = self._clock.mono_s() + rests_s
        self._failure = code, why
        _log.info("camera.%s: no picture: %s", self._name, why)
        return self._failure

    async def _film(self) -> None:
        port = await self.video.open("pictures")
        try:
            while self._wanted():
                if self._waiting:
                    picture = as_picture(port.identity.url, (await port.read()).data)
                    if not self.video.shared and self._why_not() is not None:
                        break
                    self._failures = 0
                    self._hand_out(picture)
                await asyncio.sleep(EVERY_S)
        finally:
            await port.close()

    def _wanted(self) -> bool:
        now = self._clock.mono_s()
        looked = bool(self._waiting) or now < self._looked_s + self._patience.looked_s
        return looked and (self.video.shared or self._why_not() is None)

    def _hand_out(self, picture: Picture) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(picture)
        self._waiting.clear()


@frozen
class WrongPicture:
    """What is wrong with a camera's picture, at which preset that was seen, and when first."""

    fault: PictureFault
    preset: int
    since: Moment


class PictureJudge:
    """Whether cameras show what they should at a preset: their pictures beside the kept ones.

    `wrong`: by camera; it ends with the next picture in which nothing is wrong. `able`: false once
    it is known that nothing here decodes pictures.
    """

    def __init__(self, connect: Connect | None, clock: Clock, changed: Callable[[], None]) -> None:
        self._connect, self._clock, self._changed = connect, clock, changed
        self.wrong: dict[str, WrongPicture] = {}
        self._kept: dict[_Key, tuple[str, bytes]] = {}  # by preset: version and levels
        self._before: dict[str, tuple[int, bytes, bytes]] = {}  # by camera: preset, seen, kept

    @property
    def able(self) -> bool:
        return self._connect is not None

    async def look(
        self, camera: str, preset: int, seen: Picture, kept: tuple[str, Picture]
    ) -> bool:
        """Judge what is seen at a preset, beside its kept picture of that version; PortError."""
        version, picture = kept
        known = self._kept.get((camera, preset))
        try:
            if known is None or known[0] != version:
                known = self._kept[camera, preset] = version, await self._grey(camera, picture)
            now = await self._grey(camera, seen)
        except PortError as error:
            if error.reason is PortReason.UNSUPPORTED:
                self._connect = None
                _log.info("cameras: pictures are not compared: %s", error.why)
            return False
        before = self._before.get(camera)
        other = before[1:] if before is not None and before[0] != preset else None
        self._before[camera] = preset, now, known[1]
        fault = fault_of(now, known[1], other)
        self._note(camera, preset, fault)
        return fault is not None

    def forget(self, camera: str) -> None:
        """Forget what was seen of a camera that is another one now, or none."""
        self.wrong.pop(camera, None)
        self._before.pop(camera, None)

    def _note(self, camera: str, preset: int, fault: PictureFault | None) -> None:
        known = self.wrong.pop(camera, None)
        if fault is not None:
            same = known is not None and known.fault == fault
            since = known.since if known is not None and same else self._clock.now()
            self.wrong[camera] = WrongPicture(fault, preset, since)
            _log.warning("camera.%s: its picture at preset %d: %s", camera, preset, fault)
        if self.wrong.get(camera) != known:
            self._changed()

    async def _grey(self, camera: str, picture: Picture) -> bytes:
        if self._connect is None:
            raise PortError(GREY, "nothing decodes pictures", PortReason.UNSUPPORTED)
        port = await self._connect(f"camera.{camera}", GREY)
        try:
            await port.write(picture.data)
            return (await port.read()).data
        finally:
            await port.close()


@frozen
class _Kept:
    version: str
    path: Path | None
    picture: Picture | None  # where there is no folder


class Pictures:
    """The pictures of all presets: in `folder`, or in memory if there is none."""

    def __init__(
        self,
        videos: Mapping[str, CameraVideo],
        clock: Clock,
        changed: Callable[[], None],
        folder: Path | None = None,
        judge: PictureJudge | None = None,
    ) -> None:
        self.videos, self._folder = videos, folder
        self.judge = judge or PictureJudge(None, clock, changed)
        self._clock, self._changed = clock, changed
        self._kept = _found(folder) if folder is not None else {}
        self._one_at_a_time = asyncio.Lock()

    def of(self, camera: str) -> dict[int, str]:
        """Return the paths of a camera's pictures by preset; a new picture has a new one."""
        return {
            preset: f"/api/v1/cameras/{camera}/presets/{preset}/picture?v={kept.version}"
            for (name, preset), kept in self._kept.items()
            if name == camera
        }

    async def read(self, camera: str, preset: int) -> Picture:
        """Return the picture of a preset; Refused "no_picture"."""
        kept = self._kept.get((camera, preset))
        if kept is not None and kept.picture is not None:
            return kept.picture
        try:
            if kept is not None and kept.path is not None:
                return as_picture(str(kept.path), await in_thread(whole, kept.path))
        except (OSError, ValueError, PortError) as error:
            _log.warning("camera.%s: the picture of preset %d: %s", camera, preset, error)
        raise Refused(camera, "no_picture", f"there is no picture of preset {preset}")

    async def renew(
        self,
        camera: str,
        preset: int,
        *,
        in_use: Callable[[], bool],
        view: SelfView | None = None,
    ) -> None:
        """Replace the picture of a preset that was just stored.

        `in_use` says whether a meeting has the video device, or may have it soon; `view` may have
        it, and then gives the picture. Whatever goes wrong leaves the preset without a picture, and
        is logged.
        """
        async with self._one_at_a_time:
            try:
                await self._forget((camera, preset))
                if not in_use() and (picture := await self._taken(camera, view)) is not None:
                    await self._keep((camera, preset), picture)
            except (RoomctlError, OSError) as error:
                _log.info("camera.%s: no picture of preset %d: %s", camera, preset, error)

    async def keep_current(
        self,
        camera: str,
        preset: int,
        *,
        may_be_seen: Callable[[], bool],
        view: SelfView | None = None,
    ) -> None:
        """Compare what a camera sees at a preset with its picture, and renew that after an hour.

        `may_be_seen` says whether the camera stands there, and no meeting has it. Whatever goes
        wrong, also with the picture itself, leaves the old one.
        """
        async with self._one_at_a_time:
            old = self._kept.get((camera, preset))
            current = old is not None and self._age_s(old) < CURRENT_S
            if (current and not self.judge.able) or not may_be_seen():
                return
            try:
                picture = await self._taken(camera, view)
                if picture is None or not may_be_seen():
                    return
                if old is not None and await self._is_wrong(camera, preset, picture, old):
                    return
                if not current:
                    await self._forget((camera, preset))
                    await self._keep((camera, preset), picture)
            except (RoomctlError, OSError) as error:
                _log.info("camera.%s: no new picture of preset %d: %s", camera, preset, error)

    async def _is_wrong(self, camera: str, preset: int, picture: Picture, old: _Kept) -> bool:
        if not self.judge.able:
            return False
        kept = await self.read(camera, preset)
        return await self.judge.look(camera, preset, picture, (old.version, kept))

    def _age_s(self, kept: _Kept) -> float:
        """Return how old a picture is by the wall clock; one of the future is old."""
        try:
            age_s = self._clock.now().wall.timestamp() - int(kept.version, 16) / 1000
        except ValueError:
            return float("inf")
        return age_s if age_s >= 0 else float("inf")

    async def _taken(self, camera: str, view: SelfView | None) -> Picture | None:
        video = self.videos.get(camera)
        if video is None:
            return None
        if video.shared:
            await asyncio.sleep(BEHIND_S)
        seen = await view.of_stream() if view is not None else None
        return seen or await take_picture(video)

    async def forget(self, camera: str, preset: int) -> None:
        """Throw the picture of a deleted preset away; OSError leaves its file, and is logged."""
        async with self._one_at_a_time:
            try:
                await self._forget((camera, preset))
            except OSError as error:
                _log.warning("camera.%s: the picture of preset %d stays: %s", camera, preset, error)

    async def _forget(self, key: _Key) -> None:
        kept = self._kept.pop(key, None)
        if kept is None:
            return
        self._changed()
        if kept.path is not None:
            await in_thread(_delete, kept.path)

    async def _keep(self, key: _Key, picture: Picture) -> None:
        version = f"{int(self._clock.now().wall.timestamp() * 1000):x}"
        path = None
        if self._folder is not None:
            ending = next(end for media, end in _TYPES.values() if media == picture.media_type)
            path = self._folder / f"{key[0]}.{key[1]}.{version}.{ending}"
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            await in_thread(write_whole, path, picture.data)
        self._kept[key] = _Kept(version, path, picture if path is None else None)
        self._changed()


def _delete(path: Path) -> None:
    """Delete a picture for good: after a power cut it must not be that of another position."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def _found(folder: Path) -> dict[_Key, _Kept]:
    """Return the pictures of an earlier run; of two of one preset, the newer."""
    found: dict[_Key, _Kept] = {}
    for path in sorted(folder.glob("*.*.*.*")) if folder.is_dir() else []:
        camera, preset, version, ending = path.name.split(".", 3)
        if preset.isdecimal() and ending in _ENDINGS:
            if (older := found.get((camera, int(preset)))) and older.path:
                with contextlib.suppress(OSError):  # the disk takes no writes
                    older.path.unlink(missing_ok=True)  # a power cut came before this
            found[camera, int(preset)] = _Kept(version, path, None)
    return found
