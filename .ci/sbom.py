"""Writes build/sbom.cdx.json: what roomctl needs of Python, as CycloneDX 1.6 (make sbom).

It lists what is installed here of roomctl and its extras, but none that only the tests use. The
same environment gives the same bytes. What an extra names and this machine lacks is told, and left
out.
"""

from __future__ import annotations

import sys
import uuid
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from roomctl.version import build_info

FILE = Path(__file__).resolve().parent.parent / "build" / "sbom.cdx.json"
TOP, NOT_SHIPPED = "roomctl", "test"


def needed(found: Distribution, extras: frozenset[str]) -> list[Requirement]:
    """Return what a distribution asks for on this machine, with these extras of it."""
    wanted = map(Requirement, found.requires or ())
    return [
        one
        for one in wanted
        if one.marker is None
        or any(one.marker.evaluate({"extra": extra}) for extra in ("", *extras))
    ]


def reached() -> tuple[dict[str, Distribution], dict[str, set[str]], set[str]]:
    """Return what is installed of all that roomctl needs, who needs whom, and what is missing."""
    offered = distribution(TOP).metadata.get_all("Provides-Extra") or ()
    found: dict[str, Distribution] = {}
    links: dict[str, set[str]] = {}
    missing: set[str] = set()
    done: set[tuple[str, frozenset[str]]] = set()
    queue = [(TOP, frozenset(offered) - {NOT_SHIPPED})]
    while queue:
        name, extras = queue.pop()
        if (name, extras) in done:
            continue
        done.add((name, extras))
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            missing.add(name)
            continue
        for one in needed(found[name], extras):
            links.setdefault(name, set()).add(other := canonicalize_name(one.name))
            queue.append((other, frozenset(one.extras)))
    return found, links, missing


def component(name: str, found: Distribution) -> Component:
    """Return a distribution as CycloneDX has it."""
    meta = found.metadata
    licence = meta.get("License-Expression") or meta.get("License") or ""
    if not licence or "\n" in licence:  # some write the whole text there
        titles = [one for one in meta.get_all("Classifier") or () if one.startswith("License ::")]
        licence = titles[0].rpartition(" :: ")[2] if titles else ""
    return Component(
        type=ComponentType.APPLICATION if name == TOP else ComponentType.LIBRARY,
        name=name,
        version=found.version,
        description=meta.get("Summary"),
        purl=(purl := PackageURL("pypi", name=name, version=found.version)),
        bom_ref=purl.to_string(),
        licenses=[LicenseFactory().make_from_string(licence)] if licence else (),
    )


def sbom() -> tuple[str, set[str]]:
    """Return the document, and what is not installed here."""
    found, links, missing = reached()
    parts = {name: component(name, found[name]) for name in sorted(found)}
    bom = Bom(components=[part for name, part in parts.items() if name != TOP])
    bom.metadata.component = parts[TOP]
    for name, part in parts.items():
        others = sorted(links.get(name, set()) & parts.keys())
        bom.register_dependency(part, [parts[one] for one in others])
    build = build_info()
    if build.date is not None:
        bom.metadata.timestamp = build.date
    refs = " ".join(str(part.bom_ref.value) for part in parts.values())
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, f"{build.commit} {refs}")
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n", missing


if __name__ == "__main__":
    text, lacking = sbom()
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text, encoding="utf-8")
    print(
        f"{FILE.relative_to(FILE.parent.parent)}: {text.count(chr(34) + 'purl' + chr(34))} packages"
    )
    if lacking:
        print(f"not installed here, so not listed: {', '.join(sorted(lacking))}", file=sys.stderr)
