"""Why a server refuses: what is wrong with its certificate, how long it wants peace. Pure.

Knows no library of HTTP: each says a bad certificate in a chain of errors of its own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

PATIENCE_S = 60.0  # after a 429 that does not say how long
_DEEPEST = 8  # errors in a chain
_FAULTS = {
    "expired": "has a certificate that has expired; renew it there, or set this box's clock",
    "not yet valid": "has a certificate that is not valid yet; is this box's clock right?",
    "mismatch": "has a certificate of another name; write the name that it is of",
    "not valid for": "has a certificate of another name; write the name that it is of",
}
_UNTRUSTED = "has a certificate that is not trusted; install its authority on this box"


def certificate_fault(error: BaseException | None) -> str | None:
    """Return what is wrong with a server's certificate; None: an error is of something else."""
    for _ in range(_DEEPEST):
        if error is None:
            return None
        said = str(error).casefold()
        if "certificate" in said:
            found = (words for sign, words in _FAULTS.items() if sign in said)
            return next(found, _UNTRUSTED)
        error = error.__cause__ or error.__context__
    return None


def retry_after_s(said: str | None) -> float:
    """Return what Retry-After asks for, in seconds: a number, or a date (RFC 9110, 10.2.3)."""
    text = (said or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return PATIENCE_S
    return (at - datetime.now(UTC)).total_seconds() if at.tzinfo else PATIENCE_S
