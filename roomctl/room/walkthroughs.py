"""Walkthroughs in the room: shown by a person on the display, kept, and done at the next join.

What a panel does to the display goes through here (`PageTouches`): while somebody shows a page it
is remembered, and while the room passes one by itself a touch takes over at once. What is typed is
kept as the word that it stands for, or not at all. A picture that staff have named, such as that of
a lobby, is looked for as long as the page stands there. What another room was shown comes as a
signed file, and is tried where the room has none of its own. Knows no browser.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import shlex
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Literal, TypeVar

from roomctl.clock import Clock, Moment
from roomctl.command import Share, Source, StepNumbers, command
from roomctl.config import Config
from roomctl.errors import NoReply, PortError, Refused, RoomctlError
from roomctl.frozen import frozen
from roomctl.kind import Part, RoomDevices
from roomctl.meeting.lookout import DURING_S, EARLY, Lookout, knows_lobby
from roomctl.meeting.walkthrough import (
    LARGEST_FILE,
    LookFor,
    NamedPicture,
    NotShown,
    PageName,
    PressOn,
    Replay,
    ShownControl,
    Sighted,
    StrikeKey,
    Surroundings,
    Teaching,
    Todo,
    Turn,
    TypeLiteral,
    TypeOut,
    WalkOutcome,
    WalkStep,
    Walkthrough,
    WalkthroughError,
    Word,
    chosen,
    fingerprint,
    for_others,
    packed,
    preferred,
    read_from_others,
    read_walkthrough,
    said,
    suited,
    unpacked,
    with_alternatives,
    written,
)
from roomctl.roles import Right
from roomctl.room.document import IdentityEntry, WalkthroughEntry, WalkthroughState
from roomctl.room.meeting import CallControl
from roomctl.screen.driver import RemoteDisplay, Screen
from roomctl.screen.protocol import ControlsSeen, KeyName
from roomctl.store import Store
from roomctl.store.signers import Signers, signed_by
from roomctl.tls import PIN
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

MOST_KEPT = 50
OPEN_S = 40.0  # until a page that is opened anew stands
DRAFT = "draft"
Says = Literal["lobby", "in_call", "sign_in_required", "passcode_needed", "removed", "ended"]
_FILE = "walkthrough-"
T = TypeVar("T")


@frozen
class WalkthroughSummary:
    """A walkthrough without its pictures, as staff see it; `steps` say what is done.

    `by_room` names the other room that was shown it (null: this one; empty: its file was not
    signed), `room_id` and `fingerprint` its id and key. `given_up`: it missed twice at one step
    here, was never done, and is not tried any more.
    """

    name: str
    platform: str
    by: str
    at: datetime | None
    browser: str
    screen: str
    scale: float
    language: str
    theme: str
    tries: int
    misses: int
    missed: str
    asks_number: bool
    steps: tuple[StepSummary, ...]
    named: tuple[str, ...]
    by_room: str | None
    room_id: str
    fingerprint: str
    given_up: bool


@frozen
class StepSummary:
    """A step of a walkthrough: what is typed or struck after its press.

    `pictures` is how many pictures it knows. `asks` are other texts that were typed, by length.
    """

    does: tuple[str, ...]
    pictures: int
    optional: bool
    person: bool
    asks: tuple[int, ...] = ()


class Library:
    """The walkthroughs that are kept; without a store until the program ends."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._writing = asyncio.Lock()
        self.kept: dict[str, Walkthrough] = {}

    def load(self) -> None:
        """Read all; a damaged file is set aside, and the disk says so. Blocking."""
        if self._store is None:
            return
        disk = self._store.disk
        for path in sorted(disk.folder.glob(f"{_FILE}*.toml"))[:MOST_KEPT]:
            name = path.stem.removeprefix(_FILE)
            with contextlib.suppress(OSError):
                found = disk.read(path.name, partial(_meant, name))
                if found is not None:
                    self.kept[name] = found

    async def keep(self, walkthrough: Walkthrough) -> None:
        """Keep one in place of one of that name; Refused if there are too many, or no disk."""
        async with self._writing:
            await self._keep(walkthrough)

    async def bring(self, came: Walkthrough) -> Walkthrough:
        """Keep what came from another room, and return it under its name here; Refused as above.

        It takes the place of what came from that room under that name; the same file again changes
        nothing. Where another one has the name already, it is told from that by its key.
        """
        assert came.origin is not None  # noqa: S101 - it came
        room, key = came.origin.room, came.origin.key
        mark = fingerprint(key).removeprefix(PIN)[:8] if key else "unsigned"
        names = (f"{came.name[:50]}-{mark}", came.name)
        async with self._writing:
            theirs = [name for name in names if self._room_of(name) == room]
            free = [name for name in reversed(names) if name not in self.kept]
            if not theirs and not free:
                why = f"the names {names[1]!r} and {names[0]!r} are taken; give it another one"
                raise Refused("room", "not_a_walkthrough", why)
            new = replace(came, name=(*theirs, *free)[0])
            old = self.kept.get(new.name)
            if old is not None and old.origin == new.origin:
                return old
            await self._keep(new)
            return new

    def _room_of(self, name: str) -> str | None:
        """Return the id of the other room that one came from; None: from none."""
        kept = self.kept.get(name)
        return None if kept is None or kept.origin is None else kept.origin.room

    async def bring_back(self, own: Walkthrough) -> Walkthrough:
        """Keep what the room has signed itself, unless it is there; Refused as above."""
        async with self._writing:
            for old in self.kept.values():
                if (old.origin, old.platform, old.at) == (None, own.platform, own.at):
                    return old
            free = own.name not in self.kept
            new = replace(own, name=own.name if free else self.fresh_name(own.platform))
            await self._keep(new)
            return new

    async def change(self, name: str, changed: Callable[[Walkthrough], Walkthrough]) -> None:
        """Keep one as `changed` makes it of what is kept by then; Refused as above, or by that.

        What else is being written meanwhile is not lost: a name that staff give, and the record.
        """
        async with self._writing:
            old = self.one(name)
            if (new := changed(old)) is not old:
                await self._keep(new)

    async def _keep(self, walkthrough: Walkthrough) -> None:
        if walkthrough.name not in self.kept and len(self.kept) >= MOST_KEPT:
            why = f"{MOST_KEPT} walkthroughs are kept; forget one: roomctl walkthrough forget NAME"
            raise Refused("room", "too_many_walkthroughs", why)
        if self._store is not None:
            file = f"{_FILE}{walkthrough.name}.toml"
            try:
                await in_thread(self._store.disk.write, file, written(walkthrough))
            except OSError as error:
                why = f"the walkthrough cannot be kept: {error.strerror}"
                raise Refused("room", "storage", why) from error
        self.kept[walkthrough.name] = walkthrough

    async def forget(self, name: str) -> None:
        """Delete one; Refused if there is none."""
        async with self._writing:
            self.one(name)
            if self._store is not None:
                path = self._store.folder / f"{_FILE}{name}.toml"
                await in_thread(lambda: path.unlink(missing_ok=True))
            del self.kept[name]

    def one(self, name: str) -> Walkthrough:
        """Return one; Refused if there is none of that name."""
        if name not in self.kept:
            why = f"no walkthrough {name!r}; see: roomctl walkthrough list"
            raise Refused("room", "unknown_walkthrough", why)
        return self.kept[name]

    def fresh_name(self, platform: str) -> str:
        """Return a name that none has."""
        numbers = range(1, MOST_KEPT + 2)
        return next(name for n in numbers if (name := f"{platform}-{n}") not in self.kept)


def _meant(name: str, data: bytes) -> Walkthrough:
    try:
        return read_walkthrough(name, data)
    except WalkthroughError as error:
        raise ValueError(str(error)) from error


class _Shown:
    """What a person is showing: the steps so far, and how the page looked."""

    def __init__(
        self, call_id: int, platform: str, asks_number: bool, teaching: Teaching, by: str
    ) -> None:
        self.call_id, self.platform, self.teaching, self.by = call_id, platform, teaching, by
        self.asks_number = asks_number
        self.around: Surroundings | None = None
        self.stopped: tuple[int, str, int] | None = None
        self.watched = True


class Walkthroughs(Part):
    """What the room was shown, what it is being shown, and what it does by itself now."""

    def __init__(
        self,
        config: Config,
        calls: CallControl,
        devices: RoomDevices,
        store: Store | None,
        clock: Clock,
        changed: Callable[[], None],
        identity: Callable[[], IdentityEntry],
    ) -> None:
        self._config, self._calls, self._clock = config, calls, clock
        self._screen = devices.first(Screen)
        self._identity = identity
        self._signers, self._signing = Signers(store), asyncio.Lock()
        self._changed = changed
        self.library = Library(store)
        self._shown: _Shown | None = None
        self._replay: Replay | None = None
        self._task: asyncio.Task[None] | None = None
        self._seen_call: int | None = None  # for which it was decided what to do
        self._touched_call: int | None = None
        self._handed: tuple[int, WalkOutcome] | None = None
        self._stopped: tuple[int, str, int] | None = None  # a call, whose page changed at a step
        self._name: str | None = None  # of the walkthrough that this call's page was passed by
        self._asked = False  # to be shown a page; what is done by itself ends first
        self._looks_at: int | None = None  # the call whose page is looked at for named pictures
        self._sought: tuple[NamedPicture, ...] = ()
        self._stirred = asyncio.Event()  # what is sought may have changed
        self._says: PageName | None = None  # what was told of the page
        self._picked: tuple[int, ShownControl] | None = None  # for a call; waits for its name

    def configure(self, config: Config, devices: RoomDevices) -> None:
        self._config, self._screen = config, devices.first(Screen)

    # What the document says.

    def sections(self, now: Moment) -> Mapping[str, object]:
        return {"walkthrough": self._entry()}

    def _entry(self) -> WalkthroughEntry:
        plain = self._calls.plain_page
        if plain is None:
            return WalkthroughEntry()
        shown, replay = self._shown, self._replay
        used = self.library.kept.get(self._name or "")
        whose = None if used is None else used.by_room
        if shown is not None:
            state: WalkthroughState = "showing" if shown.watched else "shown"
            return WalkthroughEntry(state, steps=len(shown.teaching.steps))
        if replay is not None and replay.outcome is None:
            step, steps = replay.progress
            return WalkthroughEntry("joining", step, steps, name=self._name, by_room=whose)
        if self._calls.proven:
            return WalkthroughEntry()
        if self._handed is not None and self._handed[0] == plain:
            why = self._handed[1].value
            return WalkthroughEntry("handed_over", reason=why, name=self._name, by_room=whose)
        return WalkthroughEntry("offered")

    # What a call brings about.

    def follow(self) -> None:
        plain = self._calls.plain_page
        shown = self._shown
        self._stirred.set()
        if self._looks_at not in (None, plain) and self._task is not None:
            self._task.cancel()  # it may sleep for long
        if shown is not None and plain != shown.call_id and self._calls.live_id != shown.call_id:
            self._shown = None
            self._changed()
        if self._calls.proven:
            self._proven()
        if plain is None:
            if self._replay is not None:
                self._replay.end(WalkOutcome.STOPPED)
        elif plain != self._seen_call:
            self._seen_call = plain
            self._begin(plain)

    def _proven(self) -> None:
        if self._replay is not None:
            self._replay.end(WalkOutcome.DONE)
        if self._shown is not None and self._shown.watched and self._screen is not None:
            self._shown.watched = False
            self._start(self._screen.remote, _nothing)
            self._changed()

    def _begin(self, call_id: int) -> None:
        """Pass the page of a call that was just opened, if it was shown how."""
        platform = self._calls.plain_platform
        known = self._known(platform, self._calls.plain_asks_number)
        self._name = self._says = None
        if known and self._shown is None and self._screen is not None:
            self._handed = None
            remote = self._screen.remote
            task = self._start(remote, partial(self._pass, remote, call_id, platform))
            if any(knows_lobby(one.named) for one in known):
                self._calls.lobby_sought(call_id, on=True)
                task.add_done_callback(lambda _: self._calls.lobby_sought(call_id, on=False))

    def _known(self, platform: str | None, asks_number: bool) -> list[Walkthrough]:
        """Return those of a platform's page, whatever the screen."""
        return [
            one
            for one in self.library.kept.values()
            if (one.platform, one.asks_number) == (platform, asks_number)
        ]

    def _start(
        self, remote: RemoteDisplay, work: Callable[[], Awaitable[None]]
    ) -> asyncio.Future[None]:
        """Do something by itself as soon as what was begun before is over."""
        self._task = asyncio.ensure_future(self._in_turn(self._task, remote, work))
        return self._task

    async def _in_turn(
        self,
        before: asyncio.Task[None] | None,
        remote: RemoteDisplay,
        work: Callable[[], Awaitable[None]],
    ) -> None:
        """Do one thing after another; the child that looks ends with each."""
        if before is not None:
            await asyncio.gather(before, return_exceptions=True)
        try:
            await work()
        except (Refused, PortError, NoReply) as error:
            _log.warning("walkthrough: %s", error)
        finally:
            await _unwatch(remote)
            self._changed()

    async def run(self) -> None:
        """Read what is kept; what is done by itself begins with a call."""
        await in_thread(self.library.load)
        await asyncio.Event().wait()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _pass(self, remote: RemoteDisplay, call_id: int, platform: str | None) -> None:
        """Pass a page by itself, then look out."""
        sight = await remote.seek(())
        around = self._around((sight.width, sight.height), sight.scale_pct / 100, "light")
        asks = self._calls.plain_asks_number
        walkthrough = suited(self.library.kept.values(), platform, around, asks_number=asks)
        if walkthrough is not None and self._calls.plain_page == call_id:
            await self._replay_it(remote, call_id, walkthrough)
            await self._look_out(remote, call_id)

    async def _replay_it(
        self, remote: RemoteDisplay, call_id: int, walkthrough: Walkthrough
    ) -> None:
        """Do what was shown, to its end."""
        replay = Replay(walkthrough, self._calls.words, self._clock.mono_s())
        lookout = Lookout(walkthrough.named, len(replay.controls))
        self._replay, self._name = replay, walkthrough.name
        self._changed()
        _log.info("walkthrough %s: begun%s", walkthrough.name, _as_shown(walkthrough))
        try:
            await remote.bring(packed((*replay.controls, *lookout.controls)))
            await remote.heed(self._touched)
            await self._do(remote, replay, lookout, call_id)
        except (Refused, PortError, NoReply) as error:
            _log.warning("walkthrough: %s", error)
            replay.end(WalkOutcome.FAILED)
        finally:
            self._replay = None
            with contextlib.suppress(RoomctlError):
                await remote.heed_no_more()
            await self._over(call_id, walkthrough, replay)
            self._changed()

    async def _do(
        self, remote: RemoteDisplay, replay: Replay, lookout: Lookout, call_id: int
    ) -> None:
        """Do step after step, each once, until it is over."""
        looked_out_s = self._clock.mono_s()
        while (todo := replay.todo) is not None:
            before = replay.progress
            if isinstance(todo, LookFor):
                began_s = self._clock.mono_s()
                due = began_s - looked_out_s >= lookout.before_s
                named = lookout.wanted(proven=False) if due else ()
                seen = await remote.seek((*todo.controls, *named))
                now, sighted = self._clock.mono_s(), _sighted(seen)
                if due:
                    looked_out_s = now
                    self._tell(call_id, lookout, began_s, sighted)
                if replay.outcome is None:
                    replay.saw(now, sighted, seen.still_ms / 1000, seen.gone)
                if isinstance(replay.todo, LookFor | PressOn):
                    await asyncio.sleep(replay.pause_s)
            else:
                await self._act(remote, replay, todo)
            if replay.progress != before:
                self._changed()

    async def _look_out(self, remote: RemoteDisplay, call_id: int) -> None:
        """Look for what staff have named, at a gentle rate, as long as the page stands there."""
        self._looks_at = call_id
        try:
            await self._seek_named(remote, call_id)
        finally:
            self._looks_at, self._sought = None, ()
            self._calls.lobby_sought(call_id, on=False)
            if self._says is not None:
                self._says = None
                self._calls.page_seen(call_id, None)

    async def _seek_named(self, remote: RemoteDisplay, call_id: int) -> None:
        lookout, looking, looks = Lookout(()), True, 0
        while self._calls.plain_page == call_id and not (self._asked or self._shown):
            self._stirred.clear()
            kept, proven = self._kept_here(), self._calls.proven
            named = kept.named if kept is not None else ()
            wanted = Lookout(named).wanted(proven=proven)
            self._calls.lobby_sought(call_id, on=knows_lobby(named))
            if not wanted:
                self._sought = ()
                if looking:
                    await remote.watch(on=False)
                looking = False
                await self._stirred.wait()
                continue
            if named != self._sought:
                lookout, looking, self._sought = Lookout(named), True, named
                await remote.bring(packed(lookout.controls))
            began_s = self._clock.mono_s()
            seen = await remote.seek(wanted)
            self._tell(call_id, lookout, began_s, _sighted(seen))
            looks = looks + 1 if proven else 0
            await asyncio.sleep(DURING_S if looks > EARLY else lookout.before_s)

    def _tell(self, call_id: int, lookout: Lookout, began_s: float, sighted: Sighted) -> None:
        """Have the call's state say what a named picture says, by a look that began then."""
        lookout.saw(began_s, sighted)
        if lookout.sure_s is not None:
            self._says = lookout.says
            self._calls.page_seen(call_id, lookout.says, lookout.sure_s)

    async def _act(self, remote: RemoteDisplay, replay: Replay, todo: Todo) -> None:
        try:
            match todo:
                case PressOn(control=control, at=(x, y)):
                    await remote.press_control(control, x, y)
                case TypeOut(text=text):
                    await remote.type(text)
                case StrikeKey(key=key):
                    await remote.key(KeyName(key))
                case Turn(x=x_share, y=y_share, notches=notches):
                    await remote.scroll(x_share, y_share, abs(notches), notches > 0)
        except Refused as error:
            if error.code != "not_there":
                raise
            replay.missed()
        else:
            replay.did(self._clock.mono_s())

    async def _over(self, call_id: int, walkthrough: Walkthrough, replay: Replay) -> None:
        """Note how it ended: for the people in the room, and in the walkthrough's record."""
        outcome, (step, steps) = replay.outcome or WalkOutcome.STOPPED, replay.progress
        _log.info("walkthrough %s: %s at %d of %d", walkthrough.name, outcome, step, steps)
        missed = outcome in (WalkOutcome.CHANGED, WalkOutcome.AMBIGUOUS, WalkOutcome.FAILED)
        if outcome not in (WalkOutcome.DONE, WalkOutcome.STOPPED, WalkOutcome.TOUCHED):
            self._handed = (call_id, outcome)
        if outcome is WalkOutcome.CHANGED:
            self._stopped = (call_id, walkthrough.name, step)

        def recorded(now: Walkthrough) -> Walkthrough:
            if (now.at, now.origin) != (walkthrough.at, walkthrough.origin):
                return now  # it was shown anew, or another file came
            if outcome is WalkOutcome.DONE:
                now = replace(now.skipping(replay.skipped), done=now.origin is not None)
            elif outcome in (WalkOutcome.CHANGED, WalkOutcome.AMBIGUOUS):
                now = now.missing(step)
            if now.given_up:
                _log.warning("walkthrough %s: missed twice at step %d; given up", now.name, step)
            return now.ended(outcome.value if missed else "")

        with contextlib.suppress(Refused):  # forgotten meanwhile; of the disk, that says so itself
            await self.library.change(walkthrough.name, recorded)

    def _around(self, size: tuple[int, int], scale: float, theme: str) -> Surroundings:
        browser = (self._screen.state.browser if self._screen is not None else None) or "unknown"
        return Surroundings(browser, size, scale, self._config.room.language, theme)

    # What people do on the page.

    async def press(self, remote: RemoteDisplay, x: float, y: float) -> None:
        """Press a place for a person; what was there is remembered while it is shown."""
        shown = self._touch()
        if shown is None:
            await remote.press(x, y)
            return
        _checked(lambda: shown.teaching.check(press=True))
        control, shown.around = self._learned(await remote.press(x, y))
        shown.teaching.pressed(control)
        self._changed()

    def _learned(self, told: bytes) -> tuple[ShownControl, Surroundings]:
        """Return what stood at a place, and how the page looked."""
        learned = json.loads(told)
        (control,) = unpacked(learned["controls"].encode("ascii"))
        width, height = learned["size"]
        around = self._around((width, height), float(learned["scale"]), learned["theme"])
        return control, around

    async def type(self, remote: RemoteDisplay, text: str) -> None:
        """Type a text for a person."""
        shown = self._touch()
        if shown is not None:
            _checked(shown.teaching.check_text)
        await remote.type(text)
        if shown is not None:
            shown.teaching.typed(text)

    async def key(self, remote: RemoteDisplay, key: KeyName) -> None:
        """Strike a key for a person."""
        shown = self._touch()
        if shown is not None:
            _checked(lambda: shown.teaching.check(press=False))
        await remote.key(key)
        if shown is not None:
            shown.teaching.struck(key.value)

    async def scroll(
        self, remote: RemoteDisplay, x: float, y: float, steps: int, down: bool
    ) -> None:
        """Turn the wheel for a person."""
        shown = self._touch()
        await remote.scroll(x, y, steps, down)
        if shown is not None:
            shown.teaching.scrolled(x, y, steps if down else -steps)

    @property
    def number_words(self) -> dict[str, frozenset[Word]]:
        """What is typed of a meeting where a platform asks for a number, as first shown."""
        words: dict[str, frozenset[Word]] = {}
        for one in sorted(self.library.kept.values(), key=lambda one: one.origin is not None):
            if one.asks_number and not one.given_up:
                words.setdefault(one.platform, one.words)
        return words

    def knows(self, platform: str | None, asks_number: bool) -> bool:
        """Whether a page of the platform was shown."""
        return bool(self._known(platform, asks_number))

    @property
    def wants_passcode(self) -> bool:
        """Whether this page was handed over for want of a passcode, or says so, and is typed."""
        calls, plain = self._calls, self._calls.plain_page
        known = self._known(calls.plain_platform, calls.plain_asks_number)
        typed = any(Word.PASSCODE in one.words for one in known)
        return typed and (self._handed == (plain, WalkOutcome.NO_WORD) or calls.asks_passcode)

    def _touch(self) -> _Shown | None:
        """Take it that a person touches the page; return what is being shown."""
        self._touched_call = self._calls.plain_page
        if self._replay is not None:
            self._replay.end(WalkOutcome.TOUCHED)
        shown = self._shown
        return shown if shown is not None and shown.watched else None

    def _touched(self) -> None:
        """Take it that somebody touches the display itself."""
        self._touch()
        self._changed()

    # What staff ask for.

    @command("walkthrough.begin", Right.TEACH)
    async def _show(self, source: Source) -> None:
        """Record from now on how a person passes this page; a page that was tapped opens again."""
        plain, platform = self._plain(), self._calls.plain_platform
        assert platform is not None and self._screen is not None  # noqa: PT018, S101 - it stands there
        asks_number = self._calls.plain_asks_number
        self._asked = True
        try:
            await self._end_replay()
            stopped = self._stopped if self._stopped and self._stopped[0] == plain else None
            if self._touched_call == plain or self._handed is not None:
                plain = await self._anew(plain)
            await self._screen.remote.watch(on=True)
            self._handed = None
            teaching = Teaching(self._calls.words)
            self._shown = _Shown(plain, platform, asks_number, teaching, source.name)
            self._shown.stopped = stopped
        finally:
            self._asked = False
        self._changed()

    async def _end_replay(self) -> None:
        task = self._task
        if self._replay is not None:
            self._replay.end(WalkOutcome.STOPPED)
        elif task is not None and not task.done():
            task.cancel()  # it only looks out, and may sleep for long
        if task is not None and not task.done():
            await asyncio.wait((task,))

    async def _anew(self, call_id: int) -> int:
        """Open the page again; return the new call. Refused if it does not come."""
        self._seen_call = None
        await self._calls.rejoin()
        fresh = self._calls.live_id
        self._seen_call = fresh  # nothing passes it by itself
        try:
            async with asyncio.timeout(OPEN_S):
                while self._calls.plain_page != fresh:
                    await asyncio.sleep(0.2)
        except TimeoutError:
            why = f"the page did not open again within {OPEN_S:g} s; join the meeting again"
            raise Refused("room", "no_plain_page", why) from None
        return fresh or call_id

    @command("walkthrough.keep", Right.TEACH)
    async def _keep(
        self,
        source: Source,
        optional: StepNumbers | None = None,
        person: StepNumbers | None = None,
        texts: StepNumbers | None = None,
    ) -> None:
        """Keep the steps that were shown.

        By number: steps that the page may leave out, that ask whether a person is there, and those
        whose other texts are kept; without a number they are left out.
        """
        shown = self._draft()
        if shown.around is None or not shown.teaching.steps:
            raise Refused("room", "nothing_shown", "nothing was pressed yet; press the page first")
        given = {"optional": optional or (), "person": person or (), "texts": texts or ()}
        steps = chosen(shown.teaching.steps, **given)
        if all(step.optional for step in steps):
            why = "every step is optional; at least one must not be"
            raise Refused("room", "nothing_shown", why)
        name, at = self.library.fresh_name(shown.platform), self._clock.now().wall
        new = Walkthrough(name, shown.platform, shown.by, at, shown.around, steps)
        new = replace(new, asks_number=shown.asks_number)
        if new.asks_number and Word.MEETING_ID not in new.words:
            why = "the meeting's number was not typed; show the page again, and type it there"
            raise Refused("room", "number_not_shown", why)
        kept = self.library.kept.values()
        old = suited(kept, new.platform, new.around, asks_number=new.asks_number)
        if old is not None and old.origin is not None:
            new = replace(new, named=old.named)  # the other room's stays, for others to ask for
        elif old is not None and old.around.theme == new.around.theme:
            new = replace(new, name=old.name, named=old.named)
            if shown.stopped is not None and shown.stopped[1] == old.name:
                both = with_alternatives(new.steps, old.steps, shown.stopped[2])
                more = replace(new, steps=both)
                new = more if len(written(more)) <= LARGEST_FILE else new
        await self.library.keep(new)
        await self._unshow()

    @command("walkthrough.discard", Right.TEACH)
    async def _discard(self, source: Source) -> None:
        """Discard what was shown, and go on without recording."""
        self._draft()
        await self._unshow()

    @command("walkthrough.stop", Right.MEET)
    async def _stop(self, source: Source) -> None:
        """Stop the room on this page; people go on themselves."""
        if self._replay is not None:
            self._replay.end(WalkOutcome.STOPPED)
            self._changed()

    @command("walkthrough.pick", Right.TEACH)
    async def _pick(self, source: Source, x: Share, y: Share) -> None:
        """Pick the picture at a place of the page, to name it; tap nothing."""
        plain = self._plain()
        if self._kept_here() is None:
            why = "this page is new to the room; show it first: walkthrough.begin"
            raise Refused("room", "nothing_shown", why)
        self._touch()
        assert self._screen is not None  # noqa: S101 - a plain page stands on it
        control, _ = self._learned(await self._screen.remote.learn(x, y))
        self._picked = (plain, control)
        if not self._sought:
            await _unwatch(self._screen.remote)

    @command("walkthrough.name", Right.TEACH)
    async def _named(self, source: Source, says: Says) -> None:
        """Keep the picked picture: a page with it is a lobby, a barrier, or an end."""
        kept, plain = self._kept_here(), self._plain()
        control = self.picked()
        if kept is None:
            raise Refused("room", "nothing_shown", "this page is new to the room; show it first")
        # A heading says what the page is, whatever is written below it.
        picture = NamedPicture(PageName(says), replace(control, words=()))
        await self.library.change(kept.name, lambda now: _checked(lambda: now.naming(picture)))
        self._picked = None
        self._stirred.set()
        if self._looks_at is None and self._screen is not None:
            remote = self._screen.remote
            self._start(remote, partial(self._look_out, remote, plain))

    def picked(self) -> ShownControl:
        """Return what was picked, and waits for its name; Refused without."""
        if self._picked is None or self._picked[0] != self._calls.plain_page:
            raise Refused("room", "nothing_shown", "nothing was picked; tap the page's picture")
        return self._picked[1]

    def _plain(self) -> int:
        plain = self._calls.plain_page
        if plain is None or self._screen is None:
            why = "the display shows no page for a person to pass; join a meeting first"
            raise Refused("room", "no_plain_page", why)
        return plain

    def _kept_here(self) -> Walkthrough | None:
        """Return what this page was passed by, or the newest walkthrough of its platform."""
        if self._name in self.library.kept:
            return self.library.kept[self._name]
        return preferred(self._known(self._calls.plain_platform, self._calls.plain_asks_number))

    def _draft(self) -> _Shown:
        if self._shown is None:
            raise Refused("room", "nothing_shown", "nothing is being shown; begin it first")
        return self._shown

    async def _unshow(self) -> None:
        shown, self._shown = self._shown, None
        self._changed()
        if shown is not None and shown.watched and self._screen is not None:
            await _unwatch(self._screen.remote)

    # What the API asks for.

    def summaries(self) -> list[WalkthroughSummary]:
        """Return all that are kept, by name."""
        return [_summary(one) for _, one in sorted(self.library.kept.items())]

    def summary(self, name: str) -> WalkthroughSummary:
        """Return one, or with the name "draft" what is being shown; Refused without."""
        if name != DRAFT:
            return _summary(self.library.one(name))
        shown = self._draft()
        around = shown.around or self._around((0, 0), 1.0, "light")
        at = self._clock.now().wall
        steps = shown.teaching.steps
        return _summary(Walkthrough(DRAFT, shown.platform, shown.by, at, around, steps))

    def picture(self, name: str, step: int, look: int = 1) -> bytes:
        """Return a picture of a step, both counted from 1, as PNG; Refused without."""
        kept = self._draft().teaching.steps if name == DRAFT else self.library.one(name).steps
        try:
            return kept[step - 1].looks[look - 1].patch
        except IndexError:
            why = f"walkthrough {name!r} has no picture {look} of a step {step}"
            raise Refused("room", "unknown_walkthrough", why) from None

    async def exported(self, name: str) -> bytes:
        """Return one as a file that the room has signed, without its record; Refused.

        Another room's is returned as that has signed it, and as nobody's if nobody did.
        """
        kept, room = self.library.one(name), self._identity()
        if kept.origin is not None and kept.origin.key:
            return kept.origin.file
        if kept.origin is not None:
            return written(replace(kept, tries=0, misses=0, missed="", origin=None))

        def signed() -> bytes:
            key, sign = self._signers.public(), self._signers.sign
            return for_others(kept, room.id, room.display_name, key, sign)

        async with self._signing:
            with _keys():
                return await in_thread(signed)

    async def brought(self, name: str, data: bytes) -> WalkthroughSummary:
        """Keep a file that a room has exported; Refused says what is wrong with it.

        It takes no other's place than that of one from the same room.
        """
        try:
            found = await in_thread(read_from_others, name, data, signed_by)
        except WalkthroughError as error:
            raise Refused("room", "not_a_walkthrough", str(error)) from None
        if name == DRAFT or found.platform not in self._calls.platforms.by_key:
            why = (
                f"{name!r} is not a valid name, or {found.platform!r} is not a platform of this"
                " room"
            )
            raise Refused("room", "not_a_walkthrough", why)
        async with self._signing:
            kept = await self._taken(found)
        self._changed()
        return _summary(kept)

    async def _taken(self, found: Walkthrough) -> Walkthrough:
        """Keep what came, and by which key its room is known; Refused if by another one."""
        origin = found.origin
        assert origin is not None  # noqa: S101 - it came
        if not origin.key:
            return await self.library.bring(found)
        key, own = fingerprint(origin.key), origin.room == self._identity().id
        with _keys():
            known = await in_thread(self._signers.known, origin.room)
            mine = fingerprint(await in_thread(self._signers.public)) if own else None
        if mine == key:
            return await self.library.bring_back(replace(found, origin=None))
        if (known or mine or key) != key:
            raise Refused("room", "other_key", _other_key(found, key, known or mine or ""))
        if known is None:
            await self._know(origin.room, key)
        return await self.library.bring(found)

    async def trust(self, room_id: str, key: str) -> None:
        """Take files of a room from now on that are signed with this key, by its fingerprint."""
        async with self._signing:
            await self._know(room_id, key)

    async def _know(self, room_id: str, key: str) -> None:
        with _keys():
            await in_thread(self._signers.trust, room_id, key)
        _log.info("walkthroughs: room %r is known by key %s", room_id, key)


@contextlib.contextmanager
def _keys() -> Iterator[None]:
    """Refuse what needs a key that cannot be kept, or read."""
    try:
        yield
    except OSError as error:
        why = f"a key cannot be kept, or read: {error.strerror}"
        raise Refused("room", "storage", why) from error
    except ValueError as error:
        raise Refused("room", "too_many_signers", str(error)) from None


def _other_key(found: Walkthrough, key: str, known: str) -> str:
    """Say who claims to be whom, and what staff do about it."""
    assert found.origin is not None  # noqa: S101 - it came
    room = found.origin.room
    return (
        f"the file says that it is of room {room!r} ({found.by_room!r}), and is signed with {key};"
        f" that room is known by {known}. If the room has a new key:"
        f" roomctl walkthrough trust {shlex.quote(room)} {key}"
    )


def _as_shown(one: Walkthrough) -> str:
    if one.origin is None:
        return ""
    return f", as shown in {one.by_room!r}" if one.by_room else ", as shown in an unsigned file"


async def _nothing() -> None:
    """Do nothing by itself."""


async def _unwatch(remote: RemoteDisplay) -> None:
    with contextlib.suppress(RoomctlError):
        await remote.watch(on=False)


def _checked(check: Callable[[], T]) -> T:
    try:
        return check()
    except NotShown as error:
        raise Refused("screen", "not_shown", str(error)) from None


def _sighted(seen: ControlsSeen) -> Sighted:
    return {one.control: one.why or (one.x, one.y) for one in seen.seen}


def _summary(one: Walkthrough) -> WalkthroughSummary:
    around = one.around
    screen = f"{around.size[0]}x{around.size[1]}"
    head = (one.name, one.platform, one.by, one.at, around.browser, screen, around.scale)
    record = (around.language, around.theme, one.tries, one.misses, one.missed, one.asks_number)
    named = tuple(picture.says.value for picture in one.named)
    origin = one.origin
    room_id = origin.room if origin is not None else ""
    key = fingerprint(origin.key) if origin is not None and origin.key else ""
    whose = (one.by_room, room_id, key, one.given_up)
    return WalkthroughSummary(*head, *record, tuple(_steps(one.steps)), named, *whose)


def _steps(steps: Iterable[WalkStep]) -> Iterable[StepSummary]:
    for step in steps:
        asked = [one for one in step.acts if isinstance(one, TypeLiteral) and one.asked]
        does = tuple(said(act) for act in step.acts if act not in asked)
        sizes = tuple(len(one.text) for one in asked)
        yield StepSummary(does, len(step.looks), step.optional, step.person, sizes)
