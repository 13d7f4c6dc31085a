"""Writes the commands of docs/companion.md anew, from their declarations (make types).

A test fails while they are old.
"""

from __future__ import annotations

import json
from pathlib import Path

from roomctl import app
from roomctl.api.command_list import example
from roomctl.roles import Role, roles_of

FILE = Path(__file__).resolve().parent.parent / "docs" / "companion.md"
BEGIN, END = "<!-- commands: make types -->\n", "<!-- end of commands -->"


def table() -> str:
    """Return a row for each command that a program may give, with what Companion sends."""
    rows = ["| command | body | named by | it does |\n|---|---|---|---|\n"]
    for one in sorted(app.declared(), key=lambda declared: declared.name):
        roles = roles_of(one.right)
        if Role.ADMIN not in roles:
            continue  # for people in the room alone
        body = json.dumps({"type": one.name, "args": example(one)})
        named = f"`{one.right.name.lower()}`" if Role.INTEGRATION in roles else "–"
        does = one.doc.partition("\n")[0].replace("|", "\\|")
        rows.append(f"| `{one.name}` | `{body}` | {named} | {does} |\n")
    return "".join(rows)


def text(page: str) -> str:
    """Return the page with the commands as they are now."""
    head, _, rest = page.partition(BEGIN)
    return head + BEGIN + table() + END + rest.partition(END)[2]


if __name__ == "__main__":
    FILE.write_text(text(FILE.read_text(encoding="utf-8")), encoding="utf-8")
