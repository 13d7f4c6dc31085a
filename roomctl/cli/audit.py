"""`roomctl audit`: who did what in a room, and whether its record is as it was written.

Annotations are no text here, as in `main`.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import typer

from roomctl.cli import ask
from roomctl.cli.language import language, say, translated, word
from roomctl.cli.options import Json, Token, Url, dump, end
from roomctl.cli.told import instant, wide, zone_of, zone_words
from roomctl.errors import RoomctlError
from roomctl.words import panel_texts

audit_app = typer.Typer()

PAGE = 1000

Since = Annotated[
    str | None,
    typer.Option(help="All from this day or time on, such as 2026-11-26; default: the newest."),
]
Limit = Annotated[int, typer.Option(min=1, max=PAGE, help="How many of the newest.")]


@audit_app.callback(
    invoke_without_command=True, epilog="Example: roomctl audit --since 2026-11-26 --json"
)
def listed(
    context: typer.Context,
    since: Since = None,
    limit: Limit = 50,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """List who did what, the newest last; or verify the record."""
    if context.invoked_subcommand is not None:
        return
    begin = _instant(since) if since is not None else None
    zone = zone_of(ask.room(url, token))
    if begin is not None and begin.tzinfo is None:
        begin = begin.replace(tzinfo=zone)
    found = list(_entries(url, token, begin, limit))
    typer.echo(dump(found) if as_json else entry_words(found, zone))


@audit_app.command(epilog="Example: roomctl audit verify")
def verify(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Check that the record is unchanged.

    The exit status is 1 if an entry was changed, removed or moved.

    Keep the newest hash elsewhere: a user who can write the room's files could forge all of them.
    """
    found = ask.access(url, token, "GET", "audit/verify")
    typer.echo(dump(found) if as_json else verdict_words(found))
    end(0 if found["broken"] is None else 1)


def _entries(
    url: str | None, token: Path | None, since: datetime | None, limit: int
) -> Iterator[dict[str, Any]]:
    query: dict[str, Any] = {"limit": limit}
    if since is not None:
        query = {"limit": PAGE, "from": since.isoformat()}
    while True:
        page = ask.access(url, token, "GET", f"audit?{urlencode(query)}")
        yield from page["entries"]
        if page["next"] is None:
            return
        query["after"] = page["next"]


def _instant(text: str) -> datetime:
    """Return a day, or an instant; without a zone the room's is meant."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        why = "is not a day or time; write 2026-11-26 or 2026-11-26T14:00"
        raise RoomctlError(f"--since {text}: {why}") from None


def entry_words(found: list[dict[str, Any]], zone: ZoneInfo | None = None) -> str:
    """Say who did what, a line each."""
    lines = [_words(one, zone) for one in found]
    return "\n".join([*zone_words(zone), *lines]) if lines else say("audit_none")


def _words(one: dict[str, Any], zone: ZoneInfo | None) -> str:
    doubt = " " if one["clock_proven"] else "?"
    given = " ".join(f"{key}={_value(value)}" for key, value in one["arguments"].items())
    times = f" ×{one['times']}" if one["times"] > 1 else ""
    where = f" ({one['address']})" if one["address"] else ""
    what = f"{one['command']} {given}".rstrip()
    who = f"{word('role', one['role'])}: {one['name']}{where}"
    at = instant(one["at"], zone, "%Y-%m-%d %H:%M:%S")
    return f"{one['number']:>6}  {at}{doubt} {wide(who, 40)} {what}: {_result(one)}{times}"


def _result(one: Mapping[str, Any]) -> str:
    """Return what became of it; in Chinese with the panel's words for a code."""
    status, colon, code = str(one["result"]).partition(": ")
    known = panel_texts(language()).get(f"error.{code}", "") if language() != "en" else ""
    why = translated(code) if not known or "{" in known else known.rstrip("。")
    return word("status", status) + (f": {why}" if colon else "")


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def verdict_words(found: dict[str, Any]) -> str:
    """Say whether the record is as it was written."""
    if found["broken"] is not None:
        why = translated(found["why"])
        return say("audit_broken", number=found["broken"], why=why, count=found["entries"])
    if not found["entries"]:
        return say("audit_none")
    first, last = found["first"], found["newest"]
    return say("audit_sound", count=found["entries"], first=first, last=last, hash=found["hash"])
