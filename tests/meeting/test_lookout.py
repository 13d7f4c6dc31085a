"""A named picture says what a page is once it was seen twice, and no more once missed twice."""

from dataclasses import replace

from roomctl.meeting.lookout import Lookout
from roomctl.meeting.walkthrough import NamedPicture, PageName
from tests.meeting.test_walkthrough import shown

LOBBY = NamedPicture(PageName.LOBBY, shown(100))
REMOVED = NamedPicture(PageName.REMOVED, shown(200))
THERE = (100, 100)


def test_what_was_seen_or_missed_once_says_nothing() -> None:
    lookout, said = Lookout([LOBBY, REMOVED], first=5), []
    looks = ({5: THERE}, {}, {5: THERE}, {5: THERE}, {5: "absent"}, {5: THERE}, {}, {})
    for at, seen in enumerate(looks):
        lookout.saw(at, seen)  # type: ignore[arg-type]
        said.append((lookout.says, lookout.sure_s))
    lobby = PageName.LOBBY
    assert [says for says, _ in said] == [None, None, None, lobby, lobby, lobby, lobby, None]
    assert [since for _, since in said] == [None, None, None, 2, None, None, None, 6]


def test_in_a_proven_call_no_wall_is_looked_for() -> None:
    wall = replace(REMOVED, says=PageName.SIGN_IN)
    lookout = Lookout([LOBBY, REMOVED, wall], first=5)
    assert (lookout.wanted(proven=False), lookout.wanted(proven=True)) == ((5, 6, 7), (5, 6))
    assert len(lookout.controls) == 3
