import asyncio
import contextlib
import random
import socket
from collections.abc import Iterator

import pytest

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports import connect
from roomctl.ports.address import parse
from roomctl.ports.udp import open_port
from roomctl.wire import TURN

pytestmark = pytest.mark.real

LIMIT_S = 60.0


@pytest.fixture
def far() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        far.settimeout(LIMIT_S)
        yield far


def url(far: socket.socket) -> str:
    return f"udp://127.0.0.1:{far.getsockname()[1]}"


async def test_each_datagram_is_one_chunk(far: socket.socket) -> None:
    port = await connect("front", url(far))
    await port.write(b"one")
    data, near = far.recvfrom(100)
    assert data == b"one"
    for reply in (b"two", b"", b"three"):
        far.sendto(reply, near)
    got = [(await asyncio.wait_for(port.read(), LIMIT_S)).data for _ in range(3)]
    assert got == [b"two", b"", b"three"]
    await port.close()


async def test_a_host_is_heard_whatever_its_port_and_nobody_else(far: socket.socket) -> None:
    number = free()
    here = await connect("wall", f"udp-from://127.0.0.1:{number}")
    there = await connect("side", f"udp-from://127.0.0.3:{number}")
    to = ("127.0.0.1", number)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.2", 0))
        stranger.sendto(b"stranger", to)
    for n in range(40):
        far.sendto(b"%d" % n, to)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.3", 0))
        other.sendto(b"other", to)
    assert (await asyncio.wait_for(there.read(), LIMIT_S)).data == b"other"
    heard = [(await asyncio.wait_for(here.read(), LIMIT_S)).data for _ in range(16)]
    assert heard[-1] == b"39"  # of a flood the newest
    with pytest.raises(PortError, match="is only heard"):
        await here.write(b"x")
    await here.close()
    with pytest.raises(PortClosed):
        await here.read()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mine,
        pytest.raises(OSError, match="in use"),
    ):
        mine.bind(("", number))
    await there.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mine:
        mine.bind(("", number))  # the last one has let go of it
        with pytest.raises(PortError, match="nothing can be heard at port"):
            await connect("wall", f"udp-from://127.0.0.1:{number}")


def free() -> int:
    """Return the number of a port that nobody has, of those that the system gives nobody."""
    while True:
        number = random.randrange(20_000, 30_000)
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
        ):
            sock.bind(("", number))
            return number


async def test_datagrams_of_strangers_are_not_read(far: socket.socket) -> None:
    port = await connect("front", url(far))
    await port.write(b"hello")
    _, near = far.recvfrom(100)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"stranger", near)
    far.sendto(b"friend", near)
    assert (await asyncio.wait_for(port.read(), LIMIT_S)).data == b"friend"
    await port.close()


async def test_a_peer_that_does_not_listen_closes_the_port(far: socket.socket) -> None:
    port = await connect("front", url(far))
    far.close()
    reading = asyncio.ensure_future(port.read())
    await port.write(b"anybody?")
    with pytest.raises(PortClosed, match=r"nothing listens on 127\.0\.0\.1"):
        await asyncio.wait_for(reading, LIMIT_S)
    with pytest.raises(PortClosed):
        await port.write(b"anybody?")
    with pytest.raises(PortClosed):
        await port.read()
    await port.close()


async def test_a_datagram_too_long_to_send_fails_and_the_next_one_goes(far: socket.socket) -> None:
    port = await connect("front", url(far))
    with pytest.raises(PortError, match="70000 bytes not sent") as error:
        await port.write(bytes(70_000))
    assert not isinstance(error.value, PortClosed)
    await port.write(b"short")
    assert far.recv(100) == b"short"
    await port.close()


async def test_of_a_long_datagram_the_beginning_is_read(far: socket.socket) -> None:
    port = await connect("front", url(far))
    await port.write(b"hello")
    _, near = far.recvfrom(100)
    far.sendto(bytes(9000), near)
    assert (await asyncio.wait_for(port.read(), LIMIT_S)).data == bytes(TURN)
    assert port.identity.intake is not None
    await port.close()


async def test_a_flood_keeps_the_newest_datagrams_and_bounded_memory(far: socket.socket) -> None:
    port = await connect("front", url(far))
    await port.write(b"hello")
    _, near = far.recvfrom(100)
    for number in range(600):
        far.sendto(b"%d" % number, near)
        await asyncio.sleep(0)  # so that the socket's own buffer is not the limit
    got = []
    while b"599" not in got:
        got.append((await asyncio.wait_for(port.read(), LIMIT_S)).data)
    assert len(got) <= 600
    assert len(port._came) <= 256
    await port.close()


async def test_close_wakes_a_waiting_read(far: socket.socket) -> None:
    port = await connect("front", url(far))
    reading = asyncio.ensure_future(port.read())
    await asyncio.sleep(0)
    await port.close()
    with pytest.raises(PortClosed):
        await asyncio.wait_for(reading, LIMIT_S)


async def test_visca_over_ip_is_udp_and_its_port_may_be_left_out(far: socket.socket) -> None:
    port = await connect("front", url(far).replace("udp:", "visca-ip:"))
    await port.write(b"one")
    assert far.recv(100) == b"one"
    await port.close()
    for host in ("127.0.0.1", "[::1]"):
        unnamed = await connect("front", f"visca-ip://{host}")
        assert unnamed.identity.path.endswith(":52381")
        await unnamed.close()


class Stubborn:
    """A camera that answers to one port of whoever asks, whatever port it was asked from."""

    def __init__(self, host: str, answers_to: int) -> None:
        self.line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.line.bind((host, 0))
        self.line.settimeout(LIMIT_S)
        self.answers_to = answers_to

    def url(self, scheme: str, query: str = "") -> str:
        host, number = self.line.getsockname()
        return f"{scheme}://{host}:{number}{query}"

    def answer(self) -> None:
        data, (host, _) = self.line.recvfrom(100)
        self.line.sendto(b"answer to " + data, (host, self.answers_to))


async def test_cameras_that_all_answer_to_one_port_are_told_apart() -> None:
    number = free()
    cameras = [Stubborn(f"127.0.0.{host}", number) for host in (2, 3, 4)]
    ports = [await connect("front", c.url("udp", f"?local={number}")) for c in cameras]
    for _ in range(20):
        for word, port, camera in zip((b"2", b"3", b"4"), ports, cameras, strict=True):
            await port.write(word)
            camera.answer()
        for word, port in zip((b"2", b"3", b"4"), ports, strict=True):
            assert (await asyncio.wait_for(port.read(), LIMIT_S)).data == b"answer to " + word
    for port, camera in zip(ports, cameras, strict=True):
        assert not port._came
        await port.close()
        camera.line.close()


async def test_a_camera_is_asked_over_ip_from_the_port_that_some_answer_to() -> None:
    camera = Stubborn("127.0.0.2", 52381)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as check:
        check.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            check.bind(("", 52381))
        except OSError:
            pytest.skip("another program has port 52381 of this machine")
    port = await connect("front", camera.url("visca-ip"))
    await port.write(b"x")
    camera.answer()
    assert (await asyncio.wait_for(port.read(), LIMIT_S)).data == b"answer to x"
    await port.close()
    camera.line.close()


async def test_a_port_that_another_program_has_is_done_without_unless_the_url_names_it() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("", 0))
        number = other.getsockname()[1]
        camera = Stubborn("127.0.0.2", number)
        port = await open_port(parse(camera.url("udp")), local=number)
        await port.write(b"x")
        assert camera.line.recvfrom(100)[1][1] != number
        await port.close()
        with pytest.raises(PortError, match=f"local port {number} is in use") as error:
            await connect("front", camera.url("udp", f"?local={number}"))
        assert error.value.reason is PortReason.BUSY
        camera.line.close()


async def test_the_port_that_some_answer_to_can_be_left_to_others() -> None:
    camera = Stubborn("127.0.0.2", 52381)
    port = await connect("front", camera.url("visca-ip", "?local=0"))
    await port.write(b"x")
    assert camera.line.recvfrom(100)[1][1] != 52381
    await port.close()
    camera.line.close()


async def test_nobody_talks_to_himself() -> None:
    number = free()
    port = await open_port(parse(f"udp://127.0.0.1:{number}"), local=number)
    await port.write(b"x")
    with pytest.raises(PortClosed, match="nothing listens"):
        await asyncio.wait_for(port.read(), LIMIT_S)
    await port.close()


async def test_a_local_port_must_be_one() -> None:
    with pytest.raises(PortError, match="local=99999 is not a number from 0 to 65535"):
        await connect("front", "udp://127.0.0.1:1259?local=99999")
    with pytest.raises(PortError, match="unknown option 'port'"):
        await connect("front", "udp://127.0.0.1:1259?port=3")
