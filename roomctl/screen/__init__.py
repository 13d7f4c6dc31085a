"""The room's screen: the process that owns the browser, and the driver that speaks to it."""

from roomctl.screen.driver import Screen

__all__ = ["Screen"]
