"""Every link that is not opened leaves one line: why, and where it led; never its passcode."""

import logging

import pytest

from tests.invented import invented
from tests.room.rig import BAMBOO, Calendar, living
from tests.room.test_bookings import booking, shown

HOST_LINK = "https://us05web.zoom.us/s/123456789?pwd=Geheim77"
DENIED = "https://acme.zoom.us/j/912345678?pwd=Geheim77"
LOOK_ALIKE = "https://zoorn.us/j/912345678?pwd=Geheim77"


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if "not opened" in one.getMessage()]


@invented
async def test_a_link_that_somebody_asked_for_is_noted_when_it_is_refused(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    text = BAMBOO.replace("[meeting]\n", '[meeting]\ndeny = ["zoom"]\n')
    async with living(text) as house:
        for link in (HOST_LINK, DENIED, LOOK_ALIKE, "lunch at twelve?"):
            assert (await house.ask("meeting.join", link=link)).status == "refused"
    assert lines(caplog) == [
        "meeting: not opened, asked for: host_link (us05web.zoom.us, zoom)",
        "meeting: not opened, asked for: denied_by_policy (acme.zoom.us, zoom)",
        "meeting: not opened, asked for: look_alike_host (zoorn.us, no platform)",
    ]
    assert "from panel: refused" in caplog.text
    assert "Geheim77" not in caplog.text


@invented
async def test_a_link_in_the_calendar_is_noted_once_when_it_is_refused(
    caplog: pytest.LogCaptureFixture,
) -> None:
    feed = Calendar([booking("host", -5, HOST_LINK), booking("none", -4, ""), booking("good", -3)])
    async with living(feed=feed) as house:
        await house.until(lambda: shown(house) != {})
        feed.listed = [*feed.listed, booking("ordinary", -2, "lunch at twelve?")]
        await house.until(lambda: "ordinary" in shown(house), limit_s=90)
    assert lines(caplog) == [
        "meeting: not opened, in the calendar: host_link (us05web.zoom.us, zoom)"
    ]
    assert "Geheim77" not in caplog.text
