"""The room's one call: what is asked for, the page that the screen opens, and how the call stands.

Mediates between links and states of a call (`meeting`) and pages (`screen`); neither knows the
other. Knows no browser and no compositor.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, replace
from datetime import date
from typing import Literal, Protocol

from roomctl.booking import Booking
from roomctl.camera.profile import CameraTable, seen_by_meetings
from roomctl.clock import Clock, Moment
from roomctl.command import (
    Alternative,
    AskedPasscode,
    Favourite,
    Identifier,
    MeetingNumber,
    Passcode,
    PlatformId,
    Result,
    Share,
    Source,
    Steps,
    Text,
    TypedText,
    command,
)
from roomctl.config import Config
from roomctl.device import Status
from roomctl.errors import ConfigError, LinkRefused, PortError, Refused, UnknownOutcome
from roomctl.explain import suggest
from roomctl.frozen import frozen
from roomctl.kind import IssueEntry, Part, RoomDevices
from roomctl.meeting import call, dial
from roomctl.meeting.deep_link import deep_link, without_passcode
from roomctl.meeting.flow import MediaFlow
from roomctl.meeting.invitation import Launch, ParsedInvitation
from roomctl.meeting.leaving import ExitStage, PlatformExit, PlatformExits
from roomctl.meeting.link import by_number, read
from roomctl.meeting.platform import Platform, Platforms, Policy, load_platforms, without_port
from roomctl.meeting.walkthrough import Word
from roomctl.roles import Right, Role
from roomctl.room.bookings import Bookings, note_refused
from roomctl.room.conditions import PlatformState
from roomctl.room.document import (
    FallbackEntry,
    FavouriteEntry,
    LeavingEntry,
    MeetingEntry,
    PlatformEntry,
    WaitingWord,
)
from roomctl.room.pictures import Picture, as_picture
from roomctl.screen.driver import Opening, PageRules, RemoteDisplay, Screen
from roomctl.screen.profile import screen_of
from roomctl.screen.protocol import KeyName, MeetingPage, PageSelectors, PageSign, SignKind
from roomctl.store import Settings
from roomctl.store.settings import Place

_log = logging.getLogger(__name__)

ENDED_SHOWN_S = 4.0  # then the panel is home again
LEFT_SHOWN_S = 30.0  # where nobody says so
SETTLED_S = 1.5  # a page that asks can be read before its window takes keys
PAGE_MISSING_S = 2.0  # a screen that is back this long and shows no page has lost the call
Key = Literal[
    "enter",
    "tab",
    "back_tab",
    "escape",
    "backspace",
    "space",
    "up",
    "down",
    "left",
    "right",
    "back",
]
_WAYS = (
    Alternative(("booking",)),
    Alternative(("link",)),
    Alternative(("favourite",)),
    Alternative(("number", "platform"), ("passcode",)),
)
_PASSCODE = (call.CallFailure.PASSCODE_NEEDED, call.CallFailure.PASSCODE_WRONG)
_QUIET = (call.State.IDLE, call.State.ENDED, call.State.FAILED)


@frozen
class _Joined:
    """What was read of the meeting that was asked for last, and of another way to meet."""

    invitation: ParsedInvitation
    other: ParsedInvitation | None
    title: str | None


@frozen
class _Dated:
    """What room.toml comes to on a day: what may be joined, and where a meeting is started."""

    day: date | None
    policy: Policy
    default: str | None
    state: PlatformState


class ShownPages(Protocol):
    """What the room was shown of pages that it passes by itself."""

    @property
    def number_words(self) -> Mapping[str, frozenset[Word]]:
        """What is typed of a meeting, by the platforms whose page asks for a number."""
        ...

    @property
    def wants_passcode(self) -> bool:
        """Whether the page that stands there wants a passcode, which the room types."""
        ...

    def knows(self, platform: str | None, asks_number: bool) -> bool:
        """Whether a page of the platform was shown."""
        ...


class CallControl:
    """Joining, leaving, and the truth about the call."""

    def __init__(
        self,
        config: Config,
        screen: Screen | None,
        clock: Clock,
        changed: Callable[[], None],
        devices_kept: Callable[[], AbstractAsyncContextManager[None]] = contextlib.nullcontext,
        shown: Callable[[], ShownPages | None] = lambda: None,
    ) -> None:
        """`devices_kept` has the room's devices at the room until its block ends."""
        self._clock, self._changed = clock, changed
        self._devices_kept, self._shown = devices_kept, shown
        self._seen: MeetingPage | None = None
        self.configure(config, screen)
        self._context = call.CallContext()
        self._joined: _Joined | None = None
        self._cleared: int | None = None
        self._begun: int | None = None
        self.left_here = False  # the call that is, or was: by somebody in the room
        self._stays = asyncio.Event()  # nobody is leaving
        self._stays.set()

    def configure(self, config: Config, screen: Screen | None) -> None:
        """Take what room.toml says now; a call that is under way goes on. ConfigError."""
        meeting = config.meeting
        platforms = load_platforms(meeting.hosts, own=meeting.platform_folder)
        _refuse_unknown(platforms, config)
        self._config, self._screen = config, screen
        self._known: _Dated | None = None
        self._entries: tuple[object, tuple[PlatformEntry, ...]] | None = None  # and what for
        self.platforms: Platforms = platforms
        self.departures = departures(config)
        self._policy = Policy(meeting.allow, meeting.deny, ends=self.departures.ends())
        order = {key: at for at, key in enumerate(meeting.allow)}
        allowed = filter(self._allowed, platforms)
        self.allowed = tuple(sorted(allowed, key=lambda one: order.get(one.key, len(order))))
        self.favourites = tuple(
            FavouriteEntry(name, self.read(link.reveal()).platform)
            for name, link in meeting.favourites.items()
        )

    @property
    def platform_entries(self) -> tuple[PlatformEntry, ...]:
        """The platforms that may be joined, and which of them a meeting may be started on."""
        known = self._dated.day, self._number_words
        if self._entries is None or self._entries[0] != known:
            self._entries = known, tuple(map(self._entry_of, self.allowed))
        return self._entries[1]

    def _entry_of(self, platform: Platform) -> PlatformEntry:
        printed, launch = platform.printed, platform.launch
        number = self._number_does(platform)
        typed = self._number_words.get(platform.key, ()) if number == "passed" else ()
        return PlatformEntry(
            key=platform.key,
            name={"zh": platform.name.zh, "en": platform.name.en},
            new=platform.key in self._config.meeting.new
            and self.departures.may_start(platform.key, self.day),
            by_number=number in ("opens", "passed"),
            default=platform.key == self.default_platform,
            number=number,
            digits=printed.digits,
            usual=printed.usual or printed.digits,
            groups=printed.groups,
            code=printed.code if launch.room else "",
            named=printed.name if launch.room else "",
            passcode_needed=printed.passcode_needed or Word.PASSCODE in typed,
        )

    def _number_does(
        self, platform: Platform
    ) -> Literal["opens", "passed", "to_show", "link", "none"]:
        if not self._joinable(platform):
            return "none"
        if platform.by_number:
            return "opens"
        digits = platform.printed.digits
        if not digits or self.by_number(platform.key, "0" * digits[0], None).launch is None:
            return "link"
        return "passed" if platform.key in self._number_words else "to_show"

    @property
    def _number_words(self) -> Mapping[str, frozenset[Word]]:
        shown = self._shown()
        return shown.number_words if shown is not None else {}

    def _joinable(self, platform: Platform) -> bool:
        """Whether there is a host of the platform at which the room may join today."""
        today = self._today()
        return any(
            today.permits(platform, site.name) and today.ended(platform, site.name) is None
            for site in self.platforms.sites
            if site.platform is platform
        )

    @property
    def day(self) -> date | None:
        """The day in the room; None: the clock is not set yet."""
        now = self._clock.now()
        return now.wall.astimezone(self._config.room.zone).date() if now.synced else None

    @property
    def default_platform(self) -> str | None:
        """The room's platform today."""
        return self._dated.default

    @property
    def _dated(self) -> _Dated:
        """What follows from the day alone; it is asked for with every look at the room."""
        day = self.day
        if self._known is None or self._known.day != day:
            self._known = self._on(day)
        return self._known

    def _on(self, day: date | None) -> _Dated:
        default = self.departures.default(self._config.meeting.platform, day)
        # A clock that is not set yet ends no service.
        policy = replace(self._policy, day=day)
        return _Dated(day, policy, default, self._state_of(default, policy))

    @property
    def live(self) -> bool:
        """Whether a call is under way, proven or not."""
        return self.live_id is not None

    @property
    def live_id(self) -> int | None:
        """Which call is under way, proven or not; None: no call is."""
        asked, context = self._context.call, self._context
        over = context.now.state in _QUIET and not context.shown
        return None if asked is None or over else asked.id

    @property
    def plain_page(self) -> int | None:
        """The call whose page people pass themselves, and can reach; None: there is none.

        It stays so until the call is proven.
        """
        context, seen, joined = self._context, self._seen, self._joined
        if not context.shown or context.call is None or seen is None or joined is None:
            return None
        launch = joined.invitation.launch
        plain = launch is not None and launch.mode != "assisted"
        waits = seen.id == context.call.id and seen.reachable and not self.leaving
        return context.call.id if plain and waits else None

    @property
    def plain_platform(self) -> str | None:
        """The platform of the call that was joined last."""
        return self._context.call.platform if self._context.call else None

    @property
    def plain_asks_number(self) -> bool:
        """Whether that page is the vendor's one that asks for a number."""
        launch = self._joined.invitation.launch if self._joined is not None else None
        return launch is not None and launch.asks_number

    @property
    def proven(self) -> bool:
        """Whether the room is in the meeting, whoever else is."""
        return self._context.now.state in call.MEETING

    @property
    def words(self) -> Mapping[Word, str]:
        """What is typed on this meeting's page."""
        found = {Word.NAME: self._shown_name()}
        if self._joined is not None:
            invitation = self._joined.invitation
            found[Word.PASSCODE] = invitation.passcode or ""
            found[Word.MEETING_ID] = invitation.meeting_id or ""
        return found

    @property
    def platform_state(self) -> PlatformState:
        """Whether the platform for new meetings can be used; without one, whether any can."""
        return self._dated.state

    def _state_of(self, wanted: str | None, policy: Policy) -> PlatformState:
        if not self.allowed:
            return "none"
        if wanted is None:
            return "usable"
        platform = self.platforms.by_key[wanted]
        if all(one.key != wanted for one in self.allowed):
            return "not_allowed"
        hosts = [site.name for site in self.platforms.sites if site.platform is platform]
        over = bool(hosts) and all(policy.ended(platform, host) for host in hosts)
        return "ended" if over else "usable"

    @property
    def leaving(self) -> bool:
        """Whether somebody has asked to leave."""
        return self._context.now.state is call.State.LEAVING

    @property
    def failed(self) -> bool:
        """Whether the last call failed."""
        return self._context.now.state is call.State.FAILED

    @property
    def entry(self) -> MeetingEntry:
        context, now = self._context, self._context.now
        asked = context.call
        return MeetingEntry(
            state=now.state.value,
            platform=asked.platform if asked else None,
            title=asked.title if asked else None,
            host=context.host,
            number=asked.number if asked else None,
            since=now.since.wall if now.since else None,
            failure=now.failure.value if now.failure else None,
            evidence=now.evidence.value,
            witnesses=tuple(one.value for one in now.witnesses),
            shown=context.shown,
            remote_control=context.shown and self._seen is not None and self._seen.reachable,
            covered=context.shown and self._seen is not None and self._seen.covered,
            can_press_join=bool(self.keys_to_join),
            can_enter_passcode=self._focused or self._field or self._retyped,
            dial=self._dialled(),
            fallback=self._fallback_entry(),
            rejoin=now.state is call.State.FAILED and self.can_rejoin,
            call=asked.id if asked else None,
            waiting=self._waiting,
        )

    @property
    def _waiting(self) -> WaitingWord | None:
        """Whether a browser waits for a meeting, or why none does; None: nobody says."""
        table = screen_of(self._config)
        if table is not None and table.waiting_browser == "off":
            return "off"
        said = self._screen.state.waiting if self._screen is not None else None
        return said.state.value if said is not None else None

    @property
    def asks_passcode(self) -> bool:
        """Whether the page says that it wants a passcode, or another one."""
        return self._context.shown and self._context.now.failure in _PASSCODE

    @property
    def _focused(self) -> bool:
        """Whether the page's passcode field has the focus now."""
        asked = self._context.call
        platform = self.platforms.by_key.get(asked.platform or "") if asked else None
        reached = self._seen is not None and self._seen.reachable
        return bool(platform and platform.page.passcode_focused and reached and self.asks_passcode)

    @property
    def _field(self) -> bool:
        """Whether the page has one field that the passcode can only be meant for."""
        seen = self._seen.seen if self._seen is not None else None
        return seen is not None and seen.field and self.asks_passcode

    @property
    def _retyped(self) -> bool:
        """Whether the room types a passcode on this page, and wants one."""
        shown = self._shown()
        return self.plain_page is not None and shown is not None and shown.wants_passcode

    async def enter_passcode(self, passcode: str, write: Callable[[bool], Awaitable[None]]) -> None:
        """Give the page the passcode it asks for; Refused("no_passcode_asked") if it takes none.

        `write` types it into the page's one field, or else where the page has its focus, and ends
        it. A page that the room passes by itself opens anew.
        """
        if self._focused or self._field:
            since = self._context.now.since
            stood_s = self._clock.mono_s() - since.mono_s if since else SETTLED_S
            await asyncio.sleep(max(0.0, SETTLED_S - stood_s))
        if self._focused or self._field:
            await write(self._field)
            return
        joined = self._joined
        if joined is None or not self._retyped:
            why = "the page asks for no passcode that the room can type; use the room's display"
            raise Refused("room", "no_passcode_asked", why)
        await self.join(replace(joined.invitation, passcode=passcode), joined.title)
        given = replace(joined.invitation, passcode=passcode)
        self._joined = replace(joined, invitation=given)  # with its other way

    @property
    def keys_to_join(self) -> tuple[str, ...]:
        """The keys that finish the page before this meeting, if that is known."""
        asked = self._context.call
        platform = self.platforms.by_key.get(asked.platform or "") if asked else None
        return platform.page.keys if platform and self._context.shown else ()

    def now(self) -> Moment:
        """Return the instant by the room's clock."""
        return self._clock.now()

    def read(self, text: str | Mapping[str, str]) -> ParsedInvitation:
        """Read an invitation as this room may use it."""
        return read(text, self.platforms, self._today())

    def by_number(self, platform: str, number: str, passcode: str | None) -> ParsedInvitation:
        """Read a number that a person typed."""
        return by_number(platform, number, passcode, self.platforms, self._today())

    def _today(self) -> Policy:
        """Return the policy of today."""
        return self._dated.policy

    def favourite(self, name: str) -> ParsedInvitation:
        """Read a favourite; Refused if room.toml names none so."""
        link = self._config.meeting.favourites.get(name)
        if link is None:
            why = f"no favourite {name!r} in [meeting.favourites]"
            raise Refused("room", "unknown_favourite", why)
        return self.read(link.reveal())

    async def join(
        self, invitation: ParsedInvitation, title: str | None, said: str | Mapping[str, str] = ""
    ) -> None:
        """Have the screen open a meeting, in place of one that is open.

        `said` is where it was read, which may name another way to meet.

        Raises LinkRefused if it must not be opened, Refused("no_screen") or PortClosed otherwise.
        """
        if invitation.launch is None:
            code = str(invitation.refusal)
            note_refused(invitation, "asked for")
            raise LinkRefused(invitation.platform or "link", code, invitation.why)
        if self._screen is None:
            raise Refused("room", "no_screen", "has no [screen]; add one to room.toml")
        launch = invitation.launch
        opening = self._opening(invitation, launch)
        async with self._devices_kept():
            call_id = await self._screen.open(opening)
            self._joined = _Joined(invitation, self._other(invitation, said), title)
            meeting = (invitation.platform, title, launch.host, invitation.meeting_id)
            self.left_here = False
            self._begun = call_id
            self._step(call.Started(call.Call(call_id, *meeting), self._clock.now()))
        _log.info("meeting: joining %s at %s", invitation.platform, launch.host)

    def _opening(self, invitation: ParsedInvitation, launch: Launch) -> Opening:
        """Return what the screen is told of a meeting."""
        name, url = self._shown_name(), launch.url
        if not launch.asks_number:
            url = self.platforms.arriving(invitation.platform, url, name)
        cameras = self._config.every(CameraTable)
        seen = seen_by_meetings(cameras)
        camera = cameras[seen].video_device if seen else None
        look = approach(invitation, self.platforms, self._config)
        if look.login and not self.departures.may_start(look.login, self.day):
            look = replace(look, login="")
        assisted = launch.mode == "assisted"
        shown, page = self._shown(), (invitation.platform, launch.asks_number)
        looks = not assisted and shown is not None and shown.knows(*page)
        return Opening(url, launch.origin, assisted, name, camera, look, looks)

    def expect(self, invitation: ParsedInvitation | None, least_mb: int = 0) -> None:
        """Have the screen be ready for a meeting; None, or one that cannot be: for none.

        PortClosed without a screen.
        """
        opening = None
        if invitation is not None and invitation.launch is not None:
            opening = self._opening(invitation, invitation.launch)
        if self._screen is not None:
            self._screen.expect(opening, least_mb)

    @property
    def usual(self) -> ParsedInvitation | None:
        """What a new meeting on the room's platform is like; None: it starts none there."""
        try:
            return self._new(None)
        except Refused:
            return None

    async def join_booked(self, booking: Booking) -> None:
        """Join what a booking says; raises as `join`."""
        await self.join(self.read(booking.fields), booking.title, booking.fields)

    async def new(self, platform: str | None) -> None:
        """Start a meeting on a platform that [meeting.new] names; the room's default if None.

        Refused("join_only") on one that the room leaves and only joins any more.
        """
        await self.join(self._new(platform), None)

    def _new(self, platform: str | None) -> ParsedInvitation:
        ways, day = self._config.meeting.new, self.day
        usual = self._config.meeting.platform or next(iter(ways), None)
        key = platform or self.departures.started_on(usual, day)
        leaving = self.departures.of(key)
        if leaving is not None and not self.departures.may_start(leaving.platform, day):
            why = f"leaves {key} and only joins there; start on {leaving.to}"
            raise Refused("room", "join_only", why)
        way = ways.get(key or "")
        if key is None or way is None:
            known = ", ".join(ways) or "none"
            why = f"no new meeting on {key or 'any platform'}; [meeting.new] has: {known}"
            raise Refused("room", "unknown_platform", why)
        standing = way.room_link.reveal() if way.room_link else ""
        link = standing or f"{(way.random or '').rstrip('/')}/Room{secrets.token_hex(8)}"
        return self.read(link)

    @property
    def link(self) -> str | None:
        """What opened the call that is live; None: there is none."""
        joined = self._joined if self.live else None
        launch = joined.invitation.launch if joined is not None else None
        return None if launch is None else launch.url

    @property
    def call_id(self) -> int | None:
        """Which call was begun last, over or not."""
        return self._begun

    @property
    def can_rejoin(self) -> bool:
        """Whether it is known how the call that is open was joined."""
        return self._joined is not None

    async def rejoin(self) -> None:
        """Join the call again that was joined last; Refused if it is not known, else as `join`."""
        joined = self._joined
        if joined is None:
            why = "this call was not begun by the running room; join it from the panel"
            raise Refused("room", "nothing_to_rejoin", why)
        await self.join(joined.invitation, joined.title)
        self._joined = joined  # with its other way

    async def fall_back(self) -> None:
        """Meet another way: by the invitation's other link, else anew on [meeting] fallback.

        Raises Refused("no_fallback") if there is neither.
        """
        entry, joined = self._fallback_entry(), self._joined
        if entry is None:
            why = "no other way is known; name a platform of [meeting.new] as fallback in [meeting]"
            raise Refused("room", "no_fallback", why)
        if entry.way == "link" and joined is not None and joined.other is not None:
            asked = self._context.call
            await self.join(joined.other, asked.title if asked else None)
        else:
            await self.new(entry.platform)

    async def leave(self, *, here: bool = False) -> None:
        """Leave the call; a failed one is cleared from the screen and the panel.

        `here`: somebody in the room asked for it, which is the one end that unmutes the room.

        Raises PortClosed without a screen; the call then stands as it stood.
        """
        if self._screen is None:
            return
        if self.live:
            await self._screen.leave()  # raises without a screen: then nobody is leaving
            self.left_here = here
            self._step(call.LeaveAsked(self._clock.now()))
        else:
            self._context = call.CallContext()
            self._changed()
            await self._screen.clear()

    async def left(self) -> None:
        """Wait until the call that is being left is over, or another one has begun.

        UnknownOutcome: the screen has not said so within `call.LEAVING_S`.
        """
        await self._stays.wait()
        if self._context.now.state is call.State.UNKNOWN:
            why = f"has not said within {call.LEAVING_S:g} s that the meeting is left; look at it"
            raise UnknownOutcome("screen", why)

    def screen_changed(self) -> None:
        """Take what the screen reports now."""
        if self._screen is None:
            return
        page = self._screen.state.page
        if self._screen.health.status is Status.OFFLINE:
            self._seen = None
            self._step(call.Away(self._clock.now()))
        elif page is not None and page is not self._seen:
            self._seen = page
            self._adopt(page)
            self._step(self._report(page))
        elif page is None:
            self._miss()

    def page_seen(self, call_id: int, sign: str | None, looked_s: float | None = None) -> None:
        """Take what a picture says of a call's page, by looks since then; None: it says no more."""
        self._step(call.PageSeen(call_id, sign, self._clock.now(), looked_s))

    def lobby_sought(self, call_id: int, on: bool) -> None:
        """Take it that the picture of a call's lobby is looked for, or is no more."""
        self._step(call.LobbySought(call_id, on, self._clock.now()))

    def tick(self) -> None:
        """Let time pass."""
        now = self._clock.now()
        self._step(call.Tick(now))
        state, since = self._context.now.state, self._context.now.since
        gone = state is call.State.ENDED and not self._context.shown
        if gone and since and now.mono_s - since.mono_s > ENDED_SHOWN_S:
            self._context = call.CallContext()
            self._changed()

    async def clear_away(self) -> None:
        """Leave the page of a meeting that has ended, once people have seen it say so.

        What only its media tell waits longer: a page may be on its way to another server.
        """
        context, since = self._context, self._context.now.since
        if self._screen is None or context.now.state is not call.State.ENDED or since is None:
            return
        asked, waited_s = context.call, self._clock.mono_s() - since.mono_s
        said = context.now.evidence is call.Evidence.PAGE
        limit_s = ENDED_SHOWN_S if said else LEFT_SHOWN_S
        if context.shown and asked and asked.id != self._cleared and waited_s > limit_s:
            self._cleared = asked.id
            with contextlib.suppress(PortError):
                await self._screen.leave()

    def _adopt(self, page: MeetingPage) -> None:
        """Take over a call that went on while the daemon was away."""
        known = self._context.call.id if self._context.call else 0
        if not self.live and page.phase in ("launching", "open") and page.id > known:
            self._joined = None
            self._begun = page.id
            asked = call.Call(page.id, None, None, page.host)
            self._step(call.Started(asked, self._clock.now()))

    def _miss(self) -> None:
        """Notice that the screen came back without the page that it had."""
        assert self._screen is not None  # noqa: S101 - the only caller has looked
        health, asked = self._screen.health, self._context.call
        if not self.live or asked is None or health.status is not Status.ONLINE:
            return
        now, since = self._clock.now(), self._context.now.since
        begun = max(health.since.mono_s, since.mono_s if since else 0.0)
        if now.mono_s - begun > PAGE_MISSING_S:
            gone = call.PageReport(asked.id, "crashed", now, reason="page_crashed")
            self._step(gone)

    def _report(self, page: MeetingPage) -> call.PageReport:
        rtc, seen, flow, lines, traffic = page.rtc, page.seen, page.flow, page.lines, page.traffic
        return call.PageReport(
            page.id,
            page.phase.value,
            self._clock.now(),
            page.host,
            call.Media(rtc.connections, rtc.connected, rtc.bytes_in, rtc.bytes_out)
            if rtc
            else None,
            page.reason.value if page.reason else None,
            seen.word if seen else None,
            seen.joined if seen else None,
            seen.refused if seen else False,
            call.Sound(flow.capture, flow.playback) if flow else None,
            call.CallLines(**asdict(lines)) if lines else None,
            MediaFlow(**asdict(traffic)) if traffic else None,
        )

    def _step(self, event: call.Event) -> None:
        before = self._context
        self._context = call.step(before, event)
        if self._context.now.state is not before.now.state:
            _log.info("meeting: %s", self._context.now.state)
        if self.leaving:
            self._stays.clear()
        else:
            self._stays.set()
        if self._context.now != before.now:
            self._changed()

    def _other(
        self, invitation: ParsedInvitation, said: str | Mapping[str, str]
    ) -> ParsedInvitation | None:
        """Read the invitation again for another platform than the one that is joined."""
        today = self._today()
        without = replace(today, deny=(*today.deny, invitation.platform or ""))
        other = read(said, self.platforms, without) if said else None
        return other if other is not None and other.launch is not None else None

    def _dialled(self) -> tuple[str, ...]:
        if self._joined is None or self._context.call is None:
            return ()
        # Without the passcode: everybody who reads the document would have it.
        return tuple(
            dial.dial_strings(replace(self._joined.invitation, passcode=None), self.platforms)
        )

    def _fallback_entry(self) -> FallbackEntry | None:
        asked, joined = self._context.call, self._joined
        if asked is None:
            return None
        if joined is not None and joined.other is not None and joined.other.platform is not None:
            return FallbackEntry(joined.other.platform, "link")
        leaving = self.departures.of(asked.platform)
        begun = leaving is not None and leaving.stage(self.day) is not None
        key = leaving.to if leaving and begun else self._fallback
        if key is None or key == asked.platform or key not in self._config.meeting.new:
            return None
        return FallbackEntry(key, "new")

    @property
    def _fallback(self) -> str | None:
        return self.departures.default(self._config.meeting.fallback, self.day)

    def _allowed(self, platform: Platform) -> bool:
        """Whether the room's policy leaves any site of a platform to join at."""
        names = [site.name for site in self.platforms.sites if site.platform is platform]
        return any(self._policy.permits(platform, name) for name in names or ("",))

    def _shown_name(self) -> str:
        screen = screen_of(self._config)
        return (screen.name if screen else "") or self._config.room.display_name


def _refuse_unknown(platforms: Platforms, config: Config) -> None:
    """Refuse a room.toml that names a platform nobody knows."""
    meeting, screen = config.meeting, screen_of(config)
    named = {"meeting.platform": meeting.platform, "meeting.fallback": meeting.fallback}
    named |= {f"meeting.new.{key}": key for key in meeting.new}
    named |= {f"meeting.signed_in.{at}": key for at, key in enumerate(meeting.signed_in)}
    named |= {f"screen.native.{at}": key for at, key in enumerate(screen.native if screen else ())}
    named |= {f"meeting.leaving.{key}": key for key in meeting.leaving}
    named |= {f"meeting.leaving.{key}.to": one.to for key, one in meeting.leaving.items()}
    for key, platform in named.items():
        if platform is not None and platform not in platforms.by_key:
            why = f"no platform is called {platform!r}; {suggest(platform, platforms.by_key)}"
            raise ConfigError("room.toml", key, why)
    for key, one in meeting.leaving.items():
        if one.to == key:
            raise ConfigError(
                "room.toml", f"meeting.leaving.{key}.to", "is the platform that you are leaving"
            )
    for key, why in Policy(meeting.allow, meeting.deny).unmatched(platforms):
        raise ConfigError("room.toml", key, why)


def departures(config: Config) -> PlatformExits:
    """Return the platforms that [meeting.leaving] of a room.toml says the room leaves."""
    return PlatformExits(
        tuple(
            PlatformExit(
                key,
                table.to,
                {stage: day for stage in ExitStage if (day := getattr(table, stage)) is not None},
                table.countdown_days,
            )
            for key, table in config.meeting.leaving.items()
        )
    )


class PageTouches(Protocol):
    """What people do on the page, by way of whoever has to know of it."""

    async def press(self, remote: RemoteDisplay, x: float, y: float) -> None: ...
    async def type(self, remote: RemoteDisplay, text: str) -> None: ...
    async def key(self, remote: RemoteDisplay, key: KeyName) -> None: ...
    async def scroll(
        self, remote: RemoteDisplay, x: float, y: float, steps: int, down: bool
    ) -> None: ...


class Meeting(Part):
    """The meeting as people see it: joined, started, left; and the ways out of a page.

    A panel sees what the room's display shows, and presses, scrolls and types there. Only the
    room's own panel may (`roles`): a phone leaves with its visitor, and a token is anywhere, and
    what others show in a meeting does not go there. Text may be a passcode: it is neither kept nor
    logged.
    """

    def __init__(
        self,
        calls: CallControl,
        bookings: Bookings,
        devices: RoomDevices,
        wake: Callable[[], None],
        settings: Settings,
        touches: PageTouches,
    ) -> None:
        """`wake` ends the room's standby."""
        self._calls, self._bookings, self._wake = calls, bookings, wake
        self._screen = devices.first(Screen)
        self._settings, self._touches = settings, touches

    def configure(self, config: Config, devices: RoomDevices) -> None:
        self._screen = devices.first(Screen)
        self._calls.configure(config, self._screen)

    def sections(self, now: Moment) -> Mapping[str, object]:
        return {
            "meeting": self._calls.entry,
            "platforms": self._calls.platform_entries,
            "favourites": self._calls.favourites,
            "leaving": tuple(map(self._leaving, self._calls.departures)),
        }

    def _leaving(self, one: PlatformExit) -> LeavingEntry:
        day = self._calls.day
        stage, to_come = one.stage(day), one.next(day)
        in_days = (to_come[1] - day).days if to_come and day else None
        near = one.countdown_days
        ends = None if stage is ExitStage.ENDED else one.days.get(ExitStage.ENDED)
        return LeavingEntry(
            one.platform,
            one.to,
            stage.value if stage else None,
            one.days[stage].isoformat() if stage else None,
            to_come[0].value if to_come else None,
            to_come[1].isoformat() if to_come else None,
            in_days,
            counting=in_days is not None and in_days <= near,
            ends_on=ends.isoformat() if ends else None,
            ends_soon=ends is not None and day is not None and (ends - day).days <= near,
            cards=stage is not None and _cards_of(one) not in self._settings.now,
        )

    def issues(self, now: Moment) -> Iterable[IssueEntry]:
        if not self._calls.failed:
            return
        meeting = self._calls.entry
        if meeting.since is not None:
            params = {"reason": meeting.failure, "platform": meeting.platform}
            yield IssueEntry("meeting.failed", "meeting", {**params}, meeting.since)

    def follow(self) -> None:
        self._calls.screen_changed()

    def tick(self) -> None:
        self._calls.tick()

    async def look(self) -> Picture:
        """Return what the display shows now; Refused "no_screen"."""
        return as_picture("screen", await self._page.look())

    @command("meeting.join", Right.MEET, ways=_WAYS)
    async def _join(
        self,
        source: Source,
        booking: Identifier | None = None,
        link: Text | None = None,
        favourite: Favourite | None = None,
        number: MeetingNumber | None = None,
        platform: PlatformId | None = None,
        passcode: Passcode | None = None,
    ) -> Result:
        """Open a meeting: a booking, a link or an invitation's text, a favourite, or a number.

        `result.call` is its number, as in `meeting.call`.
        """
        self._wake()
        if booking is not None:
            await self._calls.join_booked(self._bookings.booking(booking))
            await self._bookings.check_in(booking)
        elif number is not None and platform is not None:
            await self._calls.join(self._calls.by_number(platform, number, passcode), None)
        elif favourite is not None:
            await self._calls.join(self._calls.favourite(favourite), favourite)
        else:
            await self._calls.join(self._calls.read(link or ""), None, link or "")
        return {"call": self._calls.call_id}

    @command("meeting.read", Right.MEET)
    async def _read(self, source: Source, link: Text) -> Result:
        """Read a link or an invitation's text, and open nothing."""
        found = self._calls.read(link)
        refused = None if found.launch else str(found.refusal)
        return {
            "platform": found.platform,
            "number": found.meeting_id,
            "passcode": bool(found.passcode),
            "refused": refused,
        }

    @command("meeting.new", Right.MEET)
    async def _new(self, source: Source, platform: PlatformId | None = None) -> None:
        """Start a new meeting on a platform; the room's default if none is named."""
        self._wake()
        await self._calls.new(platform)

    @command("meeting.leave", Right.MEET)
    async def _leave(self, source: Source) -> None:
        """Leave the meeting; done once it is left."""
        await self._calls.leave(here=source.role == Role.PANEL)
        await self._calls.left()

    @command("meeting.fallback", Right.MEET)
    async def _fall_back(self, source: Source) -> None:
        """Meet another way: by the invitation's other link, or on [meeting] fallback."""
        await self._calls.fall_back()

    @command("meeting.rejoin", Right.MEET)
    async def _rejoin(self, source: Source) -> None:
        """Join the last meeting again: after a crash, or when the network is back."""
        await self._calls.rejoin()

    @command("meeting.cards_seen", Right.HERE)
    async def _cards_seen(self, source: Source, platform: PlatformId) -> None:
        """Stop showing the cards of an old platform: people here have read them."""
        one = self._calls.departures.of(platform)
        if one is None:
            why = f"does not leave {platform}"
            raise Refused("room", "unknown_platform", why)
        wall = self._calls.now().wall
        await self._settings.change(_cards_of(one), "seen", source.name, "what changed", wall)

    @command("meeting.press_join", Right.DISPLAY)
    async def _press_join(self, source: Source) -> None:
        """Press the keys that join on this platform's page, where they are known."""
        page = self._page
        keys = self._calls.keys_to_join
        if not keys:
            why = "it is not known which keys join on this platform; press Join on its page"
            raise Refused("screen", "no_keys", why)
        for key in keys:
            await self._touches.key(page, KeyName(key))

    @command("meeting.enter_passcode", Right.DISPLAY)
    async def _enter_passcode(self, source: Source, passcode: AskedPasscode) -> None:
        """Type the passcode that the page asks for, where the room can; it is not kept."""
        if not passcode.isprintable():
            why = "the passcode has characters that no key writes"
            raise Refused("screen", "not_typed", why)

        async def write(field: bool) -> None:
            page = self._page
            await (page.fill(passcode) if field else self._touches.type(page, passcode))
            await self._touches.key(page, KeyName.ENTER)

        await self._calls.enter_passcode(passcode, write)

    @command("screen.press", Right.DISPLAY)
    async def _press(self, source: Source, x: Share, y: Share) -> None:
        """Press the page at a place of the picture of the display, as with a finger."""
        await self._touches.press(self._page, x, y)

    @command("screen.scroll", Right.DISPLAY)
    async def _scroll(
        self, source: Source, x: Share, y: Share, steps: Steps = 3, down: bool = True
    ) -> None:
        """Scroll the page at a place, by notches of a wheel."""
        await self._touches.scroll(self._page, x, y, steps, down)

    @command("screen.type", Right.DISPLAY)
    async def _type(self, source: Source, text: TypedText) -> None:
        """Type a text into the page's focused field; it may be a passcode, and is not kept."""
        page = self._page
        if not text.isprintable():
            why = "the text has characters that no key writes; keys go as screen.key"
            raise Refused("screen", "not_typed", why)
        await self._touches.type(page, text)

    @command("screen.key", Right.DISPLAY)
    async def _key(self, source: Source, key: Key) -> None:
        """Press a key on the page; `back` goes back to the page before."""
        await self._touches.key(self._page, KeyName(key))

    @command("screen.close_window", Right.DISPLAY)
    async def _close_window(self, source: Source) -> None:
        """Close the windows that the page opened over the meeting; the meeting goes on."""
        await self._page.close_window()

    @property
    def _page(self) -> RemoteDisplay:
        if self._screen is None:
            raise Refused("room", "no_screen", "has no [screen]; add one to room.toml")
        return self._screen.remote


def _cards_of(one: PlatformExit) -> Place:
    return ("meeting", "leaving", one.platform, f"cards-{one.to}")


def approach(invitation: ParsedInvitation, platforms: Platforms, config: Config) -> PageRules:
    """Return what a platform's page is read for, where it may go, and what it gets."""
    key = invitation.platform or ""
    platform, launch = platforms.by_key.get(key), invitation.launch
    if platform is None or launch is None:
        return PageRules()
    keep = key if key in config.meeting.signed_in else ""
    screen = screen_of(config)
    wanted = screen is not None and key in screen.native
    # The address stands in the client's command line, which everybody on the box can read.
    client = deep_link(without_passcode(invitation), platforms) if wanted else None
    policy = Policy(config.meeting.allow, config.meeting.deny)
    reached = [
        host for host in platforms.reached_from(key) if policy.permits(platform, without_port(host))
    ]
    own = launch.origin.partition("://")[2]  # with its port
    hosts = tuple(dict.fromkeys((*reached, own, *config.meeting.also)))
    if launch.mode != "assisted":
        return PageRules(hosts, login=keep, native=client or "")
    signs = tuple(
        PageSign(sign.says, SignKind(where), what)
        for sign in platform.sign
        for where, what in sign.marks
    )
    page = platform.page
    return PageRules(
        hosts,
        signs,
        page.joined,
        PageSelectors(page.name, page.join, page.leave),
        keep,
        client or "",
    )
