"""A few of the matrix's cells, the worst ones; `make calls` plays them all.

Real labwc, Chromium in plain mode, daemon, screen process and sound server.
"""

import pytest

from tests.calls import matrix
from tests.calls.served import PATIENCE_S
from tests.examples import chosen

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

WATCHED_S = 6.0  # so long a page before the meeting is watched that has done what it does


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    with matrix.everything(tmp_path_factory.mktemp("room"), ["zoom"]) as (rig, pages):
        yield rig, pages["zoom"]


def played(rig, name):
    cell = matrix.play(
        rig[0], "zoom", rig[1], name, stands_s=WATCHED_S, holds_s=0.0, most_s=PATIENCE_S
    )
    assert not cell.broke
    return cell


@pytest.mark.parametrize("name", chosen(["loop", "probe"], "probe"))
def test_before_the_meeting_no_witness_says_in_call(rig, name):
    cell = played(rig, name)
    assert "in_call" not in cell.said, list(matrix.details(cell))
    assert cell.said[-1] == "prejoin"


@pytest.mark.parametrize(
    ("name", "after"), [("call", {"ended"}), ("cut", {"interrupted"}), ("killed", {"crashed"})]
)
def test_a_call_is_known_and_so_is_its_end(rig, name, after):
    cell = played(rig, name)
    assert "in_call" in cell.said, list(matrix.details(cell))
    assert cell.said[-1] in after
    assert cell.known_s >= 0, "not before media flow"
    assert len(cell.by) > 1, "two witnesses"


def test_a_lobby_that_hears_and_sends_is_not_the_meeting(rig):
    cell = played(rig, "waiting")
    assert set(cell.said) <= {"preparing", "prejoin", "joining", "lobby"}, [*matrix.details(cell)]
    assert cell.said[-1] == "lobby"


def test_a_network_loss_of_two_seconds_does_not_end_the_call(rig):
    cell = played(rig, "hiccup")
    assert cell.said[-1] == "in_call", list(matrix.details(cell))
    assert "interrupted" not in cell.said, list(matrix.details(cell))


def test_a_meeting_with_no_other_person_is_not_a_call(rig):
    cell = played(rig, "alone")
    assert "in_call" not in cell.said, list(matrix.details(cell))
    assert cell.said[-1] == "alone"
