"""The room document: what a room says of itself, and the numbered changes of it.

Frozen values with codes and parameters; prose is the panel's business, in its language. Each part
of the room brings its sections; a further kind of device adds one of its own. Knows no device, no
HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, fields
from datetime import datetime
from functools import cache
from itertools import takewhile
from typing import Any, Literal

from roomctl.command import Param
from roomctl.frozen import frozen
from roomctl.kind import IssueEntry, Kind
from roomctl.screen.protocol import HearingProof

KEPT = 1000  # changes an event stream may resume from
BEHIND = 256  # changes a watcher may be behind; then it sees a gap in `rev`


@frozen
class IdentityEntry:
    """Which room this is."""

    id: str
    display_name: str
    building: str
    floor_label: str
    capacity: int | None
    timezone: str
    language: str
    help: str
    wifi: str = ""
    fingerprint: str = ""
    second_language: str | None = None


@frozen
class DeviceEntry:
    """One device: whether it can be used and if not, why (`reason` from a closed list).

    `title` is what people call it, by language (zh, en); null: by its kind and number.
    """

    name: str
    kind: str  # camera, speakerphone, occupancy, screen
    status: Literal["starting", "online", "offline"]
    reason: str | None
    detail: str | None
    since: datetime
    title: dict[str, str] | None = None


@frozen
class PresetEntry:
    """A stored camera position; `number` counts from 1."""

    number: int
    name: str
    picture: str | None = None  # path of what the camera sees there


@frozen
class CameraEntry:
    """A camera: degrees right and up, zoom 0-100 % (wide to tele), focus 0-100 % (far to near).

    `can` lists what it is able to do, `modes` what it can be set to, `tally` which lamp is lit;
    `exposure_compensation` counts steps, brighter is positive; `flip` and `mirror` say how it turns
    its picture, `menu` whether its own menu is open, whose keys are in `modes`; `picture` says
    whether the meeting sees what it sees. null: not known, or it has no such thing.
    """

    name: str
    label: str
    power: bool | None
    pan_deg: float | None
    tilt_deg: float | None
    zoom_pct: float | None
    moving: bool
    focus: Literal["auto", "manual"] | None
    focus_pct: float | None
    exposure: str | None
    white_balance: str | None
    backlight: bool | None
    exposure_compensation: int | None
    flip: bool | None
    mirror: bool | None
    menu: bool | None
    ir_receive: bool | None
    tally: str | None
    tracking: bool | None
    preset: int | None
    presets: tuple[PresetEntry, ...]
    can: tuple[str, ...]
    modes: dict[str, tuple[str, ...]]
    picture: Literal["meeting", "other", "unknown"] = "unknown"


@frozen
class ControllerEntry:
    """A gamepad or joystick: what it calls itself, and the camera that it steers now.

    `label` is empty while it is not there; null: the room has no camera.
    """

    name: str
    label: str
    camera: str | None


@frozen
class FallbackEntry:
    """Another way to meet: the invitation's other `link`, or a `new` meeting on a platform."""

    platform: str
    way: Literal["link", "new"]


WaitingWord = Literal["unasked", "starting", "ready", "little_memory", "in_sight", "failed", "off"]


@frozen
class MeetingEntry:
    """The one call of this room; `evidence` says why `state` is believed, `witnesses` who says so.

    `in_call`: media flow both ways. `alone`: the room is in the meeting, and nobody else is;
    `listening`: it hears and sees the meeting, and sends nothing. `interrupted`: it was in the
    meeting, and the other end gives no sign. `prejoin`: nothing flows yet.
    A failure with `shown` is one that a person may still mend on the page. `dial` is what another
    device may call.
    """

    state: Literal[
        "idle",
        "preparing",
        "prejoin",
        "joining",
        "lobby",
        "in_call",
        "alone",
        "listening",
        "interrupted",
        "leaving",
        "ended",
        "failed",
        "unknown",
    ] = "idle"
    platform: str | None = None
    title: str | None = None
    host: str | None = None
    number: str | None = None
    since: datetime | None = None
    failure: str | None = None
    evidence: Literal["media", "page", "none"] = "none"
    witnesses: tuple[Literal["log", "page", "sound", "traffic", "picture"], ...] = ()
    shown: bool = False  # its page is on the room's display
    remote_control: bool = False  # a panel can reach that page
    covered: bool = False  # by a window that its page opened
    can_press_join: bool = False
    can_enter_passcode: bool = False  # the page asks for one, and the room knows where it goes
    dial: tuple[str, ...] = ()
    fallback: FallbackEntry | None = None
    rejoin: bool = False  # it failed, and it is known how to join it again
    call: int | None = None  # number of the call; a later one has a greater
    waiting: WaitingWord | None = None  # whether a browser waits, or why none does; None: unknown


WalkthroughState = Literal["idle", "offered", "showing", "shown", "joining", "handed_over"]


@frozen
class WalkthroughEntry:
    """How the room passes a page before a meeting by itself, or is shown how.

    "offered": a person passes a page, and may show it; "showing": that is remembered, "shown": it
    waits to be kept; "joining": the room is at `step` of `steps`, counted from 1; "handed_over": it
    went no further, for `reason`. `by_room` is the name of the other room that was shown it.
    """

    state: WalkthroughState = "idle"
    step: int | None = None
    steps: int | None = None
    reason: str | None = None
    name: str | None = None
    by_room: str | None = None


@frozen
class BookingEntry:
    """A booking of today; `join` is `now` while it may be joined with one tap.

    `tentative`: it may still change, or the room has not accepted it. A `private` one has neither
    title nor organizer. After it the room is free until `free_until`; null: nothing is known to
    come; its end: another one follows at once.
    """

    id: str
    title: str | None
    organizer: str | None
    start: datetime
    end: datetime
    platform: str | None
    join: Literal["now", "later", "none"]
    refused: str | None
    status: Literal["booked", "used", "checked_in", "released"] = "booked"
    private: bool = False
    tentative: bool = False
    all_day: bool = False
    free_until: datetime | None = None


@frozen
class BookingChangeEntry:
    """What somebody in the room, or a program, changed of a booking, while it can be undone.

    `id` is what `booking.undo` takes; move_end: it ends at `end`, and not at `was_end`. `asking`:
    the calendar has not answered yet, and may have another word.
    """

    id: str
    kind: Literal["reserve", "move_end", "check_in", "release"]
    booking: str
    title: str | None
    end: datetime
    was_end: datetime
    at: datetime
    requested_by_name: str
    asking: bool = False


@frozen
class AvailabilityEntry:
    """Whether the room is booked, by its calendar alone, and `until` when; null: nobody knows.

    "awaited": `booking` has begun, and nobody is there; it is released at `release_at`, if the room
    does that. Bookings that touch are one stretch.
    """

    state: Literal["available", "booked", "awaited"]
    until: datetime | None = None
    booking: str | None = None
    release_at: datetime | None = None


@frozen
class NearbyEntry:
    """A room nearby that is free now, and until when; null: no booking is near."""

    name: str
    until: datetime | None = None


ExitStageName = Literal["dual", "default", "join_only", "ended"]


@frozen
class PlatformEntry:
    """A meeting platform this room may use, and what its numbers and names look like.

    `number` is what a number does here: it opens the meeting; the room passes the vendor's page
    that asks for it; that page is to be shown to the room first; only a link opens a meeting; or
    nothing does, as the room has no host of it, or the service has ended. `code` and `named` are
    patterns of what the vendor, and what people call a meeting there; empty: such are not known.
    """

    key: str
    name: dict[str, str]
    new: bool
    by_number: bool
    default: bool
    number: Literal["opens", "passed", "to_show", "link", "none"]
    digits: tuple[int, ...]
    usual: tuple[int, ...]
    groups: tuple[str, ...]
    code: str
    named: str
    passcode_needed: bool


@frozen
class LeavingEntry:
    """A platform that the room leaves for another one; days are the room's, such as 2020-08-23.

    `stage`: what has begun, on `since`; null: nothing yet. `next_stage` begins on `next_on`, in
    `in_days`.
    `counting`: that is so near that the panel counts the days. `ends_on`: when its links are
    refused here, whatever comes before; `ends_soon`: that is so near. `cards`: what changed has
    still to be shown to people.
    """

    platform: str
    to: str
    stage: ExitStageName | None
    since: str | None
    next_stage: ExitStageName | None
    next_on: str | None
    in_days: int | None
    counting: bool
    ends_on: str | None
    ends_soon: bool
    cards: bool


@frozen
class FavouriteEntry:
    """A meeting that is kept on the panel."""

    name: str
    platform: str | None


@frozen
class ReasonEntry:
    """Why the room is believed occupied or vacant."""

    code: str
    params: dict[str, Param]


@frozen
class OccupancyEntry:
    """Whether somebody is there; `probability` 0-1; `healthy` of `configured` sensors are believed.

    `door` is whether it stands open, `people` how many are counted (by the sensor that counts
    most), `co2_ppm` the worst air that is measured; null: nothing tells.
    """

    state: Literal["unknown", "vacant", "occupied", "vacating"] = "unknown"
    probability: float | None = None
    reasons: tuple[ReasonEntry, ...] = ()
    since: datetime | None = None
    healthy: int = 0
    configured: int = 0
    door: Literal["open", "closed"] | None = None
    people: int | None = None
    co2_ppm: int | None = None


ActWord = Literal[
    "wake",
    "standby",
    "release",
    "end_call",
    "camera_wake",
    "camera_join",
    "camera_leave",
    "camera_standby",
    "byom_take",
]
"""Something that a room does by itself (`rules`)."""


@frozen
class NoticeEntry:
    """Something that the room will do by itself at `at`, unless somebody says *keep it*."""

    act: Literal["wake", "standby", "release", "end_call"]
    subject: str  # the id of the booking that is released
    at: datetime


@frozen
class ActEntry:
    """Something that the room did by itself, and why; `undo`: it can be undone, still."""

    number: int
    act: ActWord
    subject: str  # the id of a booking, or the name of a camera
    at: datetime
    reasons: tuple[ReasonEntry, ...]
    undo: bool


@frozen
class AutomationEntry:
    """What the room is about to do by itself, and what it did lately, oldest first."""

    notices: tuple[NoticeEntry, ...] = ()
    acts: tuple[ActEntry, ...] = ()


@frozen
class SpeakerphoneEntry:
    """A speakerphone; `port_path` tells two of one model apart. One at most is `used`.

    `mic_gated`: the device keeps its microphone silent by itself, until it is off-hook.
    """

    name: str
    label: str
    port_path: str | None
    online: bool
    used: bool
    mic_gated: bool


@frozen
class LastHeard:
    """When the room was last known to hear and to be heard, and by what.

    `by`: tone (its microphone heard the test tone), call (programs played sound and heard sound).
    """

    at: datetime
    by: HearingProof
    microphone: str
    loudspeaker: str


@frozen
class AudioEntry:
    """Microphone and loudspeaker; `mute` is `muted` only when silence has been read back.

    `requested` is what somebody wants, proven or not; `requested_by` is who was the last, and
    `requested_by_name` which one of them. `reason` says what is missing to what was requested, or
    what to beware of: not_confirmed, switch, heard (programs hear the room although every mute was
    read back), gain, offline, conflict, led_unavailable (no LED shows it, or one may show the
    opposite), not_stored (the next start may not know of it), laptop (a laptop has the
    microphone). `switch` is what the devices' own capture switches let through, and `gain_pct` how
    far the room's microphone is turned up; `meeting_muted` whether the meeting itself has the room
    muted, where its page can be read. `available` is whether there is a sound server. `listening`:
    whether a program records from a microphone of the room, whichever it is; false: an open one is
    heard by nobody; null: not known. `talking_while_muted`: somebody talks in a call and is not
    heard there; false too while nobody is in a call that does not hear the room; null: it cannot be
    told, as the microphone is muted in its own hardware, or by a sound server without a wall.
    `talk_hint`: whether people are told of it; they may turn it off for a meeting. `wall`: whether
    the microphone is behind a wall, so that *muted* is silence that was measured; away: it should
    be, and what keeps the wall does not run. `last_heard`: when the room was last known to hear and
    to be heard; null: never.
    """

    mute: Literal["muted", "muting", "open", "unmuting", "unknown"] = "unknown"
    volume_pct: int | None = None
    gain_pct: int | None = None
    available: bool = False
    requested: Literal["muted", "open"] | None = None
    requested_by: Literal[
        "panel",
        "program",
        "speakerphone",
        "hang_up",
        "found",
        "sound",
        "unplugged",
        "call_started",
        "call_ended",
    ] = "found"
    requested_by_name: str = ""
    reason: str = ""
    since: datetime | None = None
    switch: Literal["none", "off", "on", "unknown"] = "none"
    meeting_muted: bool | None = None
    listening: bool | None = None
    talking_while_muted: bool | None = False
    talk_hint: bool = True
    wall: Literal["none", "stands", "away"] = "none"
    last_heard: LastHeard | None = None
    speakerphones: tuple[SpeakerphoneEntry, ...] = ()


@frozen
class PanelEntry:
    """Whether panels and the display are `awake`; `prompt` is what somebody has to answer there.

    "leave": somebody hung up on the speakerphone (meeting.leave, or meeting.stay).
    """

    awake: bool = True
    display_on: bool | None = None  # as all displays of the room say it; null: not known, or mixed
    prompt: Literal["leave"] | None = None


@frozen
class AccentEntry:
    """The brand's colour as keys take it, and what is written on them, in light and in dark."""

    light: str
    on_light: str
    dark: str
    on_dark: str


Theme = Literal["auto", "light", "dark", "contrast"]


@frozen
class LookEntry:
    """How panels and the display look now; null: as roomctl comes. Paths hold for this run."""

    theme: Theme = "auto"
    accent: AccentEntry | None = None
    logo: str | None = None
    wallpaper: str | None = None


@frozen
class MessageEntry:
    """What facilities staff tell the people in the room, `until`; who wrote it, and when."""

    text: str
    at: datetime
    until: datetime
    requested_by: str
    requested_by_name: str


@frozen
class SelftestEntry:
    """The last self-test: how many devices ended so; it may still be `running`."""

    at: datetime
    running: bool
    passed: int
    failed: int
    skipped: int


@frozen
class ShareEntry:
    """How a laptop is shown here, in the room's own words; each step by language (zh, en).

    `picture` is a path; `input` is the one of `display` that the cable leads to.
    """

    cable: tuple[dict[str, str], ...] = ()
    usb: tuple[dict[str, str], ...] = ()
    picture: str | None = None
    display: str | None = None
    input: str | None = None


@frozen
class ByomEntry:
    """Who has the room's USB camera and speakerphone, where a switch can give them to a laptop.

    `holder` is what is known: the room while one of them answers it, else what the switch says.
    `requested` was asked for and is not confirmed: a relay never says so. `late`: it should have
    been by now. `lent`: a laptop has them, or was given them and none answers the room. `camera`
    and `speakerphone` are what programs on a laptop call them; null: they have not said.
    """

    holder: Literal["room", "laptop", "unknown"] = "unknown"
    since: datetime | None = None
    requested: Literal["room", "laptop"] | None = None
    requested_by: str = ""
    requested_by_name: str = ""
    late: bool = False
    lent: bool = False
    reads_back: bool = False
    plugged: bool | None = None
    devices: tuple[str, ...] = ()
    camera: str | None = None
    speakerphone: str | None = None


UpdateState = Literal["idle", "waits", "checking", "fetching", "installing", "proving", "returning"]
"""What an update is at; waits: somebody asked for it, and the room is not free, or it is early."""


@frozen
class UpdateResult:
    """How the last update ended; `code` says why it was refused or taken back."""

    outcome: Literal["updated", "went_back", "refused"]
    old: str
    new: str
    code: str
    detail: str
    at: datetime


@frozen
class UpdateEntry:
    """The program's versions: what runs, what is to be had, and what is under way.

    `request`: which one the updater took last. `refusal`: why the last look, or update, was none.
    `in_use`: why the room is not free for one now. `not_before`, `requested_by`: of the update that
    waits.
    """

    state: UpdateState = "idle"
    installed: str = ""
    available: str = ""
    checked_at: datetime | None = None
    request: str = ""
    refusal: str = ""
    last: UpdateResult | None = None
    not_before: datetime | None = None
    in_use: str | None = None
    requested_by: str = ""
    requested_by_name: str = ""


@frozen
class MaintenanceEntry:
    """Whether the program is started anew once the room is free, and for whom; the last test.

    `update` is null where the box cannot update itself.
    """

    restart_waits: bool = False
    requested_by: str = ""
    requested_by_name: str = ""
    selftest: SelftestEntry | None = None
    update: UpdateEntry | None = None


@frozen
class StartCount:
    """How many meetings began, and how many of them at the first try (`meeting.first_try`)."""

    starts: int = 0
    first_try: int = 0


@frozen
class StartsEntry:
    """How meetings began in a month such as "2026-11"; plain: a person finished the page."""

    month: str = ""
    assisted: StartCount = StartCount()
    plain: StartCount = StartCount()


ConditionType = Literal[
    "reachable",
    "devices_present",
    "audio_ready",
    "video_ready",
    "platform_ready",
    "calendar_fresh",
    "config_applied",
    "storage_sound",
    "ready",
]
"""What must hold for a room to be used; ready: all of them do (`room.conditions`)."""


@frozen
class ConditionEntry:
    """One thing that must hold for the room to be ready; null: it is not known whether it does.

    `reason` is from a closed list, `message` names whom it concerns, for a technician. `since`:
    when it began to hold, or not to; `since_proven`: the clock was right then.
    """

    type: ConditionType
    status: bool | None
    reason: str | None
    message: str
    since: datetime
    since_proven: bool = True


@frozen
class RoomDocument:
    """All of it; `rev` grows by one with every change."""

    identity: IdentityEntry
    rev: int = 0
    phase: Literal["starting", "ready"] = "starting"
    devices: tuple[DeviceEntry, ...] = ()
    cameras: tuple[CameraEntry, ...] = ()
    controllers: tuple[ControllerEntry, ...] = ()
    meeting: MeetingEntry = field(default_factory=MeetingEntry)
    walkthrough: WalkthroughEntry = field(default_factory=WalkthroughEntry)
    bookings: tuple[BookingEntry, ...] = ()
    booking_changes: tuple[BookingChangeEntry, ...] = ()
    availability: AvailabilityEntry | None = None
    nearby: tuple[NearbyEntry, ...] = ()
    platforms: tuple[PlatformEntry, ...] = ()
    favourites: tuple[FavouriteEntry, ...] = ()
    leaving: tuple[LeavingEntry, ...] = ()
    occupancy: OccupancyEntry = field(default_factory=OccupancyEntry)
    automation: AutomationEntry = field(default_factory=AutomationEntry)
    audio: AudioEntry = field(default_factory=AudioEntry)
    panel: PanelEntry = field(default_factory=PanelEntry)
    look: LookEntry = field(default_factory=LookEntry)
    message: MessageEntry | None = None
    share: ShareEntry = field(default_factory=ShareEntry)
    byom: ByomEntry | None = None
    maintenance: MaintenanceEntry = field(default_factory=MaintenanceEntry)
    starts: StartsEntry = field(default_factory=StartsEntry)
    conditions: tuple[ConditionEntry, ...] = ()
    issues: tuple[IssueEntry, ...] = ()


def changes(before: RoomDocument, now: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sections of `now` that differ from those of `before`."""
    return {
        name: new
        for name, new in now.items()
        if new is not (old := getattr(before, name)) and new != old
    }


def sections_of(document: RoomDocument) -> set[str]:
    """Return the names of what may change in a document by itself."""
    return {part.name for part in fields(document)} - {"rev"}


def document_of(kinds: Iterable[Kind]) -> type[RoomDocument]:
    """Return the document of a room that has further `kinds` of devices: a section for each."""
    return _with_sections(
        tuple((kind.section, kind.entry) for kind in kinds if kind.entry is not None)
    )


@cache
def _with_sections(sections: tuple[tuple[str, type], ...]) -> type[RoomDocument]:
    if not sections:
        return RoomDocument
    more = {name: tuple[entry, ...] for name, entry in sections}  # type: ignore[valid-type]
    empty = dict.fromkeys(more, ())
    body = {"__doc__": RoomDocument.__doc__, "__annotations__": more, **empty}
    return frozen(type("RoomDocument", (RoomDocument,), body))


@frozen
class Change:
    """The sections of the room document that became new with revision `rev`."""

    rev: int
    sections: Mapping[str, object]


class Changes:
    """What happened, in order."""

    def __init__(self) -> None:
        self._kept: deque[Change] = deque(maxlen=KEPT)
        self._followers: set[Callable[[Change], None]] = set()

    def note(self, change: Change) -> None:
        """Keep a change and tell every follower."""
        self._kept.append(change)
        for told in self._followers:
            told(change)

    def since(self, rev: int | None) -> list[Change] | None:
        """Return the changes after `rev`, or None if they are no longer all known."""
        if rev is None or (self._kept and rev < self._kept[0].rev - 1):
            return None
        newest = self._kept[-1].rev if self._kept else 0
        if rev > newest:
            return None
        return [*takewhile(lambda change: change.rev > rev, reversed(self._kept))][::-1]

    @contextlib.contextmanager
    def follow(self, told: Callable[[Change], None]) -> Iterator[None]:
        """Have `told` called for each change from now on, until the block ends."""
        self._followers.add(told)
        try:
            yield
        finally:
            self._followers.discard(told)

    @contextlib.contextmanager
    def watch(self) -> Iterator[asyncio.Queue[Change]]:
        """Follow the changes; who is too far behind loses the newest."""
        watcher: asyncio.Queue[Change] = asyncio.Queue(BEHIND)

        def told(change: Change) -> None:
            with contextlib.suppress(asyncio.QueueFull):
                watcher.put_nowait(change)

        with self.follow(told):
            yield watcher
