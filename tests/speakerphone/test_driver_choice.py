"""Which speakerphone is in use: every case of three names."""

import itertools

import pytest

from roomctl.speakerphone.driver import in_use


def test_the_first_of_room_toml_is_used_unless_another_is_chosen() -> None:
    assert in_use(["table", "wall"], None, None, in_call=False) == "table"
    assert in_use(["table", "wall"], "wall", "table", in_call=False) == "wall"


def test_one_that_is_chosen_but_gone_is_stood_in_for_and_comes_back_between_calls() -> None:
    assert in_use(["table"], "wall", "wall", in_call=False) == "table"
    assert in_use(["table", "wall"], "wall", "table", in_call=False) == "wall"


def test_a_call_keeps_its_speakerphone_until_that_is_unplugged() -> None:
    assert in_use(["table", "wall"], "wall", "table", in_call=True) == "table"
    assert in_use(["wall"], None, "table", in_call=True) == "wall"
    assert in_use(["table", "wall"], None, "wall", in_call=True) == "wall"  # table is back


def test_a_call_that_begins_without_one_takes_the_chosen_one() -> None:
    assert in_use(["table", "wall"], "wall", None, in_call=True) == "wall"


@pytest.mark.parametrize("in_call", [False, True])
def test_only_one_that_is_online_is_ever_used_and_one_is_if_any_is(in_call: bool) -> None:
    names = ("table", "wall", "shelf")
    every = (None, *names)
    for count, chosen, before in itertools.product(range(4), every, every):
        for online in itertools.permutations(names, count):
            used = in_use(online, chosen, before, in_call=in_call)
            assert used in online if online else used is None
