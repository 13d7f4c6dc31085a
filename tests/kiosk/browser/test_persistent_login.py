"""A sign-in that is kept, where a room wants it: whole, private, and nothing else of a profile."""

import asyncio
import contextlib
import itertools
import queue
import sqlite3
import stat
from pathlib import Path

import pytest

from roomctl.kiosk.browser.persistent_login import PersistentLogin, base
from roomctl.screen.protocol import LeaveMeeting, OpenMeeting, PagePhase, ScreenReason
from tests.kiosk.agency import Agency
from tests.kiosk.site import Answering, Loopback
from tests.kiosk.sound_server import needed

SECRET = "geheim-4711"
_ids = itertools.count(1)


def profile(place, **files):
    default = place / "Default"
    default.mkdir(parents=True)
    for name, text in files.items():
        (default / name).write_text(text)
    return place


def test_cookies_and_storage_come_back_and_history_does_not(tmp_path):
    used = profile(tmp_path / "used", Cookies="signed in", History=f"https://x/?pwd={SECRET}")
    (used / "Default" / "Local Storage" / "leveldb").mkdir(parents=True)
    (used / "Default" / "Local Storage" / "leveldb" / "1.log").write_text("stored")
    keep = PersistentLogin(tmp_path / "kept", "zoom")
    keep.save(used)
    new = profile(tmp_path / "new")
    PersistentLogin(tmp_path / "kept", "zoom").bring(new)
    found = {path.name for path in (new / "Default").iterdir()}
    assert found == {"Cookies", "Local Storage"}
    assert (new / "Default" / "Cookies").read_text() == "signed in"
    kept = [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert not [path for path in kept if SECRET in path.read_text()]
    assert stat.S_IMODE((tmp_path / "kept" / "zoom").stat().st_mode) == 0o700


def test_one_platforms_sign_in_is_not_anothers(tmp_path):
    PersistentLogin(tmp_path / "kept", "zoom").save(profile(tmp_path / "used", Cookies="zoom's"))
    new = profile(tmp_path / "new")
    PersistentLogin(tmp_path / "kept", "teams").bring(new)
    assert list((new / "Default").iterdir()) == []


def test_the_latest_is_kept_whatever_a_run_that_died_left(tmp_path):
    keep = PersistentLogin(tmp_path / "kept", "zoom")
    keep.save(profile(tmp_path / "one", Cookies="old"))
    (tmp_path / "kept" / ".zoom.new").mkdir()
    (tmp_path / "kept" / ".zoom.new" / "Cookies").write_text("half")
    keep.save(profile(tmp_path / "two", Cookies="new"))
    new = profile(tmp_path / "new")
    keep.bring(new)
    assert (new / "Default" / "Cookies").read_text() == "new"
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["zoom"]


@pytest.mark.parametrize("name", ["", "..", "a/b", "Zoom", "x" * 33])
def test_a_name_is_a_platforms_key(tmp_path, name):
    with pytest.raises(ValueError, match="platform's key"):
        PersistentLogin(tmp_path, name)


def test_it_is_kept_in_the_users_state_folder():
    assert base({"HOME": "/home/kiosk"}) == Path("/home/kiosk/.local/state/roomctl/signed-in")
    assert base({"XDG_STATE_HOME": "/var/lib/k"}) == Path("/var/lib/k/roomctl/signed-in")


_COOKIES = ("who=room; Priority=High", *(f"c{n}=1; Priority=Low" for n in range(700)))


class Site(Loopback):
    """Signs everybody in who is not, for a year, and tells who came.

    With so many cookies beside it that Chromium writes them at once: 512 changes do not wait for
    the half minute that others do.
    """

    def __init__(self):
        self.came = queue.Queue()
        site = self

        class Handler(Answering):
            def get(self):
                came = self.headers.get("Cookie")
                if self.path.startswith("/meeting"):
                    meeting = self.path.partition("?")[0]
                    site.came.put((meeting, came and ("who=room" in came.split("; "))))
                cookies = () if came else _COOKIES
                headers = [("Set-Cookie", f"{one}; Max-Age=31536000") for one in cookies]
                self.answer(200, "<!doctype html><title>meeting</title>", headers=headers)

        super().__init__(Handler)


@pytest.fixture
def agency():
    needed("chromium")
    agency = Agency()
    yield agency.start(surroundings={"XDG_STATE_HOME": str(agency.place)})
    agency.close()


@pytest.fixture
def site():
    site = Site()
    yield site
    site.close()


async def meet(daemon, site, keep, *, until=None):
    """Come and leave; return whether the sign-in came along, None if no cookie did."""
    number = next(_ids)
    url = f"{site.origin}/meeting{number}?pwd={SECRET}"
    order = OpenMeeting(number, url, site.origin, False, "Bamboo", login=keep)
    daemon.say(order)
    page = await daemon.page(lambda page: page.phase is PagePhase.OPEN)
    assert (page.phase, page.reason) == (PagePhase.OPEN, None)
    meeting, came = "", None
    while meeting != f"/meeting{number}":  # a browser may have fetched an earlier one twice
        meeting, came = await asyncio.to_thread(site.came.get, timeout=60)
    if until is not None:
        await until()
    daemon.say(LeaveMeeting(order.id))
    page = await daemon.page(lambda page: False)
    assert page.reason is ScreenReason.LEFT
    return came


def written(place):
    """Whether the browser has written its cookie to its profile."""
    for file in place.glob("roomctl-meeting-*/profile/Default/Cookies"):
        with contextlib.suppress(sqlite3.Error):
            base = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
            with contextlib.closing(base):
                return bool(base.execute("SELECT 1 FROM cookies WHERE name = 'who'").fetchall())
    return False


@pytest.mark.browser
async def test_who_is_signed_in_stays_so_where_the_room_wants_it_and_only_there(agency, site):
    async def on_disk():
        async with asyncio.timeout(60):
            while not written(agency.place):
                await asyncio.sleep(0.2)

    async with agency.daemon() as daemon:
        assert await meet(daemon, site, "zoom", until=on_disk) is None
        assert await meet(daemon, site, "zoom") is True
        assert await meet(daemon, site, "zoom") is True
        assert await meet(daemon, site, "") is None
        assert await meet(daemon, site, "teams") is None
    kept = [path for path in agency.place.rglob("*") if path.is_file()]
    assert not [path for path in kept if SECRET.encode() in path.read_bytes()]


@pytest.mark.browser
async def test_what_is_no_platforms_key_opens_nothing(agency, site):
    async with agency.daemon() as daemon:
        daemon.say(OpenMeeting(next(_ids), site.origin, site.origin, True, "", login="../x"))
        page = await daemon.page(lambda page: page.phase is PagePhase.OPEN)
        assert (page.phase, page.reason) == (PagePhase.FAILED, ScreenReason.BAD_URL)
