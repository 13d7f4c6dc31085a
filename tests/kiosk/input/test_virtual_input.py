"""A panel's hands on a real display: a plain page under labwc, beside a panel with the focus."""

import asyncio

import pytest

from roomctl.kiosk.display import labwc
from roomctl.kiosk.input.virtual_input import named, typed
from roomctl.screen.protocol import (
    DisplayRole,
    KeyName,
    LeaveMeeting,
    OpenMeeting,
    PagePhase,
    PicturePart,
    PressKey,
    PressPoint,
    ScrollAt,
    ShowPage,
    TakePicture,
    TypeText,
    WantPages,
)
from tests.kiosk import compositor
from tests.kiosk.agency import UID, commands
from tests.kiosk.site import Answering, Loopback
from tests.kiosk.vendor import CODE, LEAVE, PASSCODE, Vendor

browser = pytest.mark.browser

PANEL, ROOM = "HEADLESS-1", "HEADLESS-2"
GREY, WHITE = (128, 128, 128), (255, 255, 255)  # a page that is not there yet is all white


class Panel(Loopback):
    """A page that says what is typed into it, as a panel with a field for text would be."""

    def __init__(self):
        self.typed = []
        page = """<!doctype html><body style="background:#808080"><input id="i" autofocus>
            <script>i.oninput = () => fetch("/", { method: "POST", body: i.value });</script>"""
        panel = self

        class Handler(Answering):
            def get(self):
                self.answer(200, page)

            def post(self):
                panel.typed.append(self.body())
                self.answer(200)

        super().__init__(Handler)
        self.url = f"{self.origin}/"


@pytest.fixture
def kiosk():
    compositor.needed()
    with compositor.kiosk(2) as running:
        yield running


@pytest.fixture
def panel():
    panel = Panel()
    yield panel
    panel.close()


@pytest.fixture
def site():
    site = Vendor("zh")
    yield site
    site.close()


async def until(fact, what, limit_s=60.0):
    async with asyncio.timeout(limit_s):
        while not fact():
            await asyncio.sleep(0.05)
    return what


@browser
async def test_a_plain_page_is_joined_and_left_by_touch_while_the_panel_has_the_focus(
    kiosk, panel, site
):
    display, agency = kiosk
    async with agency.daemon() as daemon:
        if not any(isinstance(one, WantPages) for one in daemon.heard):
            await daemon.until(lambda one: isinstance(one, WantPages))
        daemon.say(ShowPage(DisplayRole.PANEL, panel.url, PANEL))
        daemon.say(ShowPage(DisplayRole.ROOM, None, ROOM))
        await asyncio.to_thread(
            display.until, lambda: display.share(PANEL, GREY) > 0.9, "the panel"
        )
        order = OpenMeeting(1, site.url, site.origin, False, "Bamboo")
        daemon.say(order)
        page = await daemon.page(lambda page: page.phase is PagePhase.OPEN)
        assert page.reachable
        await asyncio.to_thread(
            display.until, lambda: 0.5 < display.share(ROOM, WHITE) < 0.999, "the meeting, drawn"
        )
        ours = f"--user-data-dir={display.place}/"  # other tests have browsers of the same user
        browsers = [
            words
            for _, words in commands(UID)
            if f"--class={labwc.MEETING}" in words and ours in " ".join(words)
        ]
        assert browsers
        assert not [word for words in browsers for word in words if "remote-debugging" in word]
        assert await daemon.touch(PressPoint, *CODE) is None
        assert await daemon.touch(TypeText, "x") is None
        assert await daemon.touch(PressKey, KeyName.BACKSPACE) is None
        assert await daemon.touch(TypeText, PASSCODE) is None
        assert await daemon.touch(PressKey, KeyName.TAB) is None
        assert await daemon.touch(PressKey, KeyName.ENTER) is None
        assert await asyncio.to_thread(site.said.get, timeout=60) == "met webdriver=false"
        assert site.joined == [["", PASSCODE]]
        assert await daemon.touch(ScrollAt, 0.5, 0.5, 2, True) is None
        daemon.say(TakePicture(900))
        last = await daemon.until(
            lambda one: isinstance(one, PicturePart) and one.part == one.parts - 1
        )
        assert last.parts >= 1
        assert await daemon.touch(PressPoint, *LEAVE) is None
        assert await asyncio.to_thread(site.said.get, timeout=60) == "left by its own button"
        lines = [" ".join(words) for _, words in commands(UID)]
        assert not [line for line in lines if PASSCODE in line or f":{site.port}" in line]
        daemon.say(LeaveMeeting(1))
        await daemon.page(lambda page: False)
    assert panel.typed == []
    assert PASSCODE not in agency.log.read_text()
    assert "Traceback" not in agency.log.read_text()


@browser
async def test_the_keys_of_a_platform_file_join_from_where_the_page_has_its_focus(kiosk, site):
    display, agency = kiosk
    async with agency.daemon() as daemon:
        daemon.say(ShowPage(DisplayRole.ROOM, None, ROOM))
        daemon.say(OpenMeeting(1, site.url, site.origin, False, "Bamboo"))
        await daemon.page(lambda page: page.phase is PagePhase.OPEN)
        await asyncio.to_thread(
            display.until, lambda: 0.5 < display.share(ROOM, WHITE) < 0.999, "the meeting, drawn"
        )
        for key in (KeyName.TAB, KeyName.TAB, KeyName.ENTER):
            assert await daemon.touch(PressKey, key) is None
        await until(lambda: site.joined == [["", ""]], "Join was pressed")


def test_a_text_takes_one_key_for_each_of_its_characters_and_a_keymap_for_45_at_a_time():
    [strikes] = typed("会议会")
    assert strikes.codes == (2, 3, 2)
    assert "replace key <AE01> { [ U4F1A ] }" in strikes.keymap
    assert "geheim" not in repr(next(iter(typed("geheim"))))
    many = "".join(chr(0x4E00 + n) for n in range(100))
    rounds = list(typed(many))
    assert [len(one.codes) for one in rounds] == [45, 45, 10]
    assert max(code for one in rounds for code in one.codes) == 53


def test_no_character_lies_on_a_key_that_does_something():
    printing = {code for one in typed("".join(map(chr, range(33, 123)))) for code in one.codes}
    doing = {code for key in KeyName for code in named(key).codes}
    assert not printing & doing


def test_a_meeting_stands_where_the_rooms_own_page_does():
    text = labwc.rules("HDMI-A-1", "DSI-1")
    rule = '<windowRule identifier="roomctl-meeting" serverDecoration="no">'
    assert f'{rule}<action name="MoveToOutput" output="HDMI-A-1"/>' in text
