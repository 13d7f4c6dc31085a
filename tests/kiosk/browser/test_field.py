"""Which field of a page a passcode can only be meant for, in a real browser."""

import pytest

from roomctl.screen.protocol import LeaveMeeting, OpenMeeting, PageSign, SignKind
from tests.kiosk.agency import Agency
from tests.kiosk.site import Answering, Loopback
from tests.kiosk.sound_server import needed

pytestmark = pytest.mark.browser

_PAGE = """<!doctype html><meta charset="utf-8"><title>asks</title><body></body>
<script>
  const follow = async () => {
    const body = await (await fetch("/body")).text();
    if (body !== globalThis.shown) document.body.setHTMLUnsafe(body);
    globalThis.shown = body;
    setTimeout(follow, 100);
  };
  follow();
</script>
"""

CASES = {
    "none": ("<input type=checkbox><button>Join</button>", False),
    "one": ("<input>", True),
    "password": ("<input placeholder=Name><input type=password>", True),
    "two": ("<input autofocus placeholder=Name><input placeholder=Passcode>", False),
    "hidden": ("<input hidden><input type=search><input style='visibility:hidden'>", False),
    "off": ("<input disabled><input readonly value=123456789>", False),
    "frame": ("<iframe srcdoc='<input type=password>'></iframe>", True),
    "shadow": ("<p><template shadowrootmode=open><input type=tel></template></p>", True),
}


class Page(Loopback):
    """Shows `body`, soon after it is set."""

    def __init__(self):
        self.body = ""
        super().__init__(self._handler())

    def _handler(page):  # noqa: N805
        class Handler(Answering):
            def get(self):
                self.answer(200, page.body if self.path == "/body" else _PAGE)

        return Handler


def asked(page):
    """Which case the page shows, and whether there is a field."""
    return page.seen and (page.seen.word, page.seen.field)


async def test_it_is_the_only_one_for_a_password_or_else_for_a_text():
    needed("chromium")
    agency, site = Agency().start(), Page()
    try:
        signs = tuple(PageSign(name, SignKind.TEXT, f"case {name}.") for name in CASES)
        origin = site.origin
        order = OpenMeeting(
            1, f"{origin}/", origin, True, "Bamboo", hosts=("127.0.0.1",), signs=signs
        )
        async with agency.daemon() as daemon:
            daemon.say(order)
            for name, (body, field) in CASES.items():
                site.body = f"<h1>Case {name}.</h1>{body}"
                wanted = (name, field)  # a frame comes a moment after its page
                page = await daemon.page(lambda page, wanted=wanted: asked(page) == wanted)
                assert asked(page) == wanted
            daemon.say(LeaveMeeting(1))
            await daemon.page(lambda page: False)
    finally:
        agency.close()
        site.close()
