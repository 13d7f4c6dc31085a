"""A vendor's public page that asks for number, name and passcode, on a loopback port."""

import queue

from tests.far_end import CALL
from tests.kiosk.site import TELL, Answering, Loopback

NUMBER, NAME, CODE, JOIN = (0.5, 0.2), (0.5, 0.36), (0.5, 0.52), (0.5, 0.72)

PLATFORM = """
key = "vendor"
name = { zh = "某会议", en = "Some Vendor" }
source = "tests/calls/number_page.py"
mode = "plain"
hosts = ["meet.vendor.example"]

[launch]
number_page = "{origin}/join"
number_page_source = "tests/calls/number_page.py"

[printed]
digits = [9]

[[join]]
path = '/m/[a-z]+'

[[good]]
text = "https://meet.vendor.example/m/token"
url = "https://meet.vendor.example/m/token"
[[bad]]
text = "https://meet.vendor.example/join"
refused = "not_a_join"
"""

_PAGE = """<!doctype html><meta charset="utf-8"><title>join</title>
<style>
  body { margin: 0; font: 22px "Noto Sans", sans-serif; background: #fff; color: #222; }
  form > * { position: fixed; left: 37%; width: 26%; height: 52px; box-sizing: border-box; }
  form > * { font: inherit; }
  input { background: #eee; border: 1px solid #888; }
  button { background: #2d6a4f; color: #fff; border: 0; border-radius: 8px; }
  h1 { position: fixed; left: 37%; top: 3%; margin: 0; font-size: 30px; }
</style>
<h1>Join a meeting</h1>
<form autocomplete="off">
  <input id="number" placeholder="Meeting ID" style="top: calc(20% - 26px)">
  <input id="name" placeholder="Your name" style="top: calc(36% - 26px)">
  <input id="code" type="password" placeholder="Meeting passcode" style="top: calc(52% - 26px)">
  <button id="join" style="top: calc(72% - 26px)">Join this meeting</button>
</form>
<script>
  const at = (id) => document.getElementById(id).value;
  TELL
  document.querySelector("form").onsubmit = (event) => {
    event.preventDefault();
    tell(["number", "name", "code"].map(at).join("|"));
    document.querySelector("form").remove();
    document.querySelector("h1").textContent = "In the meeting";
    meet().catch((error) => tell(error.name));
  };
  CALL
  async function meet() {
    await call(await navigator.mediaDevices.getUserMedia({ audio: true }));
    tell(`met webdriver=${navigator.webdriver}`);
  }
</script>
""".replace("TELL", TELL).replace("CALL", CALL)


class NumberPage(Loopback):
    """The vendor's server: `asked` are the addresses that were opened, `said` what was entered."""

    def __init__(self):
        self.said, self.asked = queue.Queue(), []
        super().__init__(self._handler())

    def _handler(page):  # noqa: N805
        class Handler(Answering):
            def get(self):
                page.asked.append(self.path)
                self.answer(200, _PAGE)

            def post(self):
                page.said.put(self.body())
                self.answer(200)

        return Handler
