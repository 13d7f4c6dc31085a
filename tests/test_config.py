"""room.toml: what it may say, and what a person is told who wrote something else."""

import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl import config
from roomctl.app import form, load, parse
from roomctl.config import ApiTable, Config
from roomctl.errors import ConfigError
from roomctl.installed import data_path
from roomctl.screen.profile import ScreenTable, screen_url
from roomctl.secret import Secret

FULL = """
[room]
display_name = "竹厅"
building = "North"
floor_label = "3"
capacity = 8
timezone = "Asia/Shanghai"
language = "zh-CN"
[screen]
mode = "kiosk"
[camera.front]
url = "serial:/dev/ttyUSB0?baud=9600"
address = 1
presets = { 1 = "Table", 10 = "Door" }
[camera.back]
url = "serial:/dev/ttyUSB0?baud=9600"
address = 2
[speakerphone.table]
url = "usb:0b0e:2456"
[occupancy.ceiling]
url = "gpio:17"
vacancy_delay_s = 300
[meeting]
platform = "quanshi"
allow = ["cn", "*.zoom.com.cn"]
favourites = { "Weekly" = "https://meet.jit.si/Weekly" }
[meeting.hosts]
zoom = ["*.example.com.cn"]
[meeting.new.quanshi]
room_link = "https://meeting.quanshi.com/j/1"
[calendar]
url = "ics:/var/lib/roomctl/room.ics"
[api]
listen = "[::1]:8443"
"""


def why(text: str) -> str:
    """Return what a person is told about a file."""
    with pytest.raises(ConfigError) as error:
        parse(text, "bamboo.toml")
    return str(error.value)


def test_a_whole_file_is_read() -> None:
    room = parse(FULL, "bamboo.toml")
    assert room.room.display_name == "竹厅"
    assert room.room.zone.key == "Asia/Shanghai"
    assert room.camera["front"].presets == {"1": "Table", "10": "Door"}
    assert room.meeting.allow == ("cn", "*.zoom.com.cn")
    assert room.meeting.new["quanshi"].room_link == Secret("https://meeting.quanshi.com/j/1")
    assert room.api.address == ("::1", 8443)


def test_an_empty_file_is_a_room() -> None:
    assert parse("", "bamboo.toml") == form()()


def test_a_file_with_hosts_alone_is_valid() -> None:
    text = '[meeting.hosts]\nzoom = ["*.example.com"]'
    assert parse(text, "x.toml").meeting.hosts == {"zoom": ("*.example.com",)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cameras = 1", "bamboo.toml: cameras: unknown key; did you mean 'camera'?"),
        ("[rooom]", "bamboo.toml: rooom: unknown key; did you mean 'room'?"),
        (
            "[room]\ntimezon = 'UTC'",
            "bamboo.toml: room.timezon: unknown key; did you mean 'timezone'?",
        ),
        ("[screen]\nmod = 'kiosk'", "bamboo.toml: screen.mod: unknown key; did you mean 'mode'?"),
        (
            "[camera.front]\nurl = 'x'\nadress = 1",
            "camera.front.adress: unknown key; did you mean 'address'?",
        ),
        (
            "[camera.url]\nurl = 'x'\nadress = 1",
            "camera.url.adress: unknown key; did you mean 'address'?",
        ),
        (
            "[speakerphone.a]\nurl = 'x'\nqqq = 1",
            "speakerphone.a.qqq: unknown key; expected one of: profile, title, url",
        ),
        (
            "[occupancy.a]\nurl = 'x'\nvacancy_delay = 1",
            "occupancy.a.vacancy_delay: unknown key; did you mean 'vacancy_delay_s'?",
        ),
        (
            "[occupancy.a]\nurl = 'x'\nhold_s = 300",
            "occupancy.a.hold_s: is now called vacancy_delay_s",
        ),
        (
            "[meeting]\nplattform = 'zoom'",
            "meeting.plattform: unknown key; did you mean 'platform'?",
        ),
        (
            "[meeting.new.jitsi]\nrandm = 'x'",
            "meeting.new.jitsi.randm: unknown key; did you mean 'random'?",
        ),
        ("[room]\ndisplayName = 'Pine'", "room.displayName: is now called display_name"),
        ("[room]\nlit_s = 60", "bamboo.toml: room.lit_s: is now called display_on_s"),
        ("[rules]\ndisplay_s = 60", "rules.display_s: is now called display_off_after_s"),
        ("[calendar]\nuri = 'x'", "calendar.uri: unknown key; did you mean 'url'?"),
        ("[api]\nlissten = 'x'", "api.lissten: unknown key; did you mean 'listen'?"),
    ],
)
def test_an_unknown_key_is_named_with_what_was_meant(text: str, expected: str) -> None:
    assert why(text).endswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "[room]\ncapacity = 'eight'",
            "room.capacity: must be a whole number without quotes, found 'eight'",
        ),
        ("[room]\ncapacity = 0", "room.capacity: must be greater than or equal to 1, found 0"),
        ("[room]\ndisplay_name = 3", "room.display_name: must be a string in quotes, found 3"),
        ("[room]\nlanguage = 'de'", "room.language: must be 'zh-CN' or 'en', found 'de'"),
        ("room = 1", "room: must be a table, found 1"),
        ("[camera]\nfront = 'x'", "camera.front: must be a table, found 'x'"),
        ("[camera.front]", "camera.front.url: is missing"),
        (
            "[camera.front]\nurl = 'x'\naddress = 8",
            "camera.front.address: must be less than or equal to 7, found 8",
        ),
        (
            "[camera.Front]\nurl = 'x'",
            "camera.Front: invalid name; allowed: a-z, 0-9, - and _, starting with a letter",
        ),
        (
            "[camera.a]\nurl = 'x'\npresets = { x = 'Table' }",
            "camera.a.presets: 'x' is not a preset number; numbers start at 1",
        ),
        (
            "[camera.a]\nurl = 'x'\npresets = { 0 = 'Table' }",
            "camera.a.presets: '0' is not a preset number; numbers start at 1",
        ),
        (
            "[camera.a]\nurl = 'x'\npresets = { '²' = 'Table' }",
            "camera.a.presets: '²' is not a preset number; numbers start at 1",
        ),
        (
            "[camera.a]\nurl = 'x'\npresets = { 1 = 2 }",
            "camera.a.presets.1: must be a string in quotes, found 2",
        ),
        (
            "[occupancy.a]\nurl = 'x'\nvacancy_delay_s = nan",
            "occupancy.a.vacancy_delay_s: must be less than or equal to 7200, found nan",
        ),
        (
            "[meeting]\nallow = 'zoom'",
            "meeting.allow: must be an array, such as ['a', 'b'], found 'zoom'",
        ),
        (
            "[meeting.new.jitsi]",
            "meeting.new.jitsi: needs room_link = 'LINK' or random = 'SITE', one of the two",
        ),
        (
            "[meeting.new.jitsi]\nroom_link = 'a'\nrandom = 'b'",
            "meeting.new.jitsi: needs room_link = 'LINK' or random = 'SITE', one of the two",
        ),
        ("[meeting.new]\njitsi = 'x'", "meeting.new.jitsi: must be a table, found 'x'"),
        ("[api]\nlisten = '8080'", "api.listen: '8080' is not HOST:PORT, such as '127.0.0.1:8080'"),
        ("[api]\nlisten = 'a:²'", "api.listen: 'a:²' is not HOST:PORT, such as '127.0.0.1:8080'"),
        (
            "[api]\nlisten = 'a:65536'",
            "api.listen: 'a:65536' is not HOST:PORT, such as '127.0.0.1:8080'",
        ),
        (
            "[room]\ntimezone = 'Asia/Shanghia'",
            "room.timezone: 'Asia/Shanghia' is not an IANA time zone; did you mean"
            " 'Asia/Shanghai'?",
        ),
        (
            "[room]\ntimezone = '../../etc/passwd'",
            "room.timezone: '../../etc/passwd' is not an IANA time zone, such as 'Asia/Shanghai'",
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(text: str, expected: str) -> None:
    assert why(text) == f"bamboo.toml: {expected}"


def test_what_is_not_toml_is_named_with_its_place() -> None:
    assert "bamboo.toml:1: is not TOML" in why("[room\n")
    assert "line 2" in why("[room]\nx = \n[")


def test_two_cameras_at_one_address_are_refused() -> None:
    text = "[camera.a]\nurl = 'tcp://c:1'\n[camera.b]\nurl = 'tcp://c:1'\n"
    expected = "camera.b: has the same url and address 1 as camera.a; give it another address (1-7)"
    assert why(text) == f"bamboo.toml: {expected}"
    assert parse(text + "address = 2", "bamboo.toml").camera["b"].address == 2


def test_a_folder_of_profiles_lies_beside_the_file_and_is_no_camera() -> None:
    text = '[camera]\nprofiles = "{}"\n[camera.front]\nurl = "sim:a"\n[camera.back]\nurl = "sim:b"'
    room = parse(text.format("cameras"), "/etc/roomctl/room.toml")
    folders = {name: table.profile_folder for name, table in room.tables("camera").items()}
    assert folders == dict.fromkeys(("front", "back"), Path("/etc/roomctl/cameras"))
    elsewhere = parse(text.format("/srv/cameras"), "/etc/roomctl/room.toml").tables("camera")
    assert elsewhere["front"].profile_folder == Path("/srv/cameras")


def test_two_speakerphones_of_one_model_must_be_told_apart() -> None:
    text = '[speakerphone.a]\nurl = "usb:0b0e:2456"\n[speakerphone.b]\nurl = "usb:0b0e:2456'
    assert why(f'{text}"\n') == (
        "bamboo.toml: speakerphone.b: has the same url as speakerphone.a; "
        "`roomctl probe` tells two of one model apart, by ?port="
    )
    assert parse(f'{text}?port=1-1.4"\n', "bamboo.toml").speakerphone["b"].url.endswith("1-1.4")


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"room\.toml: cannot be read: No such file"):
        load(tmp_path / "room.toml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path)


def test_a_file_that_is_not_utf8_is_named_with_the_byte(tmp_path: Path) -> None:
    (tmp_path / "room.toml").write_bytes(b"[room]\n# caf\xe9")
    with pytest.raises(ConfigError, match=r"is not UTF-8 \(byte 12\)"):
        load(tmp_path / "room.toml")


def test_a_byte_order_mark_is_an_error_that_speaks(tmp_path: Path) -> None:
    (tmp_path / "room.toml").write_bytes(b"\xef\xbb\xbf[room]\n")
    with pytest.raises(ConfigError, match="is not TOML"):
        load(tmp_path / "room.toml")


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parse("", "x").room = Config().room  # type: ignore[misc]


keys = st.sampled_from(
    ["room", "camera", "front", "url", "meeting", "new", "hosts", "api", "listen", "presets", "1"]
)
values = st.sampled_from(
    ["1", "-0", "nan", "'x'", "[]", "[1, 'a']", "{ a = 1 }", "1979-05-27", "true", '"\\u0000"']
)
lines = st.one_of(
    st.builds(lambda path: f"[{'.'.join(path)}]", st.lists(keys, min_size=1, max_size=4)),
    st.builds(
        lambda path, value: f"{'.'.join(path)} = {value}", st.lists(keys, min_size=1), values
    ),
    st.text(max_size=20),
)


@given(st.one_of(st.text(), st.lists(lines, max_size=8).map("\n".join)))
def test_any_text_is_a_configuration_or_an_error_that_names_the_file(text: str) -> None:
    error = None
    try:
        assert isinstance(parse(text, "bamboo.toml"), Config)
    except ConfigError as raised:
        error = raised
    assert error is None or str(error).startswith("bamboo.toml:")


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a = " + "1" * 5000, "[" * 100_000])
def test_a_file_that_would_break_the_reader_is_refused(text: str) -> None:
    assert re.match(r"bamboo\.toml(:1)?: is n", why(text))


def test_a_listening_address_is_split() -> None:
    assert ApiTable(listen="0.0.0.0:80").address == ("0.0.0.0", 80)
    assert ApiTable(listen="[::]:0").address == ("::", 0)


def test_systemd_and_the_desktop_say_where_things_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("STATE_DIRECTORY", "RUNTIME_DIRECTORY", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config.state_path() == tmp_path / ".local/state/roomctl"
    assert config.runtime_path().parent == Path("/tmp")
    monkeypatch.setenv("XDG_STATE_HOME", "/x/state")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/x/run")
    assert config.state_path() == Path("/x/state/roomctl")
    assert config.runtime_path() == Path("/x/run/roomctl")
    assert screen_url(ScreenTable()) == "unix:/x/run/roomctl/screen.sock"
    assert screen_url(ScreenTable(url="unix:/y")) == "unix:/y"
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/roomctl:/other")
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/roomctl")
    assert config.state_path() == Path("/var/lib/roomctl")
    assert config.runtime_path() == Path("/run/roomctl")


def test_profiles_and_panel_are_found() -> None:
    for name in ("firmware_profiles", "web"):
        assert stat.S_ISDIR(data_path(name).stat().st_mode)


@pytest.mark.parametrize(
    ("screen", "expected"),
    [
        ("", None),
        ('panel = "none"', None),
        ('room = "HDMI-A-1"', None),
        ('room = "HDMI-A-1"\npanel = "HDMI-A-1"', None),
        ('room = "HDMI-A-1"\npanel = "DSI-1"', "DSI-1"),
        ('panel = "DSI-1"', "DSI-1"),
    ],
)
def test_the_panel_has_an_output_only_if_it_is_another_than_the_rooms(
    screen: str, expected: str | None
) -> None:
    found = parse(f"[screen]\n{screen}", "room.toml").screen
    assert found is not None
    assert found.panel_output == expected


@pytest.mark.parametrize(
    "line",
    [
        '[screen]\nroom = "HDMI A 1"',
        '[screen]\npanel = ""',
        '[room]\nphone = "yes"',
        '[api]\nurl = "bamboo.example.org"',
        '[api]\nurl = "http://bamboo.example.org/room"',
        '[api]\nurl = "http://user@bamboo.example.org"',
    ],
)
def test_an_output_or_an_address_of_another_form_is_refused(line: str) -> None:
    with pytest.raises(ConfigError):
        parse(line, "room.toml")


@pytest.mark.parametrize(
    ("table", "encrypted"),
    [
        ('listen = "127.0.0.1:8080"', False),
        ('listen = "[::1]:8080"', False),
        ('listen = "localhost:8080"', False),
        ('listen = "0.0.0.0:8080"', True),
        ('listen = "[::]:8080"', True),
        ('listen = "192.0.2.7:8080"', True),
        ('listen = "bamboo:8080"', True),
        ('listen = "0.0.0.0:8080"\ntls = "off"', False),
    ],
)
def test_https_is_spoken_wherever_others_can_come_from(table: str, encrypted: bool) -> None:
    assert parse(f"[api]\n{table}", "room.toml").api.encrypted is encrypted


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (
            'listen = "0.0.0.0:8080"\nurl = "http://bamboo"',
            "other devices reach this room only by https",
        ),
        ('tls_key = "/k.pem"', "needs tls_certificate, too"),
        ('tls_certificate = "/c.pem"', "needs tls_key, too"),
        ('tls = "off"\ntls_key = "/k"\ntls_certificate = "/c"', "tls = 'off' uses no"),
        ('trusted_proxies = ["0.0.0.0/0"]', "means everyone"),
        ('trusted_proxies = ["::/0"]', "means everyone"),
        ('trusted_proxies = ["proxy.example.org"]', "is not an address or a network"),
        ('trusted_proxies = ["10.0.0.1/8"]', "is not an address or a network"),
    ],
)
def test_an_api_table_that_would_not_be_safe_is_refused(table: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        parse(f"[api]\n{table}", "room.toml")
