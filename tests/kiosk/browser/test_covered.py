"""What a meeting's page brings over itself on a real display: told, closed, or never shown."""

import asyncio
import contextlib
import queue

import pytest

from roomctl.screen.protocol import (
    CloseWindow,
    KeyName,
    MeetingPage,
    OpenMeeting,
    PagePhase,
    PressKey,
    PressPoint,
)
from tests import far_end
from tests.examples import chosen
from tests.far_end import CALL
from tests.kiosk import compositor
from tests.kiosk.site import DRAWN, TELL, Answering, Loopback

pytestmark = [pytest.mark.browser, pytest.mark.real]

ROOM = "HEADLESS-1"
GROUND, OVER = (18, 52, 86), (255, 0, 0)
POINTER = 0.002  # of the display: what a pointer may take
PARTS = 13
DOWNLOAD, POPUP, TAB, STUBBORN, *QUESTIONS, WORD = ((0.1, at / PARTS) for at in range(1, PARTS))
LOOKS = 12  # at the display, four a second; the bubble of a download stood there for 3 s
_PAGE = (
    """
<!doctype html><meta charset="utf-8"><title>meeting</title>
<style>html { background: rgb(18 52 86); height: 100% }</style>
<script>
  TELL
  DRAWN
  const ways = [
    () => Object.assign(document.createElement("a"), { href: "/payload", download: "x" }).click(),
    () => open("/over", "popup", "width=400,height=300"),
    () => open("/over"),
    () => open("/over?stubborn"),
    () => navigator.registerProtocolHandler("web+meeting", `${location.origin}/?%s`),
    () => navigator.clipboard.read(),
    () => navigator.requestMIDIAccess({ sysex: true }),
    () => navigator.usb.requestDevice({ filters: [] }),
    () => getScreenDetails(),
    () => navigator.mediaDevices.getDisplayMedia({ video: true }),
    () => fetch("/members"),
    () => alert("It begins soon."),
  ];
  addEventListener("click", ({ clientY }) => {
    const way = Math.round(clientY / innerHeight * PARTS) - 1;
    ways[way]();
    tell(`way ${way}`);
  });
  setInterval(() => fetch("/lives"), 200);
  drawn.then(() => tell("drawn"));
</script>
""".replace("TELL", TELL)
    .replace("DRAWN", DRAWN)
    .replace("PARTS", str(PARTS))
)
# The call itself, in a window of its own, with somebody at the other end.
_CALL = (
    """
<!doctype html><meta charset="utf-8"><title>call</title>
<style>html { background: rgb(18 52 86); height: 100% }</style>
<body><script>
  TELL
  DRAWN
  CALL
  addEventListener("click", () => open("/over"));
  setInterval(() => fetch("/lives"), 200);
  drawn.then(() => call(null)).then(() => tell("call"), (error) => tell(String(error)));
</script>
""".replace("TELL", TELL)
    .replace("DRAWN", DRAWN)
    .replace("CALL", CALL)
)
_WAY_IN = """
<!doctype html><meta charset="utf-8"><title>way in</title>
<style>html { background: rgb(18 52 86); height: 100% }</style>
<script>
  TELL
  DRAWN
  addEventListener("click", () => open("/call"));
  drawn.then(() => tell("drawn"));
</script>
""".replace("TELL", TELL).replace("DRAWN", DRAWN)
_OVER = """
<!doctype html><meta charset="utf-8"><title>over</title>
<style>html { background: red; height: 100% }</style>
<script>
  TELL
  DRAWN
  if (location.search) addEventListener("beforeunload", (event) => event.preventDefault());
  addEventListener("click", () => { open("/over"); tell("pressed"); });
  drawn.then(() => tell("over"));
</script>
""".replace("TELL", TELL).replace("DRAWN", DRAWN)


class Covering(Loopback):
    """A page that a touch brings something over; `lives` counts, `said` is what it says."""

    def __init__(self):
        self.said, self.begun, self.lives = queue.Queue(), 0, 0
        super().__init__(self._handler())

    def _handler(site):  # noqa: N805
        class Handler(Answering):
            def get(self):
                if self.path == "/lives":
                    site.lives += 1
                    self.answer(204)
                elif self.path == "/members":
                    site.lives += 1
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="members"')
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                elif self.path == "/payload":
                    self.answer(200, "payload", "application/octet-stream")
                elif self.path.startswith("/over"):
                    self.answer(200, _OVER)
                elif self.path == "/way-in":
                    self.answer(200, _WAY_IN)
                elif self.path == "/call":
                    site.begun += 1
                    self.answer(200, _CALL)
                else:
                    site.begun += self.path == "/"
                    self.answer(200, _PAGE)

            def post(self):
                if self.path.startswith("/offer"):
                    self.answer(200, far_end.shared().answer(self.path, self.body()))
                else:
                    site.said.put(self.body())
                    self.answer(204)

        return Handler

    async def says(self, word):
        while await asyncio.to_thread(self.said.get, timeout=60) != word:
            pass


class Meeting:
    """The page as it stands on the display, and the daemon's end."""

    def __init__(self, site, display, daemon, plain):
        self.site, self.display, self.daemon, self.plain = site, display, daemon, plain

    async def touch(self, place):
        assert await self.daemon.touch(PressPoint, *place) is None

    async def brings_over(self, place):
        """Touch the page until a window stands over it, and was drawn."""
        await self.touched(place, "over")

    async def opens_another(self):
        """Touch the window that stands over the meeting until it has heard that."""
        await self.touched(TAB, "pressed")

    async def touched(self, place, word):
        """Touch a place until the page says a word: one that is not drawn yet misses a touch."""
        async with asyncio.timeout(120):
            while True:
                await self.touch(place)
                with contextlib.suppress(queue.Empty):
                    while await asyncio.to_thread(self.site.said.get, timeout=5) != word:
                        pass
                    return

    async def told(self, covered):
        pages = [one for one in self.daemon.heard if isinstance(one, MeetingPage)]
        if pages[-1].covered is not covered:
            pages.append(await self.daemon.page(lambda page: page.covered is covered))
        assert pages[-1].phase is PagePhase.OPEN

    async def until(self, fact, what):
        await asyncio.to_thread(self.display.until, fact, what)

    def alone(self):
        return self.display.share(ROOM, GROUND) > 1 - POINTER

    async def stays_alone(self, looks):
        for _ in range(looks):
            assert await asyncio.to_thread(self.alone)
            await asyncio.sleep(0.25)

    async def goes_on(self):
        """Wait until the meeting stands there alone, and lives; it was never begun anew."""
        await self.until(self.alone, "the meeting with nothing over it")
        lives = self.site.lives
        await self.until(lambda: self.site.lives > lives + 2, "the meeting lives")
        assert self.site.begun == 1


MODES = {True: "assisted", False: "plain"}
ASSISTED, PLAIN = (  # what a test plays in the suite, and in the other one in `make soak`
    pytest.mark.parametrize("meeting", chosen(MODES, mode), ids=MODES.get, indirect=True)
    for mode in MODES
)


@pytest.fixture
async def meeting(request):
    async with standing(request.param) as stands:
        yield stands


@contextlib.asynccontextmanager
async def standing(assisted, path="/"):
    """A meeting whose page stands on the display."""
    compositor.needed()
    with (
        contextlib.closing(Covering()) as site,
        compositor.kiosk(1) as (display, agency),
    ):
        async with agency.daemon() as daemon:
            link, hosts = f"{site.origin}{path}", ("127.0.0.1",)
            daemon.say(OpenMeeting(1, link, site.origin, assisted, "Bamboo", hosts=hosts))
            await daemon.page(lambda page: page.phase is PagePhase.OPEN)
            await site.says("drawn")
            stands = Meeting(site, display, daemon, not assisted)
            await stands.until(stands.alone, "the meeting")
            yield stands
        assert "Traceback" not in agency.log.read_text()


@PLAIN
async def test_a_download_brings_nothing_over_the_meeting(meeting):
    await meeting.touched(DOWNLOAD, "way 0")
    await meeting.stays_alone(LOOKS)


@PLAIN
async def test_no_question_of_the_browser_comes_over_the_meeting(meeting):
    for way, place in enumerate(QUESTIONS, 4):
        await meeting.touched(place, f"way {way}")
        await meeting.stays_alone(LOOKS // 3)


@pytest.mark.parametrize("meeting", MODES, ids=MODES.get, indirect=True)
async def test_a_word_that_the_page_itself_puts_up_is_taken_away_by_a_key_of_the_panel(meeting):
    """A steered page's is taken away at once; nobody may answer for a page that is not read."""
    await meeting.touch(WORD)
    if meeting.plain:
        await meeting.until(lambda: not meeting.alone(), "the page's word")
        assert await meeting.daemon.touch(PressKey, KeyName.ENTER) is None
    await meeting.site.says("way 11")
    await meeting.goes_on()


@ASSISTED
async def test_a_window_over_the_meeting_is_told_and_closed_and_the_call_goes_on(meeting):
    for place in (POPUP, TAB, STUBBORN):
        await meeting.brings_over(place)
        await meeting.told(covered=True)
        await meeting.until(lambda: meeting.display.share(ROOM, OVER) > 0.1, "the window")
        assert await meeting.daemon.touch(CloseWindow) is None
        await meeting.told(covered=False)
        await meeting.goes_on()


@PLAIN
async def test_windows_that_open_windows_are_bounded_and_closed_at_once(meeting):
    await meeting.brings_over(STUBBORN)
    for _ in range(6):
        await meeting.opens_another()
    assert await meeting.daemon.touch(CloseWindow) is None
    await meeting.told(covered=False)
    await meeting.goes_on()


@pytest.mark.parametrize("assisted", MODES, ids=MODES.get)
async def test_a_call_in_a_window_of_its_own_stays_where_a_window_over_it_is_closed(assisted):
    async with standing(assisted, "/way-in") as meeting:
        await meeting.touched(TAB, "call")
        await meeting.daemon.page(lambda page: page.lines is not None and page.lines.connected > 0)
        await meeting.told(covered=False)  # by what may be closed: the call may be in it
        for _ in range(2):
            assert await meeting.daemon.touch(CloseWindow) is None
            await meeting.goes_on()
            await meeting.brings_over(TAB)
            await meeting.told(covered=True)
            assert await meeting.daemon.touch(CloseWindow) is None
            await meeting.told(covered=False)
            await meeting.goes_on()
