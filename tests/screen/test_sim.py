import pytest

from roomctl.screen.driver import ScreenLink
from roomctl.screen.protocol import (
    AskAll,
    Heartbeat,
    KeyName,
    LeaveMeeting,
    MeetingPage,
    OpenMeeting,
    PagePhase,
    PressKey,
    RtcStats,
    ScreenReason,
    ScreenReport,
    SetMute,
    SoundFlow,
    SoundState,
)
from roomctl.screen.sim import SimScreen
from roomctl.wire import Chunk, Virtual


class Ends:
    """A session and a simulated screen in invented time."""

    def __init__(self, **far):
        self.heard: list[ScreenReport] = []
        self.strange: list[str] = []
        self.silences: list[float] = []
        self.session = ScreenLink(
            self.heard.append,
            lambda strange: self.strange.append(strange.why),
            lambda: self.silences.append(self.room.now),
        )
        self.screen = SimScreen(**far)
        self.room = Virtual(self.session, self.screen)

    def after(self, seconds: float) -> MeetingPage | None:
        self.room.run(seconds)
        pages = [report for report in self.heard if isinstance(report, MeetingPage)]
        return pages[-1] if pages else None

    @property
    def sounds(self) -> list[SoundState]:
        return [report for report in self.heard if isinstance(report, SoundState)]

    def phases(self) -> list[tuple[int, str]]:
        seen = [(p.id, str(p.phase)) for p in self.heard if isinstance(p, MeetingPage)]
        return [now for n, now in enumerate(seen) if n == 0 or now != seen[n - 1]]


def opened(call_id=1, *, assisted=True):
    return OpenMeeting(
        call_id, "https://zoom.example/j/1", "https://zoom.example", assisted, "Bamboo"
    )


def test_a_meeting_goes_from_launching_to_media_to_closed():
    ends = Ends()
    ends.session.say(opened())
    assert ends.after(0.1) == MeetingPage(1, PagePhase.LAUNCHING, "zoom.example")
    in_call = ends.after(4)
    assert in_call.rtc.connected == 1
    assert ends.after(1).rtc.bytes_in > in_call.rtc.bytes_in > 0
    ends.session.say(LeaveMeeting(1))
    assert ends.after(1) == MeetingPage(1, PagePhase.CLOSED, "zoom.example", ScreenReason.LEFT)
    assert [phase for _, phase in ends.phases()] == ["launching", "open", "closing", "closed"]


def test_the_lobby_has_no_media_until_the_host_lets_the_room_in():
    ends = Ends(lobby_s=30)
    ends.session.say(opened())
    assert ends.after(30).rtc == RtcStats(0, 0, 0, 0)
    assert ends.after(5).rtc.connected == 1


def test_a_room_that_is_not_admitted_stays_without_media():
    ends = Ends(admit=False)
    ends.session.say(opened())
    assert ends.after(600).rtc == RtcStats(0, 0, 0, 0)


def test_of_a_plain_meeting_only_the_streams_of_its_sound_are_known():
    ends = Ends()
    ends.session.say(opened(assisted=False))
    waits = ends.after(10)
    assert (waits.phase, waits.rtc, waits.seen) == (PagePhase.OPEN, None, None)
    assert waits.flow == SoundFlow(
        capture=False, playback=False
    )  # nobody has pressed Join on its page
    ends.session.say(PressKey(1, KeyName.ENTER))
    assert ends.after(10).flow == SoundFlow(capture=True, playback=True)


def test_a_meeting_that_the_host_ends_loses_its_media_and_keeps_its_page():
    ends = Ends()
    ends.session.say(opened())
    ends.after(5)
    ends.screen.end_meeting()
    page = ends.after(1)
    assert (page.phase, page.rtc.connections, page.rtc.connected) == (PagePhase.OPEN, 0, 0)


def test_the_meeting_after_one_that_the_host_ended_has_media():
    ends = Ends()
    ends.session.say(opened())
    ends.after(5)
    ends.screen.end_meeting()
    ends.after(1)
    ends.session.say(opened(2))
    assert ends.after(6).rtc.connected == 1


def test_a_second_meeting_waits_for_the_first_to_close():
    ends = Ends()
    ends.session.say(opened(1))
    ends.after(3)
    ends.session.say(opened(2))
    ends.after(5)
    assert ends.phases()[-4:] == [(1, "closing"), (1, "closed"), (2, "launching"), (2, "open")]


def test_leaving_another_meeting_leaves_this_one_open():
    ends = Ends()
    ends.session.say(opened(2))
    ends.after(3)
    ends.session.say(LeaveMeeting(1))
    assert ends.after(3).phase is PagePhase.OPEN


def test_a_crash_is_reported():
    ends = Ends()
    ends.session.say(opened())
    ends.after(3)
    ends.screen.crash()
    assert ends.after(0.1).phase is PagePhase.CRASHED


@pytest.mark.parametrize("already_open", [True, False])
def test_a_failure_meets_the_page_that_is_there_or_else_the_next(already_open):
    ends = Ends()
    if already_open:
        ends.session.say(opened())
        ends.after(3)
    ends.screen.fail(ScreenReason.NETWORK)
    if not already_open:
        ends.session.say(opened())
    assert ends.after(1) == MeetingPage(1, PagePhase.FAILED, "zoom.example", ScreenReason.NETWORK)


def test_mute_is_read_back():
    ends = Ends()
    ends.session.say(SetMute(True))
    ends.after(0.1)
    assert [r for r in ends.heard if isinstance(r, SoundState)][-1] == SoundState(
        True, True, 60, gain_pct=80, listening=False
    )


def test_a_deaf_sound_server_confirms_nothing():
    ends = Ends()
    ends.after(0.1)
    ends.screen.ignores_mute = True
    ends.session.say(SetMute(True))
    ends.after(10)
    assert not any(isinstance(report, SoundState) and report.muted for report in ends.heard)
    ends.screen.ignores_mute = False
    ends.after(1.1)
    assert ends.sounds[-1] == SoundState(
        True, True, 60, gain_pct=80, listening=False
    )  # the order was kept


def test_without_a_sound_server_nothing_is_muted_and_each_order_is_answered():
    ends = Ends()
    ends.after(0.1)
    ends.screen.has_sound = False
    for on in (True, False):
        ends.session.say(SetMute(on))
        ends.after(0.1)
        assert ends.sounds[-1] == SoundState(available=False, reason=ScreenReason.NO_SOUND_SERVER)
    assert not ends.screen.muted
    ends.screen.has_sound = True
    ends.after(1.1)
    assert ends.sounds[-1] == SoundState(True, False, 60, gain_pct=80, listening=False)


def test_another_program_that_opens_is_undone_and_one_that_mutes_is_not():
    ends = Ends()
    ends.session.say(SetMute(True))
    ends.after(0.1)
    ends.screen.mute_by_program()
    ends.after(1.1)
    assert [sound.muted for sound in ends.sounds[-3:]] == [True, False, True]
    ends.session.say(SetMute(False))
    ends.after(0.1)
    ends.screen.mute_by_program()
    ends.after(5)
    assert ends.sounds[-1].muted


def test_a_silent_screen_is_noticed_once_after_three_seconds_and_is_heard_again():
    ends = Ends()
    ends.room.run(10.5)
    ends.screen.silent = True
    ends.room.run(60)
    assert ends.silences == [pytest.approx(13.0)]
    ends.screen.silent = False
    ends.room.run(2)
    assert ends.heard[-1] == Heartbeat()
    ends.screen.silent = True
    ends.room.run(10)
    assert len(ends.silences) == 2


def test_an_open_port_that_never_speaks_is_silent_too():
    ends = Ends()
    ends.screen.silent = True
    ends.room.run(3.1)
    assert ends.silences == [pytest.approx(3.0)]


def test_strange_lines_and_orders_from_the_screen_are_reported_and_ignored():
    ends = Ends()
    ends.session.receive(Chunk(b"nonsense\n" + b'{"type":"ask_all"}\n', 0.0))
    assert len(ends.strange) == 2
    assert ends.heard == []


def test_the_simulated_screen_ignores_nonsense():
    screen = SimScreen()
    screen.receive(Chunk(b"nonsense\n" + b'{"type":"heartbeat"}\n', 0.0))
    screen.tick(0.0)
    assert screen.page is None


def test_everything_is_said_when_asked():
    ends = Ends()
    ends.session.say(opened())
    ends.after(3)
    ends.heard.clear()
    ends.session.say(AskAll())
    ends.room.settle()
    kinds = [type(report).__name__ for report in ends.heard if not isinstance(report, Heartbeat)]
    assert kinds == ["ScreenHello", "MeetingPage", "SoundState", "DisplayState"]
