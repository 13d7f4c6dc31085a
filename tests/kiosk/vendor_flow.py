"""Pages before a meeting as vendors make them, by what is publicly known of their flows.

A launcher with *open the app* first, a cookie notice, name and passcode, the dialogue about devices
twice, a lobby, a sign-in, a passcode that is wrong; in Chinese and in English, light and dark, and
slow to load; and the conditions of a call that a room may take for another one. Each vendor's are
drawn another way: where things stand, how they are coloured, in which order they come.
"""

import json
import math
import queue
import time

from tests.far_end import CALL
from tests.kiosk.conditions import CONDITIONS, hold_music
from tests.kiosk.site import TELL, Answering, Loopback

PASSCODE = "471199"

WORDS = {
    "en": {
        "cookie": "Accept all cookies",
        "app": "Open the app",
        "browser": "Join from your browser",
        "name": "Your name",
        "code": "Meeting passcode",
        "join": "Join meeting",
        "allow": "Use microphone and camera",
        "person": "I am a person",
        "lobby": "Please wait, the host lets you in soon",
        "sign_in": "Sign in to join this meeting",
        "passcode": "That passcode is wrong",
    },
    "zh": {
        "cookie": "接受所有 Cookie",
        "app": "打开客户端",
        "browser": "通过浏览器加入会议",
        "name": "您的姓名",
        "code": "会议密码",
        "join": "加入会议",
        "allow": "使用麦克风和摄像头",
        "person": "我不是机器人",
        "lobby": "请稍候，主持人即将允许您入会",
        "sign_in": "登录后即可加入会议",
        "passcode": "会议密码错误，请重新输入",
    },
}

# By vendor: its stages in their order, language, whether dark, colour, left edge in %, ms to load,
# and what its launcher tries to open before anybody presses anything.
VENDORS = {
    "zoom": (
        "cookie launcher form devices devices lobby",
        "en",
        False,
        "#0b5cff",
        34,
        300,
        "zoommtg",
    ),
    "quanshi": ("launcher form devices", "zh", False, "#1677ff", 20, 900, ""),
    "tencent": ("launcher form devices devices", "zh", True, "#0052d9", 40, 200, "wemeet"),
    "dingtalk": ("launcher devices form lobby", "zh", False, "#007fff", 28, 1000, "dingtalk"),
    "webex": ("cookie launcher form devices lobby", "en", True, "#08599c", 45, 500, "webex"),
    "teams": ("launcher devices form lobby", "en", False, "#5b5fc7", 52, 1500, "msteams"),
    "goto": ("cookie launcher form", "en", False, "#f68d2e", 25, 400, ""),
}

LOBBY_S = 0.5  # between two questions whether it goes on from there

_PAGE = (
    """<!doctype html><meta charset="utf-8"><title>vendor</title>
<style>
  body { margin: 0; font: 22px "Noto Sans", sans-serif; background: GROUND; color: INK; }
  h1 { position: fixed; left: LEFT%; top: 8%; margin: 0; font-size: 34px; }
  button, input { position: fixed; left: LEFT%; width: 26%; height: 52px; font: inherit; }
  button { background: COLOUR; color: #fff; border: 0; border-radius: 8px; }
  input { background: FIELD; color: INK; border: 1px solid #888; box-sizing: border-box; }
  .second { background: transparent; color: INK; border: 2px solid COLOUR; }
  .bar { position: fixed; left: 0; right: 0; bottom: 0; height: 20%; background: FIELD; }
  .veil { position: fixed; inset: 0; background: #0008; }
</style>
<main></main>
<script>
  const { words, stages, wait_ms, wanted, app } = THINGS;
  const main = document.querySelector("main");
  TELL
  let at = 0;
  function add(tag, top, text, press, kind = "") {
    const one = document.createElement(tag);
    one.style.top = `${top}%`;
    one.className = kind;
    if (tag === "input") one.placeholder = text; else one.textContent = text;
    if (press) one.onclick = press;
    main.append(one);
    return one;
  }
  function clear() { main.replaceChildren(); }
  function next() {
    clear();
    add("h1", 8, "…");
    setTimeout(() => { clear(); draw(stages[at++] ?? "in"); }, wait_ms);
  }
  function draw(stage) {
    add("h1", 8, `Vendor · ${at}`);
    const drawn = () => fetch("/drawn", { method: "POST", body: stage });
    requestAnimationFrame(() => requestAnimationFrame(drawn));
    if (stage === "cookie") {
      add("div", 0, "", null, "bar").style.top = "";
      add("button", 84, words.cookie, next, "second");
    } else if (stage === "launcher") {
      if (app) location.href = `${app}://meet.vendor.example/join?confno=123456789`;
      add("button", 30, words.app, () => tell("app"));
      add("button", 60, words.browser, next, "second");
    } else if (stage === "form") {
      const name = add("input", 24, words.name);
      const code = add("input", 42, words.code);
      code.type = "password";
      const press = add("button", 66, words.join, () => {
        tell(JSON.stringify([name.value, code.value]));
        next();
      });
      const able = () => { press.disabled = !(name.value && code.value); };
      press.style.opacity = ""; name.oninput = code.oninput = able; able();
      preview().catch((error) => tell(error.name));
    } else if (stage === "devices") {
      add("div", 0, "", null, "veil").style.top = "";
      add("button", 48, words.allow, next);
    } else if (stage === "person") {
      add("button", 48, words.person, () => { tell("person"); next(); });
    } else if (stage === "lobby") {
      add("h1", 40, words.lobby);
      stand(stage);
    } else if (stage === "sign_in" || stage === "passcode") {
      add("h1", 40, words[stage]);
      add("input", 50, stage === "sign_in" ? "name@company.example" : words.code);
      add("button", 66, stage === "sign_in" ? words.browser : words.join, () => tell(stage));
      stand(stage);
    } else if (stage === "in") {
      meet().catch((error) => tell(error.name));
    } else if (stage in conditions) {
      conditions[stage]().then(() => tell("stands"), (error) => tell(error.name));
    }
  }
  async function stand(stage) {
    const held = async () => (await fetch("/held")).text();
    do await new Promise((done) => setTimeout(done, LOBBY_MS)); while ((await held()) === stage);
    next();
  }
  // What every vendor's page does before the meeting: it listens to the microphone, and plays.
  async function preview() {
    const media = await navigator.mediaDevices.getUserMedia(wanted);
    const sound = new AudioContext();
    sound.createMediaStreamSource(media).connect(sound.destination);
  }
  CALL
  CONDITIONS
  async function meet() {
    await call(await navigator.mediaDevices.getUserMedia(wanted));
    tell(`met webdriver=${navigator.webdriver}`);
  }
  next();
</script>
""".replace("TELL", TELL)
    .replace("LOBBY_MS", str(int(LOBBY_S * 1000)))
    .replace("CALL", CALL)
    .replace("CONDITIONS", CONDITIONS)
)

# What a person presses, types: by stage, as shares of height; `left` is the button's middle.
SHOWN = {
    "cookie": (("press", 0.876),),
    "launcher": (("press", 0.636),),
    "form": (
        ("press", 0.276),
        ("type", "name"),
        ("press", 0.456),
        ("type", "code"),
        ("press", 0.696),
    ),
    "devices": (("press", 0.516),),
    "person": (("press", 0.516),),
}


class Flow(Loopback):
    """A vendor's server; `said` is what its page says, `drawn` what stands there, as it comes.

    `restyled`: its buttons look another way; `hidden` stages do not come; nobody goes on from the
    one that is `held`. None of its pages takes longer to load than `wait_ms`.
    """

    def __init__(self, vendor, stages=None, language=None, dark=None, wait_ms=math.inf):
        self.said, self.drawn = queue.Queue(), queue.Queue()
        # What its page said last, and what stood there, each with its monotonic second.
        self.said_at, self.drawn_at = {}, {}
        self.restyled, self.hidden, self.held = None, (), ""
        known, *look, self._colour, self._left, self._wait, self._app = VENDORS[vendor]
        self._wait = min(self._wait, wait_ms)
        self.language, self.dark = language or look[0], look[1] if dark is None else dark
        self.vendor, self.stages = vendor, (stages or known).split()
        super().__init__(self._handler(), host=f"{vendor}.localhost")
        self.url = f"{self.origin}/123456789"

    @property
    def middle(self):
        """How far from the left things are pressed."""
        return self._left / 100 + 0.13

    @property
    def load_s(self):
        """How long one of its pages takes to come, whoever passes it."""
        return self._wait / 1000

    @property
    def loads_s(self):
        """How long all of them take."""
        return (len(self.stages) + 1) * self.load_s + self.stages.count("lobby") * LOBBY_S

    def shown(self):
        """What a person does on the way: whether a page came, its stage, "press" or "type", what.

        A press has a place, (x, y); a text is "name" or "code".
        """
        for stage in self.stages:
            for number, (kind, what) in enumerate(SHOWN.get(stage, ())):
                done = (self.middle, what) if kind == "press" else what
                yield number == 0, stage, kind, done

    def _page(self):
        stages = [one for one in self.stages if one not in self.hidden]
        things = {"words": WORDS[self.language], "stages": stages, "wait_ms": self._wait}
        things |= {"wanted": {"audio": True}, "app": self._app}
        ground, ink, field = ("#1b1c20", "#eee", "#333") if self.dark else ("#fff", "#222", "#eee")
        page = _PAGE.replace("THINGS", json.dumps(things)).replace("LEFT", str(self._left))
        for word, value in (("GROUND", ground), ("INK", ink), ("FIELD", field)):
            page = page.replace(word, value)
        return page.replace("COLOUR", self.restyled or self._colour)

    def _handler(flow):  # noqa: N805
        class Handler(Answering):
            def get(self):
                if self.path == "/music":
                    hold_music(self)
                else:
                    self.answer(200, flow.held if self.path == "/held" else flow._page())

            def post(self):
                word, told = self.body(), self.path == "/said"
                (flow.said_at if told else flow.drawn_at)[word] = time.monotonic()
                (flow.said if told else flow.drawn).put(word)
                self.answer(200)

        return Handler
