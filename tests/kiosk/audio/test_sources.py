from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.kiosk.audio.sources import (
    MuteTarget,
    SoundGraph,
    SoundNode,
    cards,
    changes,
    loudspeaker,
    microphone,
    others,
    read,
    reconsidered,
)
from roomctl.screen.protocol import PreferDevice, SoundState

NOBODY = PreferDevice(None, None, None)
PUCK = PreferDevice("1-1.4", 0x0B0E, 0x2456)


def at(port_path, vendor="0b0e", product="2456", *, card=1, name="puck", index=7, **properties):
    """A source as PulseAudio shows it; the sysfs path is that of a real card."""
    root = "/devices/pci0000:00/0000:00:14.0/usb1/1-1"
    known = {"device.vendor.id": vendor, "device.product.id": product, **properties}
    if port_path is not None:
        known["sysfs.path"] = f"{root}/{port_path}/{port_path}:1.0/sound/card{card}"
    return SoundNode(index, name, False, card=card, properties=known)


def bus_path(ports):
    return {"device.bus_path": f"pci-0000:00:14.0-usb-0:{ports}:1.0"}


WEBCAM = SoundNode(3, "webcam", False, card=0, properties={"device.vendor.id": "046d"})


def scene(*sources, default="webcam", sinks=(), default_sink=""):
    return SoundGraph(tuple(sources), tuple(sinks), default, default_sink)


@pytest.mark.parametrize(
    ("node", "use", "is_it"),
    [
        (at("1-1.4"), PUCK, True),
        (at("1-1.4", "0x0b0e", "0x2456"), PUCK, True),
        (at("1-1.4", "ffff", "ffff"), PUCK, True),
        (at("1-1.40"), PUCK, False),
        (at("1-1"), PUCK, False),
        (at("1-1.3"), PUCK, False),
        (at("1-1.3"), PreferDevice(None, 0x0B0E, 0x2456), True),
        (at(None, **bus_path("1.4")), PUCK, True),
        (at(None, **bus_path("1.3")), PUCK, False),
        (at(None, "ffff", **bus_path("1.4")), PUCK, False),
        (at(None), PUCK, True),
        (at(None, "046d"), PUCK, False),
        (at(None, ""), PUCK, False),
        (at("1-1.4"), NOBODY, False),
    ],
)
def test_a_device_is_told_by_its_place_and_by_its_ids_where_that_is_not_known(node, use, is_it):
    found = microphone(scene(WEBCAM, node), use)
    assert (found is node) is is_it
    assert is_it or found is WEBCAM


def test_of_two_that_cannot_be_told_apart_the_default_is_taken():
    twins = at(None, card=1, name="a", index=1), at(None, card=2, name="b", index=2)
    assert microphone(scene(*twins, default="b"), PUCK) is twins[1]
    assert microphone(scene(*twins, default="nowhere"), PUCK) is None


def test_of_two_sources_of_the_device_the_default_is_taken_else_the_first():
    pair = at("1-1.4", name="a", index=1), at("1-1.4", name="b", index=2)
    assert microphone(scene(WEBCAM, *pair), PUCK) is pair[0]
    assert microphone(scene(WEBCAM, *pair, default="b"), PUCK) is pair[1]


def test_where_a_monitor_is_the_default_the_only_source_is_the_rooms():
    assert microphone(scene(WEBCAM, default="room.monitor"), NOBODY) is WEBCAM
    assert microphone(scene(default="room.monitor"), NOBODY) is None


def node(index, name, muted, volume_pct=100, **properties):
    return SoundNode(index, name, muted, volume_pct, properties=properties)


def test_a_muted_loudspeaker_has_no_volume_and_an_overdriven_one_the_greatest():
    def volume(sink):
        return read(scene(WEBCAM, sinks=[sink], default_sink="room"), NOBODY).volume_pct

    assert loudspeaker(scene(), NOBODY) is None
    assert volume(node(1, "room", True, 60)) == 0
    assert volume(node(1, "room", False, 140)) == 100


def test_a_room_without_a_source_is_neither_muted_nor_open():
    assert read(scene(), NOBODY) == SoundState(True, None, None, listening=False)


def test_one_open_source_is_enough_not_to_be_muted():
    assert read(scene(node(1, "a", True), node(2, "b", False)), NOBODY).muted is False


def test_an_echo_canceller_is_open_only_together_with_its_master():
    mic = node(1, "mic", True)
    canceller = node(2, "echo", True, **{"device.master_device": "mic"})
    other = node(3, "other", True)
    room = scene(mic, canceller, other, default="echo")
    assert changes(MuteTarget(False), room, NOBODY) == [(1, False), (2, False)]


def test_masters_in_a_circle_end():
    a = node(1, "a", True, **{"device.master_device": "b"})
    b = node(2, "b", True, **{"device.master_device": "a"})
    assert changes(MuteTarget(False), scene(a, b, default="a"), NOBODY) == [(1, False), (2, False)]


def test_what_was_opened_and_is_muted_now_was_muted_by_somebody():
    opened = reconsidered(MuteTarget(False), scene(node(1, "webcam", False)), NOBODY)
    assert opened == MuteTarget(False, 1)
    muted = scene(node(1, "webcam", True))
    assert reconsidered(opened, muted, NOBODY) == MuteTarget(True)
    assert reconsidered(MuteTarget(False), muted, NOBODY) == MuteTarget(False)


def test_no_other_microphone_opens_in_place_of_the_devices_that_was_unplugged():
    before = reconsidered(MuteTarget(False), scene(at("1-1.4", index=1), WEBCAM), PUCK)
    assert before == MuteTarget(False, 1)
    left = scene(node(3, "webcam", True))
    after = reconsidered(before, left, PUCK)
    assert after == MuteTarget(True)
    assert changes(after, left, PUCK) == []


def test_the_device_that_is_plugged_in_anew_is_opened_as_before():
    back = scene(WEBCAM, replace(at("1-1.4", index=9), muted=True))
    assert changes(reconsidered(MuteTarget(False, 1), back, PUCK), back, PUCK) == [
        *((3, True), (9, False)),
    ]


def card(number, **properties):
    return SoundNode(
        number, f"card{number}", False, properties={"alsa.card": str(number), **properties}
    )


def test_every_card_with_a_source_is_silenced_and_the_rooms_alone_is_opened():
    room = scene(card(1), card(2), node(3, "bluetooth", False), default="card2")
    assert cards(room, MuteTarget(), NOBODY) == {1: None, 2: None}
    assert cards(room, MuteTarget(True), NOBODY) == {1: False, 2: False}
    assert cards(room, MuteTarget(False), NOBODY) == {1: False, 2: True}


def test_a_card_behind_an_echo_canceller_is_opened_with_it():
    canceller = node(5, "clear", False, **{"device.master_device": "card1"})
    assert cards(scene(card(1), canceller, default="clear"), MuteTarget(False), NOBODY) == {1: True}


def test_a_meeting_needs_the_rooms_microphone_and_no_other():
    room = scene(card(1), card(2), node(3, "bluetooth", False), default="card2")
    assert others(room, NOBODY) == {1, 3}
    assert others(scene(card(1), card(2), default="?"), NOBODY) == set()


def test_a_source_that_replaces_the_opened_one_is_opened_too():
    wish = reconsidered(MuteTarget(False, 1), scene(node(2, "webcam", True)), NOBODY)
    assert changes(wish, scene(node(2, "webcam", True)), NOBODY) == [(2, False)]


nodes = st.lists(st.tuples(st.sampled_from(["a", "b", "webcam"]), st.booleans()), max_size=5).map(
    lambda found: [node(n, name, muted) for n, (name, muted) in enumerate(found)]
)


@given(nodes, st.sampled_from([True, False]))
def test_what_is_changed_leads_to_what_was_wished(sources, muted):
    before = scene(*sources)
    wish = MuteTarget(muted)
    done = dict(changes(wish, before, NOBODY))
    after = scene(*[node(s.index, s.name, done.get(s.index, s.muted)) for s in sources])
    assert changes(wish, after, NOBODY) == []
    still_open = [source for source in after.sources if not source.muted]
    room = microphone(after, NOBODY)
    assert still_open == ([] if muted or room is None else [room])
    assert not muted or read(after, NOBODY).muted is not False


@given(nodes)
def test_nobodys_wish_changes_nothing(sources):
    assert changes(MuteTarget(), scene(*sources), NOBODY) == []
