"""The key a room signs with is its own and stays; others are known by the first that came."""

import stat
from pathlib import Path

import pytest

from roomctl.store import Store
from roomctl.store.signers import MOST_SIGNERS, Signers, signed_by


def test_a_key_is_made_when_it_is_first_needed_and_stays_its_owners_alone(tmp_path: Path) -> None:
    signers = Signers(Store(tmp_path))
    assert signers.known("reed") is None
    assert not (tmp_path / "room-key.pem").exists()
    key = signers.public()
    assert stat.S_IMODE((tmp_path / "room-key.pem").stat().st_mode) == 0o600
    again = Signers(Store(tmp_path))
    assert signed_by(key, again.sign(b"a file"), b"a file")
    assert not signed_by(key, again.sign(b"a file"), b"a fila")
    assert key == again.public()


@pytest.mark.parametrize("text", ["", "x", "-----BEGIN PRIVATE KEY-----\nMAA=\n", "\0" * 5000])
def test_a_damaged_key_is_set_aside_and_a_new_one_made(tmp_path: Path, text: str) -> None:
    (tmp_path / "room-key.pem").write_text(text)
    store = Store(tmp_path)
    assert len(Signers(store).sign(b"")) == 64
    assert [one.file for one in store.disk.quarantined] == ["room-key.pem"]


def test_the_key_of_a_room_is_what_staff_say_last(tmp_path: Path) -> None:
    signers = Signers(Store(tmp_path))
    for key in ("sha256:1", "sha256:2"):
        signers.trust("reed", key)
        assert Signers(Store(tmp_path)).known("reed") == key
    assert signers.known("bamboo") is None


def test_only_so_many_rooms_are_known(tmp_path: Path) -> None:
    signers = Signers(None)
    for number in range(MOST_SIGNERS):
        signers.trust(f"room-{number}", "sha256:1")
    with pytest.raises(ValueError, match="which is the most"):
        signers.trust("one-more", "sha256:1")
    signers.trust("room-1", "sha256:2")


def test_a_key_that_is_none_has_signed_nothing() -> None:
    for key in (b"", b"\xff" * 32, bytes(31), bytes(33)):
        assert not signed_by(key, bytes(64), b"data")
    assert not signed_by(Signers(None).public(), b"", b"data")
