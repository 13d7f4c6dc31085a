"""The numbered history of a room, for watchers that fall behind and streams that come back."""

from roomctl.room.document import BEHIND, KEPT, Change, Changes


def history(last: int) -> Changes:
    changes = Changes()
    for rev in range(1, last + 1):
        changes.note(Change(rev, {"rev": rev}))
    return changes


def test_a_stream_resumes_after_what_it_has() -> None:
    resumed = history(5).since(3)
    assert resumed is not None
    assert [change.rev for change in resumed] == [4, 5]
    assert history(5).since(5) == []


def test_a_stream_that_missed_too_much_begins_anew() -> None:
    assert history(KEPT + 10).since(1) is None
    assert history(KEPT + 10).since(10) is not None
    assert history(5).since(None) is None


def test_a_revision_of_another_boot_is_not_resumed() -> None:
    assert history(5).since(99) is None


def test_the_newest_change_is_found_without_a_look_at_all_that_are_kept() -> None:
    looked: list[int] = []

    class Looked(Change):
        @property
        def rev(self) -> int:  # type: ignore[override]
            looked.append(self.number)
            return self.number

        def __init__(self, number: int) -> None:
            object.__setattr__(self, "number", number)

    changes = Changes()
    for number in range(1, KEPT + 1):
        changes.note(Looked(number))
    assert changes.since(KEPT - 1) == [changes.since(KEPT - 1)[0]]
    assert len(looked) < 20


def test_a_watcher_that_is_too_far_behind_loses_the_newest_and_sees_the_gap() -> None:
    changes = Changes()
    with changes.watch() as watcher:
        for rev in range(1, BEHIND + 11):
            changes.note(Change(rev, {}))
        seen = [watcher.get_nowait().rev for _ in range(watcher.qsize())]
        changes.note(Change(BEHIND + 11, {}))
        assert seen == list(range(1, BEHIND + 1))
        assert watcher.get_nowait().rev == BEHIND + 11


def test_nothing_is_kept_for_a_watcher_that_left() -> None:
    changes = Changes()
    with changes.watch() as watcher:
        pass
    changes.note(Change(1, {}))
    assert watcher.empty()
