"""Meetings: which platform a text means, what may be opened for it, and how a call stands."""

from roomctl.meeting.link import read
from roomctl.meeting.platform import load_platforms

__all__ = ["load_platforms", "read"]
