"""Projectors are found by a search: what answers, what does not, and what each says when asked."""

import tomllib
from pathlib import Path

import pytest

from roomctl.display.found import SEARCH, PjLinkSearch
from roomctl.display.pjlink import PORT, found_by, hinted_by
from roomctl.display.sim import SimDisplay, SimPjSearch
from roomctl.errors import PortError
from roomctl.ports import connect
from roomctl.search import FoundDevice
from roomctl.wire import Chunk, Port
from tests.display.serving import on_tcp

FILE = Path(__file__).parents[1] / "vectors" / "search.toml"
PJLINK = tomllib.loads(FILE.read_text(encoding="utf-8"))["pjlink"]
FOUND = FoundDevice("display", "192.0.2.9", ("PJLink",), ("tcp://192.0.2.9",))


def test_a_search_is_asked_and_answered_as_the_specification_prints_it() -> None:
    asked, answered = PJLINK
    way = PjLinkSearch()
    assert way.question.data == asked["question"].encode()
    (one,) = way.read(answered["answer"].encode(), "192.0.2.9")
    assert (one.url, one.mac) == ("tcp://192.0.2.9", answered["mac"])


def test_a_projector_answers_a_search_in_standby_too_and_not_without_power() -> None:
    display = SimDisplay()
    searched = SimPjSearch(display, 0.0)
    searched.receive(Chunk(PjLinkSearch().question.data, 0.0))
    assert found_by(searched.outbox(0.0) or b"") == SimPjSearch.mac
    display.dead = True
    searched.receive(Chunk(PjLinkSearch().question.data, 0.0))
    assert searched.outbox(0.0) is None


@pytest.mark.parametrize(
    "datagram",
    [
        b"%2SRCH\r",
        b"",
        b"%1POWR=1\r",
        b"%2ACKN=nonsense\r",
        b"%2LKUP=00:26:ab:12:34:56",
        b"\xff" * 99,
        b"%2ACKN=" + b"0" * 8000,
    ],
)
def test_what_is_no_answer_finds_nothing(datagram: bytes) -> None:
    assert list(PjLinkSearch().read(datagram, "192.0.2.9")) == []


@pytest.mark.parametrize(
    ("datagram", "name"),
    [
        (b"%2POWR=1\r", "power"),
        (b"%2ERST=001000\r", "faults"),
        (b"%2INPT=31\r", "input"),
        (b"%2LKUP=00:26:ab:12:34:56\r", "power"),
        (b"%2ACKN=00:26:ab:12:34:56\r", None),
        (b"%1POWR=1\r", None),
        (b"%2INPT=ERR3\r", None),
        (b"%2INPT ?\r", None),
        (b"PJLINK 0\r", None),
        (b"", None),
        (b"\xff" * 1400, None),
    ],
)
def test_a_notice_is_a_hint_of_what_to_ask(datagram: bytes, name: str | None) -> None:
    assert hinted_by(datagram) == name


async def asked(display: SimDisplay) -> FoundDevice:
    """Return what the projector says over real TCP, on whatever port it is served."""
    async with on_tcp(display) as port:

        async def elsewhere(name: str, url: str) -> Port:
            assert url == f"tcp://192.0.2.9:{PORT}"
            return await connect(name, f"tcp://127.0.0.1:{port}")

        return await SEARCH.confirm(FOUND, elsewhere)


@pytest.mark.real
async def test_a_found_projector_says_its_maker_model_and_name() -> None:
    one = await asked(SimDisplay())
    assert (one.model, one.name) == ("roomctl simulated projector", "Bamboo")
    assert (one.verified, one.needs_login) == (True, False)


@pytest.mark.real
async def test_a_found_projector_with_a_password_is_known_to_be_there_and_no_more() -> None:
    one = await asked(SimDisplay(password="JBMIAProjectorLink"))
    assert (one.model, one.verified, one.needs_login) == ("", True, True)


async def test_a_found_projector_that_takes_no_connection_stays_unverified() -> None:
    async def refused(name: str, url: str) -> Port:
        raise PortError(url, "refused")

    assert await SEARCH.confirm(FOUND, refused) == FOUND
