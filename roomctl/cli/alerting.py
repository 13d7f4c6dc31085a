"""`roomctl alert test`: have a test message sent to the people of [alert.NAME].

Annotations are no text here, as in `main`.
"""

from typing import Annotated
from urllib.parse import quote

import typer

from roomctl.cli import ask
from roomctl.cli.language import say, translated
from roomctl.cli.options import Json, Token, Url, dump

alert_app = typer.Typer(help="Alerts to people, by mail or in a chat.", no_args_is_help=True)


@alert_app.callback()
def _group() -> None:
    """Have `test` be a word of its own."""


@alert_app.command("test", epilog="Example: roomctl alert test desk")
def send_test(
    name: Annotated[str, typer.Argument(help="NAME of [alert.NAME] in room.toml.")],
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Have the room send a test message to people.

    It says whether the server accepted it; the exit status is 1 if not. Ask the people whether
    they see it.
    """
    found = ask.access(url, token, "POST", f"alerts/{quote(name, safe='')}/test")
    if as_json:
        typer.echo(dump(found))
    elif found["arrived"]:
        typer.echo(say("alert.arrived", host=found["host"]))
    else:
        typer.echo(say("alert.not_arrived", why=translated(found["why"])))
    if not found["arrived"]:
        raise typer.Exit(1)
