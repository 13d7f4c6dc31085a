"""Who may what, in one table that routes, commands, messages, the API's description and docs share.

A route, a command and a message of the panel's socket name the one right that they need; the table
says which role has it. What a role is not given here it has not. Knows no route and no token.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from roomctl.frozen import frozen


class Role(StrEnum):
    """What a session or a token is for."""

    PANEL = "panel"  # the room's own panel: a person in the room
    GUEST = "guest"  # a visitor's phone, let in by the code on the room's display
    DOOR = "door"  # the sign beside the room's door: it says whether the room is free
    SCREEN = "screen"  # the room's display: it looks and never asks for anything
    SIMULATOR = "simulator"  # the page of the simulated devices
    SENSOR = "sensor"  # a token that reports what a sensor sees, and may nothing else
    READ = "read"  # a token that looks
    AUDITOR = "auditor"  # a token that looks, also at who did what
    OPERATE = "operate"  # a token that does what people do in the room, but for unmuting
    FACILITIES = "facilities"  # staff who operate rooms, and see who did what
    TECHNICIAN = "technician"  # staff who see to devices and configuration; no meetings
    INTEGRATION = "integration"  # a program's token that may what it names, and looks
    ADMIN = "admin"  # a token that says who gets in, and may all but open the microphone


class When(StrEnum):
    """In which case a role has a right."""

    ALWAYS = "yes"
    OCCUPIED = "while the room is not known to be empty"
    SWITCHED = "with `phone_may_unmute`"
    LEARNING = 'with `learn = "anyone"`'
    NAMED = "if its token names it"


class Right(StrEnum):
    """What may be done, in the words of the table in SECURITY.md."""

    PUBLIC = "pages without a room's data, health, pairing by a link"
    LOOK = "see the room as it is"
    FOLLOW = "see events and what became of a command"
    PICTURES = "see the pictures of presets"
    VIEW = "see what a camera sees while somebody steers it"
    LISTEN = "see how loud the microphone is"
    MUTE = "mute, set the volume"
    UNMUTE = "open the microphone"
    MEET = (
        "join, start, leave a meeting; extend, end and release a booking; "
        "postpone what is to end; wake the room; give camera and speakerphone to a laptop"
    )
    BOOK = "reserve the room, check in"
    UNDO = "undo what was changed of a booking"
    MOVE = "move a camera, recall a preset"
    STOP = "stop a camera"
    OPERATE = "focus, switch or adjust a camera; test the sound; undo; room standby"
    ARRANGE = "store, name and delete presets"
    MESSAGE = "show a message in the room; choose light or dark"
    HERE = (
        "choose the speakerphone, set the microphone's gain, answer after a hang-up; "
        "put away the cards of a move"
    )
    DISPLAY = "see and touch the page on the room's display"
    COMPLAIN = "report a problem of the room"
    RELIEVE = "read what people reported, and close it"
    SERIES = "release or keep an unused series of bookings"
    TEACH = "show the room how to pass a page, and see what it was shown"
    INVITE = "show the code that lets a phone in"
    ELEVATE = "enter the staff PIN, and give up its rights"
    STATISTICS = "see settings, devices and versions, how the room was used, what hangs"
    AUDIT = "see who did what"
    DOCUMENTATION = "read the API's documentation"
    SERVICE = "raw frames, traces, descriptors, log, diagnostics; rolling back, deleting history"
    MAINTAIN = "restart a device or the room; run self-tests"
    UPDATE = "look for a newer version of the program, and have it installed"
    CONFIGURE = "check, apply and roll back a configuration"
    ACCESS = (
        "make pairing links; list and revoke tokens and sessions; set the staff PIN and passwords; "
        "export the room, import one"
    )
    REPORT = "report what a sensor sees"
    SIMULATION = "move the simulated devices"


def _given(roles: str, **also: When) -> Mapping[Role, When]:
    return dict.fromkeys(map(Role, roles.split()), When.ALWAYS) | {
        Role(role): when for role, when in also.items()
    }


_HANDS = "operate facilities technician"  # who sets something in the room from afar
_READERS = f"read auditor {_HANDS}"

TABLE: Mapping[Right, Mapping[Role, When]] = {
    Right.PUBLIC: dict.fromkeys(Role, When.ALWAYS),  # and nobody in particular
    Right.LOOK: _given(f"panel guest door screen {_READERS} integration admin"),
    Right.FOLLOW: _given(f"panel guest {_READERS} integration admin"),
    Right.PICTURES: _given(f"panel guest {_HANDS} admin", integration=When.NAMED),
    Right.VIEW: _given(f"panel {_HANDS} admin", integration=When.NAMED),
    Right.LISTEN: _given(f"panel guest {_HANDS} admin", integration=When.NAMED),
    Right.MUTE: _given(f"panel guest {_HANDS} admin", integration=When.NAMED),
    Right.UNMUTE: _given("panel", guest=When.SWITCHED),
    Right.MEET: _given("panel guest operate facilities admin", integration=When.NAMED),
    Right.BOOK: _given("panel guest door operate facilities admin", integration=When.NAMED),
    Right.UNDO: _given(f"panel guest door {_HANDS} admin", integration=When.NAMED),
    Right.MOVE: _given(f"panel {_HANDS} admin", integration=When.NAMED, guest=When.OCCUPIED),
    Right.STOP: _given(f"panel guest {_HANDS} admin", integration=When.NAMED),
    Right.OPERATE: _given(f"panel {_HANDS} admin", integration=When.NAMED),
    Right.ARRANGE: _given(f"panel {_HANDS} admin", integration=When.NAMED),
    Right.MESSAGE: _given(f"{_HANDS} admin", integration=When.NAMED),
    Right.HERE: _given("panel"),
    Right.DISPLAY: _given("panel"),
    Right.COMPLAIN: _given(f"panel guest {_HANDS} admin", integration=When.NAMED),
    Right.RELIEVE: _given("facilities technician admin"),
    Right.SERIES: _given("facilities technician admin"),
    Right.TEACH: _given("facilities technician admin", panel=When.LEARNING),
    Right.INVITE: _given("panel screen admin"),
    Right.ELEVATE: _given("panel"),
    Right.STATISTICS: _given(f"{_READERS} admin", integration=When.NAMED),
    Right.AUDIT: _given("auditor facilities admin"),
    Right.DOCUMENTATION: _given(f"panel {_READERS} admin"),
    Right.SERVICE: _given("technician admin"),
    Right.MAINTAIN: _given("technician admin"),
    Right.UPDATE: _given("facilities admin"),
    Right.CONFIGURE: _given("technician admin"),
    Right.ACCESS: _given("admin"),
    Right.REPORT: _given("sensor admin", integration=When.NAMED),
    Right.SIMULATION: _given("simulator admin"),
}

NAMEABLE: Mapping[str, Right] = {
    right.name.lower(): right
    for right, row in TABLE.items()
    if row.get(Role.INTEGRATION) is When.NAMED
}
"""What a token of the role integration may name."""

MESSAGES: Mapping[str, Right] = {
    "command": Right.LOOK,  # and what the command itself needs
    "hold": Right.MOVE,  # with `focus` it is OPERATE
    "listen": Right.LISTEN,
    "ping": Right.LOOK,
    "release": Right.STOP,
    "snapshot": Right.LOOK,
}
"""What a panel says over its socket."""


@frozen
class Denial:
    """Why somebody may not: a code from a closed list, and one sentence."""

    code: str
    why: str


_DENIALS: Mapping[Right, Denial] = {
    Right.UNMUTE: Denial(
        "unmute_in_room_only",
        "a microphone is opened in the room only, on its panel or its speakerphone",
    ),
    Right.HERE: Denial("in_room_only", "that is chosen or answered in the room only, on its panel"),
    Right.ELEVATE: Denial("in_room_only", "the PIN is entered in the room only, on its panel"),
    Right.DISPLAY: Denial(
        "room_panel_only",
        "the room's display is seen and touched from the room's own panel only",
    ),
    Right.SERVICE: Denial("programs_only", "that takes a token with the scope technician or admin"),
}
EMPTY = Denial(
    "nobody_in_room", "a visitor's phone moves a camera while somebody is in the room only"
)


def has(right: Right, role: Role, named: Collection[Right] = ()) -> bool:
    """Whether a role has a right in every case; `named`: those that its token names."""
    when = TABLE[right].get(role)
    return when is When.ALWAYS or (when is When.NAMED and _names(named, right))


def _names(named: Collection[Right], right: Right) -> bool:
    """Whether a token names a right; whoever may meet may book."""
    return right in named or (right is Right.BOOK and Right.MEET in named)


def denied(
    right: Right,
    role: str,
    *,
    empty: bool,
    phone_may_unmute: bool,
    anyone_teaches: bool = False,
    named: Collection[Right] = (),
) -> Denial | None:
    """Return why a role may not use a right now, or None.

    `empty`: nobody is in the room. `named`: the rights that its token names.
    """
    match TABLE[right].get(Role(role)):
        case When.ALWAYS:
            return None
        case When.OCCUPIED:
            return EMPTY if empty else None
        case When.SWITCHED if phone_may_unmute:
            return None
        case When.LEARNING if anyone_teaches:
            return None
        case When.NAMED if _names(named, right):
            return None
    return _DENIALS.get(right, Denial("not_allowed", f"the role {role} may not: {right.value}"))


def wider(
    role: Role, than: Role, named: Collection[Right] = (), than_named: Collection[Right] = ()
) -> bool:
    """Whether a token's role, with what it names, may something that another one may not."""
    return any(has(right, role, named) and not has(right, than, than_named) for right in TABLE)


def roles_of(right: Right) -> list[str]:
    """Return the roles that have a right, now or in some case; everybody: "public"."""
    return ["public"] if right is Right.PUBLIC else [role.value for role in TABLE[right]]
