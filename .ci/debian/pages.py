"""Prints as JSON what the command line says of itself: its manual in both languages, completion.

pages.py VERSION DATE      {"man/man1/roomctl.1.gz": ...}, below /usr/share
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the tree that is built

import click
from typer._completion_shared import get_completion_script

COMPLETIONS = {
    "bash": "bash-completion/completions/roomctl",
    "zsh": "zsh/vendor-completions/_roomctl",
    "fish": "fish/vendor_completions.d/roomctl.fish",
}
MANUALS = {"C.UTF-8": "man/man1/roomctl.1.gz", "zh_CN.UTF-8": "man/zh_CN/man1/roomctl.1.gz"}
FILES = """.SH FILES
.TP
.I /etc/roomctl/room.toml
.TP
.I /var/lib/roomctl
.SH SEE ALSO
https://github.com/roomctl/roomctl/tree/main/docs
"""


def escaped(text: str) -> str:
    """Return a text that troff prints as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join(f"\\&{line}" if line[:1] in (".", "'") else line for line in text.splitlines())


def manual(command: click.Command, version: str, date: str) -> str:
    """Return roomctl(1)."""
    first = (command.help or "").strip()
    head = f'.TH ROOMCTL 1 "{date}" "roomctl {version}" "User Commands"\n'
    head += f".SH NAME\nroomctl \\- {escaped(first).rstrip('.。')}\n"
    head += ".SH SYNOPSIS\n.B roomctl\n.I COMMAND\n[\\fIOPTION\\fR]...\n.SH COMMANDS\n"
    context = click.Context(command, info_name="roomctl")
    return head + "".join(described(command, context)) + FILES


def described(command: click.Command, context: click.Context) -> Iterator[str]:
    """Yield what each command does and takes, those below a command after it."""
    for name in getattr(command, "commands", {}):
        one = command.commands[name]  # type: ignore[attr-defined]
        if one.hidden:
            continue
        inner = click.Context(one, info_name=name, parent=context)
        usage = " ".join([inner.command_path, *one.collect_usage_pieces(inner)])
        yield f".SS {escaped(usage)}\n{paragraphs(one.help)}"
        for parameter in one.get_params(inner):
            told = parameter.get_help_record(inner)
            if told is not None and "--help" not in told[0]:
                yield f".TP\n.B {escaped(told[0])}\n{paragraphs(told[1])}"
        if one.epilog:
            yield f".PP\n{paragraphs(one.epilog)}"
        yield from described(one, inner)


def paragraphs(text: str | None) -> str:
    parts = [" ".join(part.split()) for part in (text or "").replace("\b", "").split("\n\n")]
    return "\n.PP\n".join(map(escaped, parts)) + "\n"


def printed(version: str, date: str) -> dict[str, str]:
    """Return the text of each file."""
    from roomctl.cli.main import command

    found = {}
    for locale, name in MANUALS.items():
        os.environ["LC_ALL"] = locale
        found[name] = manual(command(), version, date)
    for shell, name in COMPLETIONS.items():
        found[name] = get_completion_script(
            prog_name="roomctl", complete_var="_ROOMCTL_COMPLETE", shell=shell
        )
    return found


if __name__ == "__main__":
    print(json.dumps(printed(*sys.argv[1:])))
