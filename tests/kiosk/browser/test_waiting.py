"""A browser that waits for a meeting, in the real process behind `roomctl screen`."""

import asyncio
import os
import signal
from dataclasses import replace

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
from tests.examples import chosen, crossed, examples
from tests.kiosk.agency import UID, Agency, commands, session
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


def renderers(leader):
    """How many processes of a browser draw pages, or stand by to."""
    lines = [" ".join(words) for pid, words in commands(UID) if session(pid) == leader]
    return sum("--type=renderer" in line for line in lines)


async def test_only_a_browser_that_waits_has_a_process_ready_for_the_next_page(agent, site):
    order = meeting(site, assisted=True)
    async with agent.daemon() as daemon:
        daemon.say(order)
        await met(site)
        (leader,) = leaders(agent)
        fresh = renderers(leader)
        await left(daemon, order)
        await waiting(daemon, order)
        (leader,) = leaders(agent)
        await until(lambda: renderers(leader) > fresh)


async def test_a_meeting_of_another_kind_gets_a_fresh_browser(agent, site):
    order = meeting(site)
    others = {
        "mode": meeting(site, assisted=True),
        "origin": meeting(site, host="localhost"),
        "hosts": replace(meeting(site), hosts=("127.0.0.1", "elsewhere.example")),
        "camera": replace(meeting(site), camera="/dev/video9"),
    }
    async with agent.daemon() as daemon:
        for what, other in others.items():
            await waiting(daemon, order)
            (waited,) = leaders(agent)
            daemon.say(other)
            await daemon.page(is_open)
            await met(site)
            assert waited not in leaders(agent), what
            assert len(leaders(agent)) == 1, what
            await left(daemon, other)
            assert nothing_is_left(agent), what


async def test_never_does_more_than_one_wait_and_the_kind_that_is_expected_does(agent, site):
    order, other = meeting(site), meeting(site, assisted=True)
    async with agent.daemon() as daemon:
        await waiting(daemon, order)
        (before,) = leaders(agent)
        daemon.say(ExpectMeeting(needs_of(order)))  # told again: the same one waits on
        daemon.say(ExpectMeeting(needs_of(other)))
        await heard(daemon, WaitingState.STARTING)
        await heard(daemon, WaitingState.READY)
        (after,) = leaders(agent)
        assert after != before
        daemon.say(ExpectMeeting(None))
        await heard(daemon, WaitingState.UNASKED)
        assert nothing_is_left(agent)


@pytest.mark.parametrize("assisted", [False, True])
async def test_a_join_while_the_browser_is_being_made_has_that_one(agent, site, assisted):
    order = meeting(site, assisted=assisted)
    async with agent.daemon() as daemon:
        daemon.say(ExpectMeeting(needs_of(order)))
        await heard(daemon, WaitingState.STARTING)
        daemon.say(order)
        await daemon.page(is_open)
        await met(site)
        assert len(leaders(agent)) == 1
        await left(daemon, order)
        assert nothing_is_left(agent)


async def test_of_two_joins_at_once_the_second_gets_the_meeting(agent, site):
    first, second = meeting(site), meeting(site)
    async with agent.daemon() as daemon:
        await waiting(daemon, first)
        daemon.say(first)
        daemon.say(second)
        page = await daemon.page(lambda page: page.id == second.id and is_open(page))
        while page.id != second.id:  # how the first one ended
            page = await daemon.page(lambda page: page.id == second.id and is_open(page))
        assert is_open(page)
        await met(site)
        assert len(leaders(agent)) == 1
        await left(daemon, second)
        assert nothing_is_left(agent)


@pytest.mark.parametrize(
    ("number", "assisted"), crossed((signal.SIGKILL, signal.SIGSTOP), (False, True)), ids=str
)
async def test_a_waiting_browser_that_dies_or_hangs_costs_no_meeting(agent, site, assisted, number):
    order = meeting(site, assisted=assisted)
    async with agent.daemon() as daemon:
        await waiting(daemon, order)
        (leader,) = leaders(agent)
        os.kill(leader, number)
        daemon.say(order)
        assert is_open(await daemon.page(is_open))
        await met(site)
        assert leader not in leaders(agent)
        await left(daemon, order)
        assert nothing_is_left(agent)


@pytest.mark.parametrize("assisted", chosen([False, True], True))
async def test_one_that_is_killed_as_it_is_handed_over_costs_no_meeting(agent, site, assisted):
    order = meeting(site, assisted=assisted)
    async with agent.daemon() as daemon:
        await waiting(daemon, order)
        (leader,) = leaders(agent)
        daemon.say(order)
        await daemon.page(lambda page: page.phase is PagePhase.LAUNCHING)
        os.kill(leader, signal.SIGKILL)
        page = await daemon.page(is_open)
        # A page that had begun to be one has crashed; any other is opened by a fresh browser.
        assert is_open(page) or site.asked
        await left(daemon, order)
        await until(lambda: nothing_is_left(agent))


async def test_one_that_dies_unasked_is_said_and_leaves_nothing(agent, site):
    async with agent.daemon() as daemon:
        await waiting(daemon, meeting(site))
        (leader,) = leaders(agent)
        os.kill(leader, signal.SIGKILL)
        await heard(daemon, WaitingState.FAILED)
        assert nothing_is_left(agent)


async def test_a_box_that_lacks_the_memory_has_none_wait(agent, site):
    async with agent.daemon() as daemon:
        daemon.say(ExpectMeeting(needs_of(meeting(site)), least_mb=10**9))
        said = await heard(daemon, WaitingState.LITTLE_MEMORY)
        assert 0 < said.free_mb < 10**9
        assert leaders(agent) == set()


@pytest.mark.parametrize("state", [WaitingState.STARTING, WaitingState.READY])
async def test_an_agent_that_is_ended_leaves_no_browser_that_waits(agent, site, state):
    async with agent.daemon() as daemon:
        await waiting(daemon, meeting(site), state)
    assert await asyncio.to_thread(agent.end) == 0
    assert nothing_is_left(agent)


async def test_what_a_killed_agent_let_wait_is_swept_by_the_next(agent, site):
    async with agent.daemon() as daemon:
        await waiting(daemon, meeting(site))
    agent.end(signal.SIGKILL)
    assert list(agent.place.glob("roomctl-meeting-*"))
    async with agent.start(program="tests.kiosk.patient").daemon():
        assert nothing_is_left(agent)


async def test_a_page_cannot_go_back_to_where_the_browser_waited(agent, site):
    order = meeting(site)
    order = replace(order, url=order.url.replace("/plain", "/back"))
    async with agent.daemon() as daemon:
        await waiting(daemon, order)
        daemon.say(order)
        await daemon.page(is_open)
        assert await met(site) == "1 entries, from nowhere, still here"
        await left(daemon, order)


async def test_a_waiting_browser_is_confined_and_listens_on_no_debugging_port(agent, site):
    async with agent.daemon() as daemon:
        for assisted in (False, True):
            await waiting(daemon, meeting(site, assisted=assisted))
            (leader,) = leaders(agent)
            lines = [" ".join(words) for pid, words in commands(UID) if session(pid) == leader]
            told = " ".join(lines)
            assert "4711" not in told
            assert f":{site.port}" not in told
            for never in ("--no-sandbox", "--use-fake-ui", "debugging-port"):
                assert never not in told


@pytest.mark.timeout(900)
async def test_joins_in_a_row_leave_no_process_and_no_folder(agent, site):
    async with agent.daemon() as daemon:
        for number in range(examples(50)):
            order = meeting(site, assisted=number % 2 == 1)
            state = (WaitingState.STARTING, WaitingState.READY)[number % 10 == 0]
            await waiting(daemon, order, state)
            daemon.say(order)
            if number % 5 == 0:
                assert is_open(await daemon.page(is_open))
            await left(daemon, order)
            assert nothing_is_left(agent), number
