"""`roomctl mqtt clear`: take away what a broker keeps of a room that is no more.

Annotations are no text here, as in `main`.
"""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from roomctl import config as configuration
from roomctl.cli.language import say
from roomctl.cli.options import Config, Json, dump, named
from roomctl.errors import RoomctlError

mqtt_app = typer.Typer(help="What an MQTT broker keeps of a room.", no_args_is_help=True)


@mqtt_app.callback()
def _group() -> None:
    """Have `clear` be a word of its own."""


@mqtt_app.command(epilog="Example: roomctl mqtt clear bamboo")
def clear(
    room: Annotated[
        str | None, typer.Argument(metavar="[ROOM]", help="Its id; default: this box's room.")
    ] = None,
    config: Config = Path("/etc/roomctl/room.toml"),
    force: Annotated[
        bool, typer.Option("--force", help="Also if a room of this id is at the broker now.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Take away what the broker keeps of a room.

    Its state, availability and what Home Assistant has found of it go. The broker is that of
    [mqtt] in the file. A room whose id or prefix is another one now does it by itself.
    """
    from roomctl import app
    from roomctl.api.mqtt import clear_room
    from roomctl.ports.broker import open_session
    from roomctl.store import Store

    with named(config):
        found = app.parse(configuration.text_of(config), str(config))
    if found.mqtt is None:
        raise RoomctlError(f"{config}: has no [mqtt], so no broker to clear")
    known = found.room.id or Store(configuration.state_path()).read("room").get("id", "")
    if not (whose := room or str(known)):
        raise RoomctlError("mqtt clear: this box knows no id; name the room: roomctl mqtt clear ID")
    cleared = asyncio.run(clear_room(found.mqtt, whose, open_session, force=force))
    if as_json:
        typer.echo(dump({"room": whose, "cleared": cleared}))
    else:
        typer.echo(say("mqtt.cleared", room=whose, count=len(cleared)))
