"""A panel that is left on holds no more after a while; `make soak` has it take 200,000 updates."""

import pytest
from playwright.sync_api import Browser

from tests.web.endurance import endure

pytestmark = pytest.mark.browser


def test_a_panel_that_is_left_on_holds_no_more(browser: Browser) -> None:
    told, well = endure(browser, updates=1000, views=25, most_mb=1.0)
    assert well, told
