"""The whole documented VISCA vocabulary: any frame to its name and fields, and back."""

from roomctl.camera.lexicon.row import Row, Value
from roomctl.camera.lexicon.words import (
    ANSWER_ROWS,
    BAD_HEADER,
    COMMAND_ROWS,
    INQUIRY_ROWS,
    NOTICE_ROWS,
    Kind,
    Said,
    decode,
    encode,
)

__all__ = [
    "ANSWER_ROWS",
    "BAD_HEADER",
    "COMMAND_ROWS",
    "INQUIRY_ROWS",
    "NOTICE_ROWS",
    "Kind",
    "Row",
    "Said",
    "Value",
    "decode",
    "encode",
]
