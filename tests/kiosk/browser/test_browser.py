import json
from pathlib import Path

import pytest

from roomctl.kiosk.browser.browser import BrowserSetup, arguments, environment, preferences
from roomctl.kiosk.browser.folder import BrowserFolder

PROFILE = Path("/run/user/1000/roomctl-meeting-x/profile")


def setup(mode="kiosk", media="real"):
    return BrowserSetup("/usr/bin/chromium", mode, media, Path("/run/user/1000"))


@pytest.mark.parametrize(
    ("mode", "wanted", "unwanted"),
    [("kiosk", "--kiosk", "--headless=new"), ("headless", "--headless=new", "--kiosk")],
)
def test_a_mode_is_one_flag(mode, wanted, unwanted):
    words = arguments(setup(mode), PROFILE, piped=True, start="about:blank")
    assert wanted in words
    assert unwanted not in words


def test_a_kiosks_window_is_on_the_display_that_is_there():
    words = arguments(setup(), PROFILE, piped=True, start="about:blank")
    assert "--ozone-platform=wayland" in words


def test_the_pipe_is_only_there_when_a_meeting_is_assisted():
    assisted = arguments(setup(), PROFILE, piped=True, start="about:blank")
    plain = arguments(setup(), PROFILE, piped=False, start="http://127.0.0.1:9/go/t")
    assert set(assisted) - set(plain) == {"--remote-debugging-pipe", "about:blank"}
    assert plain[-1] == "http://127.0.0.1:9/go/t"


def test_only_where_it_is_worth_it_a_process_is_begun_ahead():
    without, ahead = (
        arguments(setup(), PROFILE, piped=True, start="about:blank", spare=spare)
        for spare in (False, True)
    )
    (features,) = set(without) - set(ahead)
    assert features.startswith("--disable-features=")
    assert features.endswith(",SpareRendererForSitePerProcess")


def test_fake_media_is_one_flag_more():
    real = arguments(setup(), PROFILE, piped=False, start="about:blank")
    fake = arguments(setup(media="fake"), PROFILE, piped=False, start="about:blank")
    assert set(fake) - set(real) == {"--use-fake-device-for-media-stream"}


@pytest.mark.parametrize(
    ("origin", "pattern"),
    [
        ("https://zoom.example", "https://zoom.example:443,*"),
        ("https://zoom.example:8443", "https://zoom.example:8443,*"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000,*"),
        ("http://localhost", "http://localhost:80,*"),
    ],
)
def test_one_origin_gets_camera_and_microphone_and_nobody_else(origin, pattern):
    profile = json.loads(preferences(origin))["profile"]
    exceptions = profile["content_settings"]["exceptions"]
    assert exceptions == {
        "media_stream_camera": {pattern: {"setting": 1}},
        "media_stream_mic": {pattern: {"setting": 1}},
    }
    assert set(profile["default_content_setting_values"].values()) == {2}


def test_a_program_that_a_page_asks_for_is_nothing_and_is_not_asked_about(tmp_path):
    pairs = json.loads(preferences("https://zoom.example"))["protocol_handler"]
    allowed = pairs["allowed_origin_protocol_pairs"]["https://zoom.example"]
    assert {"zoommtg", "msteams", "wemeet", "mailto"} <= allowed.keys()
    folder = BrowserFolder(tmp_path)
    first = environment({}, folder)["PATH"].partition(":")[0]
    opener = Path(first) / "xdg-open"
    assert opener.resolve() == Path("/bin/true").resolve()
    assert folder.remove()


def test_the_camera_that_a_room_names_comes_first_and_no_other_is_named():
    assert json.loads(preferences(None, "/dev/video2"))["media"] == {
        "default_video_capture_Device": "/dev/video2"
    }
    assert json.loads(preferences(None))["media"] == {}


def test_the_browser_sees_nothing_of_the_outer_environment_but_the_display(tmp_path):
    folder = BrowserFolder(tmp_path)
    outer = {"HOME": "/root", "ROOMCTL_TOKEN": "x", "WAYLAND_DISPLAY": "wayland-0", "LANG": "C"}
    found = environment(outer, folder)
    assert found == {
        "PATH": f"{folder.programs}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder.home),
        "WAYLAND_DISPLAY": "wayland-0",
        "LANG": "C",
    }
    assert folder.remove()
