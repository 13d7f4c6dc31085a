"""A room that cannot be built says which line of its room.toml is wrong."""

import pytest

from roomctl import app
from roomctl.app import parse
from roomctl.clock import SystemClock
from roomctl.errors import ConfigError
from roomctl.room import Dependencies
from roomctl.wire import Port
from tests.invented import invented
from tests.room.rig import living


async def nowhere(name: str, url: str) -> Port:
    raise AssertionError("a room that is only built opens nothing")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '[meeting]\nplatform = "zom"',
            "meeting.platform: no platform is called 'zom'; did you mean 'zoom'?",
        ),
        (
            '[meeting]\nfallback = "tencnt"',
            "meeting.fallback: no platform is called 'tencnt'; did you mean 'tencent'?",
        ),
        (
            '[meeting.new.jitsy]\nrandom = "https://meet.jit.si"',
            "meeting.new.jitsy: no platform is called 'jitsy'; did you mean 'jitsi'?",
        ),
        (
            '[meeting.hosts]\nzom = ["x.example"]',
            "meeting.hosts.zom: is not a platform; did you mean 'zoom'?",
        ),
        (
            '[camera.a]\nurl = "serial:/dev/x"\nprofile = "sony"',
            "camera.a.profile: no profile 'sony'; did you mean 'sony_fr7'?",
        ),
        ('[occupancy.a]\nurl = "gpio:1"\nprofile = "pir"', "occupancy.a.profile: "),
    ],
)
def test_a_room_toml_that_names_what_is_not_there_is_refused(text: str, expected: str) -> None:
    config = parse(text, "room.toml")
    with pytest.raises(ConfigError) as error:
        app.room(config, Dependencies(nowhere, SystemClock()))
    assert str(error.value).startswith(f"room.toml: {expected}")


def test_an_unknown_platform_without_a_near_name_is_told_all() -> None:
    with pytest.raises(ConfigError, match=r"'qqqq'; known: .*zoom"):
        app.room(
            parse('[meeting]\nplatform = "qqqq"', "room.toml"), Dependencies(nowhere, SystemClock())
        )


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ('deny = ["team"]', r"meeting\.deny\.0: 'team' is not a .*; did you mean 'teams'\?"),
        ('deny = ["zoom", "teams.liev.com"]', r"meeting\.deny\.1: .*did you mean 'teams.live.com'"),
        ('allow = ["tencet"]', r"meeting\.allow\.0: .*did you mean 'tencent'\?"),
        ('allow = ["us.", "qqqq"]', r"meeting\.allow\.0: .*"),
        ('deny = ["*.example.org"]', r"meeting\.deny\.0: .*; (did you mean|known:)"),
    ],
)
def test_a_rule_that_would_never_apply_is_refused(policy: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        app.room(parse(f"[meeting]\n{policy}", "room.toml"), Dependencies(nowhere, SystemClock()))


@pytest.mark.parametrize(
    "policy",
    [
        'deny = ["ZOOM", "cn", "acme.zoom.us", "zoom.us", "*.zoom.com.cn", "accounts.google.com"]',
        'deny = ["meet.example.org"]\nhosts = { jitsi = ["*.example.org"] }',
    ],
)
def test_a_rule_that_some_meeting_could_meet_is_taken(policy: str) -> None:
    app.room(parse(f"[meeting]\n{policy}", "room.toml"), Dependencies(nowhere, SystemClock()))


@pytest.mark.parametrize(
    ("policy", "there", "gone"),
    [
        ("", {"zoom", "tencent", "jitsi"}, set()),
        ('deny = ["zoom"]', {"tencent", "jitsi"}, {"zoom"}),
        ('allow = ["tencent", "*.zoom.com.cn"]', {"tencent", "zoom"}, {"jitsi", "teams"}),
        ('allow = ["meet.jit.si"]', {"jitsi"}, {"zoom", "tencent"}),
    ],
)
@invented
async def test_a_panel_offers_only_platforms_that_the_room_may_use(
    policy: str, there: set[str], gone: set[str]
) -> None:
    async with living(f"[meeting]\n{policy}") as house:
        keys = {platform.key for platform in house.document.platforms}
        assert there <= keys
        assert not gone & keys
