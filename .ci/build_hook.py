"""Writes into a wheel, and into an sdist, which build it is; `roomctl.version` reads it there.

hatchling calls it. In a checkout git tells, in an sdist what was written into that. Where neither
does, the environment of the build may: `ROOMCTL_COMMIT`, the commit's hexadecimal digits, and
`SOURCE_DATE_EPOCH`, its date in seconds. The clock is never asked: one commit makes one wheel, to
the byte.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from os import environ
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    from roomctl.version import BuildInfo

_COMMIT = re.compile(r"[0-9a-f]{7,64}")


class BuildFacts(BuildHookInterface):  # type: ignore[type-arg] # of any target
    """Adds the file to what is built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return  # it runs from the tree, and asks that
        sys.path.insert(0, self.root)  # the tree that is built, whichever is installed
        from roomctl.version import FILE, committed, written

        tree = Path(self.root)
        found = written(tree) or committed(tree, self.metadata.version)
        facts = {**told(found, environ).as_object(), "version": self.metadata.version}
        self._folder = TemporaryDirectory(prefix="roomctl-build-")
        file = Path(self._folder.name) / "build.json"
        file.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        build_data["force_include"][str(file)] = FILE

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self._folder.cleanup()


def told(found: BuildInfo, environment: Mapping[str, str]) -> BuildInfo:
    """Return `found` with what the environment of the build says of it; ValueError."""
    from roomctl.version import BuildInfo

    commit = environment.get("ROOMCTL_COMMIT", "").lower()
    if commit and not _COMMIT.fullmatch(commit):
        raise ValueError(f"ROOMCTL_COMMIT={commit!r}: expected 7 to 64 hexadecimal digits")
    if commit and not (found.commit or "").startswith(commit):
        found = BuildInfo(found.version, commit, None, None)
    epoch = environment.get("SOURCE_DATE_EPOCH", "")
    if found.date is not None or not epoch:
        return found
    if not re.fullmatch(r"\d{1,11}", epoch):
        raise ValueError(f"SOURCE_DATE_EPOCH={epoch!r}: expected seconds since 1970, in digits")
    date = datetime.fromtimestamp(int(epoch), UTC)
    return BuildInfo(found.version, found.commit, date, found.modified)
