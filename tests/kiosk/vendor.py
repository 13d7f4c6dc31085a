"""A vendor's meeting page as vendors make them: a page before the meeting, a lobby, walls, an end.

In Chinese and in English, with real media, on a loopback port. Things stand at fixed places of the
window, so that a finger finds them.
"""

import json
import queue

from tests.far_end import CALL
from tests.kiosk.site import DRAWN, TELL, Answering, Loopback

NAME, CODE, JOIN, LEAVE = (0.5, 0.25), (0.5, 0.4), (0.5, 0.6), (0.5, 0.9)
MAIL, FOREIGN, WINDOW, PROGRAM = (0.1, 0.1), (0.1, 0.3), (0.1, 0.5), (0.1, 0.7)
PASSCODE = "暗号4711"

SAID = {
    "en": {
        "prejoin": "Ready to join?",
        "passcode": "Enter the meeting passcode",
        "wrong": "That passcode is wrong",
        "lobby": "The host will let you in soon",
        "denied": "The host did not let you in",
        "removed": "The host removed you",
        "ended": "This meeting has been ended by the host",
        "bot": "Prove that you are human",
        "absent": "Waiting for the host to start this meeting",
        "in": "Meeting. Wang says: This meeting has been ended by the host",
    },
    "zh": {
        "prejoin": "准备加入？",
        "passcode": "请输入会议密码",
        "wrong": "会议密码错误",
        "lobby": "请等待主持人允许您入会",
        "denied": "主持人拒绝了您的请求",
        "removed": "您已被主持人移出会议",
        "ended": "会议已被主持人结束",
        "bot": "请完成人机验证",
        "absent": "等待主持人开始会议",
        "in": "会议中。王芳：会议已被主持人结束",
    },
}

SAYS = {
    "ended": "ended",
    "removed": "removed",
    "denied": "denied",
    "wrong": "passcode_wrong",
    "passcode": "passcode_needed",
    "bot": "bot_wall",
    "absent": "host_not_started",
    "lobby": "lobby",
    "prejoin": "prejoin",
}

PLATFORM = """
key = "vendor"
name = {{ zh = "某会议", en = "Some Vendor" }}
source = "tests/kiosk/vendor.py"
mode = "assisted"
hosts = ["meet.vendor.example"]

[page]
joined = "vendor.isJoined"
keys = ["tab", "tab", "enter"]
source = "tests/kiosk/vendor.py"

{signs}
[[sign]]
says = "sign_in_required"
hosts = ["localhost"]

[[join]]
path = '/(?P<meeting_id>[0-9]{{9}})'

[[good]]
text = "https://meet.vendor.example/123456789"
meeting_id = "123456789"
url = "https://meet.vendor.example/123456789"
[[bad]]
text = "https://meet.vendor.example/"
refused = "not_a_join"
"""

_PAGE = (
    """
<!doctype html><meta charset="utf-8"><title>vendor</title>
<style>
  :root:has(body[hidden]) { background: #808080; }
  body { margin: 0; font: 20px sans-serif; }
  body > * { position: fixed; transform: translate(-50%, -50%); width: 16%; height: 6%; }
  body > p { width: 90%; left: 50%; top: 3%; margin: 0; }
</style>
<body hidden>
<p id="said"></p>
<input id="name"><input id="code" type="password"><button id="join">→</button>
<button id="leave">×</button>
<a id="mail" href="mailto:somebody@vendor.example">mail</a>
<a id="foreign" href="http://foreign.example/page">foreign</a>
<a id="window" href="http://foreign.example/window" target="_blank">window</a>
<a id="program" href="zoommtg://vendor.example/join?confno=1">program</a>
<script>
  const { said, places, wanted, goodbye_ms } = THINGS;
  const at = (id) => document.getElementById(id);
  for (const [id, [x, y]] of Object.entries(places)) {
    at(id).style.left = `${x * 100}%`;
    at(id).style.top = `${y * 100}%`;
  }
  TELL
  DRAWN
  CALL
  let turn = 0, stage = "", line = null, media = null;
  globalThis.vendor = { isJoined: () => stage === "in" };
  async function meet() {
    media = await navigator.mediaDevices.getUserMedia(wanted);
    line = await call(media);
    tell(`met webdriver=${navigator.webdriver}`);
  }
  function part() {
    line?.close();
    media?.getTracks().forEach((track) => track.stop());
    line = media = null;
  }
  function show(next) {
    if (next === stage) return;
    const before = stage;
    stage = next;
    if (next === "sign_in") location.href = `http://localhost:${location.port}/login`;
    document.body.hidden = false; // white: it takes touches and keys
    at("said").textContent = said[next] ?? "";
    const asks = ["prejoin", "passcode", "wrong"].includes(next);
    for (const id of ["name", "code", "join"]) at(id).hidden = !asks;
    at("leave").hidden = next !== "in";
    if (before === "in") part();
    if (next === "in") meet().catch((error) => tell(error.name));
    if (next === "prejoin") at("name").focus();
  }
  const read = (answer) => answer.text();
  at("join").onclick = () => {
    const body = JSON.stringify([at("name").value, at("code").value]);
    fetch("/join", { method: "POST", body }).then(read).then((next) => { turn += 1; show(next); });
  };
  at("leave").onclick = () => setTimeout(async () => {
    await tell("left by its own button");
    if (goodbye_ms) part();
  }, goodbye_ms);
  async function follow() {
    for (;;) {
      const mine = turn; // what was asked before Join was answered is old
      const next = await fetch("/stage").then(read);
      if (mine === turn) show(next);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
  drawn.then(follow);
</script>
""".replace("TELL", TELL)
    .replace("DRAWN", DRAWN)
    .replace("CALL", CALL)
)


def platform_file(language=None):
    """The platform file that knows this vendor's pages; a real one looks just so."""
    languages = [language] if language else list(SAID)
    texts = {word: [SAID[one][stage] for one in languages] for stage, word in SAYS.items()}
    signs = [f'[[sign]]\nsays = "{word}"\ntexts = {json.dumps(t)}\n' for word, t in texts.items()]
    return PLATFORM.format(signs="".join(signs))


class Vendor(Loopback):
    """The vendor's server; `stage` is what its page shows, in `language`.

    `goodbye_ms` after its own Leave was pressed it says so, if it is still there; then, if that
    takes time, its media end.
    `asked` are the addresses of its pages that were fetched.
    Whoever presses Join with the `passcode` comes to the stage `behind`, without it to "wrong".
    """

    def __init__(self, language="en", wanted=None, host="127.0.0.1"):
        self.stage, self.behind, self.passcode = "prejoin", "in", PASSCODE
        self.joined, self.goodbye_ms = [], 0
        self.said, self.asked = queue.Queue(), []
        self._language, self._wanted = language, wanted or {"audio": True, "video": True}
        super().__init__(self._handler(), host=host)
        self.url = f"{self.origin}/123456789"

    def _page(self):
        places = {"name": NAME, "code": CODE, "join": JOIN, "leave": LEAVE}
        places |= {"mail": MAIL, "foreign": FOREIGN, "window": WINDOW, "program": PROGRAM}
        parts = {"said": SAID[self._language], "places": places, "wanted": self._wanted}
        parts["goodbye_ms"] = self.goodbye_ms
        return _PAGE.replace("THINGS", json.dumps(parts))

    def _join(self, body):
        self.joined.append(json.loads(body))
        self.stage = self.behind if self.joined[-1][1] == self.passcode else "wrong"
        return self.stage

    def _handler(vendor):  # noqa: N805
        class Handler(Answering):
            def get(self):
                if self.path == "/stage":
                    self.answer(200, vendor.stage)
                elif self.path == "/login":
                    self.answer(200, "<!doctype html><title>sign in</title>Sign in")
                else:
                    vendor.asked.append(self.path)
                    self.answer(200, vendor._page())

            def post(self):
                if self.path == "/join":
                    self.answer(200, vendor._join(self.body()))
                else:
                    vendor.said.put(self.body())
                    self.answer(200)

        return Handler
