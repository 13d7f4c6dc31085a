"""A HID device by the kernel's hidraw, shared with other programs: `hidraw:/dev/hidraw2`.

Every program gets a copy of each input report, and nothing arbitrates between their writes: the
browser's WebHID, the desktop and roomctl may light the same LED. Frames are those of `usb`: report
type (1 input, 2 output, 3 feature), report ID (0 if not numbered), payload; a device with several
nodes is one here (`descriptors.JoinedReports`). Knows no usage.

| what | on the node |
|---|---|
| input | read: report ID if reports are numbered, payload; asked for: ioctl HIDIOCGINPUT |
| output | write: report ID, 0 if not numbered, payload; the kernel picks the endpoint |
| feature | ioctl HIDIOCSFEATURE, the same bytes |

Which node a URL means stands in sysfs: `/sys/class/hidraw/hidraw2/device` is the HID device, which
has `report_descriptor`; its parent is the USB interface, and that one's parent the USB device.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import logging
import os
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path

from roomctl.errors import PortClosed, PortError, PortMissing, PortReason
from roomctl.frozen import frozen
from roomctl.ports.address import Address
from roomctl.ports.blocking import BlockingCalls, open_in_thread
from roomctl.ports.descriptors import JoinedReports, completeness, has_keys, speaks_telephony
from roomctl.ports.holders import others
from roomctl.ports.hotplug import HotplugMonitor, open_when_there, outdone
from roomctl.ports.usb import (
    BOOT,
    FORBIDDEN,
    GONE,
    RULES,
    Backend,
    DeviceFilter,
    device_filter,
    libusb,
    no_telephony,
    permission_error,
    reattach,
)
from roomctl.wire import Chunk, Identity

_log = logging.getLogger(__name__)


SYS = Path("/sys")
DEV = Path("/dev")
# Two lines, because udev looks at all that a line matches before it imports.
UDEV_RULES = (
    'SUBSYSTEM=="hidraw", IMPORT{builtin}="usb_id"',
    'SUBSYSTEM=="hidraw", ENV{ID_USB_INTERFACES}=="*:0101??:*", GROUP="roomctl", MODE="0660"',
)
INPUT, FEATURE = 1, 3
_WRITE_LIMIT_S = 0.3
_CLOSE_LIMIT_S = 0.6
_MOST_REPORT_BYTES = 16384  # HID_MAX_BUFFER_SIZE, include/linux/hid.h


@frozen
class HidrawNode:
    """One hidraw node. What is None is not known: the device is no USB device, or does not say."""

    path: str
    descriptor: bytes
    interface: int | None = None
    boot: bool = False
    vid: int | None = None
    pid: int | None = None
    bcd_device: int | None = None
    serial_number: str | None = None
    product: str | None = None
    port_path: str | None = None
    classes: frozenset[int] = frozenset()


def nodes(sys: Path = SYS, dev: Path = DEV) -> list[HidrawNode]:
    """Return all that are there now; one that goes away meanwhile is left out."""
    return list(_nodes(sys, dev))


def fitting(requested: DeviceFilter, nodes: list[HidrawNode]) -> list[list[HidrawNode]]:
    """Return the devices that may be meant, the best first, each by its nodes with keys.

    One that is named has its first node if none has keys; `auto` means none without telephony.
    """
    devices: dict[str, list[HidrawNode]] = {}
    for node in sorted(nodes, key=_place):
        if _fits(requested, node):
            devices.setdefault(node.port_path or "", []).append(node)
    found = [_with_keys(each) for each in devices.values()]
    if requested.ids is None:
        found = [each for each in found if speaks_telephony(each[0].descriptor)]
    return sorted(found, key=lambda each: -_completeness(each))


def better(
    requested: DeviceFilter, held: Identity, but: Collection[str], sys: Path = SYS
) -> str | None:
    """Return where a device is plugged in that `auto` would take rather than the one held."""
    least = completeness(held.report_descriptor or b"")
    for device in fitting(requested, nodes(sys)):
        place = device[0].port_path
        if place is not None and place not in (held.port_path, *but):
            return place if _completeness(device) > least else None
    return None


def _with_keys(device: list[HidrawNode]) -> list[HidrawNode]:
    """Return the nodes of one device that have keys, the one with telephony first."""
    kept = [node for node in device if has_keys(node.descriptor)] or device[:1]
    return sorted(kept, key=lambda node: not speaks_telephony(node.descriptor))


def _completeness(device: list[HidrawNode]) -> int:
    return max(completeness(node.descriptor) for node in device)


def plugged(sys: Path = SYS) -> list[tuple[str, str]]:
    """Return (VID:PID, port) of every USB device that is plugged in, with or without a node."""
    found = []
    for device in sorted((sys / "bus" / "usb" / "devices").glob("*-*")):
        vid, pid = _text(device, "idVendor"), _text(device, "idProduct")
        if vid is not None and pid is not None:
            found.append((f"{vid}:{pid}", device.name))
    return found


def _fits(requested: DeviceFilter, node: HidrawNode) -> bool:
    if node.vid is None or node.pid is None or node.port_path is None or node.boot:
        return False
    if requested.serial_number not in (None, node.serial_number):
        return False
    return requested.fits((node.vid, node.pid), node.port_path, node.classes)


def _place(node: HidrawNode) -> tuple[str, int]:
    return node.port_path or "", node.interface or 0


def _nodes(sys: Path, dev: Path) -> Iterator[HidrawNode]:
    folder = sys / "class" / "hidraw"
    for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
        try:
            yield _node(entry, dev)
        except OSError:
            continue


def _node(entry: Path, dev: Path) -> HidrawNode:
    path = str(dev / entry.name)
    device = (entry / "device").resolve(strict=True)
    descriptor = (device / "report_descriptor").read_bytes()
    interface, whole = device.parent, device.parent.parent
    if not (whole / "idVendor").is_file():
        return HidrawNode(path, descriptor)
    return HidrawNode(
        path,
        descriptor,
        interface=_hex(interface, "bInterfaceNumber"),
        boot=_hex(interface, "bInterfaceSubClass") == BOOT,
        vid=_hex(whole, "idVendor"),
        pid=_hex(whole, "idProduct"),
        bcd_device=_hex(whole, "bcdDevice"),
        serial_number=_text(whole, "serial"),
        product=_text(whole, "product"),
        port_path=whole.name,
        classes=frozenset(_classes(whole)),
    )


def _classes(whole: Path) -> Iterator[int]:
    for interface in whole.glob(f"{whole.name}:*"):
        if (number := _hex(interface, "bInterfaceClass")) is not None:
            yield number


def _text(folder: Path, name: str) -> str | None:
    try:
        return (folder / name).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def _hex(folder: Path, name: str) -> int | None:
    text = _text(folder, name)
    try:
        return None if text is None else int(text, 16)
    except ValueError:
        return None


def _open(path: str) -> int:
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)


@frozen
class System:
    """What a port takes from the system; a test brings its own."""

    sys: Path = SYS
    dev: Path = DEV
    open: Callable[[str], int] = _open
    backend: Backend = libusb
    monitor: Callable[[], HotplugMonitor] | None = None

    def nodes(self) -> list[HidrawNode]:
        return nodes(self.sys, self.dev)


_Opened = tuple[tuple[int, ...], JoinedReports, Identity]


async def open_port(address: Address, system: System | None = None) -> HidrawPort:
    """Open `hidraw:/dev/hidrawN`, `hidraw:VID:PID` or `hidraw:auto`; raise PortError.

    The numbers of nodes change from boot to boot: prefer VID:PID, with `?port=1-1.4` or
    `?serial=…` where there are two. One that is missing is given a second to be plugged in.
    """
    system = system or System()
    find = _finder(address, system)

    async def open_() -> _Opened:
        return await open_in_thread(
            lambda: _opened(address.url, find(), system), lambda opened: _close(opened[0])
        )

    auto = device_filter(address) if address.place == "auto" else None
    descriptors, reports, identity = await open_when_there(open_, system.monitor)
    return HidrawPort(descriptors, reports, identity, auto, system)


def _close(descriptors: tuple[int, ...]) -> None:
    for each in descriptors:
        os.close(each)


def node_filter(address: Address) -> DeviceFilter | None:
    """Return which devices a URL means, None if it names a node; PortError if it means none."""
    if not address.place.startswith("/"):
        return device_filter(address)
    address.only(())
    return None


def _finder(address: Address, system: System) -> Callable[[], list[HidrawNode]]:
    """Return what looks for the nodes that a URL means; it raises PortError if there is none."""
    requested = node_filter(address)
    if requested is None:
        return lambda: [_at(address.url, address.place, system.nodes())]
    return lambda: _meant(requested, system)


def _at(url: str, path: str, there: list[HidrawNode]) -> HidrawNode:
    node = next((node for node in there if node.path == os.path.realpath(path)), None)
    if node is None:
        named = ", ".join(node.path for node in there) or "none"
        raise PortError(url, f"{path} is not a hidraw node; there are: {named}", PortReason.MISSING)
    return node


def _meant(requested: DeviceFilter, system: System) -> list[HidrawNode]:
    found = fitting(requested, system.nodes())
    if not found and _reattached(requested, system):
        found = fitting(requested, system.nodes())
    if not found:
        raise _nothing_meant(requested, system)
    return found[0]


def _nothing_meant(requested: DeviceFilter, system: System) -> PortError:
    for node in system.nodes():
        if _fits(requested, node):  # `auto`, and it has no telephony
            ids = f"{node.vid:04x}:{node.pid:04x}"
            why = no_telephony(requested.url, f"{ids} at {node.port_path}", ids)
            return PortError(requested.url, why, PortReason.MISSING)
    there = plugged(system.sys)
    named = ", ".join(f"{ids} at {port}" for ids, port in there) or "nothing"
    why = f"no hidraw node is its; plugged in: {named}"
    return PortMissing(requested.url, why, tuple(ids for ids, _ in there))


def _reattached(requested: DeviceFilter, system: System) -> bool:
    """Whether a device that was held exclusively, and not given back, has its driver again."""
    try:
        reattached = reattach(requested, system.backend)
    except PortError as error:
        _log.debug("%s: nothing could be given back: %s", requested.url, error)
        return False
    if reattached:
        _log.info("%s: usbhid attached again to %s", requested.url, ", ".join(reattached))
    return bool(reattached)


def _opened(url: str, device: list[HidrawNode], system: System) -> _Opened:
    """Open the nodes of a device; one that does not open hides no other but that for telephony."""
    opened: list[tuple[HidrawNode, int]] = []
    for node in device:
        try:
            opened.append((node, system.open(node.path)))
        except OSError as error:
            refusal = _not_opened(url, node.path, error)
            if node is device[0]:
                raise refusal from error
            _log.info("%s", refusal)
    first = device[0]
    reports = JoinedReports([node.descriptor for node, _ in opened])
    for node, _ in opened:
        if sharing := others(node.path):
            _log.info("%s: %s is shared with %s", url, node.path, ", ".join(sharing))
    identity = Identity(
        url=url,
        path=first.path,
        vid=first.vid,
        pid=first.pid,
        bcd_device=first.bcd_device,
        serial_number=first.serial_number,
        port_path=first.port_path,
        product=first.product,
        report_descriptor=reports.descriptor,
    )
    return tuple(each for _, each in opened), reports, identity


def _not_opened(url: str, path: str, error: OSError) -> PortError:
    if error.errno in FORBIDDEN:
        return permission_error(url, path, *UDEV_RULES)
    if error.errno in (*GONE, errno.ENOENT):
        return PortError(url, f"{path} was just unplugged", PortReason.MISSING)
    if error.errno == errno.EBUSY:
        return PortError(url, f"{path} is held by another program", PortReason.BUSY)
    return PortError(url, f"{path} cannot be opened ({error.strerror}); see {RULES}")


class HidrawPort:
    """The open hidraw nodes of one device; a chunk is one report.

    An input frame that is written asks for that report (GET_REPORT): what the device answers is
    read like any other.
    """

    def __init__(
        self,
        descriptors: tuple[int, ...],
        reports: JoinedReports,
        identity: Identity,
        auto: DeviceFilter | None = None,
        system: System | None = None,
    ) -> None:
        """`auto`: what was asked for, if that was any device of a kind."""
        self.identity = identity
        self._auto, self._system = auto, system or System()
        self._fds, self._reports = descriptors, reports
        self._heard: deque[Chunk] = deque()
        self._answers: deque[Chunk] = deque()  # filled in a thread
        self._news = asyncio.Event()
        self._blocking = BlockingCalls()
        self._writer = asyncio.Lock()
        self._closing: asyncio.Task[None] | None = None
        self._gone: str | None = None
        self._loop = asyncio.get_running_loop()
        for number, descriptor in enumerate(descriptors):
            self._loop.add_reader(descriptor, self._take, number)

    async def read(self) -> Chunk:
        """Wait for an input report; a cancelled read loses none, the next one gets it."""
        while not self._heard:
            self._refuse_if_gone()
            self._news.clear()
            await self._news.wait()
        return self._heard.popleft()

    async def write(self, data: bytes) -> None:
        """Write one frame; a STALL, a short write and a time-out (0.3 s) are PortErrors.

        The kernel itself waits up to 5 s for a device; until then nothing more can be written.
        """
        async with self._writer:
            self._refuse_if_gone()
            if not await self._blocking.ended(_WRITE_LIMIT_S):
                raise self._silent(data)
            self._refuse_if_gone()  # it may have been closed meanwhile, and its number given away
            try:
                async with asyncio.timeout(_WRITE_LIMIT_S):
                    await self._blocking.run(self._put, data)
                    self._heard += self._answers
                    self._answers.clear()
                    self._news.set()
            except TimeoutError as error:
                raise self._silent(data) from error

    async def outdone(self, but: Collection[str] = ()) -> str:
        """Wait until a device is plugged in that `auto` would rather take; return where."""
        auto, system = self._auto, self._system
        look = partial(better, auto, self.identity, but, system.sys) if auto else None
        return await outdone(look, system.monitor)

    async def close(self) -> None:
        """Close the node; returns within 0.6 s whatever the device does."""
        if self._closing is None:
            self._end("the port is closed")
            self._closing = asyncio.ensure_future(self._shut())
        await asyncio.wait({self._closing}, timeout=_CLOSE_LIMIT_S)

    async def _shut(self) -> None:
        # The number must not be given to another file under a write.
        while not await self._blocking.ended(_CLOSE_LIMIT_S):
            _log.warning("%s: a write does not end; still waiting", self.identity.url)
        _close(self._fds)

    def _take(self, number: int) -> None:
        """Take one report; the loop calls this when there is one, or the device is gone."""
        try:
            data = os.read(self._fds[number], _MOST_REPORT_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:  # EIO: unplugged
            self._end(f"the device is gone ({error.strerror}); is it plugged in?")
            return
        if not data:
            self._end("the device is gone; is it plugged in?")
        elif (frame := self._reports.heard(number, data)) is not None:
            self._heard.append(Chunk(frame, time.monotonic()))
            self._news.set()

    def _put(self, frame: bytes) -> None:
        number, there = self._reports.route(frame)
        kind, report, descriptor = there[0], there[1:], self._fds[number]
        doing = f"{'asking for' if kind == INPUT else 'writing'} report {report[0]}"
        try:
            if kind == INPUT:
                self._ask(number, report[0])
                return
            if kind == FEATURE:
                fcntl.ioctl(descriptor, _request(_SET_FEATURE, len(report)), bytearray(report))
                return
            written = os.write(descriptor, report)
        except OSError as error:
            raise self._failed(doing, error) from error
        if written != len(report):
            why = f"short write: {written} of {len(report)} bytes of report {report[0]}"
            raise PortError(self.identity.url, why)

    def _ask(self, number: int, report: int) -> None:
        """Have an input report given (HID 1.11, 7.2.1); a kernel before 5.11 cannot."""
        answer = bytearray((report,)).ljust(_MOST_ANSWER_BYTES, b"\0")
        length = fcntl.ioctl(self._fds[number], _request(_GET_INPUT, len(answer)), answer)
        data = bytes(answer[:length] if report else answer[1:length])
        if (frame := self._reports.heard(number, data)) is not None:
            self._answers.append(Chunk(frame, time.monotonic()))

    def _failed(self, doing: str, error: OSError) -> PortError:
        url = self.identity.url
        if error.errno in GONE:
            return PortClosed(url, f"the device is gone ({error.strerror}); is it plugged in?")
        if error.errno == errno.EPIPE:
            return PortError(url, f"{doing}: the device refused it (STALL)")
        if error.errno == errno.ETIMEDOUT:
            return PortError(url, f"{doing}: no answer within the kernel's 5 s")
        return PortError(url, f"{doing}: {error.strerror}")

    def _silent(self, frame: bytes) -> PortError:
        why = f"writing report {frame[1]}: no answer within {_WRITE_LIMIT_S:g} s"
        return PortError(self.identity.url, why)

    def _end(self, why: str) -> None:
        if self._gone is None:
            self._gone = why
            for descriptor in self._fds:
                self._loop.remove_reader(descriptor)
            self._news.set()

    def _refuse_if_gone(self) -> None:
        if self._gone is not None:
            raise PortClosed(self.identity.url, self._gone)


_SET_FEATURE, _GET_INPUT = 0x06, 0x0A  # HIDIOCSFEATURE, HIDIOCGINPUT: include/uapi/linux/hidraw.h
_MOST_ANSWER_BYTES = 64


def _request(number: int, length: int) -> int:
    """Return _IOC(_IOC_WRITE | _IOC_READ, 'H', number, length)."""
    return 3 << 30 | length << 16 | ord("H") << 8 | number
