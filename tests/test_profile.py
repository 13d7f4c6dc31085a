"""Profiles: what every one says of itself, and how one is chosen."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.errors import ProfileError
from roomctl.profile import Profile, choose, load, load_all, pick

GOOD = 'name = "Acme 1"\nmatch = ["1:2"]\nsource = "Acme manual, p. 3"\nverified = "manual"\n'


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_profile_is_read(tmp_path: Path) -> None:
    profile = load(write(tmp_path, "acme.toml", GOOD), Profile)
    assert (profile.name, profile.match, profile.verified) == ("Acme 1", ("1:2",), "manual")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD + "soruce = 'x'", "soruce: unknown key; did you mean 'source'?"),
        (GOOD.replace('source = "Acme manual, p. 3"\n', ""), "source: is missing"),
        (
            GOOD.replace('"manual"', '"guess"'),
            "verified: must be 'report', 'manual', 'trace' or 'hardware', found 'guess'",
        ),
        (
            GOOD.replace('["1:2"]', '"1:2"'),
            "match: must be an array, such as ['a', 'b'], found '1:2'",
        ),
        ("a = " + "[" * 100_000, "is nested too deeply"),
    ],
)
def test_a_bad_profile_is_named_with_key_and_expectation(
    tmp_path: Path, text: str, expected: str
) -> None:
    path = write(tmp_path, "acme.toml", text)
    with pytest.raises(ProfileError) as error:
        load(path, Profile)
    assert str(error.value) == f"{path}: {expected}"


def test_a_profile_that_is_missing_or_not_utf8_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"acme\.toml: cannot be read: No such file"):
        load(tmp_path / "acme.toml", Profile)
    (tmp_path / "acme.toml").write_bytes(b"# \xff")
    with pytest.raises(ProfileError, match=r"acme\.toml: is not UTF-8 \(byte 2\)"):
        load(tmp_path / "acme.toml", Profile)


@given(st.text())
def test_any_text_is_a_profile_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProfileError, match=r"any\.toml"):
        load(path, Profile)  # no short text is a whole profile


def test_two_profiles_for_one_identity_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.toml", GOOD)
    write(tmp_path, "b.toml", GOOD)
    with pytest.raises(ProfileError, match=r"b\.toml: match: '1:2' already picks a\.toml"):
        load_all(tmp_path, Profile)


def test_an_identity_chooses_its_profile_and_a_stranger_the_default(tmp_path: Path) -> None:
    write(tmp_path, "acme.toml", GOOD)
    write(tmp_path, "generic.toml", GOOD.replace('["1:2"]', "[]"))
    profiles = load_all(tmp_path, Profile)
    assert choose(profiles, "1:2", "generic")[0] == "acme"
    assert choose(profiles, "9:9", "generic")[0] == "generic"


@pytest.mark.parametrize(("mine", "meets"), [("1:2", True), ("1:x", True), ("1:3", False)])
def test_an_overlap_is_found_through_an_x_for_any_sign(
    tmp_path: Path, mine: str, meets: bool
) -> None:
    write(tmp_path, "acme.toml", GOOD)
    write(tmp_path, "beta.toml", GOOD.replace("1:2", mine))
    if meets:
        with pytest.raises(ProfileError, match=rf"beta\.toml: match: '{mine}' already picks acme"):
            load_all(tmp_path, Profile)
    else:
        assert set(load_all(tmp_path, Profile)) == {"acme", "beta"}


def test_an_x_picks_whatever_stands_there_but_nothing_longer(tmp_path: Path) -> None:
    write(tmp_path, "acme.toml", GOOD.replace("1:2", "1:xx"))
    profiles = load_all(tmp_path, Profile)
    assert (pick(profiles, "1:0f"), pick(profiles, "1:0"), pick(profiles, "2:00")) == (
        "acme",
        None,
        None,
    )
