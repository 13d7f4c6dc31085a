"""`roomctl secret`: what `secret:NAME` in a room.toml stands for, stored, listed and forgotten.

No value is an argument, as every user of a box sees those, and none is ever printed.
Annotations are no text here, as in `main`.
"""

import sys
import tomllib
from pathlib import Path
from typing import Annotated

import typer

from roomctl import config as configuration
from roomctl.cli.language import say
from roomctl.cli.options import Config, Json, dump
from roomctl.errors import RoomctlError
from roomctl.secret import LARGEST, SecretFiles

secret_app = typer.Typer(
    no_args_is_help=True, help="Passwords and keys, by the names that room.toml has for them."
)
Name = Annotated[str, typer.Argument(help="As in secret:NAME.")]
_ETC = Path("/etc/roomctl/room.toml")


@secret_app.command("set", epilog="Example: roomctl secret set front-camera < password.txt")
def set_secret(name: Name, config: Config = _ETC, as_json: Json = False) -> None:
    """Store a secret, typed without echo or read from stdin.

    It becomes a file that only the folder's owner can read: secrets/NAME beside room.toml, or in
    the folder of [secrets].
    """
    files = _files(config)
    value = _asked(name) if sys.stdin.isatty() else sys.stdin.read(LARGEST + 1)
    value = value.removesuffix("\n").removesuffix("\r")
    if not value or len(value) > LARGEST or not value.isprintable():
        why = "a secret is one line of text, and not longer than 16 KiB"
        raise RoomctlError(f"{name}: {why}; nothing was stored")
    path = files.write(name, value)
    typer.echo(dump({"stored": name, "file": str(path)}) if as_json else say("stored", path=path))


@secret_app.command("list", epilog="Example: roomctl secret list")
def list_secrets(config: Config = _ETC, as_json: Json = False) -> None:
    """List the names of secrets, never their values."""
    names = _files(config).names()
    typer.echo(dump(names) if as_json else "\n".join(names) or say("no_secret"))


@secret_app.command("forget", epilog="Example: roomctl secret forget front-camera")
def forget(name: Name, config: Config = _ETC, as_json: Json = False) -> None:
    """Delete a secret."""
    _files(config).forget(name)
    typer.echo(dump({"forgotten": name}) if as_json else say("done"))


def _asked(name: str) -> str:
    value: str = typer.prompt(f"{name}", hide_input=True, err=True)
    return value


def _files(config: Path) -> SecretFiles:
    """Return the secrets of a room.toml, which may lack whatever is about to be stored."""
    try:
        data = tomllib.loads(configuration.text_of(config)) if config.exists() else {}
    except ValueError as error:
        raise RoomctlError(f"{config}: is not TOML: {error}") from error
    if not config.parent.is_dir():
        raise RoomctlError(f"{config.parent}: no such folder; --config names a room.toml")
    return configuration.secret_files(data, str(config))
