"""`roomctl speakerphone`: what is done about the USB speakerphones of this box, without a room."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from roomctl.cli.options import Json, Token, Url, dump, log

app = typer.Typer(no_args_is_help=True, help="USB speakerphones on this box.")


@app.command(epilog="In a systemd unit: ExecStopPost=-/usr/bin/roomctl speakerphone release")
def release() -> None:
    """Give back what a roomctl that was killed left without its driver.

    What a living program holds stays with it. Without this, the next start does it, or a replug.
    """
    from roomctl.ports.usb import DeviceFilter, libusb, reattach

    typer.echo(words(reattach(DeviceFilter("usb:auto", None, None, None), libusb)))


@app.command(epilog="Example: roomctl speakerphone describe --listen 10 > speakerphone.txt")
def describe(
    name: Annotated[
        str | None, typer.Argument(help="As in room.toml, or a url; default: the first one.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="A room.toml; then no room is asked.")
    ] = None,
    listen: Annotated[
        float, typer.Option(min=0, max=60, help="Seconds in which to press its keys.")
    ] = 0.5,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Print all that is known of a speakerphone, ready to be pasted into an issue. Never audio.

    A room that runs here holds the device and is asked; else the device is opened for a moment.

    With --json it is also a test: a file in tests/speakerphone/pasted.
    """
    from roomctl.cli import describe as descriptions

    log(verbose=False, quietly=True)
    wanted = descriptions.DescribeRequest(name, config, listen, url, token)
    found = descriptions.describe(wanted)
    typer.echo(dump(found) if as_json else descriptions.text(found))
    if "error" in found:
        raise typer.Exit(1)


def words(mended: list[str]) -> str:
    """Say what was given back, a line each."""
    return "\n".join(f"given back to usbhid: {name}" for name in mended) or "nothing to give back"
