"""Questions to everybody on this box's networks, and who answers with what. Knows no protocol.

Each question goes out on each interface, by multicast (TTL 1) or by broadcast to 255.255.255.255:
no router passes either on. Its socket is bound to the interface's address, by which Linux chooses
the interface (ip(7)). Answers come back to that socket; those of devices that answer to a fixed
port, or to everybody, come to a second one. A question is asked twice: datagrams get lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence

from roomctl.frozen import frozen
from roomctl.ports.interfaces import NetworkInterface
from roomctl.ports.udp import tapped

_log = logging.getLogger(__name__)

EVERYBODY, EVERYBODY_HERE = "255.255.255.255", "127.255.255.255"  # the latter on loopback
LONGEST = 8192  # bytes of an answer; a longer one is cut
AGAIN_S = 0.6
_MOST_INTERFACES = 16
_MOST_WAITING = 512  # answers; a flood drops the newest


@frozen
class Question:
    """What everybody is asked; `group`: the multicast group that hears it, "" for a broadcast.

    `answered_to`: the UDP port that some answer to, whatever port they were asked from; 0: none do.
    """

    data: bytes
    port: int
    group: str = ""
    answered_to: int = 0


@frozen
class Heard:
    """An answer: the number of its question, the IPv4 address that it came from, and its bytes."""

    question: int
    sender: str
    data: bytes


async def answers(
    questions: Sequence[Question], interfaces: Sequence[NetworkInterface], limit_s: float
) -> AsyncGenerator[Heard, None]:
    """Ask everybody on the first 16 of `interfaces`, and yield who answers, for `limit_s` seconds.

    An interface that takes no question is named in the log.
    """
    loop = asyncio.get_running_loop()
    heard: asyncio.Queue[Heard] = asyncio.Queue(_MOST_WAITING)
    until = loop.time() + limit_s
    with contextlib.ExitStack() as open_now:
        asking = [
            (one, sock)
            for interface in interfaces[:_MOST_INTERFACES]
            for number, one in enumerate(questions)
            if (sock := _opened(open_now, interface, one, _into(heard, number))) is not None
        ]
        for number, one in enumerate(questions):
            if asking and one.answered_to:
                _also_at(open_now, one.answered_to, _into(heard, number))
        _ask(asking)
        again = loop.call_later(AGAIN_S, _ask, asking)
        open_now.callback(again.cancel)
        while True:
            try:
                async with asyncio.timeout_at(until):
                    answer = await heard.get()
            except TimeoutError:
                return
            yield answer


Take = Callable[[str, bytes], None]


def _into(heard: asyncio.Queue[Heard], question: int) -> Take:
    def take(sender: str, data: bytes) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            heard.put_nowait(Heard(question, sender, data))

    return take


def _opened(
    open_now: contextlib.ExitStack, interface: NetworkInterface, question: Question, take: Take
) -> socket.socket | None:
    """Return a socket that asks on one interface; None: the system refuses."""
    sock = open_now.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        sock.bind((interface.address, 0))
    except OSError as error:
        _log.info("no search on %s: %s", interface.name, error)
        return None
    _read(open_now, sock, take)
    return sock


def _ask(asking: Iterable[tuple[Question, socket.socket]]) -> None:
    for question, sock in asking:
        try:
            sock.sendto(question.data, (question.group or _everybody(sock), question.port))
        except OSError as error:
            _log.info("no question from %s: %s", sock.getsockname()[0], error)


def _everybody(sock: socket.socket) -> str:
    return EVERYBODY_HERE if sock.getsockname()[0].startswith("127.") else EVERYBODY


def _also_at(open_now: contextlib.ExitStack, port: int, take: Take) -> None:
    """Hear what comes to a fixed port, too, unless another program has that."""
    if tapped(open_now, port, take):
        return
    sock = open_now.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("", port))
    except OSError as error:
        _log.info("answers to port %d are not heard: %s", port, error)
        return
    _read(open_now, sock, take)


def _read(open_now: contextlib.ExitStack, sock: socket.socket, take: Take) -> None:
    sock.setblocking(False)
    loop = asyncio.get_running_loop()

    def readable() -> None:
        with contextlib.suppress(OSError):  # also what a host refused
            data, sender = sock.recvfrom(LONGEST)
            take(str(sender[0]), data)

    loop.add_reader(sock, readable)
    open_now.callback(loop.remove_reader, sock)
