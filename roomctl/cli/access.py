"""`roomctl token`, `session`, `person` and `pin`: who can get in, made, listed, limited, ended.

Annotations are no text here, as in `main`.
"""

import getpass
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from roomctl.cli import ask
from roomctl.cli.language import say
from roomctl.cli.options import Json, Token, Url, dump
from roomctl.cli.told import wide
from roomctl.config import state_path
from roomctl.errors import RoomctlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from roomctl.store import Store

token_app = typer.Typer(no_args_is_help=True, help="Tokens of programs: make, list, limit, revoke.")
pin_app = typer.Typer(
    no_args_is_help=True, help="The PIN that gives staff more rights on the panel."
)
person_app = typer.Typer(
    no_args_is_help=True, help="People who sign in with a password: add, list, remove."
)
session_app = typer.Typer(no_args_is_help=True, help="Browsers that were paired: list, revoke.")


class Scope(StrEnum):
    """What a token may."""

    SENSOR = "sensor"
    READ = "read"
    AUDITOR = "auditor"
    OPERATE = "operate"
    FACILITIES = "facilities"
    TECHNICIAN = "technician"
    INTEGRATION = "integration"
    ADMIN = "admin"


Name = Annotated[str, typer.Argument(help="The token's name.")]
Days = Annotated[
    int | None,
    typer.Option(min=1, max=3660, help="How many days it is valid; default: until revoked."),
]


May = Annotated[
    str | None,
    typer.Option(
        metavar="RIGHT,RIGHT",
        help="An integration's rights, besides seeing the room: pictures, view, listen, mute,"
        " meet, "
        "move, stop, operate, arrange, message, statistics, report.",
    ),
]


def _words(may: str | None) -> list[str] | None:
    return None if may is None else [word.strip() for word in may.split(",") if word.strip()]


@token_app.command(epilog="Example: roomctl token make dashboard --scope read --days 365 > token")
def make(
    name: Name,
    scope: Annotated[
        Scope,
        typer.Option(
            "--scope",
            "--role",
            help="sensor: report what sensors see; read: look; auditor: and see who did what; "
            "operate: what people do; facilities: and see who did what; technician: devices and "
            "configuration; integration: what --may names; admin: all.",
        ),
    ] = Scope.READ,
    may: May = None,
    days: Days = None,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Make a token for a program, and print it this once. No token opens the microphone."""
    body = {"name": name, "scope": scope.value, "days": days, "may": _words(may) or []}
    made = ask.access(url, token, "POST", "tokens", body)
    typer.echo(dump(made) if as_json else made["token"])


@token_app.command("list", epilog="Example: roomctl token list")
def list_tokens(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """List the tokens, never the secrets."""
    known = ask.access(url, token, "GET", "tokens")
    typer.echo(dump(known) if as_json else token_words(known))


@token_app.command(epilog="Example: roomctl token limit dashboard --days 30")
def limit(
    name: Name,
    scope: Annotated[
        Scope | None, typer.Option("--scope", "--role", help="Its scope from now on.")
    ] = None,
    may: May = None,
    days: Days = None,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Let a token do less, or end sooner."""
    body = {"scope": scope.value if scope else None, "days": days, "may": _words(may)}
    known = ask.access(url, token, "PATCH", f"tokens/{name}", body)
    typer.echo(dump(known) if as_json else token_words([known]))


@token_app.command("revoke", epilog="Example: roomctl token revoke dashboard")
def revoke_token(name: Name, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """End a token, and everything that uses it, at once."""
    ask.access(url, token, "DELETE", f"tokens/{name}")
    typer.echo(dump({"revoked": name}) if as_json else say("done"))


@session_app.command("list", epilog="Example: roomctl session list")
def list_sessions(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """List the paired browsers: panels, displays, phones."""
    known = ask.access(url, token, "GET", "sessions")
    typer.echo(dump(known) if as_json else session_words(known))


@session_app.command("revoke", epilog="Example: roomctl session revoke 1f2e3d4c")
def revoke_session(
    session: Annotated[str, typer.Argument(help="Its id, as `session list` shows it.")],
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """End a browser's session at once; it must be paired again."""
    ask.access(url, token, "DELETE", f"sessions/{session}")
    typer.echo(dump({"revoked": session}) if as_json else say("done"))


@pin_app.command("set", epilog="Example: roomctl pin set    (or: roomctl pin set < pin.txt)")
def set_pin(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Set the staff PIN: 6 to 12 digits, not shown.

    Entering it on the panel gives the rights of [staff] there, for its minutes or until standby. A
    room that is not running reads the PIN at its next start.
    """
    _keep(url, token, _asked_pin(), as_json)


@pin_app.command("clear", epilog="Example: roomctl pin clear")
def clear_pin(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Remove the staff PIN: the panel accepts none."""
    _keep(url, token, None, as_json)


@pin_app.command("reset", epilog="Example: roomctl pin reset")
def reset_pin(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Forget wrong PINs: the next try does not wait."""
    ask.access(url, token, "DELETE", "pin/failures")
    typer.echo(dump({"reset": True}) if as_json else say("done"))


@pin_app.command("status", epilog="Example: roomctl pin status")
def pin_status(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Say whether there is a staff PIN."""
    found = ask.access(url, token, "GET", "pin")
    typer.echo(dump(found) if as_json else say("pin_set" if found["set"] else "pin_none"))


class SignInAs(StrEnum):
    """What a person may."""

    READ = "read"
    AUDITOR = "auditor"
    OPERATE = "operate"
    FACILITIES = "facilities"
    TECHNICIAN = "technician"
    ADMIN = "admin"


PersonName = Annotated[str, typer.Argument(metavar="NAME", help="The name to sign in with.")]


@person_app.command("add", epilog="Example: roomctl person add wang --role facilities")
def add_person(
    name: PersonName,
    role: Annotated[SignInAs, typer.Option("--role", help="The person's role.")],
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Let a person sign in with a password, not shown.

    It has at least 10 characters. A known name gets the new password and role, and is signed out.
    A room that is not running reads them at its next start.
    """
    password = _asked("person add", say("password_ask"))
    body = {"role": role.value, "password": password}

    def keep(store: "Store") -> None:
        from roomctl.api.people import keep_person
        from roomctl.clock import SystemClock
        from roomctl.roles import Role

        keep_person(store, name, Role(role.value), password, SystemClock().now().wall)

    path = f"people/{_quoted(name)}"
    where = _folder_of(url, lambda: ask.access(url, token, "PUT", path, body), keep)
    _say_kept({"name": name, "role": role.value}, where, as_json)


@person_app.command("list", epilog="Example: roomctl person list")
def list_people(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """List the people who may sign in, never the passwords."""
    known = ask.access(url, token, "GET", "people")
    lines = (f"{one['name']:<24} {one['role']:<11} {one['made'][:10]}" for one in known)
    typer.echo(dump(known) if as_json else "\n".join(lines) or say("no_person"))


@person_app.command("remove", epilog="Example: roomctl person remove wang")
def remove_person(
    name: PersonName, url: Url = None, token: Token = None, as_json: Json = False
) -> None:
    """Remove a person, and end their sessions at once."""

    def remove(store: "Store") -> None:
        from roomctl.api.people import remove_person as forget

        forget(store, name)

    path = f"people/{_quoted(name)}"
    where = _folder_of(url, lambda: ask.access(url, token, "DELETE", path), remove)
    _say_kept({"removed": name}, where, as_json)


@person_app.command("reset", epilog="Example: roomctl person reset")
def reset_people(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Forget wrong passwords: the next try does not wait."""
    ask.access(url, token, "DELETE", "people-failures")
    typer.echo(dump({"reset": True}) if as_json else say("done"))


def _quoted(name: str) -> str:
    return quote(name, safe="")


def _folder_of(
    url: str | None, ask_room: "Callable[[], object]", keep: "Callable[[Store], None]"
) -> str:
    """Have the room keep something, or the folder of one that does not run; return that, or ""."""
    try:
        ask_room()
    except ask.RoomUnreachable:
        if url is not None:
            raise
        from roomctl.store import Store

        keep(Store(state_path()))
        return str(state_path())
    return ""


def _say_kept(told: dict[str, Any], where: str, as_json: bool) -> None:
    if as_json:
        typer.echo(dump({**told, "folder": where or None}))
    else:
        typer.echo(say("kept_in", folder=where) if where else say("done"))


def _asked_pin() -> str:
    """Return the PIN from stdin; a person types it twice, and is not shown what."""
    return _asked("pin set", say("pin_ask")).strip()


def _asked(command: str, question: str) -> str:
    """Return what stdin says without its last line break; a person types it twice, unseen."""
    typed = sys.stdin.isatty()
    said = getpass.getpass(question) if typed else sys.stdin.read(2048).rstrip("\r\n")
    if not said:
        raise RoomctlError(f"{command}: nothing was entered; nothing is changed")
    if typed and getpass.getpass(say("pin_again")) != said:
        raise RoomctlError(f"{command}: the two entries differ; nothing is changed")
    return said


def _keep(url: str | None, token: Path | None, pin: str | None, as_json: bool) -> None:
    """Have the room keep a PIN, or the folder of one that does not run."""

    def ask_room() -> object:
        if pin is None:
            return ask.access(url, token, "DELETE", "pin")
        return ask.access(url, token, "PUT", "pin", {"pin": pin})

    def keep(store: "Store") -> None:
        from roomctl.api.staff import keep_pin

        keep_pin(store, pin)

    _say_kept({"set": pin is not None}, _folder_of(url, ask_room, keep), as_json)


def token_words(known: list[dict[str, Any]]) -> str:
    """Say what is known of tokens, a line each."""
    lines = [
        f"{one['name']:<24} {one['scope']:<11} {say('made', day=one['made'][:10])}  "
        f"{wide(_expiry(one['expires']), 18)}  "
        f"{say('used', day=one['used']) if one['used'] else say('never_used')}"
        f"{'  ' + say('may', rights=', '.join(one['may'])) if one['may'] else ''}"
        for one in known
    ]
    return "\n".join(lines) or say("no_token")


def _expiry(expires: str | None) -> str:
    return say("until_revoked") if expires is None else say("expires", day=expires[:10])


def session_words(known: list[dict[str, Any]]) -> str:
    """Say what is known of sessions, a line each."""
    lines = []
    for one in known:
        ends = one["ends_in_s"]
        until = say("unused") if ends is None else say("minutes", count=f"{ends / 60:.0f}")
        made = say("paired", made=one["made"], used=one["used"], until=until)
        lines.append(f"{one['id']}  {one['role']:<8}  {made}")
    return "\n".join(lines) or say("no_session")
