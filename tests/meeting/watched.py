"""What witnesses report of one call, second by second in invented time."""

from datetime import UTC, datetime, timedelta

from roomctl.clock import Moment
from roomctl.meeting.call import (
    Call,
    CallContext,
    CallLines,
    Media,
    PageReport,
    Sound,
    Started,
    step,
)
from roomctl.meeting.flow import MediaFlow

START = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
CALL = Call(7, "jitsi", "Review", "meet.example.org", "Bamboo")

BOTH, RECORDS, PLAYS, QUIET = (
    Sound(True, True),
    Sound(True, False),
    Sound(False, True),
    Sound(False, False),
)
NO_LINE = CallLines(0, 0)
MUSIC = MediaFlow(True, False)
FLOWS, STILL, CUT = MediaFlow(True, True), MediaFlow(False, False), MediaFlow(False, False, True)


def at(mono_s):
    return Moment(mono_s, START + timedelta(seconds=mono_s), synced=True)


def page(s, phase="open", call=7, **more):
    return PageReport(call, phase, at(s), **more)


def media(bytes_in, connected=1):
    return Media(max(connected, 1), connected, bytes_in, 0)


def line(received_s=0.0, sent_s=0.0, others=0, silent_s=0.0, **more):
    """One live connection."""
    heard = {"heard": received_s > 0} | more
    return CallLines(1, 1, received_s, sent_s, silent_s, others, **heard)


def every(first, last, **witnesses):
    """Reports of seconds; a witness that is a function is told the seconds since the first."""
    return tuple(
        page(
            s, **{name: one(s - first) if callable(one) else one for name, one in witnesses.items()}
        )
        for s in range(first, last + 1)
    )


def talks(s):
    """A log of a call that began with the first report."""
    return line(s, s, 2)


def counts(s):
    return media(900 * s)


def after(*events):
    context = CallContext()
    for event in (Started(CALL, at(0)), *events):
        context = step(context, event)
    return context
