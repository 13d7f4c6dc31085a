"""Why a page is not there, or the sound is not. Knows no message."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a page is not there, or the sound is not: the closed list that panels translate."""

    BROWSER_MISSING = "browser_missing"
    BROWSER_START = "browser_start"
    NO_DISPLAY = "no_display"
    NO_SANDBOX = "no_sandbox"
    BAD_URL = "bad_url"
    NETWORK = "network"
    BLOCKED_BY_POLICY = "blocked_by_policy"
    LEFT = "left"
    REPLACED = "replaced"
    STOPPED = "stopped"
    BROWSER_CLOSED = "browser_closed"
    PAGE_CRASHED = "page_crashed"
    NO_SOUND_SERVER = "no_sound_server"
