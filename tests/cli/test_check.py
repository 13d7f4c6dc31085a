"""What `roomctl check` finds in a room.toml: everything, each on its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from roomctl.app import mistakes, parse
from roomctl.cli.main import app
from roomctl.installed import data_path
from tests.cli.rig import roomctl
from tests.test_config import lines

EVERY_MISTAKE = """\
[room]
timezone = "Asia/Beijing"
capcity = 8
[camera.front]
uri = "serial:/dev/ttyUSB0"
presets = { 1 = "Table", x = "Door" }
on_join = "Table"
[camera.back]
url = "tcp:192.0.2.9"
profile = "sony"
[speakerphone.table]
url = "/dev/hidraw0"
[occupancy.door]
url = "gpio:17?pul=up"
[display.wall]
url = "tcp://192.0.2.9"
profile = "epsn"
[controller.pad]
camera = "frnt"
[meeting]
deny = [
  "team",
  "zoom",
  "teams.liev.com",
]
[calendar]
url = "outlook"
[api]
listen = "8080"
"""


CHINA = "zh_CN.UTF-8"


def spoken_in(locale: str, file: Path) -> list[str]:
    """Return what `check` says of a file in a language."""
    return CliRunner().invoke(app, ["check", str(file)], env={"LC_ALL": locale}).stdout.splitlines()


def english_words(line: str) -> list[str]:
    """Return what no Chinese sentence has, outside of quotes; what the parser said is its own."""
    said = re.sub(r"'[^']*'|TOML：.*", "", line)
    return re.findall(r"\b(?:is|are|not|no|nor|or|and|the|such|as|expected|needs|write)\b", said)


def check(file: Path, text: str) -> list[str]:
    """Return what is said of a file, without its own name."""
    file.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(file)])
    said = result.stdout.splitlines()
    assert result.exit_code == (0 if said == [f"{file}: ok (room)"] else 1)
    return [line.removeprefix(str(file)) for line in said]


def test_every_mistake_of_a_file_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    said = check(tmp_path / "room.toml", EVERY_MISTAKE)
    keys = [line.split(": ")[0] for line in said]
    assert keys == [":2", ":3", ":5", ":6", ":9", ":10", ":12", ":14", ":17", ":19", ":22", ":24",
                    ":27", ":29"]  # fmt: skip
    assert said[2] == ":5: camera.front.uri: unknown key; did you mean 'url'?"
    assert said[11].startswith(":24: meeting.deny.2: 'teams.liev.com' is not a platform")


def test_an_entry_of_a_list_that_lacks_two_keys_is_told_both(tmp_path: Path) -> None:
    said = check(tmp_path / "room.toml", '[[webhook]]\nurl = "pine"\n[[webhook]]\n')
    assert [line.rpartition(": ")[0] for line in said if line.endswith("is missing")] == [
        *(":1: webhook.0.secret", ":1: webhook.0.events"),
        *(":3: webhook.1.url", ":3: webhook.1.secret", ":3: webhook.1.events"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '[camera.a]\nurl = "serial:/dev/x?baud=9600"\n'
            '[camera.b]\nurl = "serial:/dev/x?baud=38400"',
            ":4: camera.b.url: is the same line, at other settings, as camera.a; two devices",
        ),
        (
            '[camera.a]\nurl = "serial:/dev/x"\n[display.b]\nurl = "serial:/dev/x"\nprofile = "lg"',
            ":4: display.b.url: is the same line, as camera.a; two devices cannot both open it",
        ),
        ('[camera.a]\nurl = "gpio:4"', ":2: camera.a.url: unsupported scheme gpio; known: aw,"),
        (
            '[camera.a]\nurl = "seral:/dev/x"',
            ":2: camera.a.url: unsupported scheme seral; did you mean 'serial'?",
        ),
        ('[camera.a]\nurl = "/dev/x"', ":2: camera.a.url: has no scheme; write it like serial:"),
        ('[camera.a]\nurl = "aw://h/x"', ":2: camera.a.url: is not aw://HOST:PORT, such as"),
        ('[camera.a]\nurl = "aw://h#sha256:1"', ":2: camera.a.url: has a pin; write it like aw"),
        ('[camera.a]\nurl = "aw-https://h#x"', ":2: camera.a.url: must end in a fingerprint"),
        ('[camera.a]\nurl = "aw://h"\nweakest_login = "basic"', "has weakest_login but no user"),
        ('[camera.a]\nurl = "udp://h:1?l=2"', ":2: camera.a.url: unknown option 'l'; "),
        ('[camera.a]\nurl = "visca-ip://h/x"', ":2: camera.a.url: is not visca-ip://HOST:PORT"),
        ('[camera.a]\nurl = "v4l2:video0"', ":2: camera.a.url: is not a path; write it like v4l2"),
        ('[speakerphone.a]\nurl = "usb:0b0e"', ":2: speakerphone.a.url: is not usb:VID:PID"),
        ('[occupancy.a]\nurl = "gpiod:17"', ":2: occupancy.a.url: gpiod:17: is not gpiod:CHIP/LIN"),
        (
            '[occupancy.a]\nurl = "mqtt://h"\nprofile = "people_counter"',
            ":2: occupancy.a.url: mqtt://h: is not mqtt://HOST[:PORT]/TOPIC",
        ),
        ('[display.a]\nurl = "tcp://h/x"', ":2: display.a.url: is not tcp://HOST:PORT"),
        (
            '[output.a]\nurl = "gpiod:x"\non = "in_call"',
            ":2: output.a.url: gpiod:x?direction=out: is not gpiod:CHIP/LINE",
        ),
        ('[screen]\nurl = "unix:screen.sock"', ":2: screen.url: is not unix:/PATH"),
        ('[screen]\npanel_url = "tcp://h:1"', ":2: screen.panel_url: unsupported scheme tcp; kno"),
        ('[calendar]\nurl = "caldav://h/x"', ":2: calendar.url: caldav://h/…: is not a CalDAV ad"),
        ('[api]\nurl = "bamboo:8080"', ":2: api.url: 'bamboo:8080' must look like 'https://"),
        ('[room]\ntimezone = "UTC+8"', ":2: room.timezone: 'UTC+8' is not an IANA time zone;"
         " did you mean 'Asia/Shanghai' or 'Etc/GMT-8'? In that name the sign is reversed"),
        ('[room]\ntimezone = "GMT-03:00"', ":2: room.timezone: 'GMT-03:00' is not an IANA time"
         " zone; did you mean 'Etc/GMT+3'?"),
        ('[room]\ntimezone = "China Standard Time"', ":2: room.timezone: 'China Standard Time' is"
         " not an IANA time zone; did you mean 'Asia/Shanghai'? All of China uses its time"),
        ('[rules]\nholidays = "China"', "'China' is not a country code; did you mean 'CN'?"),
        ('[rules]\nholidays = "cn"', ":2: rules.holidays: 'cn' is not a country code; did you"
        " mean 'CN'?"),
        ('[rules]\nholidays = "XX"', ":2: rules.holidays: 'XX' is not a country code; expected"
        " 'CN', "),
        ('[rules]\nholidays = "DE-BX"', "'DE-BX' is not a region of DE; known: Augsburg, BB"),
        ('[rules]\nholidays = "ics:days.ics"', "is not a full path; expected 'ics:/path"),
        ('[occupancy.a]\nuri = "gpio:4"', ":2: occupancy.a.uri: unknown key; did you mean 'url'?"),
        ('[camra.a]\nurl = "gpio:4"', ":1: camra: unknown key; did you mean 'camera'?"),
        ("[camera.a]\naddress = 2", ":1: camera.a.url: is missing"),
        ('[camera.a]\nurl = "sim:a"\nprofile = "qqqq"', " are known, such as "),
        ('[rules]\n[[rules.profile]]\nnever = true\nwarn_s = 60', "has never = true"),
        ("[byom]\nurl = 'tcp://h:1'", ":1: byom: needs profile: the protocol of"),
        ('[camera.a]\nurl = "tcp://h:1"\nuser = "u"', "only aw: and onvif: cameras"),
        ('[camera.a]\nurl = "sim:"\nvideo = "rtmp://h/1"', ":3: camera.a.video: 'rtmp://h/1'"
        " names no picture; expected a"
        " device such as '/dev/video0' or"
        " 'usb-…-video-index0' (a name in"),
        ('[camera.a]\nurl = "sim:"\nvideo = "rtsp://u:p@h/1"', ":3: camera.a.video: the url in"
        " video has a login"),
        ('[camera.a]\nurl = "sim:"\nvideo = "video2"', "; did you mean '/dev/video2'?"),
        ('[meeting.hosts]\nzoom = ["*.com"]', "'*.com' is too broad; write at least two labels"),
        ('[meeting.new.jitsi]\nrandom = "x"\nroom_link = "y"', "needs room_link = 'LINK' or ran"),
        ('[api]\ntls = "off"\ntls_certificate = "/c"\ntls_key = "/k"', "tls = 'off' uses no tls"),
        ('[alert.a]\nurl = "slack:x"', ":1: alert.a: its url must start with one of smtps,"
        " smtp, we"),
        ('[alert.a]\nurl = "smtps://h"', ":1: alert.a: its url has no recipient; add ?to=ADDR"),
        (
            '[meeting]\nallow = ["cn"]\n[alert.a]\nurl = "lark:0123456789"',
            "alert.a: lark runs in the region 'global', which [meeting] allow does not allow",
        ),
        ('[mqtt]\nurl = "mqtt://u:p@h"', ":2: mqtt.url: names a user; write username = and pass"),
        ('[controller.a]\nurl = "sim:"\ncamera = "a"\ncameras = ["a"]', "write either camera or"),
        ("[room]\nx = [1,\n\n oops", ":4: is not TOML: "),
        ("[room]\nx = [1,\n", ":2: is not TOML: "),
    ],
)  # fmt: skip
def test_what_can_never_work_is_found_on_its_line(tmp_path: Path, text: str, expected: str) -> None:
    said = check(tmp_path / "room.toml", text)
    assert expected in said[0]
    assert said[1:] == ([":2: camra.a.url: unsupported scheme gpio; known: aw, "
                         "aw-https, onvif, onvif-https, serial, tcp, udp, v4l2, visca-ip"
                         ] if "camra" in text else [])  # fmt: skip
    chinese = spoken_in(CHINA, tmp_path / "room.toml")
    assert [line for line in chinese if english_words(line)] == []


def test_a_mistake_is_told_once_and_not_again_by_whoever_rests_on_it(tmp_path: Path) -> None:
    said = check(
        tmp_path / "room.toml",
        """\
[camera]
profiles = "nowhere"
[camera.front]
address = 9
profile = "mine"
presets = { x = "Door" }
on_join = "Door"
[controller.pad]
camera = "front"
[display]
wall = 3
""",
    )
    assert [line.split(": ")[1] for line in said] == [
        "camera.profiles", "camera.front.url", "camera.front.address", "camera.front.presets",
        "display.wall",
    ]  # fmt: skip


def test_a_mistake_in_a_profile_of_the_site_is_told_in_that_file(tmp_path: Path) -> None:
    shipped = data_path("firmware_profiles") / "camera/sony_srg300h.toml"
    mine = tmp_path / "cameras/mine.toml"
    mine.parent.mkdir()
    text = shipped.read_text(encoding="utf-8")
    line = 1 + text[: text.index("layout")].count("\n")
    mine.write_text(text.replace("layout", "layuot"), encoding="utf-8")
    said = check(
        tmp_path / "room.toml",
        """\
[camera]
profiles = "cameras"
[camera.front]
url = "sim:a"
profile = "mine"
adress = 2
""",
    )
    assert said[0] == ":6: camera.front.adress: unknown key; did you mean 'address'?"
    assert said[1].startswith(f"{mine}:{line}: ")
    assert len(said) == 2


def test_a_profile_is_told_all_its_mistakes_too(tmp_path: Path) -> None:
    shipped = data_path("firmware_profiles") / "camera/sony_srg300h.toml"
    text = shipped.read_text(encoding="utf-8")
    text = text.replace('verified = "', 'verified = "x').replace("source =", "sauce =")
    said = check(tmp_path / "mine.toml", text.replace("units_per_degree", "units_per_deg"))
    assert len(said) == 4
    assert all(line.startswith(":") for line in said)


@example("[meeting.new.url]")  # a table by the name of an address
@given(st.lists(lines, max_size=12).map("\n".join))
def test_any_file_is_checked_to_its_end_and_a_good_one_is_what_the_room_reads(text: str) -> None:
    found = mistakes(text, "bamboo.toml")
    assert all(str(one).startswith("bamboo.toml") for one in found)
    assert len({(one.key, one.why) for one in found}) == len(found)
    if not found:
        parse(text, "bamboo.toml")


@pytest.mark.real
def test_serve_names_the_first_mistake_and_who_tells_the_others(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    file.write_text("[room]\ncapcity = 1\nbuildng = 'x'\n", encoding="utf-8")
    said = roomctl(tmp_path, "serve", "--config", str(file))
    assert said.err == (
        f"roomctl: {file}:2: room.capcity: unknown key; did you mean 'capacity'?"
        f" (and more: `roomctl check {file}`)\n"
    )


@pytest.mark.real
def test_serve_names_the_line_too(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    file.write_text('[room]\nhelp = ""\n[meeting]\nplatform = "zom"\n', encoding="utf-8")
    said = roomctl(tmp_path, "serve", "--config", str(file))
    assert said.err == (
        f"roomctl: {file}:4: meeting.platform: no platform is called 'zom'; did you mean 'zoom'?\n"
    )
