"""`roomctl migrate` for rooms in files: tables, JSON, calendars on the web, one bad among many."""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from roomctl.cli.main import app
from roomctl.migrate import rooms
from tests.booking.hostile import calendar, event

pytestmark = pytest.mark.real

NOW = datetime.now(UTC)
TODAY = NOW.astimezone(ZoneInfo("Asia/Shanghai")).date()  # of the room: its stages are days
ROOM = """[room]
display_name = "{name}"
timezone = "Asia/Shanghai"
[meeting]
platform = "zoom"
[meeting.new.zoom]
room_link = "https://zoom.us/j/91234567891"
"""
LEAVING = f"""[meeting.new.tencent]
room_link = "https://meeting.tencent.com/p/1234567890"
[meeting.leaving.zoom]
to = "tencent"
dual = {TODAY - timedelta(days=9)}
default = {TODAY - timedelta(days=2)}
join_only = {TODAY + timedelta(days=2)}
ended = {TODAY + timedelta(days=40)}
"""
ASKED = [
    "--from",
    "zoom",
    "--to",
    "tencent",
    "--room-link",
    "https://meeting.tencent.com/p/1234567890",
]


def booked(uid: str, days: int, text: str) -> str:
    start = NOW + timedelta(days=days)
    return event(
        uid,
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
        f"DTEND:{start + timedelta(hours=1):%Y%m%dT%H%M%SZ}",
        f"SUMMARY:评审 {uid}",
        "ORGANIZER;CN=王芳:mailto:wang.fang@example.com",
        f"LOCATION:{text}",
    )


AGENDA = calendar(
    booked("soon", 1, "https://zoom.us/j/91234567890"),
    booked("later", 20, "https://zoom.us/j/91234567890"),
    booked("late", 60, "https://zoom.us/j/91234567890"),
    booked("other", 60, "https://meet.jit.si/Elsewhere"),
)


class Web:
    """Serves the agenda at /room.ics, nothing at /never.ics, and a page elsewhere."""

    def __init__(self) -> None:
        self.over = threading.Event()
        web = self

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.startswith("/never.ics"):
                    web.over.wait(60)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(AGENDA if self.path == "/room.ics" else b"<html>Sign in</html>")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def web():
    web = Web()
    yield web
    web.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "agenda.ics").write_bytes(AGENDA)
    return tmp_path


def room(folder: Path, name: str, more: str = "", calendar_url: str | None = None) -> str:
    path = folder / f"{name}.toml"
    where = f'[calendar]\nurl = "{calendar_url}"\n' if calendar_url else ""
    path.write_text(ROOM.format(name=name) + where + more, encoding="utf-8")
    return str(path)


def run(*words: str, status: int = 0, zh: bool = False):
    env = {"LC_ALL": "zh_CN.UTF-8" if zh else "C.UTF-8"}
    result = CliRunner().invoke(app, ["migrate", *words], env=env)
    assert result.exit_code == status, result.output
    return result


def test_many_rooms_are_a_table_and_one_that_cannot_be_read_hides_none(folder: Path) -> None:
    agenda = folder / "agenda.ics"
    rooms = [f"{room(folder, '竹', LEAVING)}={agenda}", f"{room(folder, 'Pine')}={agenda}"]
    broken = folder / "broken.toml"
    broken.write_text("[room\n", encoding="utf-8")
    (folder / "cut.ics").write_bytes(AGENDA[:200])
    bad = [str(broken), f"{room(folder, 'Oak', LEAVING)}={folder / 'cut.ics'}", "missing.toml"]

    told = run("status", *bad[:1], *rooms, *bad[1:], status=1)
    lines = [line.split() for line in told.stdout.splitlines()]
    join_only = str(TODAY + timedelta(days=2))
    bamboo = next(line for line in lines if line[0] == "竹")
    assert bamboo[1:6] == ["zoom", "→", "tencent", "default", "join_only"], told.stdout
    assert bamboo[7:] == ["3", "1", "1"], join_only
    assert [line[0] for line in lines] == ["room", "竹", "Pine"]
    assert all(name in told.stderr for name in ("broken.toml", "Oak.toml", "missing.toml"))
    assert "3 of 5 rooms failed" in told.stderr

    found = json.loads(run("status", *rooms, *bad, "--json", status=1).stdout)
    assert [one["error"] is None for one in found] == [True, True, False, False, False]
    assert found[0]["moves"][0]["counts"] == {"fine": 1, "at_risk": 1, "dead": 1, "replaced": 0}
    assert found[0]["moves"][0]["organizers"] == {"王芳": 2}
    assert found[1]["moves"] == []

    planned = run("plan", *rooms[1:], *bad, *ASKED, status=1)
    assert planned.stdout.splitlines()[1].split()[:3] == ["Pine", "3", "3"]
    chinese = run("status", *rooms, *bad[:1], status=1, zh=True)
    assert chinese.stdout.startswith("会议室")
    assert "3 间会议室中有 1 间未成功" in chinese.stderr


def test_the_letters_of_many_rooms_are_one_a_person(folder: Path) -> None:
    rooms = [f"{room(folder, name)}={folder / 'agenda.ics'}" for name in ("Bamboo", "Pine")]
    run("plan", *rooms, *ASKED, "--letters", str(folder / "letters"))
    names = sorted(path.name for path in (folder / "letters").iterdir())
    assert names == ["0001-en.eml", "0001-zh-CN.eml", "letters.csv", "without-address.csv"]
    table = (folder / "letters/letters.csv").read_text("utf-8-sig")
    assert "wang.fang@example.com" in table
    assert "Bamboo, Pine" in table


def test_a_calendar_on_the_web_is_read_as_the_room_reads_it(folder: Path, web: Web) -> None:
    good = room(folder, "Bamboo", LEAVING, f"{web.url}/room.ics")
    page = room(folder, "Pine", LEAVING, f"{web.url}/page.ics?token=CANARY")
    gone = room(folder, "Elm", LEAVING, "https://calendar.invalid/CANARY.ics")
    idle = room(folder, "Ash", "", f"{web.url}/never.ics")  # leaves nothing: nothing is asked
    locked = room(folder, "Fir", LEAVING, "secret:calendar")
    found = json.loads(run("status", good, page, gone, idle, locked, "--json", status=1).stdout)
    assert [one["error"] is None for one in found] == [True, False, False, True, False]
    assert found[0]["moves"][0]["on_leaving"] == 3
    assert "is not an iCalendar file" in found[1]["error"]
    assert "calendar.invalid" in found[2]["error"]
    assert "secret 'calendar' is not in" in found[4]["error"]
    assert "CANARY" not in json.dumps(found)


def test_a_calendar_that_never_comes_costs_its_room_alone(
    folder: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "WEB_S", 0.5)
    late = room(folder, "Oak", LEAVING, f"{web.url}/never.ics?token=CANARY")
    read = f"{room(folder, 'Pine', LEAVING)}={folder / 'agenda.ics'}"
    found = json.loads(run("status", late, read, "--json", status=1).stdout)
    assert "within 0.5 s" in found[0]["error"]
    assert "CANARY" not in found[0]["error"]
    assert found[1]["moves"][0]["on_leaving"] == 3


def test_a_calendar_on_the_web_is_planned_for(folder: Path, web: Web) -> None:
    listed = [room(folder, f"r{n}", "", f"{web.url}/room.ics") for n in range(10)]
    found = json.loads(run("plan", *listed, *ASKED, "--json").stdout)
    assert [one["on_leaving"] for one in found] == [3] * 10
