"""A page whose renderer is killed, as by the kernel for want of memory, has crashed."""

import asyncio
import contextlib
import itertools
import os
import queue
import signal
from pathlib import Path

import pytest

from roomctl.screen.protocol import LeaveMeeting, OpenMeeting, PagePhase, ScreenReason
from tests.examples import crossed
from tests.kiosk.agency import Agency
from tests.kiosk.site import TELL, Answering, Loopback
from tests.kiosk.sound_server import needed

pytestmark = pytest.mark.browser

_ids = itertools.count(1)

# What is to be killed has a worker, which gives its renderer a thread by which it is found.
_PAGE = """
<!doctype html><title>call</title>
<script>
  TELL
  async function call() {
    await navigator.mediaDevices.getUserMedia({ audio: true }); // else addresses have only names
    const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()];
    here.onicecandidate = ({ candidate }) => candidate && there.addIceCandidate(candidate);
    there.onicecandidate = ({ candidate }) => candidate && here.addIceCandidate(candidate);
    here.createDataChannel("call").onopen = () => tell("in call");
    await here.setLocalDescription(await here.createOffer());
    await there.setRemoteDescription(here.localDescription);
    await there.setLocalDescription(await there.createAnswer());
    await here.setRemoteDescription(there.localDescription);
  }
  const mark = () => {
    const worker = new Worker("/worker");
    worker.onmessage = () => tell("marked");
  };
  setInterval(() => tell("lives"), 200);
  SCRIPT
</script>
""".replace("TELL", TELL)
_FRAME = '<iframe src="{}/{}" allow="microphone"></iframe>'
_PAGES = {
    "/page": ("call(); mark();", ""),
    "/framed": ("", "page"),  # the frame has the call, and dies
    "/beside": ("call();", "mark"),  # a frame that has none of it dies
    "/mark": ("mark();", ""),
}


class Calls(Loopback):
    """Pages of calls, in a frame of another site or not; `said` is what they say."""

    def __init__(self):
        said = self.said = queue.Queue()

        class Handler(Answering):
            def get(self):
                if self.path == "/worker":
                    return self.answer(200, "postMessage(0);", "text/javascript")
                script, framed = _PAGES.get(self.path, ("", ""))
                other = f"http://localhost:{self.server.server_port}"
                frame = _FRAME.format(other, framed) if framed else ""
                return self.answer(200, _PAGE.replace("SCRIPT", script) + frame)

            def post(self):
                said.put(self.body())
                self.answer(204)

        super().__init__(Handler)

    def until(self, *words):
        """Wait until each was said."""
        missing = set(words)
        while missing:
            missing.discard(self.said.get(timeout=60))


@pytest.fixture(scope="module")
def agency():
    needed("chromium")
    agency = Agency().start()
    yield agency
    agency.close()


@pytest.fixture
def site():
    site = Calls()
    yield site
    site.close()


def marked(agency):
    """The process with the page's worker."""
    for pid in agency.processes():
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                if (thread / "comm").read_text().startswith("DedicatedWorker"):
                    return pid
    raise AssertionError("no renderer has a worker")


def all_renderers(agency):
    return [p for p, words in agency.processes().items() if "--type=renderer" in " ".join(words)]


def the_gpu(agency):
    return next(p for p, words in agency.processes().items() if "--type=gpu" in " ".join(words))


async def opened(daemon, site, path, assisted):
    url = f"{site.origin}{path}"
    hosts = ("127.0.0.1", "localhost")
    order = OpenMeeting(next(_ids), url, site.origin, assisted, "Bamboo", hosts=hosts)
    daemon.say(order)
    await daemon.page(lambda page: page.id == order.id and page.phase is PagePhase.OPEN)
    await asyncio.to_thread(site.until, "in call", "marked")
    return order


@pytest.mark.parametrize(("path", "assisted"), crossed(["/page", "/framed"], (True, False)))
async def test_a_call_whose_renderer_is_killed_has_crashed(agency, site, assisted, path):
    async with agency.daemon() as daemon:
        await opened(daemon, site, path, assisted)
        os.kill(marked(agency), signal.SIGKILL)
        page = await daemon.page(lambda page: False)
        assert (page.phase, page.reason) == (PagePhase.CRASHED, ScreenReason.PAGE_CRASHED)
        assert agency.browser() is None


@pytest.mark.parametrize("assisted", [True, False], ids=["assisted", "plain"])
async def test_a_call_of_which_every_renderer_is_killed_has_crashed(agency, site, assisted):
    async with agency.daemon() as daemon:
        await opened(daemon, site, "/page", assisted)
        for pid in all_renderers(agency):
            with contextlib.suppress(ProcessLookupError):  # one that was spare
                os.kill(pid, signal.SIGKILL)
        page = await daemon.page(lambda page: False)
        assert (page.phase, page.reason) == (PagePhase.CRASHED, ScreenReason.PAGE_CRASHED)


@pytest.mark.parametrize(
    ("path", "victim", "assisted"),
    [("/beside", marked, True), ("/page", the_gpu, True), ("/page", the_gpu, False)],
    ids=["another frame", "gpu, assisted", "gpu, plain"],
)
async def test_a_call_goes_on_that_its_browser_goes_on_with(agency, site, path, victim, assisted):
    async with agency.daemon() as daemon:
        order = await opened(daemon, site, path, assisted)
        os.kill(victim(agency), signal.SIGKILL)
        await asyncio.to_thread(site.until, "lives")
        await asyncio.sleep(2)  # in which a crash would have been told: nothing tells of none
        while not site.said.empty():
            site.said.get()
        await asyncio.to_thread(site.until, "lives")
        daemon.say(LeaveMeeting(order.id))
        page = await daemon.page(lambda page: False)
        assert (page.phase, page.reason) == (PagePhase.CLOSED, ScreenReason.LEFT)
