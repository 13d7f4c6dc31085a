"""A television made of the kernel's vivid: an HDMI input with CEC, a cable, and this box's output.

`cec-follower` is the set's own logic (power status, standby, wake-up in some seconds), written by
others. Knows nothing of this project.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.hwlab.devices.usbip import until

SET, BOX = "/dev/cec0", "/dev/cec1"
MODULE = ("vivid", "num_inputs=1", "input_types=3", "num_outputs=1", "output_types=1")
_CABLE = "hdmi_000_0_is_connected_to"
_TO_NOTHING, _TO_THE_BOX = 0, 2


class Vivid:
    """A television in the socket of this box, switched on."""

    def __init__(self) -> None:
        until(Path(BOX).exists, BOX)
        self._follower: subprocess.Popen[bytes] | None = None
        self.connect()
        _run("cec-ctl", "-d", SET, "--tv")
        self.live()

    def live(self) -> None:
        """Have it answer."""
        self._follower = subprocess.Popen(
            ["cec-follower", "-d", SET],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: self.status() is not None, "the television to answer")

    def die(self) -> None:
        """Have it be silent, as one without mains is: nobody takes what is sent to it."""
        if self._follower is not None:
            self._follower.kill()
            self._follower.wait()
            self._follower = None
        _run("cec-ctl", "-d", SET, "--clear")

    def connect(self) -> None:
        _run("v4l2-ctl", "-d", "/dev/video0", "-c", f"{_CABLE}={_TO_THE_BOX}")

    def disconnect(self) -> None:
        _run("v4l2-ctl", "-d", "/dev/video0", "-c", f"{_CABLE}={_TO_NOTHING}")

    def status(self) -> str | None:
        """Return what it tells another program than this project: on, standby, to-on …"""
        said = _said("cec-ctl", "-d", BOX, "--playback", "--to", "0", "--give-device-power-status")
        _, mark, rest = said.partition("pwr-state: ")
        return rest.split()[0] if mark else None

    def remove(self) -> None:
        self.die()
        self.disconnect()


def _said(*command: str) -> str:
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return run.stdout + run.stderr


def _run(*command: str) -> None:
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if run.returncode:
        raise OSError(f"{command}: {run.stdout}{run.stderr}")
