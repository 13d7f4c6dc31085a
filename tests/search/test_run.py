"""A search over real UDP on loopback: who is heard and asked, and how much of a flood is read."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from ipaddress import IPv4Interface

import pytest

from roomctl.errors import RoomctlError
from roomctl.ports import connect
from roomctl.ports.interfaces import NetworkInterface, interfaces
from roomctl.ports.search import EVERYBODY_HERE, Question
from roomctl.search import FoundDevice, Search, Sighting
from roomctl.search.found import MOST_OF_ONE
from roomctl.search.run import CONFIRM_S, search
from roomctl.wire import Port

pytestmark = pytest.mark.real

LOOPBACK = NetworkInterface("lo", IPv4Interface("127.0.0.1/8"))
HEARD_S = CONFIRM_S + 1.0


async def nothing(name: str, url: str) -> Port:
    raise AssertionError(f"{url} is opened")


class Way:
    """Whose answers are names."""

    def __init__(self, question: Question) -> None:
        self.question, self.heard = question, list[bytes]()

    def read(self, data: bytes, sender: str) -> Iterable[Sighting]:
        self.heard.append(data)
        if data == b"raise":
            raise RuntimeError("a plug-in's mistake")
        yield Sighting("test", f"test://{sender}", data.decode())


class Lamps:
    """A kind's search, and whom it asked itself."""

    def __init__(self, *ways: Way) -> None:
        self.asked: list[str] = []
        self.search = Search("lamp", lambda: ways, self._confirm)

    async def _confirm(self, found: FoundDevice, connect: object) -> FoundDevice:
        self.asked.append(found.host)
        if found.name == "breaks":
            raise RuntimeError("a plug-in's mistake")
        if found.name == "hangs":
            await asyncio.Event().wait()
        return found


Answers = Callable[[bytes], Sequence[bytes]]


@contextlib.asynccontextmanager
async def answering(
    answers: Answers, group: str = "", host: str = "127.0.0.1", to: int = 0
) -> AsyncIterator[int]:
    """Answer at a free port, from `host`; `to`: by broadcast to a port."""
    loop = asyncio.get_running_loop()
    hears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    says = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    says.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    says.bind((host, 0))
    hears.bind((group, 0))
    hears.setblocking(False)
    if group:
        member = socket.inet_aton(group) + socket.inet_aton("127.0.0.1")
        hears.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)

    def readable() -> None:
        data, sender = hears.recvfrom(9000)
        for one in answers(data):
            says.sendto(one, (EVERYBODY_HERE, to) if to else sender)

    loop.add_reader(hears, readable)
    try:
        yield hears.getsockname()[1]
    finally:
        loop.remove_reader(hears)
        hears.close()
        says.close()


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("", 0))
        port: int = sock.getsockname()[1]
        return port


async def found(
    lamps: Lamps, *, known: Sequence[str] = (), on: NetworkInterface = LOOPBACK
) -> list[FoundDevice]:
    return await search([lamps.search], nothing, [on], HEARD_S, known)


async def test_a_question_goes_to_a_multicast_group_and_its_answer_comes_back() -> None:
    async with answering(lambda data: [data + b"!"], "239.255.255.250") as port:
        lamps = Lamps(Way(Question(b"who", port, "239.255.255.250")))
        (one,) = await found(lamps)
    assert (one.host, one.name, one.in_network) == ("127.0.0.1", "who!", True)
    assert lamps.asked == ["127.0.0.1"]


async def test_an_answer_to_everybody_at_a_fixed_port_is_heard() -> None:
    fixed = free_port()
    async with answering(lambda data: [b"CAM1"], host="127.0.0.5", to=fixed) as port:
        (one,) = await found(Lamps(Way(Question(b"who", port, answered_to=fixed))))
    assert (one.host, one.name) == ("127.0.0.5", "CAM1")


async def test_a_search_hears_at_the_port_where_this_program_hears_notices() -> None:
    fixed = free_port()
    notices = await connect("wall", f"udp-from://127.0.0.5:{fixed}")
    async with answering(lambda data: [b"wall"], host="127.0.0.5", to=fixed) as port:
        lamps = Lamps(Way(Question(b"who", port, answered_to=fixed)))
        (one,) = await found(lamps)
        assert (await notices.read()).data == b"wall"  # which is told to both
    await notices.close()
    assert one.name == "wall"


async def test_a_fixed_port_that_another_program_has_costs_no_answer_to_the_other() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("", 0))
        async with answering(lambda data: [b"CAM1"]) as port:
            way = Way(Question(b"who", port, answered_to=taken.getsockname()[1]))
            (one,) = await found(Lamps(way))
    assert one.name == "CAM1"


async def test_of_ten_thousand_answers_a_few_are_read_and_the_search_ends() -> None:
    async with answering(lambda data: [b"x%d" % n for n in range(10_000)]) as port:
        way = Way(Question(b"who", port))
        (one,) = await found(Lamps(way))
    assert len(way.heard) == MOST_OF_ONE
    assert one.name == "x0"


async def test_a_long_answer_is_cut() -> None:
    async with answering(lambda data: [b"x" * 60_000]) as port:
        way = Way(Question(b"who", port))
        await found(Lamps(way))
    assert {len(one) for one in way.heard} == {8192}


async def test_who_is_in_another_network_is_told_and_never_asked() -> None:
    elsewhere = NetworkInterface("lo", IPv4Interface("127.0.0.1/24"))
    async with answering(lambda data: [b"far"], host="127.9.9.9") as port:
        lamps = Lamps(Way(Question(b"who", port)))
        (one,) = await found(lamps, on=elsewhere)
    assert (one.host, one.in_network, lamps.asked) == ("127.9.9.9", False, [])


async def test_what_the_room_controls_already_is_not_asked() -> None:
    async with answering(lambda data: [b"mine"], host="127.0.0.7") as port:
        lamps = Lamps(Way(Question(b"who", port)))
        (one,) = await found(lamps, known=["127.0.0.7"])
    assert (one.name, lamps.asked) == ("mine", [])


async def test_a_device_that_never_answers_does_not_hold_the_search() -> None:
    async with answering(lambda data: [b"hangs"]) as port:
        (one,) = await found(Lamps(Way(Question(b"who", port))))
    assert one.name == "hangs"


async def test_a_plug_in_that_fails_costs_its_own_answers_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with (
        answering(lambda data: [b"raise"]) as bad,
        answering(lambda data: [b"good"]) as good,
        answering(lambda data: [b"breaks"], host="127.0.0.8") as unkind,
    ):
        ways = [Way(Question(b"who", port)) for port in (bad, good, unkind)]
        names = [one.name for one in await found(Lamps(*ways))]
    assert names == ["good", "breaks"]
    assert "lamp: cannot read an answer: a plug-in's mistake" in caplog.text
    assert "lamp 127.0.0.8: cannot be asked: a plug-in's mistake" in caplog.text
    assert caplog.text.count("cannot read an answer") == 1


async def test_a_search_that_nobody_answers_ends() -> None:
    assert await found(Lamps(Way(Question(b"who", free_port())))) == []


def test_loopback_is_searched_only_by_name_and_a_wrong_name_is_told() -> None:
    assert "lo" not in {one.name for one in interfaces()}
    (lo,) = interfaces(["lo"])
    assert (lo.address, lo.reaches("127.9.9.9"), lo.reaches("8.8.8.8")) == (
        "127.0.0.1",
        True,
        False,
    )
    assert not lo.reaches("::1")
    with pytest.raises(RoomctlError, match="no network interface 'eht0'"):
        interfaces(["eht0"])
