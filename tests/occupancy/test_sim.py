from roomctl.occupancy.driver import profiles
from roomctl.occupancy.profile import OccupancyProfile
from roomctl.occupancy.sim import SimSensor


def outputs(sensor: SimSensor, start: float, seconds: float) -> list[tuple[float, bytes]]:
    """Let time pass as a pump would; return what was said, and when."""
    said, now, end = [], start, start + seconds
    while now <= end:
        sensor.tick(now)
        while (data := sensor.outbox(now)) is not None:
            said.append((round(now - start, 3), data))
        due = sensor.due()
        if due is None:
            break
        now = max(due, now + 1e-6)
    return said


def edges(said: list[tuple[float, bytes]]) -> list[tuple[int, bytes]]:
    """Return only what differs from what was said before it, by whole seconds."""
    last, found = b"", []
    for at, data in said:
        if data != last:
            found.append((round(at), data))
        last = data
    return found


def single(profile: OccupancyProfile) -> OccupancyProfile:
    return profile.model_copy(update={"retrigger": False})


def test_the_level_is_told_at_once_and_every_second() -> None:
    said = outputs(SimSensor(profiles()["generic"]), 10.0, 3.5)
    assert said == [(0.0, b"0"), (1.0, b"0"), (2.0, b"0"), (3.0, b"0")]


def test_a_bare_sensor_follows_the_motion() -> None:
    sensor = SimSensor(profiles()["panasonic_ekmb"])
    outputs(sensor, 0.0, 0.5)
    sensor.set(True, 1.0)
    sensor.set(False, 1.5)
    assert [data for _, data in outputs(sensor, 1.5, 0.0)][-2:] == [b"1", b"0"]


def test_an_hc_sr501_holds_its_output_after_the_last_motion() -> None:
    sensor = SimSensor(profiles()["hc-sr501"])
    sensor.set(True, 0.0)
    outputs(sensor, 0.0, 5.0)
    sensor.set(False, 5.0)
    assert edges(outputs(sensor, 5.0, 30.0))[1:] == [(15, b"0")]


def test_motion_within_the_hold_prolongs_it() -> None:
    sensor = SimSensor(profiles()["hc-sr501"])
    sensor.set(True, 0.0)
    sensor.set(False, 1.0)
    sensor.set(True, 10.0)
    sensor.set(False, 11.0)
    assert edges(outputs(sensor, 11.0, 30.0))[-1] == (15, b"0")


def test_an_hc_sr501_sees_nothing_for_three_seconds_after_its_output_fell() -> None:
    sensor = SimSensor(profiles()["hc-sr501"])
    sensor.set(True, 0.0)
    sensor.set(False, 1.0)
    outputs(sensor, 1.0, 15.5)
    assert not sensor.output
    sensor.set(True, 17.0)
    assert not sensor.output
    assert edges(outputs(sensor, 17.0, 3.0)) == [(0, b"0"), (2, b"1")]


def test_without_retrigger_somebody_who_keeps_moving_is_lost_after_every_pulse() -> None:
    sensor = SimSensor(single(profiles()["am312"]))
    sensor.set(True, 0.0)
    assert edges(outputs(sensor, 0.0, 9.0)) == [
        (0, b"0"),
        (0, b"1"),
        (2, b"0"),
        (4, b"1"),
        (6, b"0"),
        (8, b"1"),
    ]


def test_a_silent_sensor_says_nothing_and_later_says_its_level_again() -> None:
    sensor = SimSensor(profiles()["generic"])
    outputs(sensor, 0.0, 0.5)
    sensor.silent = True
    assert outputs(sensor, 0.5, 10.0) == []
    sensor.silent = False
    assert outputs(sensor, 10.5, 1.1)[0][1] == b"0"


def test_a_sensor_that_is_never_asked_keeps_bounded_memory() -> None:
    sensor = SimSensor(single(profiles()["am312"]))
    sensor.set(True, 0.0)
    for second in range(10_000):
        sensor.tick(float(second))
    assert len(sensor._says) < 20
