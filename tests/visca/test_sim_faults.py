"""The simulated camera's faults: each shows what a real one did, and goes away again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.camera.profile import shipped
from roomctl.visca.sim import SimCamera, SimIp
from roomctl.visca.sim.faults import ACK, ANSWER, COMPLETION, misheard
from roomctl.wire import Chunk
from tests.examples import examples
from tests.visca.far import RIGHT, STOP, Far, whole

SET = "01043302"


@pytest.mark.parametrize(
    ("lost", "left"), [(ACK, ["9051"]), (COMPLETION, ["9041"]), ("[45].", []), ("", None)]
)
def test_any_reply_can_be_lost(lost: str, left: list[str] | None) -> None:
    far = Far()
    far.camera.lose = lost
    assert far.say(SET) == (["9041", "9051"] if left is None else left)


def test_one_reply_can_be_lost_once() -> None:
    far = Far()
    far.camera.lose_next = [ANSWER, ACK]
    assert far.say("090400") == []
    assert far.say("090400") == ["905002"]
    assert far.say(SET) == ["9051"]
    assert far.say(SET) == ["9041", "9051"]


def test_a_completion_can_come_twice() -> None:
    far = Far()
    far.camera.twice = COMPLETION
    assert far.say(SET) == ["9041", "9051", "9051"]


@pytest.mark.parametrize("words", ["52", "50", "6002", "38", "41"])
def test_anything_can_be_said_that_nobody_asked_for(words: str) -> None:
    far = Far()
    far.camera.say(words)
    assert [chunk.hex() for chunk in far.run()] == [f"90{words}ff"]


def test_an_ack_can_come_after_the_completion() -> None:
    far = Far()
    far.camera.ack_late_s = 0.2
    assert far.say(SET, 0.1) == ["9051"]
    assert [chunk.hex() for chunk in far.run(0.2)] == ["9041ff"]


def test_a_camera_without_acks_completes_without_a_socket() -> None:
    far = Far()
    far.camera.ack = "none"
    assert far.say(SET) == ["9050"]


@pytest.mark.parametrize("named", [0, 1])
def test_one_socket_can_be_named_for_all(named: int) -> None:
    far = Far()
    far.camera.names_socket = named
    assert far.say("01044704000000") == [f"904{named}"]
    assert far.say(SET) == [f"904{named}", f"905{named}"]


def test_the_quirks_of_a_profile_are_its_cameras_faults_from_the_start() -> None:
    profile = whole(quirks=("replies-as-2", "one-socket-for-all"))
    far = Far(profile)
    assert far.say("01044704000000") == ["a041"]
    assert far.say(SET) == ["a041", "a051"]


def test_another_header_is_said() -> None:
    far = Far()
    far.camera.header = "91"
    assert far.say("090400") == ["915002"]


def test_a_bridge_adds_an_error_to_every_answer() -> None:
    far = Far()
    far.camera.after_answer = "6002"
    assert far.say("090400") == ["905002", "906002"]
    assert far.say(SET) == ["9041", "9051"]


def test_not_executable_is_said_in_other_ways() -> None:
    far = Far()
    far.camera.refusal = "6241"
    assert far.say("01040800") == ["906241"]
    far.camera.acks_refusals = True
    assert far.say("01040800") == ["9041", "906241"]


def test_a_question_can_stay_without_answer() -> None:
    far = Far()
    far.camera.unanswered = "04.."
    assert far.say("090447") == []
    assert far.say("090002") != []
    far.camera.unknown = "6041"
    assert far.say("090999") == ["906041"]
    far.camera.unknown = ""
    assert far.say("090999") == []


def test_a_version_can_have_another_length() -> None:
    far = Far()
    far.camera.version = "0001" + "00" * 9
    assert far.ask("0002") == "0001" + "00" * 9


def test_cancel_can_be_refused() -> None:
    far = Far()
    far.camera.cancels = False
    far.camera.presets[0] = (170.0, 20.0, 0.0)
    far.say("01043f0200")
    assert far.say("21") == ["906002"]
    assert far.camera.moving


def test_a_second_command_hangs_a_vaddio_until_it_loses_power() -> None:
    far = Far()
    far.camera.hangs_on_second = True
    far.camera.presets[0] = (170.0, 20.0, 0.0)
    assert far.say("01043f0200") == ["9041"]
    assert far.say(SET, 60.0) == []
    assert far.say("090400") == []
    far.camera.power_cycle()
    far.run(2.0)
    assert far.ask("0400") == "02"


def test_a_camera_that_hangs_still_moves() -> None:
    far = Far()
    far.do(RIGHT)
    far.camera.hung = True
    assert far.say(STOP, 1.0) == []
    assert far.camera.moving


def test_a_camera_goes_dead_after_some_minutes_and_again_after_it_came_back() -> None:
    far = Far()
    far.camera.dies_after_s = 600.0
    far.run(599.0)
    assert far.ask("0400") == "02"
    far.run(2.0)
    assert far.say("090400") == []
    far.camera.power_cycle()
    far.run(5.0)
    assert far.ask("0400") == "02"
    far.run(600.0)
    assert far.say("090400") == []


def test_a_slow_camera_takes_a_message_some_cycles_late() -> None:
    far = Far()
    far.camera.lag_cycles = 3
    assert far.say(SET, 2.5 / 59.94) == []
    assert [chunk.hex() for chunk in far.run(1 / 59.94)] == ["9041ff", "9051ff"]


# The line.


def test_bytes_take_their_time_both_ways() -> None:
    far = Far(baud=9600)
    assert far.say("090400", 0.0051 + 0.0041) == []  # five there, four back
    assert far.run(0.02) == [bytes.fromhex("905002ff")]


def test_a_reply_can_come_byte_by_byte() -> None:
    far = Far(baud=9600)
    far.line.split = True
    far.line.receive(Chunk(bytes.fromhex("81090400ff"), 0.0))
    assert far.run() == [b"\x90", b"\x50", b"\x02", b"\xff"]


def test_replies_can_come_at_once() -> None:
    far = Far(baud=9600)
    far.line.merge_s = 0.016
    far.line.receive(Chunk(bytes.fromhex(f"81{SET}ff"), 0.0))
    assert far.run() == [bytes.fromhex("9041ff9051ff")]


@pytest.mark.parametrize("at", range(5))
def test_a_network_change_can_come_within_a_reply(at: int) -> None:
    far = Far()
    far.line.insert, far.line.insert_at = bytes.fromhex("9038ff"), at
    far.line.receive(Chunk(bytes.fromhex("81090400ff"), 0.0))
    answer = bytes.fromhex("905002ff")
    assert b"".join(far.run()) == answer[:at] + bytes.fromhex("9038ff") + answer[at:]
    assert far.say("090400") == ["905002"]


def test_a_bad_line_loses_bytes_and_damages_others_both_ways() -> None:
    far = Far()
    far.line.loss = far.line.corruption = 0.05
    answers = [tuple(far.say("090400")) for _ in range(300)]
    good = answers.count(("905002",))
    assert 50 < good < 250
    assert () in answers
    far.line.loss = far.line.corruption = 0.0
    assert far.ask("0400") == "02"


@pytest.mark.parametrize("baud", [2400, 9600, 38400, 115200])
def test_bytes_at_the_right_speed_are_heard_as_they_were_said(baud: int) -> None:
    said = bytes(range(256))
    assert misheard(said, baud, baud) == said


@pytest.mark.parametrize(
    ("spoken", "heard"), [(9600, 38400), (38400, 9600), (9600, 115200), (2400, 4800)]
)
def test_bytes_at_another_speed_are_heard_as_something_else(spoken: int, heard: int) -> None:
    said = bytes.fromhex("883001ff88010001ff81090002ff")
    assert misheard(said, spoken, heard) != said
    far = Far(baud=heard)
    far.line.spoken_at(spoken)
    assert far.say("090002") == []
    far.line.spoken_at(heard)
    far.say("090002")  # may still belong to what was not understood
    assert far.ask("0002") == "00010513010402"


# The chain.


def test_a_chain_is_numbered_in_its_order() -> None:
    far = Far(cameras=3)
    for camera in far.cameras:
        camera.automatic, camera.address = True, 0
    assert far.say("090400") == []
    far.line.receive(Chunk(bytes.fromhex("883001ff"), far.now))
    assert b"".join(far.run()) == bytes.fromhex("883004ff")
    assert [camera.address for camera in far.cameras] == [1, 2, 3]
    assert far.ask("0400") == "02"


def test_a_camera_that_lost_power_has_no_number_until_the_chain_is_numbered_again() -> None:
    far = Far(cameras=2)
    for camera in far.cameras:
        camera.automatic = True
    far.camera.power_cycle()
    far.run(0.5)
    assert far.camera.address == 0
    assert b"".join(far.run(1.0)) == bytes.fromhex("8038ff")
    far.line.receive(Chunk(bytes.fromhex("883001ff"), far.now))
    assert b"".join(far.run()) == bytes.fromhex("883003ff")
    assert [camera.address for camera in far.cameras] == [1, 2]


def test_a_silent_camera_of_a_chain_keeps_its_place() -> None:
    far = Far(cameras=2)
    for camera in far.cameras:
        camera.automatic = True
    far.camera.silent = True
    far.line.receive(Chunk(bytes.fromhex("883001ff"), far.now))
    far.run()
    assert [camera.address for camera in far.cameras] == [1, 2]


# Over IP.


def ip(**profile: object) -> SimIp:
    return SimIp(SimCamera(shipped()["sony_srg300h"].model_copy(update=profile)))


def exchange(far: SimIp, *datagrams: str) -> list[str]:
    """Say datagrams at once; return the answers within a second."""
    for datagram in datagrams:
        far.receive(Chunk(bytes.fromhex(datagram), 0.0))
    answers, now = [], 0.0
    while now <= 1.0:
        far.tick(now)
        while (data := far.outbox(now)) is not None:
            answers.append(data.hex())
        due = far.due()
        now = 2.0 if due is None else max(due, now)
    return answers


ASK = "01100005{:08x}81090400ff"


def test_a_camera_counts_unless_its_model_does_not() -> None:
    twice = ASK.format(7), ASK.format(7)
    assert exchange(ip(), *twice) == [
        "02000002000000070f01",
        "0111000400000007905002ff",
    ]
    assert exchange(ip(sequence="fixed"), *twice) == ["0111000400000007905002ff"] * 2


def test_replies_can_bear_a_fixed_number_and_a_wrong_length() -> None:
    far = ip()
    far.number, far.length = "00000000", 9
    assert exchange(far, ASK.format(7)) == ["0111000900000000905002ff"]


def test_a_bad_header_goes_over_ip_too() -> None:
    far = ip()
    far.camera.header = "91"
    assert exchange(far, ASK.format(7)) == ["0111000400000007915002ff"]


# Noise.

BYTES = st.binary(max_size=20)
LIKE_MESSAGES = st.tuples(
    st.sampled_from(
        ["0104", "0106", "017e01", "017e04", "0904", "0906", "097e7e", "0a02", "20", "", "010601"]
    ),
    st.lists(st.integers(0, 0x3F), max_size=12).map(bytes),
).map(lambda parts: b"\x81" + bytes.fromhex(parts[0]) + parts[1] + b"\xff")


@settings(deadline=None, max_examples=examples(60))
@given(
    model=st.sampled_from(sorted(shipped())),
    noise=st.lists(st.tuples(st.one_of(BYTES, LIKE_MESSAGES), st.floats(0, 1)), max_size=30),
)
def test_nothing_that_is_said_to_a_camera_breaks_it(
    model: str, noise: list[tuple[bytes, float]]
) -> None:
    far = Far(shipped()[model])
    far.camera.boot_s = 0.0
    for data, wait_s in noise:
        far.line.receive(Chunk(data, far.now))
        far.run(wait_s)
    far.line.receive(Chunk(b"\xff", far.now))
    far.run(10.0)
    assert far.ask("0400") in ("02", "03")


@settings(deadline=None, max_examples=examples(60))
@given(noise=st.lists(st.one_of(BYTES, LIKE_MESSAGES), max_size=30))
def test_no_datagram_breaks_a_camera(noise: list[bytes]) -> None:
    far = ip()
    for data in noise:
        far.receive(Chunk(data, 0.0))
        far.receive(Chunk(bytes.fromhex("0100000900000001") + data, 0.0))
    far.receive(Chunk(bytes.fromhex("020000010000000001"), 0.0))
    answers = exchange(far, ASK.format(1))
    assert answers[-1].startswith("0111000400000001905002")
