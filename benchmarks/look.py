"""One look of a walkthrough at a picture of 1920 × 1080 on one core: CPU, and what it holds."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

from benchmarks.report import Figure

LOOKS = 40

# A page as pages are: text, buttons, a picture that moves. In a process of its own, as at a replay.
_MEASURE = """
import json, resource, time
began = time.process_time()
import cv2, numpy as np
from roomctl.kiosk import look
loaded_s = time.process_time() - began
noise = np.random.default_rng(7)
page = np.full((1080, 1920, 3), 244, np.uint8)
page[120:520, 520:1400] = noise.integers(40, 220, (400, 880, 3), np.uint8)
for row in range(30):
    words = "Join the meeting from this browser, or open the app " * 3
    cv2.putText(page, words, (20, 30 + 36 * row), cv2.FONT_HERSHEY_SIMPLEX, .6, (60,) * 3, 1)
for top, label in ((640, "Open the app"), (720, "Join from browser"), (800, "Test devices")):
    cv2.rectangle(page, (800, top), (1120, top + 52), (190, 90, 20), -1)
    cv2.putText(page, label, (830, top + 34), cv2.FONT_HERSHEY_SIMPLEX, .8, (255,) * 3, 2)
control = look.learn([page], (960, 746))
took = []
for _ in range(LOOKS):
    began = time.process_time()
    found = look.find(control, page)
    took.append(time.process_time() - began)
assert found == (960, 746), found
held_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"look_ms": 1000 * sorted(took)[LOOKS // 2], "held_mb": held_mb,
                  "load_s": loaded_s}))
"""


def figures() -> list[Figure]:
    """Learn a control once, and look for it on the same page."""
    if importlib.util.find_spec("cv2") is None:
        sys.stderr.write("look is left out: needs OpenCV (roomctl[walkthrough])\n")
        return []
    text = _MEASURE.replace("LOOKS", str(LOOKS))
    ran = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    found = json.loads(ran.stdout)
    known = "the reference's method"
    return [
        Figure("one look, CPU", found["look_ms"], "ms", 21, f"ms, {known}", "1920 × 1080, a core"),
        Figure("the child, peak", found["held_mb"], "MB", 67, f"MB, {known}", "ends with its page"),
        Figure("the child, loading", 1000 * found["load_s"], "ms", means="CPU, OpenCV and NumPy"),
    ]
