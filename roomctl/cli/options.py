"""What the commands share: their usual options, and how they print, end and log."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from roomctl.cli.folding import FoldingHandler

Config = Annotated[Path, typer.Option("--config", "-c", help="The room's room.toml.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Url = Annotated[str | None, typer.Option(help="The room's API; default: the room on this box.")]
Token = Annotated[
    Path | None,
    typer.Option("--token-file", help="A file with the API token; default: $ROOMCTL_TOKEN_FILE."),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log every frame.")]


def dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def end(status: int) -> None:
    if status:
        raise typer.Exit(status)


def log(verbose: bool, *, quietly: bool = False) -> None:
    usual = logging.CRITICAL if quietly else logging.INFO
    logging.basicConfig(
        level=logging.DEBUG if verbose else usual,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        handlers=[FoldingHandler(sys.stderr)],
    )
    for chatty in ("uvicorn.error", "uvicorn.access", "websockets", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
