"""The controls of a video device, on a stand-in for the kernel; ioctl numbers by the C compiler."""

import asyncio
import ctypes
import errno
import shutil
import socket
import struct
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from roomctl.camera.uvc import message as uvc
from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports import connect, picture, v4l2
from roomctl.ports.address import parse
from tests.ports.threads import descriptors
from tests.ports.video import BUTTON, MODE, PAN, SPEED, Kernel

LIMIT_S = 60.0
URL = "v4l2:/dev/video0"
# linux/videodev2.h as compiled for 64 bits; QUERY_EXT_CTRL has 232 bytes, EXT_CTRLS 32, ...
NUMBERS = {
    "VIDIOC_QUERYCAP": (v4l2.QUERYCAP, 0x80685600),
    "VIDIOC_ENUM_FMT": (picture.ENUM_FMT, 0xC0405602),
    "VIDIOC_S_FMT": (picture.S_FMT, 0xC0D05605),
    "VIDIOC_REQBUFS": (picture.REQBUFS, 0xC0145608),
    "VIDIOC_QUERYBUF": (picture.QUERYBUF, 0xC0585609),
    "VIDIOC_QBUF": (picture.QBUF, 0xC058560F),
    "VIDIOC_DQBUF": (picture.DQBUF, 0xC0585611),
    "VIDIOC_STREAMON": (picture.STREAMON, 0x40045612),
    "VIDIOC_STREAMOFF": (picture.STREAMOFF, 0x40045613),
    "VIDIOC_QUERYMENU": (v4l2.QUERYMENU, 0xC02C5625),
    "VIDIOC_G_EXT_CTRLS": (v4l2.G_EXT_CTRLS, 0xC0205647),
    "VIDIOC_S_EXT_CTRLS": (v4l2.S_EXT_CTRLS, 0xC0205648),
    "VIDIOC_DQEVENT": (v4l2.DQEVENT, 0x80885659),
    "VIDIOC_SUBSCRIBE_EVENT": (v4l2.SUBSCRIBE_EVENT, 0x4020565A),
    "VIDIOC_QUERY_EXT_CTRL": (v4l2.QUERY_EXT_CTRL, 0xC0E85667),
}
OFFSETS = {
    "struct v4l2_capability, device_caps": v4l2.CapabilityStruct.device_caps.offset,
    "struct v4l2_query_ext_ctrl, minimum": v4l2.QueryStruct.minimum.offset,
    "struct v4l2_query_ext_ctrl, flags": v4l2.QueryStruct.flags.offset,
    "struct v4l2_ext_control, value": v4l2.ControlStruct.value.offset,
    "struct v4l2_ext_controls, controls": v4l2.ControlsStruct.controls.offset,
    "struct v4l2_event, u": v4l2.EventStruct.u.offset,
    "struct v4l2_event, id": v4l2.EventStruct.id.offset,
    "struct v4l2_format, fmt": picture.Format.fmt.offset,
    "struct v4l2_buffer, bytesused": picture.Buffer.bytesused.offset,
    "struct v4l2_buffer, timestamp": picture.Buffer.timestamp.offset,
    "struct v4l2_buffer, m": picture.Buffer.offset.offset,
    "struct v4l2_buffer, length": picture.Buffer.length.offset,
}
IDS = {each: int(each) for each in uvc.ControlId}
HEADER = Path("/usr/include/linux/videodev2.h")


@asynccontextmanager
async def opened(kernel: Kernel, *, with_events: bool = False) -> AsyncIterator[v4l2.V4l2Port]:
    open_ = kernel.open_socket if with_events else kernel.open
    port = await v4l2.open_port(parse(URL), open_)
    try:
        yield port
    finally:
        await port.close()
        if kernel.far is not None:
            kernel.far.close()


async def read(port: v4l2.V4l2Port) -> uvc.Request | uvc.Answer:
    return uvc.decode((await asyncio.wait_for(port.read(), LIMIT_S)).data)


async def failure(kernel: Kernel, url: str = URL) -> PortError:
    with pytest.raises(PortError) as caught:
        await v4l2.open_port(parse(url), kernel.open)
    return caught.value


@pytest.mark.skipif(struct.calcsize("P") != 8, reason="the numbers are those of 64 bits")
@pytest.mark.parametrize("name", NUMBERS)
def test_an_ioctl_number_is_the_kernel_s(name: str) -> None:
    ours, theirs = NUMBERS[name]

    assert hex(ours) == hex(theirs)


@pytest.mark.real
@pytest.mark.skipif(
    shutil.which("cc") is None or not HEADER.exists(), reason="needs cc and linux/videodev2.h"
)
def test_the_c_compiler_of_this_machine_agrees(tmp_path: Path) -> None:
    wanted = {name: ours for name, (ours, _) in NUMBERS.items()}
    wanted |= {f"offsetof({place})": offset for place, offset in OFFSETS.items()}
    wanted |= {f"V4L2_CID_{each.name}": value for each, value in IDS.items()}
    prints = "".join(f'printf("%lu\\n", (unsigned long)({name}));' for name in wanted)
    program = tmp_path / "numbers.c"
    program.write_text(
        "#include <stdio.h>\n#include <stddef.h>\n#include <linux/videodev2.h>\n"
        f"int main(void) {{ {prints} return 0; }}\n"
    )
    binary = tmp_path / "numbers"
    subprocess.run(["cc", "-o", binary, program], check=True, timeout=60)

    said = subprocess.run([binary], check=True, timeout=60, capture_output=True, text=True)

    assert dict(zip(wanted, map(int, said.stdout.split()), strict=True)) == wanted


async def test_every_control_is_listed_with_what_it_takes() -> None:
    kernel = Kernel()
    async with opened(kernel) as port:
        await port.write(uvc.encode(uvc.ListControls()))
        listed = [await read(port) for _ in range(5)]

    assert listed == [
        uvc.UvcControl(MODE, uvc.ControlValueType.MENU, 0, 0, 3, 1, 0, items=0b1010),
        uvc.UvcControl(BUTTON, uvc.ControlValueType.BUTTON, 0, 0, 0, 1, 0),
        uvc.UvcControl(PAN, uvc.ControlValueType.INTEGER, 0, -36000, 36000, 1, 0),
        uvc.UvcControl(
            SPEED, uvc.ControlValueType.INTEGER, 0, -10, 10, 1, 2**31 - 1
        ),  # 2**40 does not fit
        uvc.EndOfControls(4),
    ]
    assert kernel.subscribed == [MODE, BUTTON, PAN, SPEED]


async def test_a_driver_without_events_is_used_without() -> None:
    kernel = Kernel(broken={v4l2.SUBSCRIBE_EVENT: errno.ENOTTY})
    async with opened(kernel) as port:
        await port.write(uvc.encode(uvc.ListControls()))
        assert [await read(port) for _ in range(5)][-1] == uvc.EndOfControls(4)


async def test_a_driver_without_controls_lists_none() -> None:
    async with opened(Kernel(broken={v4l2.QUERY_EXT_CTRL: errno.ENOTTY})) as port:
        await port.write(uvc.encode(uvc.ListControls()))
        assert await read(port) == uvc.EndOfControls(0)


async def test_a_control_is_set_and_its_value_read_back() -> None:
    kernel = Kernel()
    async with opened(kernel) as port:
        await port.write(uvc.encode(uvc.SetControl(PAN, -50_000)))
        assert await read(port) == uvc.ControlValue(PAN, -36_000)  # the driver clamps
        await port.write(uvc.encode(uvc.GetControl(PAN)))
        assert await read(port) == uvc.ControlValue(PAN, -36_000)

    assert kernel.values == {PAN: -36_000}


async def test_two_controls_are_set_in_one_go_and_both_values_read_back() -> None:
    kernel = Kernel()
    async with opened(kernel) as port:
        await port.write(
            uvc.encode(uvc.SetControlPair(uvc.SetControl(PAN, 50_000), uvc.SetControl(SPEED, 3)))
        )
        assert await read(port) == uvc.ControlValue(PAN, 36_000)
        assert await read(port) == uvc.ControlValue(SPEED, 3)

    assert (kernel.values, kernel.sets) == ({PAN: 36_000, SPEED: 3}, 1)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "cannot be written"),
        (errno.EBUSY, "held by another program"),
        (errno.EPIPE, "STALL"),
        (errno.EIO, "refused it"),
    ],
)
async def test_a_refused_value_leaves_the_port_open(number: int, said: str) -> None:
    kernel = Kernel(broken={v4l2.S_EXT_CTRLS: number})
    async with opened(kernel) as port:
        with pytest.raises(PortError, match=said) as caught:
            await port.write(uvc.encode(uvc.SetControl(PAN, 1)))
        assert not isinstance(caught.value, PortClosed)

        kernel.broken.clear()
        await port.write(uvc.encode(uvc.SetControl(PAN, 1)))
        assert await read(port) == uvc.ControlValue(PAN, 1)


@pytest.mark.real
async def test_what_another_program_changes_is_heard() -> None:
    kernel = Kernel()
    async with opened(kernel, with_events=True) as port:
        kernel.events = [(3, PAN, -7200), (4, 0, 0), (3, SPEED, 5)]  # the second is no control's
        assert kernel.far is not None
        kernel.far.send(b"!", socket.MSG_OOB)

        assert [await read(port), await read(port)] == [
            uvc.ControlValue(PAN, -7200),
            uvc.ControlValue(SPEED, 5),
        ]


@pytest.mark.parametrize("number", sorted(v4l2.GONE))
async def test_an_unplug_that_a_write_meets_closes_the_port(number: int) -> None:
    kernel = Kernel()
    async with opened(kernel) as port:
        kernel.broken[v4l2.S_EXT_CTRLS] = number
        with pytest.raises(PortClosed, match="is it plugged in"):
            await port.write(uvc.encode(uvc.SetControl(PAN, 1)))
        with pytest.raises(PortClosed):
            await asyncio.wait_for(port.read(), LIMIT_S)
        with pytest.raises(PortClosed):
            await port.write(uvc.encode(uvc.GetControl(PAN)))


@pytest.mark.real
async def test_an_unplug_is_noticed_though_nobody_asks() -> None:
    kernel = Kernel()
    async with opened(kernel, with_events=True) as port:
        waiting = asyncio.ensure_future(port.read())
        await asyncio.sleep(0)
        assert kernel.far is not None
        kernel.far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        kernel.far.close()  # a reset: POLLERR and POLLHUP, as from an unregistered video device

        with pytest.raises(PortClosed):
            await asyncio.wait_for(waiting, LIMIT_S)


@pytest.mark.real
async def test_a_closed_port_leaves_nothing_open_and_wakes_whoever_reads() -> None:
    before = descriptors()
    kernel = Kernel()
    for _ in range(5):
        async with opened(kernel) as port:
            waiting = asyncio.ensure_future(port.read())
            await asyncio.sleep(0)
            await port.close()
            with pytest.raises(PortClosed):
                await asyncio.wait_for(waiting, LIMIT_S)

    assert (kernel.opened, kernel.closed) == (5, 5)
    assert descriptors() <= before


@pytest.mark.parametrize(
    ("number", "reason", "said"),
    [
        (errno.ENOENT, PortReason.MISSING, "there is no /dev/video0"),
        (errno.ENODEV, PortReason.MISSING, "there is no /dev/video0"),
        (errno.EACCES, PortReason.PERMISSION, "usermod -aG video"),
        (errno.EBUSY, PortReason.BUSY, "fuser /dev/video0"),
    ],
)
async def test_what_cannot_be_opened_says_why(number: int, reason: PortReason, said: str) -> None:
    error = await failure(Kernel(broken={0: number}))

    assert error.reason is reason
    assert said in str(error)


async def test_what_is_no_video_device_is_closed_again() -> None:
    kernel = Kernel(broken={v4l2.QUERYCAP: errno.ENOTTY})

    error = await failure(kernel)

    assert error.reason is PortReason.UNSUPPORTED
    assert "is not a video device" in str(error)
    assert (kernel.opened, kernel.closed) == (1, 1)


@pytest.mark.parametrize(
    ("url", "said"),
    [("v4l2:video0", "is not a path"), ("v4l2:/dev/video0?baud=1", "unknown option 'baud'")],
)
async def test_a_url_that_cannot_be_meant_is_refused(url: str, said: str) -> None:
    error = await failure(Kernel(), url)

    assert error.reason is PortReason.UNSUPPORTED
    assert said in str(error)


async def test_the_door_knows_the_scheme() -> None:
    with pytest.raises(PortError) as caught:
        await connect("front", "v4l2:/dev/null")

    assert caught.value.reason is PortReason.UNSUPPORTED
    assert "is not a video device" in str(caught.value)


def test_the_system_is_asked_who_the_camera_is(tmp_path: Path) -> None:
    usb = tmp_path / "usb/1-1.2"
    interface = usb / "1-1.2:1.0"
    interface.mkdir(parents=True)
    for name, text in {"idVendor": "046d", "idProduct": "085f", "bcdDevice": "0021"}.items():
        (usb / name).write_text(f"{text}\n")
    (tmp_path / "class/video7").mkdir(parents=True)
    (tmp_path / "class/video7/device").symlink_to(interface)

    found = v4l2.identity_of(URL, "/dev/video7", "PTZ Pro 2", tmp_path / "class")

    assert (found.vid, found.pid, found.bcd_device) == (0x046D, 0x085F, 0x21)
    assert (found.port_path, found.product, found.serial_number) == ("1-1.2", "PTZ Pro 2", None)


def test_a_device_that_is_not_on_usb_has_no_ids(tmp_path: Path) -> None:
    found = v4l2.identity_of(URL, "/dev/video7", "vivid", tmp_path)

    assert (found.vid, found.pid, found.port_path, found.product) == (None, None, None, "vivid")


def test_the_structures_hold_what_they_say() -> None:
    one = v4l2.ControlStruct(id=PAN, value=-5)
    asked = v4l2.ControlsStruct(count=1, controls=ctypes.pointer(one))
    asked.controls[0].value += 1

    assert one.value == -4
    assert bytes(one)[12:16] == struct.pack("=i", -4)
