"""FastAPI with less memory: what a room rarely uses of it is built when used. Knows no route."""

from __future__ import annotations

import sys

from pydantic import BaseModel


def load_fastapi() -> None:
    """Import FastAPI, before anybody else does; nothing that it can do is gone.

    Its 41 models of OpenAPI's document are built when the description is first asked for: 4.3 MB
    and 45 ms of a bare program's start. And it loads pydantic 1 to see that no model is one of it:
    1.7 MB and 14 ms. A module that is None here cannot be imported, and FastAPI takes that for no.
    """
    sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type] # as Python documents it
    before = BaseModel.model_config.copy()
    BaseModel.model_config["defer_build"] = True
    try:
        import fastapi.openapi.models  # noqa: F401 - to have it loaded
    finally:
        BaseModel.model_config.clear()  # type: ignore[attr-defined]
        BaseModel.model_config.update(before)
