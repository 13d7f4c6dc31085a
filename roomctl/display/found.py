"""Projectors on the network: the search of PJLink class 2, and what each is asked itself.

A found one is asked for its maker, model and name over TCP, as any controller asks it. One with a
password says nothing before it is proven; then only its address is known.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace

from roomctl.display import pjlink
from roomctl.display.pjlink import PORT, PjLines, PjMessage, found_by, read
from roomctl.errors import PortError
from roomctl.ports.search import Question
from roomctl.search import FoundDevice, Search, Sighting, Way
from roomctl.search.found import plain
from roomctl.wire import Connect, Port

ANSWER_S = 1.2
_ASKED = ("INF1", "INF2", "NAME")  # maker, model, and the name that somebody gave it
_MOST_READS = 32


class PjLinkSearch:
    """The way to find projectors; they may take 30 s, those that are awake answer at once."""

    question = Question(pjlink.SEARCH.line(), PORT, answered_to=PORT)

    def read(self, data: bytes, sender: str) -> Iterable[Sighting]:
        mac = found_by(data)
        if mac is not None:
            yield Sighting("PJLink", f"tcp://{sender}", mac=mac)


def _ways() -> Sequence[Way]:
    return (PjLinkSearch(),)


async def _confirm(found: FoundDevice, connect: Connect) -> FoundDevice:
    """Return what is known once the projector has been asked, within 1.2 s."""
    port: Port | None = None
    told, said = found, dict[str, str]()
    with contextlib.suppress(TimeoutError, PortError):
        try:
            async with asyncio.timeout(ANSWER_S):
                port = await connect("search", f"{found.urls[0]}:{PORT}")
                async for answer in _said(port):
                    told = replace(told, verified=True)
                    if answer.fields.get("password"):
                        return replace(told, needs_login=True)
                    if answer.error is None:
                        said[answer.name] = answer.fields.get("text", "")
        finally:
            if port is not None:
                await port.close()
    model = " ".join(filter(None, (said.get("maker"), said.get("model"))))
    return replace(told, model=plain(model), name=plain(said.get("projector_name", "")))


async def _said(port: Port) -> AsyncIterator[PjMessage]:
    """Yield the greeting, and the answer to each question; a projector takes one at a time."""
    lines, left = PjLines(), list(_ASKED)
    for _ in range(_MOST_READS):
        for line in lines.feed((await port.read()).data):
            answer = read(line)
            if isinstance(answer, PjMessage) and answer.kind in ("greeting", "reply"):
                yield answer
                if not left:
                    return
                await port.write(f"%1{left.pop(0)} ?\r".encode())


SEARCH = Search("display", _ways, _confirm)
