"""roomctl: a meeting-room controller that belongs to no meeting vendor."""

from importlib.metadata import version

__version__ = version("roomctl")
