"""Each way in which a call can fail comes from something real: the page, or the screen's report."""

from typing import get_args

from roomctl.clock import Moment
from roomctl.meeting import call
from roomctl.meeting.call import CallFailure
from roomctl.meeting.platform import SignMeaning
from roomctl.screen.protocol import PagePhase, ScreenReason
from tests.invented import START


def at(mono_s: float) -> Moment:
    return Moment(mono_s, START, synced=True)


def failure(page: call.PageReport) -> CallFailure | None:
    """Return how a call has failed whose page is open, and is then reported so."""
    begun = call.step(call.CallContext(), call.Started(call.Call(1, "zoom"), at(0.0)))
    opened = call.step(begun, call.PageReport(1, "open", at(1.0), media=call.Media(0, 0, 0, 0)))
    return call.step(opened, page).now.failure


def test_every_failure_has_something_that_leads_to_it() -> None:
    by_sign = {
        failure(call.PageReport(1, "open", at(2.0), sign=word)) for word in get_args(SignMeaning)
    }
    by_screen = {
        failure(call.PageReport(1, PagePhase.FAILED.value, at(2.0), reason=reason.value))
        for reason in ScreenReason
    }
    by_media = {failure(call.PageReport(1, "open", at(2.0), refused=True))}
    by_crash = {failure(call.PageReport(1, PagePhase.CRASHED.value, at(2.0)))}
    assert (by_sign | by_screen | by_media | by_crash) - {None} == set(CallFailure)
    assert by_media == {CallFailure.MEDIA_DENIED}
    assert by_crash == {CallFailure.CRASHED}
    assert {CallFailure.BLOCKED_BY_POLICY, CallFailure.NETWORK, CallFailure.SCREEN} <= by_screen
