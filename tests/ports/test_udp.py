import asyncio
import socket
from collections.abc import Iterator

import pytest

from roomctl.errors import PortClosed, PortError
from roomctl.ports import connect

LIMIT_S = 5.0


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
