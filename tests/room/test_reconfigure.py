"""Another room.toml while a room runs: what it leaves as it is goes on, the rest begins anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from roomctl.app import parse
from roomctl.camera.profile import CameraTable
from roomctl.config import AlertTable, Config
from roomctl.errors import ConfigError, Refused
from roomctl.room.alert_words import AlertMessage
from roomctl.store import Store
from roomctl.wire import Port
from tests.invented import invented
from tests.room.rig import BAMBOO, CAMERA, Calendar, House, living, simulated
from tests.room.test_bookings import booking

BACK = '[camera.back]\nurl = "serial:/dev/ttyUSB1"\nprofile = "sony_brc300"\n'
NEIGHBOUR = '[[door.neighbours]]\nname = "Oak"\nurl = "https://oak"\ntoken = "a-token-of-the-oak"\n'
LAMP = '[output.lamp]\nurl = "sim:lamp"\non = "in_call"\n'


class Counted:
    """Hardware that counts how often each device was opened."""

    def __init__(self, text: str = BAMBOO) -> None:
        self.hardware, self.opened = simulated(text), dict[str, int]()

    async def connect(self, name: str, url: str) -> Port:
        self.opened[name] = self.opened.get(name, 0) + 1
        return await self.hardware.connect(name, url)


async def take(house: House, text: str, feed: Calendar | None = None) -> tuple[list[str], set[str]]:
    """Have the room run a text; return what began anew, and what went on."""
    found = await house.room.reconfigure(parse(text, "room.toml"), feed)
    return [*found.restarted, *found.added], {*found.unchanged}


def changes() -> Iterator[tuple[str, str, str]]:
    """Yield what is written in place of what, and the part that begins anew."""
    yield "vacancy_delay_s = 30", "vacancy_delay_s = 45", "occupancy.ceiling"
    yield 'presets = { 2 = "Door", 1 = "Table" }', 'presets = { 1 = "Sofa" }', "camera.front"
    yield '"usb:0b0e:2456"', '"usb:291a:3301"', "speakerphone.table"
    yield "unix:/run/screen.sock", "unix:/run/other.sock", "screen"
    yield "Bamboo", "Pine", "room"
    yield "Weekly", "Daily", "meeting"
    yield "[room]", "[rules]\nend_call_s = 600\n[room]", "rules"
    yield "[room]", "[audio]\nstart_muted = true\n[room]", "audio"
    yield "[room]", "[history]\nkeep = false\n[room]", "history"
    yield "[room]", "[look]\ntheme = 'dark'\n[room]", "look"
    yield "[room]", f"{NEIGHBOUR}[room]", "door"
    yield "[room]", "[calendar]\njoin_before_s = 60\n[room]", "calendar"


@pytest.mark.parametrize(("old", "new", "part"), [*changes()], ids=[one[2] for one in changes()])
@invented
async def test_only_what_is_changed_begins_anew(old: str, new: str, part: str) -> None:
    counted = Counted()
    async with living(on=counted.hardware, connect=counted.connect) as house:
        before = dict(counted.opened)
        restarted, unchanged = await take(house, BAMBOO.replace(old, new))
        assert restarted == [part]
        assert part not in unchanged
        assert {"camera.front", "speakerphone.table", "screen"} - {part} <= unchanged
        await house.until(lambda: all(one.status == "online" for one in house.document.devices))
        again = {name for name, count in counted.opened.items() if count > before.get(name, 0)}
        device = part.partition(".")[2] or part
        assert again <= {part, device}


@invented
async def test_the_name_of_a_room_changes_by_a_patch_and_no_device_notices() -> None:
    async with living() as house:
        with house.room.watch() as told:
            await take(house, BAMBOO.replace("Bamboo", "Pine"))
            await house.until(lambda: house.document.identity.display_name == "Pine")
            sections = set[str]()
            while not told.empty():
                sections |= told.get_nowait().sections.keys()
        assert "identity" in sections
        assert "devices" not in sections


@invented
async def test_a_camera_comes_and_goes_while_another_one_is_held() -> None:
    counted = Counted()
    async with living(on=counted.hardware, connect=counted.connect) as house:
        beat = iter(range(1000))

        def hold() -> bool:
            house.room.hold("finger", next(beat), "panel", "front", (1.0, 0.0, 0.0, 0.0), 3.0)
            return house.camera.moving

        await house.until(hold)
        with_two = BAMBOO + BACK
        restarted, _ = await take(house, with_two)
        assert restarted == ["camera.back"]
        await house.until(lambda: hold() and house.device("camera.back").status == "online")
        assert [one.name for one in house.document.cameras] == ["front", "back"]
        assert (await house.ask("camera.home", camera="back")).status == "done"

        await take(house, BAMBOO)
        await house.until(lambda: hold() and len(house.document.cameras) == 1)
        assert counted.opened["camera.front"] == 1
        assert (await house.ask("camera.home", camera="back")).status == "refused"


@invented
async def test_a_camera_that_is_taken_away_while_it_is_held_stops() -> None:
    async with living(BAMBOO + BACK) as house:
        await house.until(lambda: house.device("camera.front").status == "online")
        camera = house.camera
        house.room.hold("finger", 1, "panel", "front", (1.0, 0.0, 0.0, 0.0), 5.0)
        await house.until(lambda: camera.moving)
        await take(house, BAMBOO.replace(CAMERA, "") + BACK)
        assert not camera.moving
        house.room.cameras.drop("panel")  # whoever held it goes away afterwards


@invented
async def test_a_call_goes_on_when_a_sensor_and_the_favourites_change() -> None:
    async with living() as house:
        await house.join()
        page = house.screen.page
        assert page is not None
        text = BAMBOO.replace("vacancy_delay_s = 30", "vacancy_delay_s = 60")
        await take(house, text.replace("Weekly", "Daily"))
        await house.always(lambda: house.document.meeting.state == "in_call", 5.0)
        assert house.screen.page is not None
        assert house.screen.page.id == page.id
        assert [one.name for one in house.document.favourites] == ["Daily"]


@invented
async def test_an_output_of_its_own_kind_comes_and_obeys() -> None:
    async with living() as house:
        assert house.document.outputs == ()  # type: ignore[attr-defined]
        await take(house, BAMBOO + LAMP)
        await house.until(lambda: house.device("output.lamp").status == "online")
        await house.join()
        await house.until(lambda: house.document.outputs[0].on)  # type: ignore[attr-defined]


@invented
async def test_what_cannot_be_built_changes_nothing() -> None:
    counted = Counted()
    async with living(on=counted.hardware, connect=counted.connect) as house:
        before, document = dict(counted.opened), house.document
        for wrong in (
            BAMBOO.replace("sony_srg300h", "sony_nonesuch"),
            BAMBOO + '[output.lamp]\nurl = "serial:/dev/ttyUSB9"\non = "in_call"\n',
            BAMBOO.replace('platform = "jitsi"', 'platform = "jitzi"'),
        ):
            with pytest.raises(ConfigError):
                await take(house, wrong)
            assert house.room.config == parse(BAMBOO, "room.toml")
        await house.until(lambda: all(one.status == "online" for one in house.document.devices))
        assert house.document.platforms == document.platforms
        stopped = {"camera.front"}  # of the last one nobody knew before it was begun
        assert {n for n, count in counted.opened.items() if count > before[n]} <= stopped


@invented
async def test_what_fails_as_soon_as_it_begins_is_put_back() -> None:
    counted = Counted()

    async def faulty(name: str, url: str) -> Port:
        if "ttyUSB7" in url:
            raise RuntimeError("a fault of our own")
        return await counted.connect(name, url)

    async with living(on=counted.hardware, connect=faulty) as house:
        with pytest.raises(Refused, match="failed at its start") as refused:
            await take(house, BAMBOO.replace("ttyUSB0", "ttyUSB7").replace("Bamboo", "Pine"))
        assert refused.value.code == "config_failed"
        await house.until(lambda: house.device("camera.front").status == "online")
        assert house.document.identity.display_name == "Bamboo"
        assert house.room.config.every(CameraTable)["front"].url.endswith("ttyUSB0")


@invented
async def test_what_cannot_be_written_down_is_put_back() -> None:
    async def full() -> None:
        raise Refused("room", "storage", "no space")

    async with living() as house:
        after: Config = parse(BAMBOO.replace("Bamboo", "Pine") + BACK, "room.toml")
        with pytest.raises(Refused, match="no space"):
            await house.room.reconfigure(after, None, full)
        await house.until(lambda: house.document.identity.display_name == "Bamboo")
        await house.until(lambda: len(house.document.cameras) == 1)


@invented
async def test_another_calendar_is_read_at_once_and_none_shows_none() -> None:
    first, second = Calendar([booking("a", 5)]), Calendar([booking("b", 10)])
    async with living(feed=first) as house:
        await house.until(lambda: [one.id for one in house.document.bookings] == ["a"])
        await take(house, BAMBOO, second)
        await house.until(lambda: [one.id for one in house.document.bookings] == ["b"])
        await take(house, BAMBOO, None)
        await house.until(lambda: not house.document.bookings)


@invented
async def test_a_receiver_of_webhooks_comes_and_goes() -> None:
    told = list[str]()

    async def post(table: object, event_id: str, body: bytes, at: object) -> None:
        told.append(event_id)

    hook = (
        '[[webhook]]\nurl = "https://example.org/"\nsecret = "a-secret-of-one-receiver"\n'
        'events = ["occupancy.changed"]\n'
    )
    async with living(post=post) as house:
        await house.act("occupancy.ceiling", "walk_in")
        await house.until(lambda: house.document.occupancy.state == "occupied")
        assert told == []
        assert (await take(house, BAMBOO + hook))[0] == ["webhook"]
        await house.act("occupancy.ceiling", "leave")
        await house.until(lambda: told, 120.0)
        await take(house, BAMBOO)
        told.clear()
        await house.act("occupancy.ceiling", "walk_in")
        await house.until(lambda: house.document.occupancy.state == "occupied")
        await house.always(lambda: not told, 20.0)


@invented
async def test_people_who_are_told_come_and_go_and_are_told_nothing_twice(tmp_path: Path) -> None:
    told: list[str] = []

    async def send(table: AlertTable, message: AlertMessage, at: object) -> None:
        told.append(message.title)

    desk = '[alert.desk]\nurl = "wecom:0123456789abcdef"\n'
    async with living(BAMBOO, send=send, store=Store(tmp_path)) as house:
        await house.act("camera.front", "unplug")
        assert (await take(house, BAMBOO + desk))[0] == ["alert"]
        await house.until(lambda: told, 120.0)
        assert (await take(house, BAMBOO))[0] == ["alert"]
        assert (await take(house, BAMBOO + desk))[0] == ["alert"]
        await house.always(lambda: len(told) == 1, 600.0)
