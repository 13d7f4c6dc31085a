"""Device profiles: one TOML file per model, its identity, source and quirks, and how one is chosen.

A profile holds numbers, names and flags; whatever decides is Python. Each wing extends `Profile`
with its own fields in `<wing>/profile.py`. Knows no device and no port.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from roomctl import toml_reader
from roomctl.errors import ProfileError
from roomctl.explain import explain, tuples
from roomctl.toml_lines import line_of

Verified = Literal["report", "manual", "trace", "hardware"]
"""How far a profile can be trusted: `report`, others say so; `manual`, the maker does; `trace`, it
was seen in bytes recorded from a device; `hardware`, it was drilled on one."""


class Profile(BaseModel):
    """What every profile says about itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    name: str = Field(min_length=1, description="shown to people, such as 'Sony SRG-300H'")
    match: tuple[str, ...] = Field(
        description="identities that pick this profile, x for any one sign; may be empty"
    )
    source: str = Field(min_length=3, description="the document and page the facts come from")
    verified: Verified
    firmware: str = Field(default="", description="notes on firmware versions")
    gaps: tuple[str, ...] = Field(
        default=(), description="what was looked for in the sources and not found"
    )

    renamed: ClassVar[Mapping[str, str]] = {}
    """What keys of earlier versions are called now."""


Seconds = Annotated[float, Field(gt=0, le=300)]
Phrase = Annotated[str, Field(min_length=1, max_length=64)]
_PLACES = re.compile(r"\{(id|room|laptop)\}")


class Speech(BaseModel):
    """How one property of a device that speaks lines of text is asked and set.

    `answers` are patterns of whole answers, and what they mean; a group `value` is the value. What
    stands in braces is filled in by the device's table: `{id}`, or `{room}` and `{laptop}`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    ask: Phrase | None = None
    set: dict[str, Phrase] = Field(default_factory=dict)
    answers: dict[str, str] = Field(default_factory=dict)
    accepted: str | None = Field(default=None, description="pattern of the answer to a set")

    @field_validator("answers")
    @classmethod
    def _patterns(cls, answers: dict[str, str]) -> dict[str, str]:
        for pattern in answers:
            _checked(pattern)
        return answers

    @field_validator("accepted")
    @classmethod
    def _pattern(cls, accepted: str | None) -> str | None:
        return None if accepted is None else _checked(accepted)

    @model_validator(mode="after")
    def _whole(self) -> Speech:
        if self.ask is not None and not self.answers:
            raise ValueError("what is asked needs answers")
        if self.set and self.accepted is None:
            raise ValueError("what is set needs accepted, the answer that says so")
        return self


class LineSpeech(BaseModel):
    """How lines of text end, how long answers take, and which one says no (`lines`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    end: str = Field(max_length=4, description="behind what is sent")
    answer_end: str = Field(min_length=1, max_length=4, description="behind what comes")
    reply_s: Seconds
    set_reply_s: Seconds | None = Field(default=None, description="to a set, if that takes longer")
    gap_s: float = Field(ge=0, le=30, description="from an answer to the next line")
    hello: str = Field(default="", pattern="^(?:[0-9a-f]{2})*$", description="hex, first on TCP")
    hello_answer: int = Field(default=0, ge=0, le=64, description="bytes that answer it")
    refused: str = Field(description="pattern of an answer that says no")
    busy: bool = Field(default=False, description="no means: not now, as in standby")

    @field_validator("refused")
    @classmethod
    def _pattern(cls, pattern: str) -> str:
        return _checked(pattern)


def _checked(pattern: str) -> str:
    try:
        re.compile(_PLACES.sub("1", pattern))
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a valid pattern: {error}") from error
    return pattern


P = TypeVar("P", bound=Profile)


def load(path: Path, kind: type[P]) -> P:
    """Read one profile; raise ProfileError naming file, key and what was expected."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ProfileError(str(path), "", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ProfileError(str(path), "", f"is not UTF-8 (byte {error.start})") from error
    return of(read(text, str(path)), str(path), kind)


def read(text: str, file: str) -> dict[str, Any]:
    """Return what a profile says, if it is TOML; ProfileError."""
    try:
        return toml_reader.loads(text)
    except toml_reader.TooDeepError as error:
        raise ProfileError(file, "", "is nested too deeply") from error
    except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
        raise ProfileError(file, "", f"is not TOML: {error}", line=line_of(error, text)) from error


def of(data: dict[str, Any], file: str, kind: type[P]) -> P:
    """Return the profile that `data` was read of; ProfileError."""
    try:
        return kind.model_validate(tuples(data))
    except ValidationError as error:
        first, *others = [
            ProfileError(file, key, f"is now called {new}", meant=new.rpartition(".")[2])
            if (new := kind.renamed.get(key))
            else ProfileError(file, key, why, meant=meant)
            for key, why, meant in explain(error, kind)
        ]
        first.others = tuple(others)
        raise first from error


def load_all(folder: Path, kind: type[P], but: str = "") -> dict[str, P]:
    """Read every `*.toml` in `folder` `but` one, by file stem; overlap of `match`: ProfileError."""
    profiles: dict[str, P] = {}
    for path in sorted(folder.glob("*.toml")):
        if path.stem == but:
            continue
        profile = load(path, kind)
        refuse_overlap(path, profile, profiles)
        profiles[path.stem] = profile
    return profiles


class ProfileFolder(Mapping[str, P]):
    """The profiles of a folder that ships, by file stem; each is read when it is asked for.

    A room names one of dozens, so what their `match` say of each other is left to the tests. `own`
    come first, and replace what ships under the same name.
    """

    def __init__(
        self, folder: Path, kind: type[P], but: str = "", own: Mapping[str, P] | None = None
    ) -> None:
        files = sorted(folder.glob("*.toml"))
        self._files = {path.stem: path for path in files if path.stem != but}
        self._kind, self._read = kind, dict(own or {})
        self._stems = tuple(dict.fromkeys((*self._read, *self._files)))

    def __getitem__(self, stem: str) -> P:
        if stem not in self._read:
            self._read[stem] = load(self._files[stem], self._kind)
        return self._read[stem]

    def __contains__(self, stem: object) -> bool:
        return stem in self._stems

    def __iter__(self) -> Iterator[str]:
        return iter(self._stems)

    def __len__(self) -> int:
        return len(self._stems)


def refuse_overlap(path: Path, profile: Profile, others: Mapping[str, Profile]) -> None:
    """Raise ProfileError if what picks `profile` picks one of `others` (by file stem), too."""
    for stem, other in others.items():
        for identity in profile.match:
            if any(_meet(identity, theirs) for theirs in other.match):
                why = f"{identity!r} already picks {stem}.toml"
                raise ProfileError(str(path), "match", why)


def pick(profiles: Mapping[str, P], *identities: str) -> str | None:
    """Return the file stem of the first profile that one of `identities` picks, if any."""
    for stem, profile in profiles.items():
        if any(_meet(one, pattern) for one in identities for pattern in profile.match):
            return stem
    return None


def choose(profiles: Mapping[str, P], identity: str, default: str) -> tuple[str, P]:
    """Return the profile that `identity` picks, else `default`."""
    stem = pick(profiles, identity) or default
    return stem, profiles[stem]


def _meet(one: str, other: str) -> bool:
    """Whether some identity fits both; x stands for any one sign."""
    pairs = zip(one, other, strict=False)
    return len(one) == len(other) and all(a == b or "x" in (a, b) for a, b in pairs)
