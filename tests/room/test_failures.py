"""Each way in which a call can fail comes from something real: the page, or the screen's report."""

from typing import get_args

from roomctl.clock import Moment
from roomctl.meeting import call
from roomctl.meeting.call import Failure
from roomctl.meeting.platform_file import Says
from roomctl.screen.protocol import PagePhase, ScreenReason
from tests.invented import START


def at(mono_s: float) -> Moment:
    return Moment(mono_s, START, synced=True)


def failure(page: call.Page) -> Failure | None:
    """Return how a call has failed whose page is open, and is then reported so."""
    begun = call.step(call.Standing(), call.Started(call.Call(1, "zoom"), at(0.0)))
    opened = call.step(begun, call.Page(1, "open", at(1.0), media=call.Media(0, 0, 0, 0)))
    return call.step(opened, page).now.failure


def test_every_failure_has_something_that_leads_to_it() -> None:
    by_sign = {failure(call.Page(1, "open", at(2.0), sign=word)) for word in get_args(Says)}
    by_screen = {
        failure(call.Page(1, PagePhase.FAILED.value, at(2.0), reason=reason.value))
        for reason in ScreenReason
    }
    by_media = {failure(call.Page(1, "open", at(2.0), refused=True))}
    by_crash = {failure(call.Page(1, PagePhase.CRASHED.value, at(2.0)))}
    assert (by_sign | by_screen | by_media | by_crash) - {None} == set(Failure)
    assert by_media == {Failure.MEDIA_DENIED}
    assert by_crash == {Failure.CRASHED}
    assert {Failure.BLOCKED_BY_POLICY, Failure.NETWORK, Failure.SCREEN} <= by_screen
