"""`roomctl version`: which build this is, in the words of the locale."""

from __future__ import annotations

from roomctl.cli.language import say
from roomctl.cli.told import wide
from roomctl.version import BuildInfo

_COLUMNS = 14  # for the names of the facts
_IS = {True: "yes", False: "no", None: "build.unknown"}


def build_line(build: BuildInfo) -> str:
    """Return program, version, commit and date in one line."""
    return f"roomctl {build.words(say('build.no_commit'), say('build.modified'))}"


def build_table(build: BuildInfo) -> str:
    """Return program and version, and under it each fact, with all digits of the commit."""
    facts = build.as_object()
    lines = [f"roomctl {facts.pop('version')}"]
    for name, told in facts.items():
        value = told if isinstance(told, str) else say(_IS[told])
        lines.append(f"  {wide(say(f'build.{name}'), _COLUMNS)} {value}")
    return "\n".join(lines)
