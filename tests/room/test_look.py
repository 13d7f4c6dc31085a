"""How a room looks: a brand's colour, light and dark by the hour, pictures that are none."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from coloraide import Color

from roomctl.clock import Moment, SystemClock
from roomctl.config import LookTable, parse
from roomctl.errors import ConfigError
from roomctl.kind import Context
from roomctl.room import look
from roomctl.room.document import LookEntry
from roomctl.room.look import LightByLux, Look, accent_of, brand_picture
from roomctl.store import Settings
from roomctl.wire import Port
from tests.invented import invented
from tests.room.rig import STAFF, begun, living

TOKENS = (Path(__file__).parents[2] / "web" / "tokens.css").read_text(encoding="utf-8")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'
PARTS = ("00", "55", "aa", "ff")
BRANDS = [f"#{red}{green}{blue}" for red in PARTS for green in PARTS for blue in PARTS]


NOON = Moment(0.0, datetime(2026, 3, 2, 12, tzinfo=UTC), synced=True)


def of(room: str, look: str, room_toml: Path | None = None) -> Look:
    """Return the look of a room that was read from `room_toml`."""
    config = parse(f"[room]\n{room}\n[look]\n{look}\n", "room.toml", {})
    context = Context(no_port, SystemClock(), Settings(), lambda: None)
    return Look(config, room_toml, context, Settings())


async def no_port(user: str, url: str) -> Port:
    raise AssertionError(url)


def theme_of(shown: Look, now: Moment) -> str:
    entry = shown.sections(now)["look"]
    assert isinstance(entry, LookEntry)
    return entry.theme


@pytest.mark.parametrize("brand", BRANDS)
def test_whatever_the_brand_what_is_written_on_its_colour_can_be_read(brand: str) -> None:
    accent = accent_of(brand)
    assert Color(accent.light).contrast(accent.on_light) >= 7.1
    assert Color(accent.dark).contrast(accent.on_dark) >= 7.1


@pytest.mark.parametrize("brand", BRANDS)
def test_no_brand_is_taken_for_free_booked_or_soon(brand: str) -> None:
    accent = accent_of(brand)
    for theme, colour in (("light", accent.light), ("dark", accent.dark)):
        for meant in look.MEANT[theme]:
            assert Color(colour).delta_e(meant, method="76") >= 27  # ink, from a dark red


@pytest.mark.parametrize(
    ("brand", "light", "dark"),
    [
        ("#0a5cff", "#1e50b5", "#8db3f9"),  # the house's blue stays a blue
        ("#7a1fa2", "#752e97", "#cfa2e9"),
        ("#d71920", "#1d1a16", "#f6f2ea"),  # a red says booked: keys are ink
        ("#009e9e", "#1d1a16", "#f6f2ea"),  # a teal says free
        ("#ffc400", "#1d1a16", "#f6f2ea"),  # a yellow says soon
    ],
)
def test_a_brands_colour_keeps_its_hue_or_is_ink(brand: str, light: str, dark: str) -> None:
    accent = accent_of(brand)
    assert (accent.light, accent.dark) == (light, dark)


def test_the_colours_with_a_meaning_are_those_of_the_pages() -> None:
    for at, name in enumerate(("free", "busy", "soon")):
        found = re.search(rf"--{name}: (?:light-dark\((#\w+), (#\w+)\)|(#\w+));", TOKENS)
        assert found
        light, dark, both = found.groups()
        assert (look.MEANT["light"][at], look.MEANT["dark"][at]) == (light or both, dark or both)


@pytest.mark.parametrize(
    ("hour", "theme"), [(6, "dark"), (7, "light"), (12, "light"), (18, "dark"), (23, "dark")]
)
def test_it_is_dark_in_the_hours_that_the_house_named(hour: int, theme: str) -> None:
    shown = of('timezone = "Etc/GMT-8"', 'dark_hours = "18:00-07:00"')
    wall = datetime(2026, 3, 2, hour, 0, tzinfo=timezone(timedelta(hours=8)))
    assert theme_of(shown, Moment(0.0, wall, synced=True)) == theme


def test_while_the_hour_is_not_proven_it_is_as_the_browser_prefers() -> None:
    shown = of("", 'dark_hours = "18:00-07:00"')
    wall = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    assert theme_of(shown, Moment(0.0, wall, synced=False)) == "auto"


@pytest.mark.parametrize(
    ("measured", "theme"),
    [
        ([], None),
        ([(0, 12.0)], "dark"),
        ([(0, 45.0)], "light"),  # nothing was before: what is not dark is light
        ([(0, 400.0), (2, 12.0)], "light"),  # a hand over it
        ([(0, 400.0), (2, 12.0), (12, 12.0)], "dark"),
        ([(0, 400.0), (2, 12.0), (6, 400.0), (10, 12.0), (14, 12.0)], "light"),
        ([(0, 12.0), (2, 45.0), (60, 45.0)], "dark"),  # between the two it stays
        ([(0, 12.0), (2, 61.0), (12, 61.0)], "light"),
        ([(0, 400.0), (2, 45.0), (60, 45.0)], "light"),
        ([(0, 12.0), (30, None), (58, None)], "dark"),
        ([(0, 12.0), (30, None), (60, None)], None),  # nobody knows how light it is
        ([(0, 12.0), (60, None), (62, 400.0)], "light"),
    ],
)
def test_it_is_dark_below_a_limit_and_light_above_twice_that_once_it_lasts(
    measured: list[tuple[float, float | None]], theme: str | None
) -> None:
    light = LightByLux(30.0, 0.0)
    for at_s, lux in measured:
        light.take(lux, at_s)
    assert light.theme == theme


@invented
async def test_a_sensor_turns_the_room_dark_and_its_silence_is_an_issue() -> None:
    lux: list[float | None] = [400.0]
    async with begun('[look]\ntheme = "sensor"\n', illuminance=lambda: lux[0]) as house:
        await house.until(lambda: house.document.look.theme == "light")
        lux[0] = 5.0
        assert await house.until(lambda: house.document.look.theme == "dark", 20.0) >= 10.0
        lux[0] = None
        await house.until(lambda: ("look.sensor", "look.theme") in house.issues, 70.0)
        assert house.document.look.theme == "auto"
        lux[0] = 400.0
        await house.until(lambda: house.document.look.theme == "light")
        assert house.issues == []


@invented
async def test_what_a_sensor_measured_counts_on_when_room_toml_changes_elsewhere() -> None:
    text = '[look]\ntheme = "sensor"\n'
    async with begun(text, illuminance=lambda: 5.0) as house:
        await house.until(lambda: house.document.look.theme == "dark")
        await house.room.reconfigure(parse(text + "[audio]\nstart_muted = true\n", "r", {}), None)
        await house.always(lambda: house.document.look.theme == "dark", 3.0)


def test_while_a_sensor_says_nothing_the_hours_count() -> None:
    shown = of('timezone = "Etc/GMT-8"', 'theme = "sensor"\ndark_hours = "18:00-07:00"')
    assert theme_of(shown, NOON) == "dark"  # 20:00 there
    assert [*shown.issues(NOON)] == []
    assert theme_of(of("", 'theme = "sensor"'), NOON) == "auto"


@invented
async def test_staff_choose_a_theme_until_they_choose_auto_again() -> None:
    async with living('[look]\ntheme = "light"\n') as house:
        assert house.document.look.theme == "light"
        assert (await house.ask("look.set_theme", STAFF, theme="contrast")).status == "done"
        await house.until(lambda: house.document.look.theme == "contrast")
        assert (await house.ask("look.set_theme", STAFF, theme="auto")).status == "done"
        await house.until(lambda: house.document.look.theme == "light")


@pytest.mark.parametrize(
    ("name", "data", "media"),
    [
        ("logo.png", PNG, "image/png"),
        ("logo.jpg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("logo.webp", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        ("logo.svg", SVG, "image/svg+xml"),
        ("bom.svg", b"\xef\xbb\xbf <svg/>", "image/svg+xml"),
        ("wrong-ending.svg", PNG, "image/png"),
    ],
)
def test_a_picture_is_what_its_bytes_say(
    tmp_path: Path, name: str, data: bytes, media: str
) -> None:
    (tmp_path / name).write_bytes(data)
    assert brand_picture(tmp_path / "room.toml", "look.logo", name).media_type == media


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not an SVG, PNG"),
        (b"[room]\nwifi = 'secret'\n", "not an SVG, PNG"),
        (b"<?xml version='1.0'?><html><script/></html>", "not an SVG, PNG"),
        (PNG + bytes(look.LARGEST_LOGO), "larger than 256 KiB"),
        (None, "cannot be read: No such file"),
    ],
)
def test_what_is_no_picture_is_refused_with_its_key(
    tmp_path: Path, data: bytes | None, why: str
) -> None:
    if data is not None:
        (tmp_path / "logo.png").write_bytes(data)
    with pytest.raises(ConfigError, match=why) as refused:
        look.judge(LookTable(logo="logo.png"), tmp_path / "room.toml")
    assert refused.value.key == "look.logo"


def test_a_room_whose_logo_is_gone_goes_on_without_it_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "hills.svg").write_bytes(SVG)
    shown = of("", 'logo = "gone.svg"\nwallpaper = "hills.svg"', tmp_path / "room.toml")
    entry = shown.sections(NOON)["look"]
    assert isinstance(entry, LookEntry)
    assert entry.logo is None
    assert (entry.wallpaper or "").startswith("/api/v1/look/wallpaper?v=")
    (issue,) = shown.issues(NOON)
    assert (issue.code, issue.params["file"]) == ("look.picture", "gone.svg")
