"""Kinds of devices that other distributions bring, by their entry point in `roomctl.kinds`.

    [project.entry-points."roomctl.kinds"]
    blinds = "roomctl_blinds:KIND"

The name of an entry point is the kind's table in room.toml. Nothing is looked for until a room.toml
has a table that roomctl does not know, and only the plug-in of that table is imported: one that is
broken stops no room that does not use it. What a plug-in says is checked before others see it.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from roomctl.clock import Moment
from roomctl.command import Declaration, DeviceName, Handler, Param, Result, declared_by
from roomctl.config import Config, KindTable
from roomctl.device import Device
from roomctl.errors import ConfigError, Refused, RestartNeeded, RoomctlError
from roomctl.feature import features_of, plain_words
from roomctl.kind import Context, IssueEntry, Kind, KindPart, RoomDevices
from roomctl.words import add_words

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_log = logging.getLogger(__name__)

GROUP = "roomctl.kinds"
LARGEST = 64 * 1024  # bytes of JSON of a kind's section, its issues, or a command's result
MOST_ISSUES = 32
AGAIN_S = 5.0  # until a part that failed is run again
_NAME = re.compile(r"[a-z]{1,32}")
_COMMAND = re.compile(r"[a-z][a-z0-9_]{0,31}")


class PluginError(RoomctlError):
    """A plug-in cannot be used; the message names its distribution."""


@cache
def installed() -> Mapping[str, tuple[EntryPoint, ...]]:
    """Return the entry points of plug-ins by kind; nothing is imported. It takes up to 0.1 s."""
    from importlib.metadata import entry_points  # as slow as the rest together

    found: dict[str, tuple[EntryPoint, ...]] = {}
    for one in entry_points(group=GROUP):
        found[one.name] = (*found.get(one.name, ()), one)
    return found


@cache
def load(name: str) -> Kind:
    """Return the kind that an installed plug-in brings, checked; PluginError if it cannot be used.

    Its code is called through a guard: what it raises costs its own devices only.
    """
    points, who = installed()[name], bringing(name)
    if len(points) > 1:
        raise PluginError(f"{who} both bring the kind {name!r}; uninstall one of them")
    try:
        found = _judged(name, points[0].load())
        words = {**found.words, "en": plain_words(found) | {**found.words.get("en", {})}}
    except PluginError as error:
        raise PluginError(f"{who}: {error}") from error
    except (Exception, SystemExit) as error:  # its code may raise anything
        raise PluginError(f"{who}: the kind {name!r} cannot be loaded: {_told(error)}") from error
    add_words(name, words)
    return replace(
        found, plugin=who, words=words, build=_building(who, found), part=_guarded(who, found)
    )


def bringing(name: str) -> str:
    """Return the distributions that bring a kind, with their versions."""
    return " and ".join(sorted({_distribution(one) for one in installed()[name]}))


def _distribution(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]


def _judged(name: str, found: object) -> Kind:
    """Return a kind; PluginError for what is none, or one whose names are not its own."""
    if not isinstance(found, Kind):
        raise PluginError(f"its entry point {name!r} is a {type(found).__name__}; expected a Kind")
    if found.name != name or not _NAME.fullmatch(name):
        why = "expected the name of its entry point, 1 to 32 of a-z"
        raise PluginError(f"the kind is called {found.name!r}; {why}")
    if not (isinstance(found.table, type) and issubclass(found.table, KindTable)):
        raise PluginError(f"the table of {name!r} is {found.table!r}; expected a KindTable")
    if found.entry is not None:
        if found.section != name:
            raise PluginError(f"its section is called {found.section!r}; expected {name!r}")
        if not is_dataclass(found.entry) or "name" not in {one.name for one in fields(found.entry)}:
            raise PluginError("its entry is no frozen dataclass with a field `name`")
        features_of(found.entry)
    if not all(isinstance(one, str) for texts in found.words.values() for one in texts.values()):
        raise PluginError("its words are no texts by key, by language")
    if found.part is not None:
        if not (isinstance(found.part, type) and issubclass(found.part, KindPart)):
            raise PluginError(f"its part is {found.part!r}; expected a KindPart")
        if found.entry is None and found.part.sections is not KindPart.sections:
            raise PluginError("its part has `sections`, but the kind has no `entry`")
        _judge_commands(found, found.part.declared())
    return found


def _judge_commands(kind: Kind, declared: Sequence[Declaration]) -> None:
    name = kind.name
    seen: set[str] = set()
    for one in declared:
        first, _, own = one.name.partition(".")
        if first != name or not _COMMAND.fullmatch(own) or one.name in seen:
            why = f"expected {name}.NAME, each once; NAME is a-z, 0-9 and _"
            raise PluginError(f"it declares the command {one.name!r}; {why}")
        seen.add(one.name)
        if not one.doc:
            raise PluginError(f"the command {one.name} has no docstring that says what it does")
        for parameter in one.parameters:
            TypeAdapter(parameter.annotation).json_schema()
        names = [it.name for it in one.parameters if it.annotation == DeviceName]
        if names and name not in names and not kind.table.single:
            why = f"its argument {names[0]!r} is a DeviceName; expected the name {name!r}"
            raise PluginError(f"the command {one.name}: {why}")


def _building(who: str, kind: Kind) -> Callable[..., Sequence[Device]]:
    """Return the kind's `build`: a device for each table, or a ConfigError."""

    def build(tables: Mapping[str, Any], context: Context) -> Sequence[Device]:
        try:
            devices = tuple(kind.build(tables, context))
            made = sorted(name for one in devices for name in one.healths)
        except ConfigError:
            raise
        except Exception as error:
            why = f"{who}: cannot make its devices: {_told(error)}"
            raise ConfigError("room.toml", kind.name, why) from error
        wanted = sorted(kind.name if kind.table.single else f"{kind.name}.{one}" for one in tables)
        for name, table in tables.items() if kind.profile is None else ():
            if getattr(table, "profile", None) is not None:
                key = f"{kind.name}.{name}.profile"
                raise ConfigError("room.toml", key, "this kind has no profiles; leave it out")
        if made != wanted or any(one.kind != kind.name for one in devices):
            why = f"{who}: makes {', '.join(made) or 'no device'}; expected {', '.join(wanted)}"
            raise ConfigError("room.toml", kind.name, why)
        return devices

    return build


def _json(value: object, what: str) -> str:
    """Return a value as JSON; ValueError says what is wrong with `what`."""
    try:
        text = json.dumps(to_jsonable_python(value), allow_nan=False)
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{what} is not JSON: {_told(error)}") from None
    if len(text) > LARGEST:
        raise ValueError(f"{what} has {len(text)} bytes; at most {LARGEST}")
    return text


class _Guard(KindPart):
    """A plug-in's part, whose faults are its own: they are told as an issue, and the room goes on.

    Of what it says, what was right last is kept. A subclass says whose part it is.
    """

    who: ClassVar[str]
    part: ClassVar[type[KindPart]]
    entries: ClassVar[TypeAdapter[Any] | None]

    def __init__(self, kind: str, devices: RoomDevices, context: Context) -> None:
        super().__init__(kind, devices, context)
        self._fault: IssueEntry | None = None
        self._said: tuple[object, Any] = ((), ())
        try:
            self._own = self.part(kind, devices, context)
        except Exception as error:
            why = f"{self.who}: cannot make its part: {_told(error)}"
            raise ConfigError("room.toml", kind, why) from error

    @classmethod
    def declared(cls) -> tuple[Declaration, ...]:
        """Return its commands in the order of its code, which is that of the card's keys."""

        def line(declared: tuple[Declaration, str]) -> int:
            code = getattr(inspect.unwrap(getattr(cls.part, declared[1])), "__code__", None)
            return code.co_firstlineno if code is not None else 0

        return tuple(one for one, _ in sorted(declared_by(cls.part), key=line))

    def handlers(self) -> Iterator[tuple[Declaration, Handler]]:
        for declaration, handler in self._own.handlers():
            yield declaration, _bounded(declaration.name, handler)

    def configure(self, config: Config, devices: RoomDevices) -> None:
        super().configure(config, devices)
        self._own.configure(config, devices)

    def sections(self, now: Moment) -> Mapping[str, object]:
        if self.entries is None:
            return {}
        with self._guarding("sections"):
            self._said = self._checked(self.entries, self._own.sections(now))
        return {self._kind: self._said[1]}

    def _checked(
        self, entries: TypeAdapter[Any], sections: Mapping[str, object]
    ) -> tuple[object, Any]:
        if sections.keys() != {self._kind}:
            raise ValueError(f"says {sorted(sections)}; expected the section {self._kind!r}")
        said = sections[self._kind]
        if said == self._said[0]:
            return self._said
        checked = entries.validate_json(_json(said, "its section"), strict=True)
        known = {name.partition(".")[2] or name for one in self.devices for name in one.healths}
        if strange := sorted({one.name for one in checked} - known):
            raise ValueError(f"names {strange[0]!r}; room.toml has: {', '.join(sorted(known))}")
        return said, checked

    def issues(self, now: Moment) -> Iterable[IssueEntry]:
        found: list[IssueEntry] = []
        with self._guarding("issues"):
            found = self._judged([*self._own.issues(now)])
        return found if self._fault is None else [self._fault, *found]

    def _judged(self, found: list[IssueEntry]) -> list[IssueEntry]:
        if len(found) > MOST_ISSUES:
            raise ValueError(f"has {len(found)} issues; at most {MOST_ISSUES}")
        known = {self._kind, *(name for device in self.devices for name in device.healths)}
        for one in found:
            if not isinstance(one, IssueEntry) or not one.code.startswith(f"{self._kind}."):
                raise ValueError(f"{one!r:.100} is no issue called {self._kind}.NAME")
            if one.subject not in known:
                why = f"expected one of: {', '.join(sorted(known))}"
                raise ValueError(f"the subject of {one.code} is {one.subject!r}; {why}")
        _json(found, "what it says of issues")
        return found

    def told(self, event: object) -> None:
        with self._guarding("told"):
            self._own.told(event)

    def follow(self) -> None:
        with self._guarding("follow"):
            self._own.follow()

    def tick(self) -> None:
        with self._guarding("tick"):
            self._own.tick()

    def due(self) -> float | None:
        with self._guarding("due"):
            return self._own.due()
        return None

    async def run(self) -> None:
        while True:
            with self._guarding("run"):
                await self._own.run()
                await asyncio.Event().wait()
            await asyncio.sleep(AGAIN_S)

    async def close(self) -> None:
        with self._guarding("close"):
            await self._own.close()

    @contextlib.contextmanager
    def _guarding(self, step: str) -> Iterator[None]:
        """Note what a step raises; the fault is over once the same step went well."""
        try:
            yield
        except RestartNeeded:
            raise
        except Exception as error:
            params: dict[str, Param] = {"plugin": self.who, "step": step, "why": _told(error)}
            if self._fault is None or self._fault.params != params:
                _log.exception("%s: failed in %s", self.who, step)
                now = self.context.clock.now().wall
                self._fault = IssueEntry("plugin.failed", self._kind, params, now)
                self.context.changed()
        else:
            if self._fault is not None and self._fault.params["step"] == step:
                self._fault = None
                self.context.changed()


def _bounded(name: str, handler: Handler) -> Handler:
    @wraps(handler)
    async def bounded(**args: Any) -> Result:  # noqa: ANN401 - a handler's own
        result = await handler(**args)
        try:
            _json(result, "its result")
            if result is not None and not isinstance(result, Mapping):
                raise ValueError(f"its result is a {type(result).__name__}; expected a mapping")
        except ValueError as error:
            raise Refused(name, "failed", f"was carried out, but {error}") from error
        return result

    return bounded


def _guarded(who: str, kind: Kind) -> type[KindPart]:
    """Return the kind's part with a guard around it."""
    part = kind.part or KindPart
    entries = None if kind.entry is None else TypeAdapter(tuple[kind.entry, ...])  # type: ignore[name-defined]
    return type(part.__name__, (_Guard,), {"who": who, "part": part, "entries": entries})
