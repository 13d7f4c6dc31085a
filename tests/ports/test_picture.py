"""One picture from a video device, on a stand-in for the kernel."""

import errno

import pytest

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports import picture, v4l2
from roomctl.ports.address import parse
from tests.ports.video import JPEG, YUYV, Kernel

URL = "picture:/dev/video0"


async def taken(kernel: Kernel, limit_s: float = 2.0) -> bytes:
    port = await picture.open_port(parse(URL), kernel.open, limit_s)
    return (await port.read()).data


async def failure(kernel: Kernel, limit_s: float = 2.0) -> PortError:
    with pytest.raises(PortError) as caught:
        await taken(kernel, limit_s)
    return caught.value


async def test_a_picture_is_taken_as_the_camera_makes_it() -> None:
    kernel = Kernel()

    assert await taken(kernel) == JPEG

    assert not kernel.streaming
    assert (kernel.opened, kernel.closed) == (1, 1)


async def test_the_first_pictures_are_let_pass() -> None:
    kernel = Kernel(frames=[(JPEG + bytes([n]), 0) for n in range(9)])

    assert await taken(kernel) == JPEG + b"\x04"


async def test_damaged_pictures_are_let_pass() -> None:
    broken = [(JPEG + b"!", 0x40), (b"not a picture", 0), (b"", 0)]
    kernel = Kernel(frames=[*broken * 3, *[(JPEG, 0)] * 4, *broken, (JPEG + b"good", 0)])

    assert await taken(kernel) == JPEG + b"good"


async def test_there_is_one_picture_to_read() -> None:
    port = await picture.open_port(parse(URL), Kernel().open)
    await port.read()

    with pytest.raises(PortClosed):
        await port.read()
    with pytest.raises(PortError):
        await port.write(b"")


@pytest.mark.parametrize(
    "number", [picture.S_FMT, picture.REQBUFS, picture.STREAMON], ids=["format", "buffers", "on"]
)
async def test_a_device_that_is_in_use_is_busy(number: int) -> None:
    kernel = Kernel(broken={number: errno.EBUSY})

    assert (await failure(kernel)).reason is PortReason.BUSY

    assert not kernel.streaming
    assert (kernel.opened, kernel.closed) == (1, 1)


async def test_a_camera_with_raw_pictures_only_gives_none() -> None:
    kernel = Kernel(formats=(YUYV,))

    error = await failure(kernel)

    assert error.reason is PortReason.UNSUPPORTED
    assert "has only raw pictures" in str(error)
    assert picture.REQBUFS not in kernel.log


async def test_a_device_that_gives_no_pictures_is_no_camera() -> None:
    error = await failure(Kernel(caps=v4l2.STREAMING))

    assert error.reason is PortReason.UNSUPPORTED
    assert "gives no pictures" in str(error)


async def test_a_camera_that_gives_no_good_picture_is_given_up() -> None:
    kernel = Kernel(frames=[(b"noise", 0)])

    assert "no good picture" in str(await failure(kernel, 0.05))

    assert not kernel.streaming
    assert kernel.closed == 1


async def test_an_unplug_meanwhile_is_said_to_be_one() -> None:
    kernel = Kernel(broken={picture.DQBUF: errno.EINVAL, picture.STREAMOFF: errno.ENODEV})

    assert (await failure(kernel)).reason is PortReason.MISSING

    assert kernel.closed == 1


async def test_pictures_come_as_long_as_somebody_reads_and_the_device_is_free_again() -> None:
    kernel = Kernel(frames=[(JPEG + bytes([n]), 0x40 if n == 1 else 0) for n in range(9)])
    port = await picture.open_pictures(parse("pictures:/dev/video0"), kernel.open)
    found = [(await port.read()).data for _ in range(3)]
    assert found == [JPEG + bytes([n]) for n in (0, 2, 3)]
    assert kernel.streaming
    await port.close()
    await port.close()
    assert (kernel.streaming, kernel.opened, kernel.closed) == (False, 1, 1)
    with pytest.raises(PortClosed):
        await port.read()


async def test_a_device_in_use_gives_no_pictures_and_is_closed() -> None:
    kernel = Kernel(broken={picture.STREAMON: errno.EBUSY})
    with pytest.raises(PortError) as caught:
        await picture.open_pictures(parse("pictures:/dev/video0"), kernel.open)
    assert caught.value.reason is PortReason.BUSY
    assert (kernel.opened, kernel.closed) == (1, 1)


async def test_a_camera_that_is_unplugged_while_it_streams_closes_the_port() -> None:
    kernel = Kernel()
    port = await picture.open_pictures(parse("pictures:/dev/video0"), kernel.open)
    kernel.broken[picture.DQBUF] = errno.EINVAL
    with pytest.raises(PortClosed, match="gone"):
        await port.read()
    await port.close()
    assert kernel.closed == 1
