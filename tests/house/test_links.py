"""What the pages lead to is there: files, headings, targets of make, files of deploy/."""

import re
from pathlib import Path

import pytest

from tests.house.pages import CHINESE, PAGES, TREE, commands, slug

_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    prose = _FENCED.sub("", page.read_text(encoding="utf-8"))
    return {slug(heading) for heading in re.findall(r"^#+ .+$", prose, re.MULTILINE)}


@pytest.mark.parametrize("page", [*PAGES, *CHINESE], ids=lambda page: str(page.relative_to(TREE)))
def test_every_link_of_a_page_leads_somewhere(page):
    prose = _FENCED.sub("", page.read_text(encoding="utf-8"))
    lost = []
    for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose)):
        file, _, anchor = link.partition("#")
        if "://" in link:
            continue
        to = (page.parent / file).resolve() if file else page
        if not to.exists() or (anchor and to.suffix == ".md" and anchor not in anchors(to)):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("page", [*PAGES, *CHINESE], ids=lambda page: str(page.relative_to(TREE)))
def test_what_the_commands_of_a_page_name_is_in_the_tree(page):
    """Targets of make, files of deploy/, modules of the tests."""
    targets = re.findall(r"^([a-z]+):", (TREE / "Makefile").read_text(encoding="utf-8"), re.M)
    lines = "\n".join(commands(page.read_text(encoding="utf-8")))
    lost = {name for name in re.findall(r"^make ([a-z]+)\b", lines, re.M) if name not in targets}
    lost |= {
        one for one in re.findall(r"(?<![/\w])deploy/[\w./*-]+", lines) if not [*TREE.glob(one)]
    }
    for module in re.findall(r"python -m (tests\.[\w.]+)", lines):
        path = TREE / module.replace(".", "/")
        lost |= set() if path.with_suffix(".py").is_file() or path.is_dir() else {module}
    assert lost == set()
