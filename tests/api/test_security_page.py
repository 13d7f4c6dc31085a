"""SECURITY.md says who may what exactly as the code has it."""

from pathlib import Path

from roomctl.api.rights import RightRoute, RightSocketRoute
from roomctl.roles import MESSAGES, TABLE, Right, Role, When
from tests.api.test_matrix import leaf_routes

PAGE = Path(__file__).resolve().parents[2] / "SECURITY.md"
SIGNS = {
    When.ALWAYS: "yes",
    When.OCCUPIED: "occupied",
    When.SWITCHED: "switch",
    When.LEARNING: "learn",
    When.NAMED: "named",
    None: "–",
}


def rows(house):
    """Return the table that the page must have."""
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


def test_the_table_of_roles_is_the_one_that_the_code_has(house):
    wanted = "\n".join(rows(house))
    assert wanted in PAGE.read_text(encoding="utf-8"), f"SECURITY.md must have:\n{wanted}"
