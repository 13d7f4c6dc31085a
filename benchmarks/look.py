"""One look of a walkthrough at a picture of 1920 × 1080 on one core: CPU, and what it holds."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile

from benchmarks.report import Figure

LOOKS = 40

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
cv2.imwrite(sys.argv[1], page)
"""
# In a process of its own, as at a replay; it gets the page as grim gives it.
_MEASURE = """
import json, sys, time
began = time.process_time()
from roomctl.kiosk import look
loaded_s = time.process_time() - began
page = look.of_ppm(open(sys.argv[1], "rb").read())
control = look.learn([page], (960, 746))
took = []
for _ in range(LOOKS):
    began = time.process_time()
    found = look.find(control, page)
    took.append(time.process_time() - began)
assert found == (960, 746), found
(held,) = [row.split()[1] for row in open("/proc/self/status") if row.startswith("VmHWM")]
print(json.dumps({"look_ms": 1000 * sorted(took)[LOOKS // 2], "held_mb": int(held) / 1024,
                  "load_s": loaded_s}))
"""


def figures() -> list[Figure]:
    """Learn a control once, and look for it on the same page."""
    if importlib.util.find_spec("cv2") is None:
        sys.stderr.write("look is left out: needs OpenCV (roomctl[walkthrough])\n")
        return []
    with tempfile.NamedTemporaryFile(suffix=".ppm") as page:
        _ran(_DRAW, page.name)
        found = json.loads(_ran(_MEASURE.replace("LOOKS", str(LOOKS)), page.name))
    known = "the reference's method"
    return [
        Figure("one look, CPU", found["look_ms"], "ms", 21, f"ms, {known}", "1920 × 1080, a core"),
        Figure("the child, peak", found["held_mb"], "MB", 67, f"MB, {known}", "ends with its page"),
        Figure("the child, loading", 1000 * found["load_s"], "ms", means="CPU, OpenCV and NumPy"),
    ]


def _ran(program: str, page: str) -> str:
    line = [sys.executable, "-c", program, page]
    return subprocess.run(line, capture_output=True, text=True, check=True).stdout
