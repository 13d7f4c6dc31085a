"""Every view of the panel and the display, measured: no word is cut, nothing lies on anything.

`make sheet` measures each at every size, in both languages and in one that is 40 % longer; here
each view is measured once in Chinese and once in the longer one, at one of the sizes.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.web import contact_sheet
from tests.web.contact_sheet import LONGER, VIEWS, flaws

pytestmark = pytest.mark.browser


def cases() -> Iterator[tuple[str, str, tuple[int, int]]]:
    """Yield each view with its languages; the sizes go round, and no view has one of them twice."""
    for at, (name, view) in enumerate(VIEWS.items()):
        sizes = [size for size in view.sizes if size[0] < 3840]
        yield name, "zh-CN", sizes[at % len(sizes)]
        yield name, LONGER, sizes[(at + 2) % len(sizes)]


@pytest.mark.parametrize(("name", "language", "size"), [*cases()])
def test_no_word_is_cut_and_nothing_lies_on_anything(
    browser: Browser, name: str, language: str, size: tuple[int, int]
) -> None:
    page = contact_sheet.draw(browser, VIEWS[name], size, language, "light")
    found = flaws(page)
    page.close()
    assert found == {}


def test_the_longer_language_is_longer_and_keeps_its_placeholders() -> None:
    made = contact_sheet.longer({"a": "Join {name} at {time}", "b": {"one": "1", "other": "{n}"}})
    assert made["a"].startswith("J")
    assert "{name}" in made["a"]
    assert len(made["a"]) >= 1.35 * len("Join {name} at {time}") - 0.4 * len("{name}{time}")
    assert made["b"]["other"] == "{n}"
