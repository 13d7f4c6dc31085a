import asyncio
import contextlib
from datetime import UTC, datetime

import pytest

from roomctl.clock import SystemClock, VirtualClock
from roomctl.device import Status
from roomctl.errors import ConfigError, Refused
from roomctl.occupancy import Presence, Sensor, sensors
from roomctl.occupancy.driver import profiles
from roomctl.occupancy.profile import OccupancyProfile, OccupancyTable
from roomctl.occupancy.report import SensorReport
from roomctl.occupancy.sim import SimRadar, SimReported, SimSensor, sim_sensor
from roomctl.wire import Chunk, Identity, Machine, Port, Virtual, pair, pump

URL = "gpio:17"


def sim_profile(**facts: object) -> OccupancyProfile:
    plain: dict[str, object] = {"name": "sensor", "match": (), "source": "none: made up for a test"}
    plain |= {"verified": "manual", "kind": "pir", "polarity": "high", "retrigger": True}
    plain |= {"warm_up_s": 0.0, "output_hold_s": 0.0, "block_s": 0.0}
    return OccupancyProfile.model_validate(plain | facts)


class Rig:
    """A sensor's driver against a simulated sensor, in invented time."""

    def __init__(
        self,
        profile: OccupancyProfile,
        *,
        start_s: float = 1000.0,
        url: str = URL,
        max_age_s: float | None = None,
    ) -> None:
        self.clock = VirtualClock(datetime(2026, 3, 2, 9, tzinfo=UTC), mono_s=start_s)
        self.told: list[tuple[str, bool, float]] = []
        self.changes = 0
        self.sensor = Sensor(
            "ceiling",
            url,
            profile,
            self._connect,
            self.clock,
            self._changed,
            self._level,
            max_age_s=max_age_s,
        )
        self.far = sim_sensor(profile)
        self.machine: Machine = self.sensor.machine(Identity(url=URL))
        self.room = Virtual(self.machine, self.far, now=start_s)

    def run(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.room.run(seconds)

    def set(self, level: bool) -> None:
        self.far.set(level, self.room.now)

    def reopen(self) -> None:
        """Lose the port, and open it anew."""
        self.sensor.lost()
        self.machine = self.sensor.machine(Identity(url=self.sensor.url))
        self.room = Virtual(self.machine, self.far, now=self.room.now)

    @property
    def levels(self) -> list[bool]:
        return [level for _, level, _ in self.told]

    async def _connect(self, name: str, url: str) -> Port:
        raise NotImplementedError

    def _changed(self) -> None:
        self.changes += 1

    def _level(self, sensor: str, level: bool, at: float) -> None:
        self.told.append((sensor, level, at))


def test_the_first_level_proves_the_sensor() -> None:
    rig = Rig(sim_profile())
    assert rig.sensor.health.status is Status.STARTING
    rig.run(0.1)
    assert rig.sensor.health.status is Status.ONLINE
    assert rig.told == [("ceiling", False, 1000.0)]
    assert rig.sensor.level is False


def test_the_level_is_told_every_second_but_the_room_changes_only_with_it() -> None:
    rig = Rig(sim_profile())
    rig.run(0.1)
    before = rig.changes
    rig.run(10.0)
    assert 10 <= len(rig.told) <= 11
    assert rig.changes == before
    rig.set(True)
    rig.run(1.0)
    assert rig.changes == before + 1
    assert rig.sensor.level is True


def test_a_sensor_whose_output_is_low_when_it_sees_somebody_is_read_right() -> None:
    rig = Rig(sim_profile(polarity="low"))
    rig.run(0.1)
    assert rig.levels == [False]
    rig.set(True)
    rig.run(0.1)
    assert rig.levels == [False, True]


def test_a_level_that_stops_coming_for_three_seconds_is_no_reply_and_comes_back() -> None:
    rig = Rig(sim_profile())
    rig.run(5.0)
    rig.far.silent = True
    rig.run(2.9)
    assert rig.sensor.health.status is Status.ONLINE
    rig.run(1.2)
    assert rig.sensor.health.status is Status.OFFLINE
    assert rig.sensor.health.reason == "no_reply"
    assert rig.sensor.health.detail == (
        "ceiling: no level within 3 s on gpio:17; is it still wired?"
    )
    assert rig.sensor.level is None
    rig.far.silent = False
    rig.run(1.1)
    assert rig.sensor.health.status is Status.ONLINE


def test_a_sensor_that_never_says_a_level_is_no_reply_after_three_seconds() -> None:
    rig = Rig(sim_profile())
    rig.far.silent = True
    rig.run(3.1)
    assert rig.sensor.health.reason == "no_reply"


def test_what_a_sensor_says_while_warming_up_with_the_box_is_not_believed() -> None:
    rig = Rig(sim_profile(warm_up_s=60.0), start_s=5.0)
    rig.set(True)
    rig.run(50.0)
    assert rig.sensor.health.status is Status.ONLINE
    assert rig.told == []
    rig.run(6.0)
    assert rig.levels[0] is True


def test_a_daemon_started_long_after_the_box_waits_for_no_warm_up() -> None:
    rig = Rig(sim_profile(warm_up_s=60.0), start_s=5000.0)
    rig.run(0.1)
    assert rig.levels == [False]


def test_noise_on_the_line_is_not_a_level() -> None:
    rig = Rig(sim_profile())
    rig.machine.receive(Chunk(b"\xff?2", 1000.0))
    assert rig.told == []
    assert rig.sensor.health.status is Status.STARTING


def test_a_lost_port_forgets_the_level() -> None:
    rig = Rig(sim_profile())
    rig.run(0.1)
    rig.sensor.lost()
    assert rig.sensor.level is None


@pytest.mark.parametrize("stem", sorted(profiles()))
def test_somebody_who_keeps_moving_keeps_the_room_with_every_sensor_model(stem: str) -> None:
    rig = Rig(profiles()[stem])
    kind = profiles()[stem].kind
    presence = Presence({"ceiling": 30.0}, {"ceiling": kind})
    rig.run(1.0)
    rig.set(True)
    words = set()
    for _ in range(600):
        rig.run(1.0)
        for sensor, level, at in rig.told:
            presence.level(sensor, level, at)
        rig.told.clear()
        presence.tick(rig.room.now)
        words.add(presence.state.state)
    nobody = {"unknown"}  # what light and air never prove
    expected = {"door": {"occupied", "vacating"} | nobody, "light": nobody, "co2": nobody}
    assert words == expected.get(kind, {"occupied"})


def radar(stem: str = "ld2410") -> tuple[Rig, SimRadar]:
    rig = Rig(profiles()[stem])
    assert isinstance(rig.far, SimRadar)
    return rig, rig.far


@pytest.mark.parametrize("stem", ["ld2410", "ld2412", "ld2450"])
def test_a_radar_holds_whoever_sits_still_and_lets_go_of_whoever_left(stem: str) -> None:
    rig, far = radar(stem)
    rig.set(True)
    rig.run(2.0)
    assert rig.levels[-1] is True
    far.sitting = True
    rig.set(False)
    rig.run(3600.0)
    assert rig.levels[-1] is True
    far.sitting = False
    rig.run(10.0)
    assert rig.levels[-1] is False


def test_a_radars_phantom_is_nobody() -> None:
    rig, far = radar()
    far.phantom = True
    rig.run(600.0)
    assert set(rig.levels) == {False}
    assert rig.sensor.health.status is Status.ONLINE


def test_a_radar_tells_its_level_once_a_second_whatever_it_reports() -> None:
    rig, _ = radar()
    rig.run(60.0)
    assert 55 <= len(rig.told) <= 65


def test_a_radar_that_says_nothing_any_more_is_gone() -> None:
    rig, far = radar()
    rig.run(1.0)
    far.silent = True
    rig.run(3.2)
    assert rig.sensor.health.reason == "no_reply"


@pytest.mark.parametrize("stem", ["mhz19", "scd30"])
def test_a_co2_meter_is_asked_and_what_it_measures_says_whether_people_are_breathing(
    stem: str,
) -> None:
    rig = Rig(profiles()[stem])
    rig.run(5.0)
    assert (rig.sensor.co2_ppm, rig.levels[-1]) == (450, False)
    rig.set(True)
    rig.run(1200.0)
    assert rig.sensor.co2_ppm is not None
    assert rig.sensor.co2_ppm > 1000
    assert rig.levels[-1] is True
    assert len(rig.told) > 1000  # told again every second, as a pin is


@pytest.mark.parametrize("stem", ["mhz19", "scd30"])
def test_a_co2_meter_that_does_not_answer_is_no_reply_and_comes_back(stem: str) -> None:
    rig = Rig(profiles()[stem])
    rig.run(5.0)
    rig.far.silent = True
    rig.run(11.0)
    assert rig.sensor.health.reason == "no_reply"
    assert (rig.sensor.level, rig.sensor.co2_ppm) == (None, None)
    rig.far.silent = False
    rig.run(7.0)
    assert rig.sensor.health.status is Status.ONLINE


def counter(url: str = "api:counter", max_age_s: float | None = None) -> Rig:
    rig = Rig(profiles()["people_counter"], url=url, max_age_s=max_age_s)
    assert isinstance(rig.far, SimReported)
    rig.far.silent = True  # the test reports
    return rig


def test_what_is_reported_is_told_every_second_until_it_is_too_old_and_then_unknown() -> None:
    rig = counter(max_age_s=60.0)
    rig.sensor.report(SensorReport(True, 3))
    rig.run(59.0)
    assert (rig.sensor.level, rig.sensor.people) == (True, 3)
    assert len(rig.told) >= 58
    rig.run(2.0)
    assert (rig.sensor.level, rig.sensor.people) == (None, None)
    assert rig.sensor.health.detail == (
        "ceiling: no report within 60 s on api:counter; does it still report, and has it power?"
    )
    told = len(rig.told)
    rig.run(600.0)
    assert len(rig.told) == told
    rig.sensor.report(SensorReport(False, 0))
    assert (rig.sensor.level, rig.sensor.people) == (False, 0)
    assert rig.sensor.health.status is Status.ONLINE


def test_a_sensor_that_nobody_has_reported_yet_is_no_reply_after_ten_seconds() -> None:
    rig = counter()
    rig.run(10.1)
    assert rig.sensor.health.reason == "no_reply"
    assert "nothing has been reported yet" in str(rig.sensor.health.detail)


def test_a_sensor_that_is_reported_to_be_unavailable_is_unknown_at_once() -> None:
    rig = counter()
    rig.sensor.report(SensorReport(True, 3))
    rig.sensor.report(SensorReport(available=False))
    assert (rig.sensor.level, rig.sensor.health.reason) == (None, "no_reply")


def test_what_is_published_and_whether_it_can_be_reached_come_from_the_port() -> None:
    rig = counter("mqtt://broker/zones?availability=zones/availability&field=seats")
    rig.machine.receive(Chunk(b'={"seats": 4}', 1000.0))
    assert rig.sensor.people == 4
    rig.machine.receive(Chunk(b"=nonsense", 1001.0))
    assert rig.sensor.people == 4
    rig.machine.receive(Chunk(b"@offline", 1002.0))
    assert (rig.sensor.people, rig.sensor.health.reason) == (None, "no_reply")
    rig.machine.receive(Chunk(b"@online", 1003.0))
    assert rig.sensor.level is None  # reachable, and it has said nothing since
    rig.machine.receive(Chunk(b'={"seats": 0}', 1004.0))
    assert (rig.sensor.level, rig.sensor.people) == (False, 0)
    rig.run(80_000.0)  # announced sensors report seldom
    assert rig.sensor.level is False


@pytest.mark.parametrize("order", ["~@", "@~"])
def test_what_was_kept_says_nothing_of_a_sensor_that_is_offline(order: str) -> None:
    rig = counter("mqtt://broker/zones?availability=zones/availability")
    kept = {"~": b"~3", "@": b"@offline"}
    for kind in order:
        rig.machine.receive(Chunk(kept[kind], 1000.0))
    assert (rig.sensor.level, rig.sensor.people) == (None, None)
    rig.machine.receive(Chunk(b"=2", 1001.0))
    assert rig.sensor.people == 2


def test_what_a_broker_has_kept_is_as_old_as_it_was_however_often_it_comes_again() -> None:
    rig = counter("mqtt://broker/zones", max_age_s=60.0)
    rig.machine.receive(Chunk(b"~3", 1000.0))
    assert rig.sensor.people == 3
    for _ in range(5):  # the wire is lost every 20 s, and the broker sends what it has kept
        rig.run(20.0)
        rig.reopen()
        rig.machine.receive(Chunk(b"~3", rig.room.now))
    assert rig.sensor.people is None
    rig.machine.receive(Chunk(b"=3", rig.room.now))
    assert rig.sensor.people == 3


def test_only_a_sensor_at_api_takes_reports_and_only_while_it_is_open() -> None:
    for rig in (Rig(sim_profile()), counter("mqtt://broker/zones")):
        with pytest.raises(Refused, match="only one at api: is reported"):
            rig.sensor.report(SensorReport(True))
    rig = counter()
    rig.sensor.lost()
    with pytest.raises(Refused, match="is not open yet"):
        rig.sensor.report(SensorReport(True))


def test_an_edge_that_was_lost_is_counted_and_ten_of_them_are_too_many() -> None:
    rig = Rig(sim_profile())
    for number in range(10):
        assert rig.sensor.losing_since(rig.room.now) is None
        rig.machine.receive(Chunk(b"!1" if number % 2 else b"!0", rig.room.now + number))
    now = rig.room.now + 10
    assert (rig.sensor.lost_transitions, rig.sensor.losing_since(now)) == (10, rig.room.now)
    assert rig.sensor.losing_since(now + 3600.0) is None


@pytest.mark.parametrize(
    ("url", "profile", "says"),
    [
        ("gpio:99", None, r"wall\.url: gpio:99: there is no GPIO99; a Raspberry Pi has 0-27"),
        ("gpio:017", None, r"wall\.url: gpio:017 is already used by occupancy\.ceiling"),
        ("gpio:17?pull=up", None, "is already used by occupancy.ceiling"),
        ("gpio:3", None, "GPIO3 has a fixed pull-up; write pull=up"),
        ("gpio:18?pul=up", None, "unknown option 'pul'; did you mean 'pull'"),
        ("gpio:BOARD11", None, "is not gpio:NUMBER"),
        ("api:hall", "hc-sr501", "is wired; for api: and mqtt: use a profile"),
        ("gpiod:17", None, "is not gpiod:CHIP/LINE"),
        ("gpiod:gpiochip0/4?direction=out", None, "is an output"),
        ("mqtt://u:p@broker/hall", None, "write USER:PASSWORD into a file"),
        ("mqtt://broker/#", None, "one topic"),
        ("gpio:18", "people_counter", "needs api:NAME or mqtt://HOST/TOPIC"),
        ("gpio:18", "mhz19", "needs a serial line"),
        ("gpio:18", "ld2410", "needs a serial line.*use profile 'ld2410_out'"),
        ("serial:/dev/ttyAMA0", "hc-sr501", "needs a pin such as gpio:17, not"),
        ("serial:/dev/ttyUSB9?baud=256000", "ld2410", "is already used by occupancy.radar"),
        ("serial:/dev/./ttyUSB9", "ld2410", "is already used by occupancy.radar"),
        ("gpiod:gpiochip0/04", None, "is already used by occupancy.desk"),
        ("mqtt://BROKER:1883/hall", "people_counter", "is already used by occupancy.hall"),
    ],
)
def test_a_url_that_cannot_be_meant_is_named(url: str, profile: str | None, says: str) -> None:
    rig = Rig(sim_profile())
    tables = {
        "ceiling": OccupancyTable(url="gpio:17"),
        "radar": OccupancyTable(url="serial:/dev/ttyUSB9", profile="ld2410"),
        "desk": OccupancyTable(url="gpiod:gpiochip0/4"),
        "hall": OccupancyTable(url="mqtt://broker/hall", profile="people_counter"),
        "wall": OccupancyTable(url=url, profile=profile),
    }
    with pytest.raises(ConfigError, match=says):
        sensors(tables, rig._connect, rig.clock, rig._changed, rig._level)


@pytest.mark.parametrize(
    ("url", "opened"),
    [
        ("serial:/dev/ttyAMA0", "serial:/dev/ttyAMA0?baud=256000"),
        ("serial:/dev/ttyAMA0?baud=115200", "serial:/dev/ttyAMA0?baud=115200"),
    ],
)
def test_a_radars_line_has_its_speed_unless_the_file_says_another(url: str, opened: str) -> None:
    rig = Rig(sim_profile())
    tables = {"wall": OccupancyTable(url=url, profile="ld2410")}
    (made,) = sensors(tables, rig._connect, rig.clock, rig._changed, rig._level)
    assert made.url == opened


def test_a_sensor_is_made_for_every_table_with_its_profile() -> None:
    rig = Rig(sim_profile())
    tables = {
        "ceiling": OccupancyTable(url="gpio:17", profile="hc-sr501"),
        "door": OccupancyTable(url="gpio:27"),
    }
    made = sensors(tables, rig._connect, rig.clock, rig._changed, rig._level)
    assert [(sensor.name, sensor.url) for sensor in made] == [
        ("ceiling", "gpio:17"),
        ("door", "gpio:27"),
    ]
    assert [sensor.profile.name for sensor in made] == ["HC-SR501 PIR", "Occupancy sensor"]


def test_a_profile_that_does_not_exist_is_named_with_the_one_that_is_meant() -> None:
    rig = Rig(sim_profile())
    tables = {"ceiling": OccupancyTable(url="gpio:17", profile="hcsr501")}
    with pytest.raises(ConfigError, match=r"occupancy\.ceiling\.profile.*mean 'hc-sr501'"):
        sensors(tables, rig._connect, rig.clock, rig._changed, rig._level)


def test_a_hold_that_ends_while_the_sensor_is_still_blind_is_refused() -> None:
    rig = Rig(sim_profile())
    tables = {"ceiling": OccupancyTable(url="gpio:17", profile="hc-sr501", vacancy_delay_s=2.0)}
    with pytest.raises(
        ConfigError, match=r"ceiling\.vacancy_delay_s: 2 s is not longer than the 3 s"
    ):
        sensors(tables, rig._connect, rig.clock, rig._changed, rig._level)


async def test_a_sensor_on_a_real_loop_comes_online_and_goes_when_its_port_goes() -> None:
    clock = SystemClock()
    ends: list[Port] = []
    new = asyncio.Event()

    async def connect(name: str, url: str) -> Port:
        near, far = pair(url, clock)
        ends.append(far)
        new.set()
        return near

    changed = asyncio.Event()
    profile = sim_profile()
    sensor = Sensor("ceiling", URL, profile, connect, clock, changed.set, lambda *_: None)

    async def until(status: Status) -> None:
        while sensor.health.status is not status:
            changed.clear()
            await asyncio.wait_for(changed.wait(), 60.0)

    running = asyncio.ensure_future(sensor.run())
    await asyncio.wait_for(new.wait(), 60.0)
    far = asyncio.ensure_future(pump(ends[0], SimSensor(profile), asyncio.Event(), clock))
    await until(Status.ONLINE)
    await ends[0].close()
    await until(Status.OFFLINE)
    assert sensor.health.reason == "closed"
    for task in (running, far):
        task.cancel()
    await asyncio.gather(far, return_exceptions=True)
    with contextlib.suppress(asyncio.CancelledError):
        await running
