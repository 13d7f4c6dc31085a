"""A vendor's page that asks for a passcode beside a name, on a loopback port.

Nothing has the focus, and a wrong passcode stays in its field.
"""

import queue

from tests.far_end import CALL
from tests.kiosk.site import DRAWN, TELL, Answering, Loopback

PASSCODE = "aB3-8842"

PLATFORM = """
key = "vendor"
name = { zh = "某会议", en = "Some Vendor" }
source = "tests/calls/passcode_page.py"
mode = "assisted"
hosts = ["meet.vendor.example"]

[page]
joined = "vendor.isJoined"
source = "tests/calls/passcode_page.py"

[[sign]]
says = "passcode_wrong"
texts = ["That passcode is wrong"]
[[sign]]
says = "passcode_needed"
texts = ["Enter the meeting passcode"]

[[join]]
path = '/(?P<meeting_id>[0-9]{9})'

[[good]]
text = "https://meet.vendor.example/123456789"
meeting_id = "123456789"
url = "https://meet.vendor.example/123456789"
[[bad]]
text = "https://meet.vendor.example/"
refused = "not_a_join"
"""

_PAGE = (
    """<!doctype html><meta charset="utf-8"><title>meeting</title>
<h1></h1>
<form><input placeholder="Your name"><input type="password"><button>Join</button></form>
<script>
  TELL
  DRAWN
  CALL
  const at = (what) => document.querySelector(what);
  const [heading, form, field] = ["h1", "form", "[type=password]"].map(at);
  let joined = false;
  globalThis.vendor = { isJoined: () => joined };
  drawn.then(() => { heading.textContent = "Enter the meeting passcode"; });
  form.onsubmit = (event) => {
    event.preventDefault();
    tell(field.value);
    joined = field.value === "PASSCODE";
    if (joined) {
      form.remove();
      navigator.mediaDevices.getUserMedia({ audio: true }).then((media) => call(media));
    }
    heading.textContent = joined ? "In the meeting" : "That passcode is wrong";
  };
</script>
""".replace("TELL", TELL)
    .replace("DRAWN", DRAWN)
    .replace("CALL", CALL)
)


class PasscodePage(Loopback):
    """The vendor's server: `said` are the passcodes that were entered."""

    def __init__(self):
        self.said, self.platform = queue.Queue(), PLATFORM
        super().__init__(self._handler())
        self.url = f"{self.origin}/123456789"

    def _handler(page):  # noqa: N805
        class Handler(Answering):
            def get(self):
                self.answer(200, _PAGE.replace("PASSCODE", PASSCODE))

            def post(self):
                page.said.put(self.body())
                self.answer(200)

        return Handler
