"""A browser that waits for a meeting, in the real process behind `roomctl screen`."""

import asyncio

import pytest

from roomctl.screen.protocol import (
    ExpectMeeting,
    LeaveMeeting,
    OpenMeeting,
    PagePhase,
    WaitingBrowser,
    WaitingState,
    needs_of,
)
from tests.kiosk.agency import UID, Agency, commands
from tests.kiosk.site import Site
from tests.kiosk.sound_server import needed

pytestmark = pytest.mark.browser

_ids = iter(range(1, 1000))


@pytest.fixture(scope="module", autouse=True)
def _chromium():
    needed("chromium")


@pytest.fixture
def agent():
    agency = Agency()
    yield agency.start(program="tests.kiosk.patient")
    agency.close()


@pytest.fixture
def site():
    site = Site()
    yield site
    site.close()


def meeting(site, *, assisted=False, host="127.0.0.1"):
    origin = f"http://{host}:{site.port}"
    path = "meeting" if assisted else "plain"
    return OpenMeeting(
        next(_ids), f"{origin}/{path}?pwd=4711", origin, assisted, "Room", hosts=(host,)
    )


def is_open(page):
    return page.phase is PagePhase.OPEN


async def waiting(daemon, order, state=WaitingState.READY):
    daemon.say(ExpectMeeting(needs_of(order)))
    return await heard(daemon, state)


async def heard(daemon, state):
    return await daemon.until(lambda said: isinstance(said, WaitingBrowser) and said.state is state)


async def met(site):
    return await asyncio.to_thread(site.said.get, timeout=60)


async def left(daemon, order):
    daemon.say(LeaveMeeting(order.id))
    return await daemon.page(lambda page: False)


def leaders(agent):
    """The browsers that run, by the pid of each one's first process."""
    return {
        pid
        for pid, words in commands(UID)
        if "--headless=new" in words and not any(word.startswith("--type=") for word in words)
        if any(str(agent.place) in word for word in words)
    }


def nothing_is_left(agent):
    return not any(
        f"{agent.place}/roomctl-meeting-" in " ".join(words) for _, words in commands(UID)
    ) and not list(agent.place.glob("roomctl-meeting-*"))


async def until(fact):
    async with asyncio.timeout(60):
        while not fact():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("assisted", [False, True])
async def test_the_browser_that_waited_has_the_meeting_and_leaves_nothing(agent, site, assisted):
    order = meeting(site, assisted=assisted)
    async with agent.daemon() as daemon:
        await waiting(daemon, order)
        (leader,) = leaders(agent)
        assert site.asked == []
        daemon.say(order)
        await daemon.page(is_open)
        assert await met(site) == f"met webdriver={str(assisted).lower()}"
        assert leaders(agent) == {leader}
        assert (await left(daemon, order)).phase is PagePhase.CLOSED
        assert nothing_is_left(agent)
    assert site.asked[0][1] is None  # who sent it there
