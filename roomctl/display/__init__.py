"""Displays: projectors and televisions, switched and asked over PJLink or a text protocol."""

from roomctl.display.driver import DisplayDevice, displays

__all__ = ["DisplayDevice", "displays"]
