"""The story goes on, with every kind of device: silence that is measured, on a real display.

labwc is the compositor, PulseAudio the sound server, both without hardware; the screen process owns
both. A tone is in the air all the time, so that an open microphone is heard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.kiosk.compositor import Compositor
from tests.kiosk.sound_server import SoundServer
from tests.story import LIMIT_S, Running, browser, needed, simulated

pytestmark = pytest.mark.real

TOOLS = {
    "chromium": "chromium",
    "labwc": "labwc",
    "grim": "grim",
    "wlopm": "wlopm",
    "pulseaudio": "pulseaudio",
    "pactl": "pulseaudio-utils",
}
TENCENT = """王芳 邀请您参加腾讯会议
会议主题：项目周会
点击链接入会，或添加至会议列表：
https://meeting.tencent.com/dm/AbCdEfGh1234
#腾讯会议：123-456-789
会议密码：6543
"""
QUANSHI = """您好，张敏邀请您参加全时云会议
会议链接：https://n.qsh1.cn/d/AbC123
参会密码：123 456 789 012
"""
OVER = ("idle", "ended")
INVITATIONS = (
    (TENCENT, "tencent", "meeting.tencent.com"),
    (QUANSHI, "quanshi", "n.qsh1.cn"),
)


@dataclass
class Story:
    room: Running
    panel: Page
    simulator: Page
    sound: SoundServer
    display: Compositor

    def press(self, device: str, action: str) -> None:
        """Do something to a simulated device, on its page."""
        card = self.simulator.locator("device-card", has_text=device)
        card.get_by_role("button", name=action, exact=True).click()

    def says(self, words: str) -> None:
        """Wait until the panel says it."""
        expect(self.panel.get_by_text(words).first).to_be_visible(timeout=LIMIT_S * 1000)

    def device(self, name: str, status: str) -> Callable[[dict], bool]:
        return lambda seen: (
            next(d["status"] for d in seen["devices"] if d["name"] == name) == status
        )


@pytest.fixture(scope="module")
def people() -> Iterator[Browser]:
    needed({"chromium": "chromium"})
    with browser() as people:
        yield people


@pytest.fixture
def story(tmp_path: Path, people: Browser) -> Iterator[Story]:
    needed(TOOLS)
    display, sound = Compositor(1), SoundServer("pulseaudio").start()
    try:
        sound.play()
        surroundings = {**display.environment, "PULSE_SERVER": sound.url}
        words = ("--screen", "kiosk")
        with simulated(tmp_path, *words, surroundings=surroundings) as room:
            size = {"width": 800, "height": 480}
            with (
                people.new_context(viewport=size, has_touch=True) as there,
                people.new_context(viewport=size) as elsewhere,
            ):
                panel, simulator = there.new_page(), elsewhere.new_page()
                panel.goto(room.panel)
                simulator.goto(room.far_side)
                yield Story(room, panel, simulator, sound, display)
    finally:
        sound.close()
        display.close()


def lit(display: Compositor) -> bool:
    return b"HEADLESS-1 on" in display.run("wlopm")


def test_silence_is_measured_and_every_device_may_come_and_go(story: Story) -> None:
    room, panel = story.room, story.panel
    story.press("occupancy.ceiling", "Walk in")
    panel.get_by_role("button", name="Join", exact=True).tap()
    story.says("In the meeting")
    room.until("the microphone is open", lambda seen: seen["audio"]["mute"] == "open")
    assert story.sound.peak("mic", patience_s=3) > 1000, "an open microphone hears the room"

    story.press("speakerphone.table", "Press mute")
    room.until("muted, proven", lambda seen: seen["audio"]["mute"] == "muted")
    story.says("Tap to unmute")
    room.until_simulator("its light is lit", "speakerphone.table", "led_muted", True)
    assert story.sound.peak("mic") == 0, "and not one sample of the room is heard"
    assert story.sound.suspended("webcam"), "nor would there be one through another microphone"

    story.press("speakerphone.table", "Press mute")
    room.until("open again", lambda seen: seen["audio"]["mute"] == "open")
    room.until_simulator("its light is out", "speakerphone.table", "led_muted", False)
    assert story.sound.peak("mic", patience_s=3) > 1000

    story.press("speakerphone.table", "Press mute")
    room.until("muted once more", lambda seen: seen["audio"]["mute"] == "muted")
    story.press("speakerphone.table", "Unplug")
    room.until("the puck is gone", story.device("speakerphone.table", "offline"))
    story.says("not working")
    story.press("speakerphone.table", "Plug in")
    room.until("and back", story.device("speakerphone.table", "online"))
    room.until_simulator("with the right lights", "speakerphone.table", "led_off_hook", True)
    room.until_simulator("both of them", "speakerphone.table", "led_muted", True)
    room.until("muted all the same", lambda seen: seen["audio"]["mute"] == "muted")
    assert story.sound.peak("mic") == 0

    story.press("occupancy.ceiling", "Sit still")
    codes = lambda seen: {reason["code"] for reason in seen["occupancy"]["reasons"]}  # noqa: E731
    still = room.until("only the call tells that somebody is there", lambda s: codes(s) == {"call"})
    assert still["occupancy"]["state"] == "occupied"
    assert lit(story.display)
    panel.get_by_role("button", name="Leave").dblclick()  # armed for seconds
    story.press("occupancy.ceiling", "Leave")
    room.until("vacant", lambda seen: seen["occupancy"]["state"] == "vacant")
    story.display.until(lambda: not lit(story.display), "the screen is off")


def test_a_pasted_chinese_invitation_opens_the_right_page(tmp_path: Path, people: Browser) -> None:
    with (
        simulated(tmp_path, "--screen", "simulated") as room,
        people.new_context(viewport={"width": 800, "height": 480}) as there,
    ):
        panel = there.new_page()
        panel.goto(room.panel)
        room.act("occupancy.ceiling", "walk_in")
        for invitation, platform, host in INVITATIONS:
            panel.get_by_role("button", name="Join by ID").click()
            panel.locator("textarea").fill(invitation)  # an input would run the lines together
            panel.get_by_role("button", name="Join", exact=True).last.click()
            seen = room.until("a meeting", lambda seen: seen["meeting"]["state"] not in OVER)
            assert seen["meeting"]["platform"] == platform
            assert seen["meeting"]["host"] == host
            panel.get_by_role("button", name="Leave").dblclick()
            room.until("it is over", lambda seen: seen["meeting"]["state"] in OVER)
