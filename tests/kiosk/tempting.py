"""A page with everything that nobody may do at a kiosk, and what shows whether it was done."""

import asyncio
import contextlib
import os
import queue
import shutil
from pathlib import Path

from roomctl.kiosk.input.wayland import WaylandClient
from tests.kiosk.site import DRAWN, TELL, Answering, Loopback

POLICY = Path(__file__).parents[2] / "deploy" / "chromium" / "roomctl.json"
PAYLOAD, PASSWORD, WHO = "payload-of-a-download", "geheim-4711", "somebody@example.com"
DOWNLOAD, FILE, NAME, WORD, SUBMIT = ((0.25, at) for at in (0.1, 0.3, 0.5, 0.7, 0.9))
ALONE = [("roomctl-meeting", "tempting - Chromium")]  # the windows there are
SHIFT, CONTROL, ALT, LOGO = 1, 4, 8, 64
KEYS = {
    "F12": (88, 0),
    "Ctrl+Shift+I": (23, CONTROL | SHIFT),
    "Ctrl+Shift+J": (36, CONTROL | SHIFT),
    "Ctrl+Shift+C": (46, CONTROL | SHIFT),
    "Ctrl+U": (22, CONTROL),
    "Ctrl+O": (24, CONTROL),
    "Ctrl+S": (31, CONTROL),
    "Ctrl+P": (25, CONTROL),
    "Ctrl+N": (49, CONTROL),
    "Ctrl+Shift+N": (49, CONTROL | SHIFT),
    "Ctrl+T": (20, CONTROL),
    "Ctrl+H": (35, CONTROL),
    "Ctrl+J": (36, CONTROL),
    "Ctrl+W": (17, CONTROL),
    "Alt+F4": (62, ALT),
    "Super+Enter": (28, LOGO),
}
_PAGE = """
<!doctype html><meta charset="utf-8"><title>tempting</title>
<style>
  * { margin: 0; font-size: 20px }
  a, input, button { position: fixed; left: 0; width: 50%; height: 15% }
</style>
<a style="top: 2.5%; background: #dde" href="/payload" download="payload.txt">download</a>
<input style="top: 22.5%" type="file" id="file">
<form action="/signed-in" method="post">
  <input style="top: 42.5%" name="user" autocomplete="username">
  <input style="top: 62.5%" name="word" type="password">
  <button style="top: 82.5%">sign in</button>
</form>
<script>
  TELL
  DRAWN
  addEventListener("blur", () => tell("blur"));
  addEventListener("keydown", ({ key }) => tell(`key ${key}`));
  addEventListener("click", ({ target }) => tell(`click ${target.tagName}`));
  document.getElementById("file").addEventListener("cancel", () => tell("cancel"));
  const granted = navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  granted.then(() => drawn).then(() => tell("media"), ({ name }) => tell(name));
</script>
""".replace("TELL", TELL).replace("DRAWN", DRAWN)


class Tempting(Loopback):
    """A page with a download, a file input and a sign-in; `said` is what it says."""

    def __init__(self):
        self.said, self.asked = queue.Queue(), []
        super().__init__(self._handler())

    def _handler(site):  # noqa: N805
        class Handler(Answering):
            def get(self):
                site.asked.append(self.path)
                if self.path == "/payload":
                    self.answer(200, PAYLOAD, "application/octet-stream")
                else:
                    self.answer(200, _PAGE)

            def post(self):
                site.asked.append(self.path)
                if self.path == "/said":
                    site.said.put(self.body())
                    self.answer(204)
                else:
                    self.body()
                    self.answer(200, "<!doctype html><title>signed in</title>")

        return Handler


def windows(environment):
    """The names of all windows of a compositor, with their titles."""
    client = WaylandClient(environment)
    found = {}
    try:

        def hear(target, opcode, arguments):
            if opcode in (0, 1):  # title, app_id
                found[target][opcode] = arguments.text()

        def appear(opcode, arguments):
            if opcode == 0:
                target = arguments.number()
                found[target] = ["", ""]
                client.listen(target, lambda op, more: hear(target, op, more))

        client.take("zwlr_foreign_toplevel_manager_v1", 1, appear)
        client.roundtrip()
        client.roundtrip()
    finally:
        client.close()
    return sorted(tuple(reversed(one)) for one in found.values())


def install(folder):
    """Make `folder` an /etc/chromium with the policy of deploy/ in it, for all users to read."""
    place = folder / "policies" / "managed"
    place.mkdir(parents=True)
    shutil.copy(POLICY, place)
    for path in (folder, *folder.parents[:3], *folder.rglob("*")):
        if path.stat().st_uid == os.geteuid():
            path.chmod(path.stat().st_mode | 0o055)
    return folder


async def says(site, word):
    """Wait until the page says `word`, on a busy machine too; return all that it said."""
    heard = []
    while word not in heard:
        heard.append(await asyncio.to_thread(site.said.get, timeout=60))
    return heard


def written(folder, *texts):
    """The files below `folder` that hold one of the texts; a browser at work takes some away."""
    wanted = [text.encode(code) for text in texts for code in ("utf-8", "utf-16-le")]
    found = []
    for place, _, names in os.walk(folder):
        for path in (Path(place, name) for name in names):
            with contextlib.suppress(FileNotFoundError):
                if path.is_file() and not path.is_symlink():
                    held = path.read_bytes()
                    found += [path] if any(text in held for text in wanted) else []
    return found
