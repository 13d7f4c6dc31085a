"""`roomctl config`: a room's configuration is read, compared, applied and taken back.

The first line of a text that is shown says on which base it stands, for `apply` to say it again:
who was slower is told so, and overwrites nothing. Annotations are no text here, as in `main`.
"""

import difflib
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from roomctl.cli import ask
from roomctl.cli.language import say
from roomctl.cli.options import Json, Token, Url, dump, end
from roomctl.cli.told import instant, wide, zone_of, zone_words
from roomctl.errors import RoomctlError

config_app = typer.Typer(
    help="The room's configuration: show, compare, apply, take back.", no_args_is_help=True
)

_BASE = re.compile(r"# base: (\S+)\n")

File = Annotated[Path, typer.Argument(help="A room.toml; - reads stdin.", allow_dash=True)]
When = Annotated[bool, typer.Option("--when-free", help="Wait until the room is free.")]
Revision = Annotated[int, typer.Argument(min=0, help="As `config history` has it; 0 is room.toml.")]


@config_app.command(epilog="Example: roomctl config show > bamboo.toml")
def show(
    revision: Annotated[
        int | None, typer.Option(min=0, help="As `config history` has it; default: the newest.")
    ] = None,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Print the running configuration, or a revision, without secrets.

    Hidden values that you do not change keep their value when you apply the text.
    """
    text, base = _read(url, token, revision)
    if as_json:
        typer.echo(dump({"base": base, "text": text}))
    else:
        typer.echo((f"# base: {base}\n" if base else "") + text, nl=False)


@config_app.command(epilog="Example: roomctl config diff bamboo.toml")
def diff(file: File, url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Compare a file with the running configuration.

    It also lists mistakes, and what would restart. The exit status is 1 if they differ.
    """
    new, _ = _given(file)
    old, base = _read(url, token, None)
    lines = [*difflib.unified_diff(old.splitlines(), new.splitlines(), "room", str(file), n=2)]
    judged = ask.access(url, token, "POST", "config/check", {"text": new}) if lines else None
    if as_json:
        typer.echo(dump({"base": base, "diff": [one.rstrip() for one in lines], "check": judged}))
    else:
        for line in lines:
            typer.echo(line.rstrip("\n"))
        for mistake in (judged or {}).get("mistakes", ()):
            typer.echo(f"{file}:{mistake['line'] or ''}: {mistake['key']}: {mistake['why']}")
        if judged and judged["plan"]:
            typer.echo(_plan_words(judged["plan"]))
    end(1 if lines else 0)


@config_app.command(epilog="Example: roomctl config apply bamboo.toml --why 'a new camera'")
def apply(
    file: File,
    why: Annotated[str, typer.Option(help="Why, for the history.")] = "",
    when_free: When = False,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Run a file, and keep it as a revision.

    room.toml does not change.

    A file from `config show` is refused if the configuration has changed since.
    """
    text, base = _given(file)
    body = {"text": text, "why": why, "when": "free" if when_free else "now"}
    _told(ask.access(url, token, "POST", "config", body, base), as_json)


@config_app.command(epilog="Example: roomctl config history")
def history(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """List the revisions that are kept: when, by whom and why."""
    found = ask.access(url, token, "GET", "config")
    typer.echo(dump(found) if as_json else history_words(found, zone_of(ask.room(url, token))))


@config_app.command(epilog="Example: roomctl config back 3")
def back(
    revision: Revision,
    when_free: When = False,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Run an earlier revision again, or room.toml (0)."""
    body = {"revision": revision, "when": "free" if when_free else "now"}
    _, base = _read(url, token, None)
    _told(ask.access(url, token, "POST", "config/rollback", body, base), as_json)


def history_words(found: Mapping[str, Any], zone: ZoneInfo) -> str:
    """Tell the revisions, the oldest first, and which one runs."""
    lines = [*zone_words(zone), _line(found, 0, "room.toml")]
    for one in found["revisions"]:
        what = f"{instant(one['at'], zone)}  {wide(one['who'], 16)} {one['why']}"
        lines.append(_line(found, one["number"], what))
    return "\n".join(lines)


def _line(found: Mapping[str, Any], number: int, what: str) -> str:
    marks = [key for key in ("running", "wanted") if found[key] == number]
    if found["running"] == found["wanted"]:
        marks = marks[:1]
    note = ", ".join(say(f"config.{mark}") for mark in marks)
    return f"{number:>5}  {what}{f'  ({note})' if note else ''}".rstrip()


def _read(url: str | None, token: Path | None, revision: int | None) -> tuple[str, str]:
    """Return a text of the room's, and its base; empty if it is not what counts now."""
    path = "config/text" + ("" if revision is None else f"?revision={revision}")
    return ask.text_and_tag(url, token, path)


def _given(file: Path) -> tuple[str, str]:
    """Return the text of a file, and the base that its first line names."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RoomctlError(f"{file}: is not UTF-8 (byte {error.start})") from None
    base = _BASE.match(text)
    return (text[base.end() :], base[1]) if base else (text, "")


def _told(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(dump(found))
        return
    key = "config.runs" if found["running"] == found["wanted"] else "config.waits"
    typer.echo(say(key, number=found["wanted"]))
    typer.echo(_plan_words(found["plan"]))


def _plan_words(plan: Mapping[str, Any]) -> str:
    """Tell what begins anew, a line for each kind of change."""
    lines = [
        f"  {say(f'config.{key}')}: {', '.join(plan[key])}"
        for key in ("restarted", "added", "removed", "program_for")
        if plan[key]
    ]
    return "\n".join(lines) or f"  {say('config.nothing')}"
