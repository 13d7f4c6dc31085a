"""Errors as application/problem+json (RFC 9457), the only form in which this API says no."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

from roomctl.api.schema import reference

MEDIA_TYPE = "application/problem+json"

Answers = dict[int | str, dict[str, Any]]
"""What a route answers with, by status, for its description."""

_ANYWHERE = (400, 401, 403, 413, 415, 421, 422)  # the guard's, and a body of another form


def refusals(*more: int) -> Answers:
    """Describe the errors that any route may answer with, and those of `more` statuses."""
    described = {
        "description": "What is wrong, as application/problem+json",
        "content": {MEDIA_TYPE: reference("Problem")},
    }
    return dict.fromkeys((*_ANYWHERE, *more), described)


class _Ascii(JSONResponse):
    """JSON that can carry whatever a hostile request named, half a surrogate pair included."""

    media_type = MEDIA_TYPE

    def render(self, content: object) -> bytes:
        return json.dumps(content).encode("ascii")


def problem(
    status: int,
    code: str,
    detail: str,
    params: Mapping[str, Any] | None = None,
    **more: str,
) -> JSONResponse:
    """Return the answer; `code` is from a closed list, `detail` is one sentence for a technician.

    `more` are members of the problem beside the usual ones, or in their place.
    """
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "params": dict(params or {}),
        **more,
    }
    return _Ascii(body, status)
