"""Which scenario runs on which tier, found out from the tests: the table of docs/hwlab.md.

`python -m tests.hwlab.table` writes it there; a test fails when it is stale. Knows no scenario but
those that a drill does on a real device, too.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
PAGE = TREE / "docs" / "hwlab.md"
BEGIN, END = "<!-- table: python -m tests.hwlab.table -->", "<!-- end of table -->"
_PLACES = ("tests/hwlab", "tests/speakerphone/test_scenarios.py")
_GUEST = "tests/hwlab/scenarios/"
_DOORS = {  # by the name of the test that plays a list of scenarios
    "test_in_process": "yes",
    "test_in_memory": "memory",
    "test_on_a_usb_bus": "bus",
    "test_usb": "usb",
    "test_hidraw": "hidraw",
    "test_gadget": "dummy_hcd",
    "test_on_the_kernel": "usb, all models",
    "test_by_id": "ftdi_sio",
    "test_gpio": "gpio-sim",
    "test_uvc": "uvcvideo",
}
_SUBJECTS = {
    "test_speakerphone": "Speakerphone",
    "test_scenarios": "Speakerphone",
    "test_usb": "Speakerphone",
    "test_gadget": "Speakerphone",
    "test_user": "Speakerphone, ordinary user",
    "test_wall": "Sound cards behind the wall",
    "test_sound": "Microphone mute",
    "test_camera": "Camera on a serial line",
    "test_serial": "Camera on a serial line",
    "test_video": "USB camera",
    "test_gpio": "GPIO",
    "test_cec": "Television",
}
# (wing, step of `roomctl drill`) that does the same on a real device
DRILLED: Mapping[str, tuple[str, str]] = {
    "a_press_comes_out_and_the_leds_follow_the_room": ("speakerphone", "button"),
    "a_hundred_changes_at_once_never_clear_off_hook": ("speakerphone", "writes"),
    "an_echo_never_toggles": ("speakerphone", "echo"),
    "only_an_edge_of_the_hook_is_a_press": ("speakerphone", "handshake"),
    "the_capture_switch_of_the_card_silences_the_device_itself": ("speakerphone", "silence"),
    "a_drive_moves_the_camera_and_a_stop_stops_it": ("camera", "pan"),
    "a_preset_is_stored_and_recalled": ("camera", "preset"),
    "the_speed_that_a_camera_is_set_to_is_found": ("camera", "answers"),
}

# What may be skipped in CI, by its reason, and what is not proven then; all else is a failure.
MAY_SKIP: Mapping[str, str] = {
    "lgpio has no wheel for this Python": "the kernel tier of GPIO, on Python 3.13 and later",
}

Rows = Mapping[str, Mapping[str, Mapping[str, set[str]]]]  # subject, scenario, tier


def rows(names: Iterable[str]) -> Rows:
    """Sort pytest's names of tests: what they prove, by subject, and on which tier."""
    found: dict[str, dict[str, dict[str, set[str]]]] = defaultdict(dict)
    for name in names:
        file, _, test = name.partition("::")
        function, _, parameter = test.rstrip("]").partition("[")
        subject = _SUBJECTS.get(Path(file).stem)
        tier = "kernel" if file.startswith(_GUEST) else "in process"
        if subject is None or (function not in _DOORS and tier == "in process"):
            continue
        listed = function in _DOORS
        scenario = parameter.partition("-")[0] if listed else function.removeprefix("test_")
        door = _DOORS[function] if listed else "yes"
        found[subject].setdefault(scenario, defaultdict(set))[tier].add(door)
    return found


def written(found: Rows) -> str:
    """Return the table as Markdown."""
    lines = ["| scenario | in process | kernel | real device |", "|---|---|---|---|"]
    for subject, scenarios in sorted(found.items()):
        lines.append(f"| **{subject}** | | | |")
        for scenario, tiers in sorted(scenarios.items()):
            wing, step = DRILLED.get(scenario, ("", ""))
            real = f"drill of a {wing}: {step}" if step else "–"
            cells = [", ".join(sorted(tiers.get(tier, ()))) for tier in ("in process", "kernel")]
            words = scenario.replace("_", " ")
            lines.append(f"| {words} | {cells[0] or '–'} | {cells[1] or '–'} | {real} |")
    return "\n".join(lines) + "\n"


def collected() -> list[str]:
    """Return the names of all tests of the tiers, as pytest gives them."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    said = subprocess.run(
        [*command, *_PLACES],
        cwd=TREE,
        env={**os.environ, "ROOMCTL_HWLAB": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if said.returncode:
        raise RuntimeError(said.stdout[-2000:] + said.stderr[-2000:])
    return [line for line in said.stdout.splitlines() if "::" in line]


def in_page(page: str, table: str) -> str:
    """Return the page with the table in its place."""
    return re.sub(f"{BEGIN}\n.*?{END}", lambda _: f"{BEGIN}\n{table}{END}", page, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(
        in_page(PAGE.read_text(encoding="utf-8"), written(rows(collected()))), encoding="utf-8"
    )
