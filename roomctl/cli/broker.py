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

mqtt_app = typer.Typer(help="What an MQTT broker keeps for a room.", no_args_is_help=True)


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
        bool, typer.Option("--force", help="Even if a room with this id is connected now.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Delete what the broker keeps for a room.

    This removes its state, its availability and its entities in Home Assistant. The broker is that
    of [mqtt] in the file. A room does this automatically when its id or prefix changes.
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
        raise RoomctlError(
            "mqtt clear: this box has no room id; name the room: roomctl mqtt clear ID"
        )
    cleared = asyncio.run(clear_room(found.mqtt, whose, open_session, force=force))
    if as_json:
        typer.echo(dump({"room": whose, "cleared": cleared}))
    else:
        typer.echo(say("mqtt.cleared", room=whose, count=len(cleared)))
