"""A GPIO chip of the kernel's gpio-sim: made, driven from outside, taken away. Knows no library."""

from __future__ import annotations

from pathlib import Path

from tests.hwlab.devices.usbip import until, write

_MADE = Path("/sys/kernel/config/gpio-sim")
LINES = 54  # as many as a BCM2711 has


class GpioChip:
    """The chip `name`, with its lines pulled down."""

    def __init__(self, name: str) -> None:
        self._folder = _MADE / name
        (self._folder / "bank0").mkdir(parents=True)
        write(self._folder / "bank0" / "num_lines", str(LINES))
        self.appear()

    def appear(self) -> None:
        """Put the chip there, with a node in /dev."""
        write(self._folder / "live", "1")
        chip = self._text("bank0/chip_name")
        self._lines = Path("/sys/devices/platform") / self._text("dev_name") / chip
        until((Path("/dev") / chip).exists, f"/dev/{chip}")

    def drive(self, line: int, high: bool) -> None:
        write(self._lines / f"sim_gpio{line}" / "pull", "pull-up" if high else "pull-down")

    def vanish(self) -> None:
        """Take the chip away, whoever has a line of it open."""
        write(self._folder / "live", "0")

    def remove(self) -> None:
        if self._text("live") == "1":
            self.vanish()
        (self._folder / "bank0").rmdir()
        self._folder.rmdir()

    def _text(self, name: str) -> str:
        return (self._folder / name).read_text(encoding="ascii").strip()
