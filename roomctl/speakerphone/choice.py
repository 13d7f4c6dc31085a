"""Which of a room's speakerphones is in use: pure, names only. Knows no device and no sound.

Nobody likes a microphone that changes in the middle of a sentence, so in a call the one in use
stays until it is unplugged, and one that comes back in the call does not take over again.
"""

from __future__ import annotations

from collections.abc import Sequence


def in_use(
    online: Sequence[str], chosen: str | None, before: str | None, *, in_call: bool
) -> str | None:
    """Return the name of the speakerphone to use; None if none is online.

    `online` stands in the order of room.toml, `chosen` is what somebody picked on the panel, and
    `before` what was in use until now.
    """
    if in_call and before in online:
        return before
    if chosen in online:
        return chosen
    return online[0] if online else None
