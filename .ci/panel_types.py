"""Writes web/lib/types.js: the panel's types, as JSDoc, made from the API's own schemas.

    panel_types.py           write it anew (make types)
    panel_types.py --check   end with 1 if it is not what the schemas say now

What goes out comes from the room document, the socket's messages and what routes tell staff's
pages, what comes in from the declarations of the commands; all are what OpenAPI is made from. A
test fails while it is old.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from roomctl import app
from roomctl.api import (
    access,
    configuration,
    device_search,
    history,
    information,
    migration,
    schema,
)
from roomctl.room.document import document_of

FILE = Path(__file__).resolve().parent.parent / "web" / "lib" / "types.js"
HEAD = """\
/**
 * The room document, the commands and the socket's messages, in types. Nothing here runs.
 * Made from the API's schemas by `make types`: change those, not this.
 */
"""
PLAIN = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}
WIDE = 100
ANSWERS: tuple[type[schema.ApiModel], ...] = (
    access.CurrentSession,
    access.SessionModel,
    access.CreatedToken,
    configuration.ConfigHistory,
    configuration.ConfigJudgement,
    device_search.FoundDevicesModel,
    history.AuditPage,
    history.AuditReport,
    history.LedgerLine,
    history.MonthlyStarts,
    history.RoomUsage,
    information.CurrentIssue,
    information.RoomInformation,
    information.SelftestResults,
    migration.MigrationModel,
    schema.Problem,
)
"""What staff's pages ask the API for."""
Schema = Mapping[str, Any]


def text() -> str:
    """Return what the file has to say."""
    room = TypeAdapter(document_of(app.KINDS)).json_schema(mode="serialization")
    out = TypeAdapter(schema.LiveReply).json_schema(mode="serialization")
    asked = schema.command_adapter(app.declared()).json_schema()
    heard = schema.LIVE.json_schema()
    told = TypeAdapter.json_schemas([(m, "serialization", TypeAdapter(m)) for m in ANSWERS])[1]
    names = {
        name: definition["properties"]["type"]["const"]
        for name, definition in asked["$defs"].items()
        if "type" in definition["properties"]
    }
    parts = [
        HEAD,
        *_definitions(room["$defs"] | {"Room": room}, whole=True),
        *_definitions(asked["$defs"]),
        _union("Command", names, "Anything that the room can be asked."),
        _arguments(names),
        *_definitions(out["$defs"]),
        *_definitions(heard["$defs"]),
        *_definitions(told["$defs"], whole=True),
        _union("LiveReply", _members(out), "Anything that the socket says."),
        _union("LiveMessage", _members(heard), "Anything that the socket takes."),
        "export {};\n",
    ]
    return "\n".join(parts)


def _definitions(schemas: Mapping[str, Schema], *, whole: bool = False) -> Iterator[str]:
    """Yield a typedef for each; of what is `whole`, nothing is ever left out."""
    for name, each in schemas.items():
        told = _told(each.get("description", ""))
        fields = each.get("properties", {})
        if not fields:
            plain = _type(each) if "enum" in each else "Record<string, never>"
            yield _comment([*told, f"@typedef {{{plain}}} {_named(name)}"])
            continue
        given = fields if whole else each.get("required", ())
        lines = [*told, f"@typedef {{object}} {_named(name)}"]
        for field, one in fields.items():
            shown = field if field in given else f"[{field}]"
            meaning = one.get("description", "")
            lines.append(f"@property {{{_type(one)}}} {shown} {meaning}".rstrip())
        yield _comment(lines)


def _type(one: Schema) -> str:
    """Return a schema as TypeScript writes it."""
    match one:
        case {"x-typedef": name}:
            return str(name)
        case {"$ref": where}:
            return _named(where.rpartition("/")[2])
        case {"const": value}:
            return json.dumps(value)
        case {"enum": values}:
            return " | ".join(map(json.dumps, values))
        case {"anyOf": ways} | {"oneOf": ways}:
            return " | ".join(dict.fromkeys(map(_type, ways)))
        case {"type": "array", "items": items}:
            inner = _type(items)
            return f"({inner})[]" if " | " in inner else f"{inner}[]"
        case {"type": "array"}:
            return "unknown[]"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"Record<string, {_type(values)}>"
        case {"type": "object"}:
            return "Record<string, unknown>"
        case {"type": kind}:
            return PLAIN[kind]
    return "unknown"


def _named(name: str) -> str:
    """Return how the panel calls it: CameraEntry is Camera there."""
    return name.removesuffix("Entry")


def _members(union: Schema) -> Iterable[str]:
    return [each["$ref"].rpartition("/")[2] for each in union["oneOf"]]


def _union(name: str, members: Iterable[str], meaning: str) -> str:
    return _comment([meaning, f"@typedef {{{' | '.join(members)}}} {name}"])


def _arguments(names: Mapping[str, str]) -> str:
    """Return what each command takes, by its name."""
    each = (f"  {json.dumps(called)}: {name}Args," for name, called in names.items())
    return _comment(["What each command takes, by its name.", "@typedef {{", *each, "}} Arguments"])


def _told(meaning: str) -> list[str]:
    return textwrap.wrap(re.sub(r"\s+", " ", meaning).replace("*/", "* /"), WIDE - 3)


def _comment(lines: Iterable[str]) -> str:
    return "/**\n" + "".join(f" * {line}\n" for line in lines) + " */\n"


def main(arguments: list[str]) -> int:
    """Write the file, or say whether it is old."""
    if "--check" not in arguments:
        FILE.write_text(text(), encoding="utf-8")
        return 0
    if FILE.read_text(encoding="utf-8") == text():
        return 0
    print(f"{FILE.name} is not what the API's schemas say now: run `make types`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
