"""A meeting platform of one page, on a loopback port, for a real browser."""

import http.server
import queue
import threading

from tests import far_end

# A page tells its words one after the other: requests side by side overtake each other.
TELL = """let telling = Promise.resolve();
  const tell = (word) => {
    const send = () => fetch("/said", { method: "POST", body: word });
    return (telling = telling.then(send, send));
  };"""

# What is pressed before a page was drawn, a browser may lose.
DRAWN = """const drawn = new Promise((resolve) => {
    new PerformanceObserver(resolve).observe({ type: "paint", buffered: true });
  });"""

_MEETING = """
<!doctype html><meta charset="utf-8"><title>meeting</title>
<script>
  async function meet() {
    if (!location.pathname.startsWith("/plain")) alert("somebody has to answer this");
    const media = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
    const [here, there] = [new RTCPeerConnection(), new webkitRTCPeerConnection()];
    here.onicecandidate = ({ candidate }) => candidate && there.addIceCandidate(candidate);
    there.onicecandidate = ({ candidate }) => candidate && here.addIceCandidate(candidate);
    media.getTracks().forEach((track) => here.addTrack(track, media));
    await here.setLocalDescription(await here.createOffer());
    await there.setRemoteDescription(here.localDescription);
    await there.setLocalDescription(await there.createAnswer());
    await here.setRemoteDescription(there.localDescription);
    return `met webdriver=${navigator.webdriver}`;
  }
  addEventListener("pagehide", () => navigator.sendBeacon("/said", "goodbye"));
  meet().then((word) => word, (error) => error.name)
    .then((word) => fetch("/said", { method: "POST", body: word }));
</script>
"""

_LISTEN = """
<!doctype html><meta charset="utf-8"><title>listen</title>
<script>
  const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  TELL
  async function listen() {
    await navigator.mediaDevices.getUserMedia({ audio: raw });
    const devices = await navigator.mediaDevices.enumerateDevices();
    const microphones = devices.filter(({ kind }) => kind === "audioinput");
    const context = new AudioContext();
    const ears = [];
    for (const { deviceId, label } of microphones) {
      const audio = { ...raw, deviceId: { exact: deviceId } };
      const media = await navigator.mediaDevices.getUserMedia({ audio });
      const analyser = new AnalyserNode(context, { fftSize: 8192 });
      context.createMediaStreamSource(media).connect(analyser);
      ears.push({ label, analyser, samples: new Float32Array(analyser.fftSize) });
    }
    setInterval(() => {
      const peaks = ears.map(({ label, analyser, samples }) => {
        analyser.getFloatTimeDomainData(samples);
        return [label, samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)];
      });
      tell(JSON.stringify(Object.fromEntries(peaks)));
    }, 100);
  }
  listen().catch((error) => tell(JSON.stringify({ error: `${error.name}: ${error.message}` })));
</script>
""".replace("TELL", TELL)

_TALK = f"""
<!doctype html><meta charset="utf-8"><title>talk</title>
<script>
  {TELL}
  {far_end.CALL}
  const raw = {{ echoCancellation: false, noiseSuppression: false, autoGainControl: false }};
  navigator.mediaDevices.getUserMedia({{ audio: raw }})
    .then((media) => call(media, "?sends=silence"))
    .then(() => tell("talks"), (error) => tell(`${{error.name}}: ${{error.message}}`));
</script>
"""

_CAMERAS = """
<!doctype html><meta charset="utf-8"><title>cameras</title>
<script>
  async function look() {
    const media = await navigator.mediaDevices.getUserMedia({ video: true });
    const devices = await navigator.mediaDevices.enumerateDevices();
    const cameras = devices.filter(({ kind }) => kind === "videoinput");
    return [media.getVideoTracks()[0].label, cameras[0].label].join(", ");
  }
  look().catch((error) => error.name)
    .then((word) => fetch("/said", { method: "POST", body: word }));
</script>
"""

_BACK = """
<!doctype html><meta charset="utf-8"><title>back</title>
<script>
  const from = document.referrer || "nowhere";
  const entries = history.length;
  history.go(-1);
  const still = () => `${entries} entries, from ${from}, still here`;
  setTimeout(() => fetch("/said", { method: "POST", body: still() }), 500);
</script>
"""

_FRAME = '<!doctype html><iframe src="{other}/meeting" allow="camera; microphone"></iframe>'


class Loopback:
    """A server on a loopback port, which answers as a subclass of `Answering` does."""

    def __init__(self, answering, host="127.0.0.1"):
        """`host` is its name: an address, or any name below localhost, which browsers know."""
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), answering)
        self.port = self._server.server_port
        self.origin = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Answering(http.server.BaseHTTPRequestHandler):
    """A request that `get` or `post` answers in one go, and that is logged nowhere.

    Whoever is at the other end answers what a page posts to /offer (`far_end.CALL`).
    """

    def do_GET(self):
        self.get()

    def do_POST(self):
        if self.path.startswith("/offer"):
            told = far_end.shared().answer(self.path, self.body())
            self.answer(200, told, "application/json")
        else:
            self.post()

    def body(self):
        return self.rfile.read(int(self.headers["Content-Length"])).decode()

    def answer(self, status, text="", kind="text/html; charset=utf-8", headers=()):
        data = text.encode()
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(data))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *words):
        pass


class Site(Loopback):
    """Serves /meeting, /plain (the same without a dialog), and /frame: /meeting of localhost.

    /listen opens every microphone and says the peak of each, ten times a second. /cameras opens a
    camera without choosing, and says which it got, and which is listed first. /back goes back, and
    says how many pages there were, from where it was come to, and that it stands.
    """

    def __init__(self):
        self.said = queue.Queue()
        self.asked = []
        super().__init__(self._handler())

    def _handler(site):  # noqa: N805
        class Handler(Answering):
            def get(self):
                site.asked.append((self.path, self.headers.get("Referer")))
                other = f"http://localhost:{site.port}"
                pages = {
                    "/frame": _FRAME.format(other=other),
                    "/listen": _LISTEN,
                    "/talk": _TALK,
                    "/cameras": _CAMERAS,
                    "/back": _BACK,
                }
                page = pages.get(self.path.partition("?")[0], _MEETING)
                self.answer(200, page)

            def post(self):
                site.said.put(self.body())
                self.answer(204)

        return Handler
