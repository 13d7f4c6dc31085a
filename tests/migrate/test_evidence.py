"""What a plan is written as: nothing a spreadsheet runs, nothing lost of any script."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest

from roomctl import app
from roomctl.booking import Booking
from roomctl.errors import ConfigError, Refused
from roomctl.meeting.leaving import ExitStage, PlatformExit
from roomctl.migrate import ExitRequest, RoomFile, make_plan, stages
from roomctl.migrate.evidence import BOM, cell, csv_text, ics_text
from roomctl.migrate.rooms import RoomAccess, RoomToRead, plan_rooms
from roomctl.migrate.verdict import Verdict

NOW = datetime(2026, 11, 27, 1, tzinfo=UTC)
TEXT = """[room]
display_name = "竹 Bamboo"
timezone = "Asia/Shanghai"
[calendar]
room = "bamboo@acme.example"
[meeting]
platform = "zoom"
[meeting.new.zoom]
room_link = "https://zoom.us/j/91234567891?pwd=SECRET.1"
"""
ZOOM = "https://zoom.us/j/91234567890?pwd=SECRET.1"
ASKED = ExitRequest(
    "zoom", "quanshi", date(2026, 12, 1), date(2027, 1, 1), "https://n.qsh1.cn/d/Room01"
)
HARD = [
    *("=1+1", "+SUM(A1)", "-2", "@x", "\t=1", "\r=1", "＝1", " =cmd|' /C calc'!A0", "%0A=1"),
    *('a "quoted", text', "两行\n文字", "𠮷野家 🏢", "ü é ñ", "עברית", "a;b,c\\n", "\u202eevil"),
]


def booking(title="评审", organizer="王芳", days=10, text=ZOOM, **more):
    start = NOW + timedelta(days=days)
    fields = {"LOCATION": text}
    end = start + timedelta(hours=1)
    return Booking(f"{title}/{days}", title, organizer, start, end, fields, **more)


def plan(*bookings, text=TEXT, asked=ASKED, now=NOW):
    room = RoomFile("room.toml", text, app.parse(text, "room.toml"))
    return make_plan(room, asked, bookings, now)


def test_every_text_survives_csv_and_calendar_unchanged() -> None:
    made = plan(*(booking(title, f"{title}组", days=50) for title in HARD))
    data = csv_text([made]).encode()
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [row["title"].removeprefix("'") for row in rows] == HARD
    assert [row["organizer"].removeprefix("'") for row in rows] == [f"{one}组" for one in HARD]
    events = icalendar.Calendar.from_ical(ics_text([made])).walk("VEVENT")
    titles = [str(event["SUMMARY"]).removeprefix("[dead] ") for event in events]
    assert [title.strip() for title in titles] == [one.strip().replace("\r", "\n") for one in HARD]


@pytest.mark.parametrize("text", HARD[:9])
def test_a_spreadsheet_runs_no_cell(text: str) -> None:
    assert cell(text).startswith("'")
    assert cell("2026-12-01") == "2026-12-01"
    assert csv_text([]).startswith(BOM)


def test_no_line_of_a_calendar_is_longer_than_75_octets() -> None:
    written = ics_text([plan(booking("会议" * 90))])
    assert max(len(line.encode()) for line in written.split("\r\n")) <= 75


def test_the_report_has_no_passcode_and_nothing_private() -> None:
    made = plan(booking(), booking("Secret deal", "boss", days=20, private=True))
    said = f"{made.record()} {csv_text([made])} {ics_text([made])}"
    assert "SECRET" not in said
    assert "deal" not in "".join(f"{one.title}{one.organizer}" for one in made.bookings)


def test_the_report_says_before_after_and_why_something_was_not_moved() -> None:
    favourite = f'"zoom"\nfavourites = {{ "周会" = "{ZOOM}" }}\n'
    text = TEXT.replace('"zoom"\n', favourite, 1)
    text = text.replace("[room]", '[room]\nhelp = "Zoom 热线 8888"', 1)
    found = {one["kind"]: one for one in plan(text=text).record()["artefacts"]}
    told = {
        kind: (one["value"], one["after"], one["fate"], one["reason"])
        for kind, one in found.items()
    }
    assert told["default_platform"] == ("zoom", "quanshi", "moved", "at_default")
    assert told["room_link"][1:] == ("n.qsh1.cn", "moved", "at_dual")
    help_line = "Zoom 热线 8888"
    assert told["panel_text"] == (help_line, help_line, "by_hand", "words_of_people")
    assert told["favourite"][2:] == ("by_hand", "link_of_people")
    assert told["host_id"][2:] == ("by_hand", "number_of_vendor")
    assert told["firewall_name"][2:] == ("kept", "still_joined")
    assert "SECRET" not in str(found)


VERDICTS = {
    "nobody's": ("", "王芳", 50, Verdict.FINE),
    "elsewhere": ("https://meet.jit.si/Room", "王芳", 50, Verdict.FINE),
    "before": (ZOOM, "王芳", 1, Verdict.FINE),
    "own account": (ZOOM, "王芳", 20, Verdict.AT_RISK),
    "a guest's": (ZOOM, "li@partner.example", 20, Verdict.FINE),
    "one of the house": (ZOOM, "li@acme.example", 20, Verdict.AT_RISK),
    "after the end": (ZOOM, "li@partner.example", 50, Verdict.DEAD),
    "two links": (f"{ZOOM} or https://n.qsh1.cn/d/Ab12Cd34", "王芳", 50, Verdict.REPLACED),
}


@pytest.mark.parametrize("case", VERDICTS)
def test_a_booking_gets_the_verdict_of_its_day_and_link(case: str) -> None:
    text, organizer, days, verdict = VERDICTS[case]
    [one] = plan(booking("x", organizer, days, text)).bookings
    assert one.verdict is verdict


@pytest.mark.parametrize(
    ("name", "address", "verdict"),
    [
        ("Eve", "eve@partner.example", Verdict.FINE),
        ("eve@acme.example", "eve@partner.example", Verdict.FINE),
        ("Eve", "EVE@Mail.Acme.Example", Verdict.AT_RISK),
        ("eve@partner.example", "eve@acme.example", Verdict.AT_RISK),
        ("Eve", "eve@notacme.example", Verdict.FINE),
        ("eve@partner.example", "", Verdict.FINE),  # of an agenda that an earlier version kept
        ("Eve", "", Verdict.AT_RISK),
    ],
)
@pytest.mark.parametrize("private", [False, True])
def test_a_guest_is_recognised_by_the_address_not_the_name(
    name: str, address: str, verdict: Verdict, private: bool
) -> None:
    made = plan(booking("x", name, days=10, organizer_email=address, private=private))
    assert [one.verdict for one in made.bookings] == [verdict]
    (row,) = csv.DictReader(io.StringIO(csv_text([made], bom=False), newline=""))
    assert (row["organizer"], row["email"]) == (("", "") if private else (name, address))


OWN = 'room = "bamboo@acme.example"'
RESOURCE = 'room = "c_188@resource.calendar.google.com"'


@pytest.mark.parametrize(
    ("calendar", "own"),
    [
        (RESOURCE, False),
        ('url = "google:c_188@resource.calendar.google.com"', False),
        ('room = "bamboo@acme.onmicrosoft.com"', False),
        ('url = "graph:bamboo@acme.partner.onmschina.cn"', False),
        ("", False),
        (f'{RESOURCE}\nsubject = "admin@acme.example"', True),
        ('url = "graph:bamboo@acme.example"', True),
        ('url = "google:bamboo@acme.example"', True),
        ('url = "caldav:https://bamboo%40acme.example:a@dav.example.net/c/"', True),
        ('url = "caldav:https://bamboo:a%40b@dav.example.net/c/"', False),
        ('url = "ics:https://dav.example.net/bamboo@dav.example.net.ics"', False),
        ('url = "ics:/srv/bamboo@dav.example.ics"', False),
        (OWN, True),
    ],
)
def test_a_colleague_is_not_a_guest_if_the_room_has_a_vendors_domain(
    calendar: str, own: bool
) -> None:
    made = plan(
        booking("ours", "Li", organizer_email="li@acme.example"),
        booking("theirs", "Eve", organizer_email="eve@partner.example"),
        text=TEXT.replace(OWN, calendar),
    )
    told = [(one.verdict.value, one.reason.value) for one in made.bookings]
    unknown = ("at_risk", "unknown_account")
    assert told == ([("at_risk", "own_account"), ("fine", "guest")] if own else [unknown] * 2)


def test_the_organizer_of_the_rooms_own_bookings_is_internal() -> None:
    made = plan(
        booking("ours", "Li", organizer_email="li@acme.example"),
        booking("theirs", "Eve", organizer_email="eve@partner.example"),
        booking("own", "Bamboo", organizer_email="bamboo@acme.example", owned=True),
        text=TEXT.replace(OWN, RESOURCE),
    )
    told = [one.reason.value for one in made.bookings]
    assert told == ["own_account", "guest", "own_account"]


WAYS = {
    "dial_in": (
        "Zoom dial-in: +86 10 8783 3177",
        "Join Zoom by phone\n+13465550100,,81234567890#",
        "Find your local number: https://zoom.us/u/abc  +1 646 558 8656",
        "81234567890@zoomcrc.com",
        "sip:81234567890.123456@zoomcrc.com",
        "SIP: 812 3456 7890@zoomcrc.com",
        "H.323: 162.255.37.11##81234567890",
        "Ｚｏｏｍ：+86 10 8783 3177",
    ),
    "webinar": (
        "https://acme.zoom.us/w/91234567890?tk=x",
        "https://zoom.us/webinar/register/WN_abc",
        "https://zoom.us/j/91234567890\nWebinar ID: 912 3456 7890",
    ),
    "personal_room": ("https://zoom.us/my/wang.fang", "acme.zoom.us/my/wang.fang?pwd=abc"),
    "own_account": (
        ZOOM,
        "Zoom Meeting ID: 812 3456 7890\nDial +1 646 558 8656",
        f"{ZOOM} li@x.com",
    ),
}


@pytest.mark.parametrize(("way", "text"), [(way, text) for way in WAYS for text in WAYS[way]])
def test_each_way_into_a_meeting_is_in_the_plan_with_its_own_verdict(way: str, text: str) -> None:
    (one,) = plan(booking("x", "王芳", 20, text)).bookings
    assert (one.leaving, one.verdict, one.reason.value) == (True, Verdict.AT_RISK, way)
    (late,) = plan(booking("x", "王芳", 50, text)).bookings
    assert (late.leaving, late.verdict) == (True, Verdict.DEAD)
    (row,) = csv.DictReader(io.StringIO(csv_text([plan(booking(days=20, text=text))], bom=False)))
    assert row["reason"] == way


@pytest.mark.parametrize(
    "text",
    [
        "call +86 10 8783 3177",
        "li@zoomcrc.com.example",
        "+86 10 8783 3177 https://meet.jit.si/Room",
    ],
)
def test_an_unknown_number_is_on_no_platform(text: str) -> None:
    (one,) = plan(booking("x", "王芳", 20, text)).bookings
    assert (one.leaving, one.verdict) == (False, Verdict.FINE)


def test_rooms_of_a_house_may_have_a_domain_below_its_own() -> None:
    text = TEXT.replace("bamboo@acme", "bamboo@rooms.acme")
    made = plan(booking("x", "Eve", days=10, organizer_email="eve@acme.example"), text=text)
    assert [one.verdict for one in made.bookings] == [Verdict.AT_RISK]


def test_a_host_that_the_policy_names_goes_on_after_the_end() -> None:
    text = TEXT.replace('"zoom"\n', '"zoom"\nallow = ["*.zoom.com.cn", "zhumu", "quanshi"]\n', 1)
    oem = "https://acme.zoom.com.cn/j/91234567890"
    zhumu = "https://welink.zhumu.com/j/123456789"
    made = plan(booking(text=oem, days=50), booking("z", text=zhumu, days=50), text=text)
    assert [one.verdict for one in made.bookings] == [Verdict.FINE, Verdict.FINE]


REFUSED = {
    "unknown_platform": {"leaving": "zom"},
    "same_platform": {"to": "zoom", "room_link": None},
    "date_in_past": {"on": date(2026, 11, 26)},
    "date_order": {"ends": date(2026, 11, 30)},
    "no_room_link": {"room_link": None},
    "bad_room_link": {"room_link": "https://s1.qsh1.cn/a/Host1234"},
    "no_date": {"leaving": "whereby", "on": None, "ends": None},
}


@pytest.mark.parametrize("code", REFUSED)
def test_an_impossible_plan_is_refused_with_its_reason(code: str) -> None:
    with pytest.raises(Refused) as refused:
        plan(asked=replace(ASKED, **REFUSED[code]))
    assert refused.value.code == code


def test_a_target_that_the_policy_bars_is_refused() -> None:
    text = TEXT.replace('"zoom"\n', '"zoom"\ndeny = ["quanshi"]\n', 1)
    with pytest.raises(Refused, match="not allowed"):
        plan(text=text)


def test_a_file_with_an_exit_written_is_the_same_without_it() -> None:
    departure = PlatformExit("zoom", "quanshi", {ExitStage.DUAL: date(2026, 12, 1)})
    written = stages.written(TEXT, departure, 'https://n.qsh1.cn/d/a"\n[api]')
    assert stages.without(written) == TEXT
    assert stages.written(written, departure, "x") == stages.written(TEXT, departure, "x")
    config = app.parse(stages.written(TEXT, departure, "https://n.qsh1.cn/d/a"), "room.toml")
    assert config.meeting.leaving["zoom"].dual == date(2026, 12, 1)


def test_days_out_of_order_are_a_mistake_of_the_file() -> None:
    text = f"{TEXT}[meeting.leaving.zoom]\nto = 'quanshi'\ndual = 2026-12-02\nended = 2026-12-01\n"
    with pytest.raises(ConfigError, match="is before"):
        app.parse(text, "room.toml")


@pytest.mark.real
def test_rooms_are_planned_from_their_files_beside_each_other(tmp_path) -> None:
    calendar = (
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261220T010000Z\r\n"
        f"DTEND:20261220T020000Z\r\nSUMMARY:评审\r\nLOCATION:{ZOOM}\r\n"
        "RRULE:FREQ=WEEKLY;COUNT=3\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    (tmp_path / "a.ics").write_text(calendar, encoding="utf-8")
    (tmp_path / "cut.ics").write_text(calendar[:150], encoding="utf-8")
    (tmp_path / "room.toml").write_text(TEXT, encoding="utf-8")
    agendas = ["a.ics", "cut.ics", "missing.ics", "a.ics"]
    rooms = [RoomToRead(tmp_path / "room.toml", tmp_path / name) for name in agendas]
    found = plan_rooms(rooms, ASKED, NOW, RoomAccess(app.load, app.calendar), workers=2)
    assert [one.record is not None for one in found] == [True, False, False, True]
    assert found[0].record["counts"] == {"fine": 0, "at_risk": 2, "dead": 1, "replaced": 0}
    assert "cut_off" in found[1].error
    assert "missing.ics" in found[2].error
