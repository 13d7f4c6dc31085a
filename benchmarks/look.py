"""One look of a walkthrough at a picture of 1920 × 1080 on one core: CPU, and what it holds.

From the compositor's picture to the place to press: on the page as it was shown, on one without the
control, and on one that is drawn half a pixel aside, where it is sought another way, too.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile

from benchmarks.report import Figure

LOOKS = 40
WANTED_MS = 60
PAGES = ("shown", "gone", "moved")

# A page as pages are: text, buttons, a picture that moves.
_DRAW = """
import sys, cv2, numpy as np
noise = np.random.default_rng(7)
page = np.full((1080, 1920, 3), 244, np.uint8)
page[120:520, 520:1400] = noise.integers(40, 220, (400, 880, 3), np.uint8)
for row in range(30):
    words = "Join the meeting from this browser, or open the app " * 3
    cv2.putText(page, words, (20, 30 + 36 * row), cv2.FONT_HERSHEY_SIMPLEX, .6, (60,) * 3, 1)
for top, label in ((640, "Open the app"), (720, "Join from browser"), (800, "Test devices")):
    cv2.rectangle(page, (800, top), (1120, top + 52), (190, 90, 20), -1)
    cv2.putText(page, label, (830, top + 34), cv2.FONT_HERSHEY_SIMPLEX, .8, (255,) * 3, 2)
half = np.array([[1, 0, .5], [0, 1, 0]], np.float32)
moved = cv2.warpAffine(page, half, (1920, 1080), borderMode=cv2.BORDER_REPLICATE)
gone = page.copy()
gone[700:790, 780:1140] = 244
for name, one in (("shown", page), ("gone", gone), ("moved", moved)):
    cv2.imwrite(f"{sys.argv[1]}/{name}.ppm", one)
"""
# In a process of its own, as at a replay.
_MEASURE = """
import json, sys, time
began = time.process_time()
from roomctl.kiosk import look, redrawn
loaded_s = time.process_time() - began
shown, page = (look.of_ppm(open(f"{sys.argv[1]}/{one}.ppm", "rb").read())
               for one in ("shown", sys.argv[2]))
control = look.learn([shown], (960, 746))
rows = look.cv2.cvtColor(page, look.cv2.COLOR_BGR2BGRA).tobytes()
del shown, page
open("/proc/self/clear_refs", "w").write("5")  # what is held from now on
took = []
for _ in range(LOOKS):
    began = time.process_time()
    found = redrawn.find(control, look.of_rows(rows, (1920, 1080)))
    took.append(time.process_time() - began)
if sys.argv[2] == "gone":
    assert found is look.Unseen.ABSENT, found
else:
    assert abs(found[0] - 960) <= 1 and found[1] == 746, found
(held,) = [row.split()[1] for row in open("/proc/self/status") if row.startswith("VmHWM")]
print(json.dumps({"look_ms": 1000 * sorted(took)[LOOKS // 2], "held_mb": int(held) / 1024,
                  "load_s": loaded_s}))
"""


def figures() -> list[Figure]:
    """Learn a control once, and look for it on the same page and on two others."""
    if importlib.util.find_spec("cv2") is None:
        sys.stderr.write("look is left out: needs OpenCV (roomctl[walkthrough])\n")
        return []
    with tempfile.TemporaryDirectory(prefix="roomctl-bench-") as folder:
        _ran(_DRAW, folder)
        measure = _MEASURE.replace("LOOKS", str(LOOKS))
        found, gone, moved = (json.loads(_ran(measure, folder, page)) for page in PAGES)
    known = "the reference's method"
    return [
        Figure("one look, CPU", found["look_ms"], "ms", 21, f"ms, {known}", "1920 × 1080, a core"),
        Figure("  the control has gone", gone["look_ms"], "ms", WANTED_MS, "ms, wanted"),
        Figure("  it is drawn another way", moved["look_ms"], "ms", WANTED_MS, "ms, wanted"),
        Figure("the child, peak", found["held_mb"], "MB", 67, f"MB, {known}", "ends with its page"),
        Figure("the child, loading", 1000 * found["load_s"], "ms", means="CPU, OpenCV and NumPy"),
    ]


def _ran(program: str, *words: str) -> str:
    line = [sys.executable, "-c", program, *words]
    return subprocess.run(line, capture_output=True, text=True, check=True).stdout
