"""What a kind of device hands to the room, and the parts that a room is made of.

A wing exports one `Kind`; room, check, simulator and API go over all of them, and know none by
name. A `Part` is one subject of a running room: what it can be asked, what it says of
itself, what is wrong, and when time alone changes something. Knows no device and no room.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from roomctl.clock import Clock, Moment
from roomctl.command import Declaration, Handler, Param, declared_by
from roomctl.config import Config, KindTable
from roomctl.device import Device, Health
from roomctl.drill import Microphone, Operator, Step
from roomctl.frozen import frozen
from roomctl.profile import Profile
from roomctl.store import Settings
from roomctl.wire import Connect, Identity, Machine, Record

if TYPE_CHECKING:  # with it come the libraries of every bus
    from roomctl.ports.inventory import PluggedDevice
    from roomctl.search import Search

Found = TypeVar("Found", bound=Device)


@frozen
class IssueEntry:
    """Something that is wrong now: a code that panels put into words, and its parameters."""

    code: str
    subject: str
    params: dict[str, Param]
    since: datetime


@runtime_checkable
class StandbyDisplay(Protocol):
    """A device that shows a picture, and is off while the room is on standby.

    `display_on` is what was read back; None: not known.
    """

    name: str
    health: Health

    @property
    def display_on(self) -> bool | None: ...

    async def switch_display(self, on: bool) -> None: ...


@runtime_checkable
class RuledOutput(Protocol):
    """A device that is on while something is so in the room, such as a lamp before its door."""

    name: str

    def obey(self, conditions: Mapping[str, bool | None]) -> None:
        """Take what is so now, by the words of `rules.conditions`; None: nobody can tell."""
        ...


class RoomDevices(Protocol):
    """The devices of a room, as they are now."""

    def of(self, kind: str) -> Sequence[Device]:
        """Return the devices of a kind; several cameras may be on one."""
        ...

    def all(self, which: type[Found]) -> list[Found]:
        """Return the devices of a class."""
        ...

    def first(self, which: type[Found]) -> Found | None:
        """Return the first device of a class, or None."""
        ...


class Part:
    """One subject of a room. Each method may be left as it is: then there is nothing of it."""

    def configure(self, config: Config, devices: RoomDevices) -> bool | None:
        """Take another room.toml, and its devices; return True to have `run` begin again.

        ConfigError: it cannot be taken.
        """

    def sections(self, now: Moment) -> Mapping[str, object]:
        """Return the sections of the room document that are this part's."""
        return {}

    def issues(self, now: Moment) -> Iterable[IssueEntry]:
        """Return what is wrong now."""
        return ()

    def told(self, event: object) -> None:
        """Take what a device has to say that is no state: a level, a press.

        Nothing follows of itself: `changed` is called for what the document is to show at once.
        """

    def follow(self) -> None:
        """Take what the devices and the other parts are now."""

    def tick(self) -> None:
        """Let time pass."""

    def due(self) -> float | None:
        """Return the monotonic instant at which time alone changes something, if that is known."""
        return None

    async def run(self) -> None:
        """Do what takes time of its own, until cancelled; or return at once."""

    async def close(self) -> None:
        """End what still runs; the room goes down."""

    @classmethod
    def declared(cls) -> tuple[Declaration, ...]:
        """Return the commands that this part carries out."""
        return tuple(declaration for declaration, _ in declared_by(cls))

    def handlers(self) -> Iterator[tuple[Declaration, Handler]]:
        """Yield each command with what carries it out."""
        for declaration, method in declared_by(type(self)):
            yield declaration, getattr(self, method)


@frozen
class Context:
    """What devices and parts are built with.

    `changed`: have the document made anew soon. `tell`: pass on what a device has to say.
    `act`: have something done that nobody waits for. `pages`: what a kiosk's displays show by
    themselves.
    """

    connect: Connect
    clock: Clock
    settings: Settings
    changed: Callable[[], None]
    tell: Callable[[object], None] = lambda event: None
    act: Callable[[Awaitable[None]], object] = lambda work: None
    pages: Callable[[], Iterable[Any]] = tuple


class KindPart(Part):
    """The part that a kind of device brings along."""

    def __init__(self, kind: str, devices: RoomDevices, context: Context) -> None:
        self._kind, self.devices, self.context = kind, devices.of(kind), context

    def configure(self, config: Config, devices: RoomDevices) -> None:
        self.devices = devices.of(self._kind)


@frozen
class DrillSetup:
    """What a drill is made with.

    `allowed`: what it may do beyond what leaves no trace, such as "presets". `microphone` connects
    to the room's own; None in it: this room has none. `operator` None: nobody is there to look.
    """

    connect: Connect
    clock: Clock
    settings: Settings
    say: Callable[[Step], None]
    microphone: Callable[[], AbstractAsyncContextManager[Microphone | None]]
    operator: Operator | None = None
    allowed: frozenset[str] = frozenset()


@frozen
class Drill:
    """A drill of one device: `run` returns whether no step failed.

    Cancelled, it puts everything back before it ends; `put_back` says so in words. `trace` is what
    was said on the wire, where that is recorded.
    """

    run: Callable[[], Coroutine[Any, Any, bool]]
    put_back: str
    trace: Callable[[], Sequence[Record]] = tuple


class MakeDrill(Protocol):
    """Makes the drill of a device, given all tables of its kind; RoomctlError if it has none."""

    def __call__(self, name: str, tables: Mapping[str, Any], setup: DrillSetup) -> Drill: ...


class Probe(Protocol):
    """Looks for devices of a kind: opens what was `found`, and asks it what it is.

    Returns everything that was found, with what is known then.
    """

    def __call__(
        self, found: Sequence[PluggedDevice], connect: Connect
    ) -> Awaitable[Sequence[PluggedDevice]]: ...


class MakeSimulated(Protocol):
    """Makes what stands for the devices of a kind, from its tables in room.toml, by name."""

    def __call__(self, tables: Mapping[str, Any]) -> Sequence[SimulatedDevice]: ...


class Build(Protocol):
    """Makes the devices of a kind from its tables in room.toml, by name."""

    def __call__(self, tables: Mapping[str, Any], context: Context) -> Sequence[Device]: ...


@frozen
class Kind:
    """A kind of device: `name` is its table in room.toml, and the first word of its devices' names.

    `part` is what the room gets of it, made of the devices and the context; None: the room itself
    knows what to do with them. `entry` is what the document says of one, in the section `section`.
    `drill` proves one on its own port, `probe` asks what is plugged in, and `search` makes what
    looks for some on the network, all without a room.
    `optional`: it may be switched off, or not plugged in, without anything being wrong.
    `simulate` makes what stands for its devices in a simulated room. `words` are what people read
    of a kind that comes from elsewhere (`words_beside`), and `plugin` the distribution it is of.
    """

    name: str
    table: type[KindTable]
    build: Build
    profile: type[Profile] | None = None
    part: type[KindPart] | None = None
    section: str = ""
    entry: type | None = None
    drill: MakeDrill | None = None
    optional: bool = False
    probe: Probe | None = None
    search: Callable[[], Search] | None = None
    simulate: MakeSimulated | None = None
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict, compare=False)
    plugin: str = ""


Argument = bool | int | float | str
Action = Callable[[Mapping[str, Argument], float], object]


class SimulatedDevice(ABC):
    """What is at the other end of one url; `names` are its devices, such as camera.front."""

    kind: str
    url: str
    names: tuple[str, ...] = ()

    @abstractmethod
    def machine(self) -> Machine: ...

    def identity(self) -> Identity:
        return Identity(url=self.url, path="simulated")

    def state(self, name: str, now: float) -> dict[str, object]:
        return {}

    def actions(self, name: str) -> Mapping[str, Action]:
        """Return what a person can do to it, by name."""
        return {}

    def faults(self, name: str) -> Mapping[str, Action]:
        """Return what else can be done to it, by attribute; each takes `value`."""
        return {}

    def refusal(self, data: bytes) -> str | None:
        """Why a write does not reach the device, or None."""
        return None

    def unplugged(self) -> None:  # noqa: B027 - most forget nothing
        """Lose the wire, and what the device forgets with it."""


def doing(act: Callable[[], object]) -> Action:
    """Return the action that needs no arguments and no time."""
    return lambda args, now: act()


def toggling(owner: object, flag: str) -> Action:
    """Return the action that turns a flag of a simulated device over."""
    return lambda args, now: setattr(owner, flag, not getattr(owner, flag))


class SimulatedSide(SimulatedDevice):
    """One more wire of a simulated device: it tells what its device does, and takes no write."""

    def __init__(self, kind: str, url: str, machine: Callable[[], Machine], refusal: str) -> None:
        """`refusal` says why nothing is written to it."""
        self.kind, self.url, self._machine, self._refusal = kind, url, machine, refusal

    def machine(self) -> Machine:
        return self._machine()

    def refusal(self, data: bytes) -> str | None:
        return self._refusal
