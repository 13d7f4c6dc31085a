"""What is said of the microphone, told event by event."""

from __future__ import annotations

import pytest

from roomctl.room.mute import (
    CaptureRead,
    LedWritten,
    MuteEvent,
    MuteRequested,
    SoundServerOnline,
    SpeakerphoneOnline,
    Switch,
    TimePassed,
    due,
    first,
    step,
    toggled,
)


class Story:
    """Events told one by one; proof is given for the present generation unless said otherwise."""

    def __init__(self, *, led: bool = True) -> None:
        self.now = 100.0
        self.state = first(self.now)
        if led:
            self.tell(SpeakerphoneOnline(online=True, has_led=True))

    def tell(self, event: MuteEvent, after_s: float = 0.0) -> Story:
        self.now += after_s
        self.state = step(self.state, event, self.now)
        return self

    def want(self, muted: bool, by: str = "panel", after_s: float = 1.0) -> Story:
        return self.tell(MuteRequested(muted, by), after_s)

    def led(self, muted: bool | None) -> Story:
        return self.tell(LedWritten(muted, self.state.generation))

    def capture(self, muted: bool | None) -> Story:
        return self.tell(CaptureRead(muted, self.state.generation))

    def muted(self) -> Story:
        return self.want(True).led(True).capture(True)

    def open(self) -> Story:
        return self.want(False).led(False).capture(False)

    @property
    def shows(self) -> tuple[str, str]:
        return str(self.state.status.mute), self.state.status.why


def test_what_is_heard_behind_a_mute_is_open_at_once_and_muted_once_it_is_silent() -> None:
    story = Story().muted()
    story.tell(CaptureRead(False, story.state.generation, heard=True), 10.0)
    assert story.shows == ("open", "heard")
    assert not story.state.lit
    story.tell(CaptureRead(None, story.state.generation), 2.0)  # the second attempt failed
    assert story.shows == ("open", "heard")
    assert story.capture(True).led(True).shows == ("muted", "")


def test_a_sound_server_that_goes_takes_what_was_heard_along() -> None:
    story = Story().tell(SoundServerOnline(there=True)).muted()
    story.tell(CaptureRead(False, story.state.generation, heard=True))
    assert story.tell(SoundServerOnline(there=False)).shows == ("muting", "")


def test_nothing_is_known_before_anybody_asked() -> None:
    assert Story().shows == ("unknown", "not_asked")


def test_muted_is_said_only_after_the_led_and_the_read_back() -> None:
    story = Story().want(True)
    assert story.shows == ("muting", "")
    assert story.led(True).shows == ("muting", "")
    assert story.capture(True).shows == ("muted", "")
    assert Story().want(True).capture(True).shows == ("muting", "")


def test_without_an_led_the_read_back_is_enough() -> None:
    assert Story(led=False).want(True).capture(True).shows == ("muted", "")


@pytest.mark.parametrize(
    ("switch", "shown"),
    [
        (Switch.NONE, ("muted", "")),
        (Switch.OFF, ("muted", "")),
        (Switch.ON, ("open", "switch")),
        (Switch.UNKNOWN, ("open", "switch")),
    ],
)
def test_a_device_with_a_capture_switch_is_muted_only_once_that_is_off_too(
    switch: Switch, shown: tuple[str, str]
) -> None:
    story = Story().want(True).led(True)
    story.tell(CaptureRead(True, story.state.generation, switch))
    assert story.tell(TimePassed(), 2).shows == shown


def test_an_open_microphone_whose_own_switch_is_off_says_so() -> None:
    story = Story().want(False).led(False)
    assert story.tell(CaptureRead(False, story.state.generation, Switch.OFF)).shows == (
        "open",
        "switch",
    )


def test_an_open_microphone_that_is_turned_down_to_nothing_says_so() -> None:
    story = Story().want(False).led(False)
    read = CaptureRead(False, story.state.generation, turned_down=True)
    assert story.tell(read).shows == ("open", "gain")
    assert story.capture(False).shows == ("open", "")


def test_gain_is_no_proof_of_silence() -> None:
    story = Story().want(True).led(True)
    story.tell(CaptureRead(False, story.state.generation, turned_down=True))
    assert story.tell(TimePassed(), 2).shows == ("open", "not_confirmed")


def test_a_switch_that_somebody_turns_on_again_is_not_muted_and_is_turned_off_again() -> None:
    story = Story().muted()
    generation = story.state.generation
    story.tell(CaptureRead(True, generation, Switch.ON), 1.0)
    assert story.shows == ("muting", "")
    assert story.state.generation == generation + 1


def test_what_is_not_proven_within_two_seconds_is_said_to_be_open() -> None:
    story = Story().want(True).led(True)
    assert due(story.state) == story.now + 2.0
    assert story.tell(TimePassed(), 1.99).shows == ("muting", "")
    assert story.tell(TimePassed(), 0.01).shows == ("open", "not_confirmed")
    assert due(story.state) is None
    assert story.capture(True).shows == ("muted", "")  # late proof is proof


def test_a_failed_led_write_is_muted_with_a_warning_for_nothing_can_be_heard() -> None:
    story = Story().want(True).led(None).capture(True)
    assert story.shows == ("muted", "led_unavailable")
    assert due(story.state) is None
    assert story.led(True).shows == ("muted", "")


def test_an_led_that_nothing_is_heard_of_is_a_warning_after_two_seconds() -> None:
    story = Story().want(True).capture(True)
    assert story.shows == ("muting", "")
    assert story.tell(TimePassed(), 2).shows == ("muted", "led_unavailable")


def test_an_led_that_cannot_be_written_makes_no_open_microphone_muted() -> None:
    story = Story().want(True).led(None).capture(False)
    assert story.tell(TimePassed(), 2).shows == ("open", "not_confirmed")


def test_an_led_may_be_lit_only_while_silence_is_read_back() -> None:
    story = Story().want(True)
    assert not story.state.lit
    assert story.capture(True).state.lit
    assert not story.tell(SoundServerOnline(there=True)).state.lit
    assert not story.capture(True).capture(None).state.lit
    assert not story.capture(True).want(False).state.lit


def test_no_sound_server_is_never_muted() -> None:
    assert Story().want(True).led(True).capture(None).tell(TimePassed(), 2).shows == (
        "open",
        "not_confirmed",
    )


def test_unmuting_is_open_once_read_back_and_unknown_if_it_is_not() -> None:
    story = Story().muted().want(False)
    assert story.shows == ("unmuting", "")
    assert story.capture(False).shows == ("open", "")
    late = Story().muted().want(False).tell(TimePassed(), 2)
    assert late.shows == ("unknown", "not_confirmed")


def test_the_state_keeps_who_asked_and_since_when() -> None:
    story = Story().want(True, by="puck").led(True)
    story.tell(CaptureRead(True, story.state.generation), after_s=0.3)
    since = story.now
    story.want(False, by="panel", after_s=5).led(False).capture(False)
    open_since = story.now
    story.want(False, by="puck", after_s=5)
    assert (story.state.status.by, story.state.status.since) == ("panel", open_since)
    assert open_since > since


def test_who_mutes_what_is_muted_is_who_asked_from_then_on() -> None:
    story = Story().muted()
    generation = story.state.generation
    story.want(True, by="puck", after_s=5)
    assert story.shows == ("muted", "")
    assert (story.state.status.by, story.state.status.since) == ("puck", story.now)
    assert story.state.generation == generation  # it is muted: nothing is written again
    assert story.want(False, by="panel", after_s=0.2).state.conflict


def test_proof_of_an_older_wish_proves_nothing() -> None:
    for told, proven in [("led", CaptureRead), ("capture", LedWritten)]:
        story = Story().want(True)
        old = story.state.generation
        story.want(False).want(True)
        getattr(story, told)(True).tell(proven(True, old))
        assert story.shows == ("muting", "")


def test_every_new_wish_needs_both_proofs_anew() -> None:
    for told in ("led", "capture"):
        story = Story().muted().want(False).want(True)
        assert getattr(story, told)(True).shows == ("muting", "")


def test_an_old_read_back_that_says_open_is_believed_at_once() -> None:
    story = Story().muted()
    old = story.state.generation - 1
    assert story.tell(CaptureRead(False, old)).shows == ("muting", "")


def test_opposite_wishes_at_the_same_moment_end_muted() -> None:
    story = Story().open().want(True, by="panel").want(False, by="puck", after_s=0.2)
    assert story.state.requested is True
    assert story.led(True).capture(True).shows == ("muted", "conflict")
    other = Story().muted().want(False, by="panel").want(True, by="puck", after_s=0.2)
    assert other.state.requested is True


def test_one_person_may_mute_and_unmute_as_fast_as_they_like() -> None:
    story = Story().want(True, by="puck").want(False, by="puck", after_s=0.1)
    assert story.state.requested is False


def test_who_unmutes_later_is_heard() -> None:
    story = Story().muted().want(False, by="puck", after_s=0.6)
    assert story.state.requested is False


def test_muted_by_another_program_stays_muted_and_the_led_has_to_follow() -> None:
    story = Story().open().capture(True)
    assert (story.state.requested, story.state.by, story.shows[0]) == (True, "sound", "muting")
    assert story.led(True).capture(True).shows == ("muted", "")


def test_opened_by_another_program_is_muted_again() -> None:
    story = Story().muted()
    generation = story.state.generation
    assert story.capture(False).shows == ("muting", "")
    assert story.state.generation == generation + 1  # the room writes again
    assert story.led(True).capture(True).shows == ("muted", "")


@pytest.mark.parametrize(("found", "shown"), [(True, "muting"), (False, "open")])
def test_what_is_found_at_the_start_is_kept(found: bool, shown: str) -> None:
    story = Story().capture(found)
    assert (story.state.requested, story.shows[0]) == (found, shown)


def test_unplugged_is_muted_once_that_is_read_anew_and_back_is_proven_anew() -> None:
    story = Story().muted().tell(SpeakerphoneOnline(online=False, has_led=False))
    assert story.shows == ("muting", "")
    assert story.capture(True).shows == ("muted", "led_unavailable")
    silent = Story().muted().tell(SpeakerphoneOnline(online=False, has_led=False))
    assert silent.capture(None).tell(TimePassed(), 2).shows == ("open", "offline")
    story.tell(SpeakerphoneOnline(online=True, has_led=True))
    assert story.shows[0] == "muting"
    assert story.led(True).capture(True).shows == ("muted", "")


def test_a_sound_server_that_is_back_is_told_again_what_is_wanted() -> None:
    for muted, shown in ((True, "muting"), (False, "unmuting")):
        story = Story().tell(SoundServerOnline(there=True))
        story = story.muted() if muted else story.open()
        story.tell(SoundServerOnline(there=False)).tell(TimePassed(), 2)
        assert story.shows == ("open" if muted else "unknown", "not_confirmed")
        generation = story.state.generation
        assert story.tell(SoundServerOnline(there=True)).shows == (shown, "")
        assert (story.state.generation, story.state.requested) == (generation + 1, muted)


def test_asking_again_for_what_failed_tries_again() -> None:
    story = Story().want(True).tell(TimePassed(), 2)
    generation = story.state.generation
    assert story.want(True).shows == ("muting", "")
    assert story.state.generation == generation + 1


@pytest.mark.parametrize(
    ("story", "mutes"),
    [
        (Story(), True),
        (Story().open(), True),
        (Story().muted(), False),
        (Story().want(True), False),
        (Story().muted().want(False), True),
        (Story().want(True).tell(TimePassed(), 2), True),
    ],
)
def test_a_press_mutes_unless_that_is_so_or_under_way(story: Story, mutes: bool) -> None:
    assert toggled(story.state) is mutes
