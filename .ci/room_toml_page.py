"""Writes docs/room-toml.md anew, from what the program reads of a room.toml (make types).

A test fails while the page is old.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from roomctl import app

FILE = Path(__file__).resolve().parent.parent / "docs" / "room-toml.md"
HEAD = """# room.toml: every table and key

Made from the program's own schema by `make types`. `roomctl check room.toml` judges a file by it,
without opening a device, and names each mistake with its line. A key that is not here is refused.

- The program never writes room.toml. What people change on panels is kept elsewhere
  ([storage.md](storage.md)).
- *required*: must be given where its table is. A default of –: none.
- *secret*: may be `secret:NAME` ([secrets.md](secrets.md)).
- NAME is yours: a letter, then up to 31 letters, digits, `-` and `_`, all in lower case.
"""
TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true, false"}
LONGEST_PATTERN = 40  # a longer one is no help to a reader

Schema = dict[str, Any]


def sections(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield each table by its heading, such as [meeting.new.PLATFORM], its parent's before it."""
    tables = schema["$defs"]

    def within(form: Schema) -> Iterator[tuple[str, Schema]]:
        for one in form["properties"].values():
            for name in named_in(one):
                if heading := heading_of(tables[name]):
                    yield heading, tables[name]
                    yield from within(tables[name])

    yield from within(schema)


def named_in(form: Schema) -> list[str]:
    """Return the names of the tables that a key leads to."""
    return re.findall(r'"#/\$defs/(\w+)"', json.dumps(form))


def heading_of(table: Schema) -> str:
    """Return how a table begins in room.toml, as its docstring has it; "": a value in braces."""
    found = re.match(r"(\[+[\w.]+\]+):", table["description"])
    return found[1] if found else ""


def rows(heading: str, table: Schema, schema: Schema) -> Iterator[str]:
    """Yield a row for each key of a table."""
    first = heading.strip("[]").partition(".")[0]
    kind = app.TABLES.get(first)
    for key, form in table["properties"].items():
        default = form.get("default")
        required = key in table.get("required", ())
        said = f"`{json.dumps(default, ensure_ascii=False)}`" if default not in (None, "") else "–"
        limits = range_of(form)
        if key == "url" and kind is not None and kind.schemes:
            limits = ", ".join(f"`{one}:`" for one in ("sim", *kind.schemes))
        cells = (
            f"`{key}`",
            type_of(form, schema),
            "required" if required else said,
            limits,
            form["description"].replace("/KIND", f"/{first}"),
        )
        yield "| " + " | ".join(one.replace("|", "\\|") for one in cells) + " |\n"


def type_of(form: Schema, schema: Schema) -> str:
    """Say what stands behind a key."""
    if "$ref" in form:
        table = schema["$defs"][form["$ref"].rpartition("/")[2]]
        inside = ", ".join(f"{key} = …" for key in table["properties"])
        return f"`{heading_of(table)}`" if heading_of(table) else f"`{{ {inside} }}`"
    if "anyOf" in form:
        told = [type_of(one, schema) for one in form["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(told))
    if "enum" in form or "const" in form:
        return ", ".join(f'`"{one}"`' for one in form.get("enum", [form.get("const")]))
    if form.get("type") == "array":
        inside = type_of(form["items"], schema)
        return inside if inside.startswith("`[[") else f"list: {inside}"
    if form.get("type") == "object":
        inside = form.get("additionalProperties") or {"type": "string"}
        said = type_of(inside, schema)
        return said if said.startswith("`[") else f"table: name = {said}"
    if form.get("format") in ("password", "date"):
        return {"password": "secret", "date": "date"}[form["format"]]
    return TYPES[form["type"]]


def range_of(form: Schema) -> str:
    """Say between what a value lies."""
    if "anyOf" in form:
        told = (range_of(one) for one in form["anyOf"])
        return " or ".join(dict.fromkeys(one for one in told if one != "–")) or "–"
    least, most = form.get("minimum"), form.get("maximum")
    above = form.get("exclusiveMinimum")
    shortest, longest = form.get("minLength"), form.get("maxLength")
    fewest, biggest = form.get("minItems"), form.get("maxItems")
    pattern = form.get("pattern", "")
    told = [
        f"{least} to {most}" if least is not None and most is not None else "",
        f"above {above}, {most} at most" if above is not None else "",
        spread(shortest, longest, "characters"),
        spread(fewest, biggest, "of them"),
        f"`{pattern}`" if 0 < len(pattern) <= LONGEST_PATTERN else "",
    ]
    return "; ".join(one for one in told if one) or "–"


def spread(least: int | None, most: int | None, of_what: str) -> str:
    """Say how many of something there may be."""
    if most is None:
        return f"{least} {of_what} at least" if least and least > 1 else ""
    return f"{least} to {most} {of_what}" if least else f"{most} {of_what} at most"


def text() -> str:
    """Return the page as it is to be now."""
    schema = app.form().model_json_schema()
    page = [HEAD]
    for heading, table in sections(schema):
        said = table["description"].partition(":")[2].strip()
        page.append(f"\n## {heading}\n\n{said[:1].upper()}{said[1:]}\n\n")
        page.append("| key | type | default | range | says |\n|---|---|---|---|---|\n")
        kind = heading.strip("[]").partition(".")[0]
        page.extend(rows(heading, table, schema))
        if kind in app.TABLES and app.TABLES[kind].site_profiles:
            page.append(
                f'\n`profiles = "FOLDER"` in `[{kind}]` names a folder beside room.toml with'
                " profiles of your own.\n"
            )
    return "".join(page)


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
