"""Writes SECURITY.md's table of who may what, from the code (make types).

    python -m tests.api.security_page

A test fails while the page is old.
"""

import tempfile
from pathlib import Path

from roomctl.api.rights import RightRoute, RightSocketRoute
from roomctl.roles import MESSAGES, TABLE, Right, Role, When
from tests.api.rig import House
from tests.api.test_matrix import leaf_routes

FILE = Path(__file__).resolve().parents[2] / "SECURITY.md"
BEGIN, END = "<!-- roles: make types -->\n", "<!-- end of roles -->"
SIGNS = {
    When.ALWAYS: "yes",
    When.OCCUPIED: "occupied",
    When.SWITCHED: "switch",
    When.LEARNING: "learn",
    When.NAMED: "named",
    None: "–",
}


def rows(house):
    """Yield the lines of the table, in the order of `roles.TABLE`."""
    uses = {right: [] for right in Right}
    for route in leaf_routes(house.app.routes):
        if isinstance(route, RightSocketRoute):
            uses[route.right].append(f"WS {route.path}")
        elif isinstance(route, RightRoute):
            uses[route.right] += [f"{method} {route.path}" for method in sorted(route.methods)]
    for command in house.room.declared:
        uses[command.right].append(command.name)
    for kind, right in MESSAGES.items():
        uses[right].append(f"message {kind}")
    uses[Right.UNMUTE].append("audio.mute off")
    uses[Right.PUBLIC] += ["/ui", "/docs-assets"]
    heads = " | ".join(role.value for role in Role)
    yield f"| | {heads} | by |"
    yield "|---" * (len(Role) + 2) + "|"
    for right, row in TABLE.items():
        cells = " | ".join(SIGNS[row.get(role)] for role in Role)
        by = " ".join(f"`{use}`" for use in sorted(uses[right]))
        yield f"| {right.value} | {cells} | {by} |"


def text(page, house):
    """Return the page with the table as it is now."""
    head, begin, rest = page.partition(BEGIN)
    table = "".join(f"{row}\n" for row in rows(house))
    return head + begin + table + END + rest.partition(END)[2]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        made = text(FILE.read_text(encoding="utf-8"), House(Path(folder)))
    FILE.write_text(made, encoding="utf-8")
