"""Links between the pages lead somewhere: to a file that is there, and a heading in it."""

import re
from pathlib import Path

import pytest

from tests.house.pages import CHINESE, PAGES, TREE, slug

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
