"""The HID interfaces of a USB device by pyusb: `usb:0b0e:2456`, `usb:auto`. Knows no usage.

In four parts: which device a URL means (`DeviceFilter`), the interfaces that are claimed on it, the
errors of pyusb and the kernel as PortErrors, and the port. A speakerphone is held in this way, for
roomctl alone, or shared with other programs by `hidraw`; both speak the same frames.

A frame is report type (1 input, 2 output, 3 feature), report ID (0 if reports are not numbered)
and payload; several interfaces are one here (`descriptors.JoinedReports`). Input reports come from
the interrupt IN endpoint, and an input frame that is written asks for one (GET_REPORT: 0xA1, 0x01,
type << 8 | ID, interface; HID 1.11, 7.2.1). An output report goes to the
interrupt OUT endpoint where the interface has one (some devices STALL SET_REPORT then), else by
SET_REPORT: 0x21, 0x09, type << 8 | ID, interface (HID 1.11, 7.2.2).

Only HID interfaces are claimed: the sound interfaces stay with the kernel, so the device is never
configured or reset. usbhid is detached from the interface, and attached again when it is released;
a process that was killed could not, so whoever comes next does.

The errors are measured with pyusb 1.3.1 over libusb 1.0.28: an unplug is ENODEV, or EIO on some
host controllers; what libusb does not support is no USBError but NotImplementedError, and an error
that it has no number for has errno None.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import re
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from pathlib import Path

import usb.backend.libusb1
import usb.core
import usb.util
from usb.backend import IBackend

from roomctl.errors import PortClosed, PortError, PortMissing, PortReason
from roomctl.frozen import frozen
from roomctl.installed import add_udev_rules
from roomctl.ports.address import Address
from roomctl.ports.blocking import BlockingCalls, open_in_thread
from roomctl.ports.descriptors import (
    MOST_BYTES,
    JoinedReports,
    completeness,
    has_keys,
    speaks_telephony,
)
from roomctl.ports.holders import held_here, others
from roomctl.ports.hotplug import HotplugMonitor, open_when_there, outdone
from roomctl.wire import Chunk, Identity

_log = logging.getLogger(__name__)

AUDIO, HID, HUB, BOOT = 1, 3, 9, 1
INPUT, OUTPUT = 1, 2
_READ_MS = 200  # how long a close may have to wait for a read
_WRITE_MS = 300
_READ_DESCRIPTOR_MS = 300
_PACKET_SIZE = 0x7FF  # bits of wMaxPacketSize (USB 2.0, table 9-13)
_CLOSE_LIMIT_S = 0.6

_UDEVD = Path("/run/udev/control")
RULES = "60-roomctl-speakerphone.rules"
UDEV_RULE = (
    'SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ENV{ID_USB_INTERFACES}=="*:0101??:*", '
    'ENV{ID_USB_INTERFACES}=="*:03????:*", GROUP="roomctl", MODE="0660"'
)

# An unplug shows as ENODEV, or, depending on the host controller, as EIO or ESHUTDOWN.
GONE = frozenset({errno.ENODEV, errno.EIO, errno.ESHUTDOWN, errno.ENXIO})
FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})
FAILURES = (usb.core.USBError, NotImplementedError)
REFUSALS = (*FAILURES, ValueError)


@frozen
class DeviceFilter:
    """What a URL asks for; `ids` is None for any sound device with buttons.

    `path` is the port that it must be plugged into, as in /sys/bus/usb/devices: "1-1.4".
    """

    url: str
    ids: tuple[int, int] | None
    path: str | None
    serial_number: str | None

    def fits(self, ids: tuple[int, int], path: str, classes: Iterable[int]) -> bool:
        """Tell whether a device may be meant; its serial number is not looked at."""
        if self.path not in (None, path):
            return False
        return {AUDIO, HID} <= set(classes) if self.ids is None else ids == self.ids


def device_filter(address: Address) -> DeviceFilter:
    """Read VID:PID or `auto`, with `?port=1-1.4` or `?serial=…`; raise PortError."""
    options = address.only(("port", "serial"))
    path, serial_number = options.get("port"), options.get("serial")
    if path is not None and not re.fullmatch(r"[0-9]+-[0-9]+(\.[0-9]+)*", path):
        raise address.refuse(
            f"port={path} is not a USB port; `lsusb -t` and `roomctl probe` name them"
        )
    if address.place == "auto":
        return DeviceFilter(address.url, None, path, serial_number)
    pair = re.fullmatch(r"([0-9a-fA-F]{4}):([0-9a-fA-F]{4})", address.place)
    if pair is None:
        scheme = address.scheme
        why = f"is not {scheme}:VID:PID, such as {scheme}:0b0e:2456, nor {scheme}:auto"
        raise address.refuse(why)
    return DeviceFilter(address.url, (int(pair[1], 16), int(pair[2], 16)), path, serial_number)


def libusb() -> IBackend | None:
    """Return libusb: one context for all where udevd runs, else a new one; None if not installed.

    Without udevd (in a container) a context never learns of a device plugged in after it was made.
    """
    shared = usb.backend.libusb1.get_backend()
    if shared is None or _UDEVD.exists():
        return shared
    return type(shared)(shared.lib)


def free_context(library: IBackend) -> None:
    """Free a context that was made for one port; pyusb leaves that to chance, two files each."""
    if library is not usb.backend.libusb1.get_backend():
        library.finalize()


def interface_classes(device: usb.core.Device) -> set[int]:
    try:
        return {each.bInterfaceClass for configuration in device for each in configuration}
    except usb.core.USBError:
        return set()


def may_be_taken(interface: usb.core.Interface) -> bool:
    """Whether this may be a speakerphone's HID interface: a boot keyboard or mouse never is."""
    kind = (interface.bInterfaceClass, interface.bAlternateSetting)
    return kind == (HID, 0) and bool(interface.bInterfaceSubClass != BOOT)


def string_descriptor(device: usb.core.Device, which: str) -> str | None:
    """Return a string descriptor; many devices have none, or one that cannot be read."""
    try:
        text: str | None = getattr(device, which)
    except (ValueError, NotImplementedError, usb.core.USBError):
        return None
    return text


def vid_pid(device: usb.core.Device) -> str:
    return f"{device.idVendor:04x}:{device.idProduct:04x}"


def port_path(device: usb.core.Device) -> str:
    """Return where it is plugged in, as in /sys/bus/usb/devices: `1-1.4`."""
    ports = ".".join(str(number) for number in device.port_numbers or ())
    return f"{device.bus}-{ports or 0}"


def device_node(device: usb.core.Device) -> str:
    return f"/dev/bus/usb/{device.bus:03d}/{device.address:03d}"


def device_name(device: usb.core.Device) -> str:
    return f"{vid_pid(device)} at {port_path(device)}"


def device_names(devices: list[usb.core.Device]) -> str:
    """Say what is plugged in, hubs left out: the second half of a sentence."""
    found = [device_name(device) for device in devices if device.bDeviceClass != HUB]
    return f"plugged in: {', '.join(found)}" if found else "nothing is plugged in"


def no_telephony(url: str, name: str, ids: str) -> str:
    """Say why a device with sound is not taken by itself, and how it is all the same."""
    scheme = url.partition(":")[0]
    return f"{name} has no telephony controls; write {scheme}:{ids} to have it all the same"


def permission_error(url: str, node: str, *rules: str) -> PortError:
    """Say which udev rules open `node` to this user, and how they are installed."""
    why = (
        f"no permission for {node}; make its group, `sudo groupadd -rf roomctl && sudo usermod "
        f"-aG roomctl $USER`, and install the rule, `{add_udev_rules(RULES)}`; "
        f"it is: {' and, in a line of its own, '.join(rules)}"
    )
    return PortError(url, why, PortReason.PERMISSION)


def open_error(url: str, device: usb.core.Device, error: Exception) -> PortError:
    """Say why a device could not be opened or claimed, and what to try."""
    node, name = device_node(device), device_name(device)
    if isinstance(error, NotImplementedError):
        why = "this system cannot detach a driver from an interface; roomctl needs Linux for that"
        return PortError(url, why, PortReason.UNSUPPORTED)
    number = getattr(error, "errno", None)
    if number in FORBIDDEN:
        return permission_error(url, node, UDEV_RULE)
    if number == errno.EBUSY:
        return PortError(url, f"{name} is held by {_holder(node)}", PortReason.BUSY)
    if number in GONE:
        return PortError(url, f"{name} was just unplugged", PortReason.MISSING)
    return PortError(url, f"{name} cannot be opened ({error})")


def _holder(node: str) -> str:
    """Return who holds a device that cannot be claimed, as far as this user may know."""
    if found := others(node):
        return f"{', '.join(found)}; end it, or share the device: hidraw:VID:PID"
    if held_here(node) > 1:  # once for the attempt that failed
        return "this roomctl itself; do two tables of room.toml mean the same device?"
    return f"another program; `sudo fuser -v {node}` names it"


def transfer_error(url: str, doing: str, error: Exception, limit_s: float) -> PortError:
    """Say why a transfer failed; PortClosed if the device is gone."""
    number = getattr(error, "errno", None)
    if number in GONE:
        why = f"the device is gone ({getattr(error, 'strerror', error)}); is it plugged in?"
        return PortClosed(url, why)
    if isinstance(error, usb.core.USBTimeoutError) or number == errno.ETIMEDOUT:
        return PortError(url, f"{doing}: no answer within {limit_s:g} s")
    if number == errno.EPIPE:
        return PortError(url, f"{doing}: the device refused it (STALL)")
    if number == errno.EBUSY:
        why = f"{doing}: another program has taken the interface"
        return PortError(url, why, PortReason.BUSY)
    if isinstance(error, NotImplementedError):
        return PortError(url, f"{doing}: this system cannot do that", PortReason.UNSUPPORTED)
    return PortError(url, f"{doing}: {error}")


Backend = Callable[[], IBackend | None]
Better = Callable[[DeviceFilter, Identity, Collection[str]], str | None]


@frozen
class ClaimedInterface:
    """One HID interface that is ours."""

    device: usb.core.Device
    interface: int
    endpoint_in: int
    packet_bytes: int
    endpoint_out: int | None
    descriptor: bytes


Claimed = tuple[ClaimedInterface, ...]
"""All interfaces of one device that are ours, the one that speaks telephony first."""


def open_interfaces(requested: DeviceFilter, backend: Backend) -> tuple[Claimed, Identity]:
    """Claim the interfaces of the first device that fits; raise PortError saying why there is none.

    They are those with telephony or consumer controls. One that cannot be claimed, or read, hides
    no other, unless it may be the one that speaks telephony.
    """
    library = backend()
    if library is None:
        why = "libusb is not installed; `sudo apt install libusb-1.0-0`"
        raise PortError(requested.url, why, PortReason.UNSUPPORTED)
    try:
        return _search(requested, library)
    except PortError:
        free_context(library)
        raise


def release(claimed: Claimed) -> None:
    """Release the interfaces, attach usbhid to them again and close the device; never raises."""
    device = claimed[0].device
    for one in claimed:
        _release(device, one.interface)
    with contextlib.suppress(*REFUSALS):
        usb.util.dispose_resources(device)
    free_context(device.backend)


def reattach(requested: DeviceFilter, backend: Backend) -> list[str]:
    """Attach usbhid to the interfaces that a killed process left without a driver; name them.

    What a living process holds stays with it: the kernel refuses to attach a driver there.
    """
    library = backend()
    if library is None:
        return []
    try:
        return [
            name
            for device in _listed(requested, library)
            for name in _reattached(requested, device)
        ]
    finally:
        free_context(library)


def _reattached(requested: DeviceFilter, device: usb.core.Device) -> Iterator[str]:
    if not _fits(requested, device):
        return
    try:
        for interface in _hid_interfaces(device):
            number: int = interface.bInterfaceNumber
            if not device.is_kernel_driver_active(number) and _attached(device, number):
                yield f"interface {number} of {device_name(device)}"
    except FAILURES as error:
        raise open_error(requested.url, device, error) from error
    finally:
        usb.util.dispose_resources(device)


def _fits(requested: DeviceFilter, device: usb.core.Device) -> bool:
    pair = (device.idVendor, device.idProduct)
    return requested.fits(pair, port_path(device), interface_classes(device))


def _listed(requested: DeviceFilter, library: IBackend) -> list[usb.core.Device]:
    try:
        found = usb.core.find(find_all=True, backend=library)
        return sorted(found, key=port_path)
    except REFUSALS as error:
        raise PortError(requested.url, f"USB devices cannot be listed ({error})") from error


def _search(requested: DeviceFilter, library: IBackend) -> tuple[Claimed, Identity]:
    devices = _listed(requested, library)
    fitting = [device for device in devices if _fits(requested, device)]
    if not fitting:
        why = f"is not plugged in; {device_names(devices)}"
        raise PortMissing(requested.url, why, tuple(vid_pid(device) for device in devices))
    refusals: list[PortError] = []
    found: list[Claimed] = []
    for device in fitting:
        try:
            found.append(_take(requested, device))
        except PortError as error:
            refusals.append(error)
            usb.util.dispose_resources(device)
            continue
        if requested.ids is not None:
            break
    if not found:
        raise refusals[0]
    best = max(found, key=_completeness)  # of equals the first
    for each in found:
        if each is not best:
            _put_back(each)
    return best, _identity(requested.url, best)


def _completeness(claimed: Claimed) -> int:
    return max(completeness(one.descriptor) for one in claimed)


def _put_back(claimed: Claimed) -> None:
    for one in claimed:
        _release(one.device, one.interface)
    usb.util.dispose_resources(claimed[0].device)


def _take(requested: DeviceFilter, device: usb.core.Device) -> Claimed:
    """Claim the HID interfaces of `device` that have keys for a room, else its first."""
    try:
        interfaces = _hid_interfaces(device)
        found = string_descriptor(device, "serial_number")
        name = device_name(device)
        if requested.serial_number not in (None, found):
            why = f"{name} has serial number {found!r}"
            raise PortError(requested.url, why, PortReason.MISSING)
        if not interfaces:
            _ask(device)  # of a device that is just gone pyusb lists no interfaces, and no error
            why = f"{name} has no HID interface, so no buttons and no LEDs to reach"
            raise PortError(requested.url, why, PortReason.UNSUPPORTED)
    except FAILURES as error:
        raise open_error(requested.url, device, error) from error
    return _take_those_with_keys(requested, device, interfaces)


def _take_those_with_keys(
    requested: DeviceFilter, device: usb.core.Device, interfaces: list[usb.core.Interface]
) -> Claimed:
    taken: list[ClaimedInterface] = []
    refusals: list[PortError] = []
    for interface in interfaces:
        try:
            taken.append(_claim(requested.url, device, interface))
        except PortError as error:
            refusals.append(error)
    kept = [one for one in taken if has_keys(one.descriptor)] or taken[:1]
    kept.sort(key=lambda one: not speaks_telephony(one.descriptor))
    refusal = _refusal(requested, device, kept, refusals)
    for one in taken:
        if refusal is not None or one not in kept:
            _release(device, one.interface)
    if refusal is not None:
        raise refusal
    for left_out in refusals:
        _log.info("%s", left_out)
    return tuple(kept)


def _refusal(
    requested: DeviceFilter,
    device: usb.core.Device,
    kept: list[ClaimedInterface],
    refusals: list[PortError],
) -> PortError | None:
    """Say why what could be claimed of a device is not enough; None: it is."""
    if kept and speaks_telephony(kept[0].descriptor):
        return None
    held = [error for error in refusals if error.reason is PortReason.BUSY]
    if held or not kept:
        return (held or refusals)[0]
    if requested.ids is not None:
        return None
    why = no_telephony(requested.url, device_name(device), vid_pid(device))
    return PortError(requested.url, why, PortReason.MISSING)


def _hid_interfaces(device: usb.core.Device) -> list[usb.core.Interface]:
    configuration = device.get_active_configuration()
    return [each for each in configuration if may_be_taken(each)]


def _ask(device: usb.core.Device) -> None:
    """Raise USBError if the device does not answer: it must give its device descriptor."""
    device.ctrl_transfer(0x80, 0x06, 0x0100, 0, 18, _READ_DESCRIPTOR_MS)


def _claim(url: str, device: usb.core.Device, interface: usb.core.Interface) -> ClaimedInterface:
    """Claim one interface, or leave it as it was and raise PortError."""
    number: int = interface.bInterfaceNumber
    try:
        if device.is_kernel_driver_active(number):  # none is, after a crash of ours
            _detach(device, number)
        usb.util.claim_interface(device, number)
        descriptor = _report_descriptor(url, device, interface)
        inward = _endpoint(interface, usb.util.ENDPOINT_IN)
        outward = _endpoint(interface, usb.util.ENDPOINT_OUT)
        if inward is None:
            name = device_name(device)
            why = f"interface {number} of {name} has no interrupt endpoint to read"
            raise PortError(url, why, PortReason.UNSUPPORTED)
    except FAILURES as error:
        _release(device, number)
        raise open_error(url, device, error) from error
    except PortError:
        _release(device, number)
        raise
    return ClaimedInterface(
        device,
        number,
        inward.bEndpointAddress,
        max(64, inward.wMaxPacketSize & _PACKET_SIZE),
        None if outward is None else outward.bEndpointAddress,
        descriptor,
    )


def _detach(device: usb.core.Device, number: int) -> None:
    try:
        device.detach_kernel_driver(number)
    except usb.core.USBError as error:
        if error.errno != errno.ENOENT:  # it went by itself meanwhile
            raise


def _report_descriptor(url: str, device: usb.core.Device, interface: usb.core.Interface) -> bytes:
    """Read the report descriptor, whose length stands in the HID descriptor (HID 1.11, 6.2.1)."""
    extra, name = bytes(interface.extra_descriptors), device_name(device)
    length = next((_le16(one, 7) for one in _descriptors(extra) if one[1] == 0x21), 0)
    if not 0 < length <= MOST_BYTES:
        why = f"{name} declares a report descriptor of {length} bytes, not of 1 to 4096"
        raise PortError(url, why, PortReason.UNSUPPORTED)
    setup = (0x81, 0x06, 0x2200, interface.bInterfaceNumber)
    descriptor = bytes(device.ctrl_transfer(*setup, length, _READ_DESCRIPTOR_MS))
    if len(descriptor) != length:
        why = f"{name} gave {len(descriptor)} of {length} bytes of its report descriptor"
        raise PortError(url, why)
    return descriptor


def _descriptors(extra: bytes) -> Iterator[bytes]:
    while len(extra) >= 2 and extra[0] >= 2:
        one, extra = extra[: extra[0]], extra[extra[0] :]
        yield one


def _le16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _release(device: usb.core.Device, number: int) -> None:
    """Release an interface and let usbhid have it again; what is gone needs neither."""
    with contextlib.suppress(*REFUSALS):
        usb.util.release_interface(device, number)
    _attached(device, number)


def _attached(device: usb.core.Device, number: int) -> bool:
    """Attach usbhid; False if another process or driver has the interface, or it is gone."""
    try:
        device.attach_kernel_driver(number)
    except REFUSALS as error:
        if getattr(error, "errno", None) not in (*GONE, errno.EBUSY, errno.ENOENT):
            name = device_name(device)
            _log.warning("%s: usbhid is not attached to it again: %s", name, error)
        return False
    return True


def _identity(url: str, claimed: Claimed) -> Identity:
    device = claimed[0].device
    return Identity(
        url=url,
        path=device_node(device),
        vid=device.idVendor,
        pid=device.idProduct,
        bcd_device=device.bcdDevice,
        serial_number=string_descriptor(device, "serial_number"),
        port_path=port_path(device),
        product=string_descriptor(device, "product"),
        report_descriptor=_joined(claimed).descriptor,
    )


def _joined(claimed: Claimed) -> JoinedReports:
    return JoinedReports([one.descriptor for one in claimed])


def _endpoint(interface: usb.core.Interface, direction: int) -> usb.core.Endpoint | None:
    for endpoint in interface:
        kind = usb.util.endpoint_type(endpoint.bmAttributes)
        way = usb.util.endpoint_direction(endpoint.bEndpointAddress)
        if kind == usb.util.ENDPOINT_TYPE_INTR and way == direction:
            return endpoint
    return None


async def open_port(
    address: Address,
    backend: Backend = libusb,
    monitor: Callable[[], HotplugMonitor] | None = None,
    better: Better | None = None,
) -> UsbPort:
    """Open `usb:VID:PID` or `usb:auto`, `?port=1-1.4` or `?serial=…`; raise PortError.

    Of several that fit, the first by port path that is free is taken; of `auto`, the one with most
    of what telephony needs. One that is missing is given a second to be plugged in. `better` looks
    for one that `auto` would rather take than the one it holds, without opening any.
    """
    requested = device_filter(address)

    async def open_() -> tuple[Claimed, Identity]:
        return await open_in_thread(
            lambda: open_interfaces(requested, backend), lambda opened: release(opened[0])
        )

    claimed, identity = await open_when_there(open_, monitor)
    look = None if better is None or requested.ids else partial(better, requested, identity)
    return UsbPort(claimed, identity, look, monitor)


class UsbPort:
    """The HID interfaces of one device, open; a chunk is one report.

    An input frame that is written asks for that report (GET_REPORT): what the device answers is
    read like any other.
    """

    def __init__(
        self,
        claimed: Claimed,
        identity: Identity,
        look: Callable[[Collection[str]], str | None] | None = None,
        monitor: Callable[[], HotplugMonitor] | None = None,
    ) -> None:
        """`look` finds where a better device is plugged in, but for some places; None: none is."""
        self._look, self._monitor = look, monitor
        self.identity = identity
        self._claimed, self._reports = claimed, _joined(claimed)
        self._blocking = BlockingCalls()
        self._writer = asyncio.Lock()
        self._readers: dict[int, asyncio.Task[Chunk]] = {}
        self._heard: deque[Chunk] = deque()
        self._answers: deque[Chunk] = deque()  # filled in a thread
        self._news = asyncio.Event()
        self._closing: asyncio.Task[None] | None = None
        self._gone: str | None = None

    async def read(self) -> Chunk:
        """Wait for an input report; a cancelled read loses none, the next one gets it."""
        while not self._heard:
            self._refuse_if_gone()
            self._news.clear()
            for number in self._reports.interfaces:
                if number not in self._readers:
                    self._readers[number] = self._blocking.start(self._wait_for_report, number)
                    self._readers[number].add_done_callback(lambda _: self._news.set())
            self._collect()
            if not self._heard:
                await self._news.wait()
                self._collect()
        return self._heard.popleft()

    def _collect(self) -> None:
        """Take what the readers that have ended have read, or raise what they met."""
        failure: BaseException | None = None
        for number, reader in list(self._readers.items()):
            if reader.done():
                del self._readers[number]
                failure = reader.exception() or failure
                if reader.exception() is None:
                    self._heard.append(reader.result())
        if failure is not None and not self._heard:
            raise failure

    async def write(self, data: bytes) -> None:
        """Write one frame; a STALL, a short write and a time-out (0.3 s) are PortErrors."""
        async with self._writer:
            self._refuse_if_gone()
            await self._blocking.run(self._put, data)
            self._heard += self._answers
            self._answers.clear()
            if self._heard:
                self._news.set()

    async def outdone(self, but: Collection[str] = ()) -> str:
        """Wait until a device is plugged in that `auto` would rather take; return where."""
        look = None if self._look is None else partial(self._look, but)
        return await outdone(look, self._monitor)

    async def close(self) -> None:
        """Give the interface back to the kernel; returns within 0.6 s whatever the device does."""
        if self._closing is None:
            self._gone = self._gone or "the port is closed"
            self._closing = asyncio.ensure_future(self._shut())
        await asyncio.wait({self._closing}, timeout=_CLOSE_LIMIT_S)

    async def _shut(self) -> None:
        # The handle must not be closed under a transfer: libusb would crash.
        while not await self._blocking.ended(_CLOSE_LIMIT_S):
            _log.warning("%s: a transfer does not end; still waiting", self.identity.url)
        await self._blocking.run(release, self._claimed)

    def _wait_for_report(self, number: int) -> Chunk:
        claimed = self._claimed[number]
        while self._gone is None:
            try:
                data = bytes(
                    claimed.device.read(claimed.endpoint_in, claimed.packet_bytes, _READ_MS)
                )
            except usb.core.USBTimeoutError:
                continue
            except FAILURES as error:
                code = getattr(error, "errno", None)
                if code == errno.EINTR:
                    continue
                if code == errno.EPIPE:
                    with contextlib.suppress(*REFUSALS):
                        claimed.device.clear_halt(claimed.endpoint_in)
                raise self._failed("reading", error, _READ_MS) from error
            frame = self._reports.heard(number, data) if data else None
            if frame is not None:
                return Chunk(frame, time.monotonic())
        raise PortClosed(self.identity.url, self._gone)

    def _put(self, frame: bytes) -> None:
        number, there = self._reports.route(frame)
        kind, report_id = there[0], there[1]
        if kind == INPUT:
            self._ask(number, report_id)
            return
        wire = there[1:] if report_id else there[2:]
        claimed, device = self._claimed[number], self._claimed[number].device
        try:
            if kind == OUTPUT and claimed.endpoint_out is not None:
                written = device.write(claimed.endpoint_out, wire, _WRITE_MS)
            else:
                setup = (0x21, 0x09, kind << 8 | report_id, claimed.interface)
                written = device.ctrl_transfer(*setup, wire, _WRITE_MS)
        except FAILURES as error:
            raise self._failed(f"writing report {report_id}", error, _WRITE_MS) from error
        if written != len(wire):
            why = f"short write: {written} of {len(wire)} bytes of report {report_id}"
            raise PortError(self.identity.url, why)

    def _ask(self, number: int, report_id: int) -> None:
        """Have an input report given (HID 1.11, 7.2.1)."""
        claimed = self._claimed[number]
        setup = (0xA1, 0x01, INPUT << 8 | report_id, claimed.interface)
        try:
            data = bytes(claimed.device.ctrl_transfer(*setup, claimed.packet_bytes, _WRITE_MS))
        except FAILURES as error:
            raise self._failed(f"asking for report {report_id}", error, _WRITE_MS) from error
        frame = self._reports.heard(number, data)
        if frame is not None:
            self._answers.append(Chunk(frame, time.monotonic()))

    def _failed(self, doing: str, error: Exception, limit_ms: int) -> PortError:
        failure = transfer_error(self.identity.url, doing, error, limit_ms / 1000)
        if isinstance(failure, PortClosed):
            self._gone = self._gone or failure.why
            return PortClosed(self.identity.url, self._gone)
        return failure

    def _refuse_if_gone(self) -> None:
        if self._gone is not None:
            raise PortClosed(self.identity.url, self._gone)
