"""Commands that ask a running room over its API."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

from roomctl import tls
from roomctl.api import pinned
from roomctl.cli import run_file
from roomctl.cli.language import NOT_LET_IN, refusal, say
from roomctl.config import token_file
from roomctl.errors import RoomctlError
from roomctl.explain import reworded

if TYPE_CHECKING:
    import httpx

LIMIT_S = 40.0


class RoomUnreachable(RoomctlError):
    """No room answers, so whatever it would hold is free."""


def room(url: str | None, token: Path | None) -> dict[str, Any]:
    """Return the room document."""
    with _client(url, token) as client:
        return _answer(client, "GET", "/api/v1/room", None)


def description(url: str | None, token: Path | None, speakerphone: str | None) -> dict[str, Any]:
    """Return all that the room knows of a speakerphone; None: its first one."""
    with _client(url, token) as client:
        name = speakerphone or _first_speakerphone(_answer(client, "GET", "/api/v1/room", None))
        path = f"/api/v1/speakerphones/{quote(name, safe='')}/description"
        return _answer(client, "GET", path, None)


def _first_speakerphone(document: dict[str, Any]) -> str:
    for device in document["devices"]:
        kind, _, name = str(device["name"]).partition(".")
        if kind == "speakerphone":
            return name
    raise RoomctlError("the room has no speakerphone; `roomctl probe` lists what is plugged in")


def command(url: str | None, token: Path | None, kind: str, args: dict[str, Any]) -> dict[str, Any]:
    """Send a command, wait for it, and return its record; RoomctlError says why it was refused."""
    with _client(url, token) as client:
        body = {"type": kind, "args": args}
        return _answer(client, "POST", "/api/v1/commands?wait_s=30", body)


def pairing(url: str | None, token: Path | None, role: str) -> dict[str, Any]:
    """Return a link that makes one browser a panel or the room's screen, and how long it works."""
    with _client(url, token) as client:
        offered = _answer(client, "POST", "/api/v1/pairings", {"role": role})
        link = offered["link"] or str(client.base_url).rstrip("/") + offered["path"]
        return {"link": link, "good_for_s": offered["good_for_s"]}


def access(
    url: str | None, token: Path | None, method: str, path: str, body: object = None, base: str = ""
) -> Any:  # noqa: ANN401 - JSON
    """Ask about what is below /api/v1; return what the room says.

    `base`: the tag of what is changed, which must be the newest.
    """
    with _client(url, token) as client:
        if base:
            client.headers["If-Match"] = f'"{base}"'
        return _answer(client, method, f"/api/v1/{path}", body)


Asked = Callable[..., Any]
"""Asks `method`, `path` below /api/v1 and perhaps a `body`; returns what the room says."""


@contextlib.contextmanager
def asking(url: str | None, token: Path | None) -> Iterator[Asked]:
    """Give what asks a room again and again, by one connection."""
    with _client(url, token) as client:

        def asked(method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
            return _answer(client, method, f"/api/v1/{path}", body)

        yield asked


def text(url: str | None, token: Path | None, path: str) -> str:
    """Return a file that the room writes, below /api/v1."""
    with _client(url, token) as client:
        response = client.get(f"/api/v1/{path}")
        if response.is_error:
            return str(_answer(client, "GET", f"/api/v1/{path}", None))
        return response.content.decode("utf-8")


def text_and_tag(url: str | None, token: Path | None, path: str) -> tuple[str, str]:
    """Return a text from below /api/v1, and its tag, without quotes; empty: it has none."""
    with _client(url, token) as client:
        response = _sent(client, "GET", f"/api/v1/{path}")
        if response.is_error:
            _refused(client, response)
        return response.text, response.headers.get("ETag", "").removeprefix("W/").strip('"')


def download(url: str | None, token: Path | None, path: str) -> bytes:
    """Return a file from below /api/v1."""
    import httpx

    with _client(url, token) as client:
        try:
            response = client.get(f"/api/v1/{path}")
        except httpx.HTTPError as error:
            why = f"does not answer ({error}); is the room running?"
            raise RoomUnreachable(f"{client.base_url}: {why}") from error
        return response.content if response.is_success else _refused(client, response)


def upload(url: str | None, token: Path | None, path: str, data: bytes, form: str) -> Any:  # noqa: ANN401 - JSON
    """Hand a file of a media type to the room; return what it says."""
    with _client(url, token) as client:
        return _answer(client, "POST", f"/api/v1/{path}", content=data, form=form)


def follow(
    url: str | None, token: Path | None, tell: Callable[[str], None], *, as_json: bool
) -> None:
    """Tell every change of the room until interrupted."""
    from roomctl.cli.watch import watch

    with _client(url, token) as client:
        _answer(client, "GET", "/api/v1/room", None)  # says what is wrong with the token
        watch(client, tell, as_json=as_json)


def _client(url: str | None, token: Path | None) -> httpx.Client:
    import httpx  # half a second on a slow board: whoever serves a room asks none

    url, pin = _taken_apart(url)
    here = run_file.rooms_here()
    local = run_file.chosen(here, url)
    base = local.api if local is not None else url
    if base is None:
        why = "no room runs here as this user; start one with `roomctl simulate`"
        raise RoomUnreachable(f"{why}, or name one with --room and --token-file")
    if local is None and not base.startswith(("http://", "https://")):
        why = "is neither a room that runs here nor an address such as http://bamboo:8080"
        raise RoomUnreachable(f"{base}: {why}")
    if url is None and len(here) > 1:
        others = ", ".join(room.words for room in here[1:])
        _tell(say("two_rooms", first=here[0].words, others=others))
    file = token or token_file()
    secret = read_token(file) if file else local.token if local is not None else ""
    pin = pin or (read_pin(file) if file else "")
    if not secret:
        why = "a token is needed: --token-file, or ROOMCTL_TOKEN_FILE"
        raise RoomctlError(f"{base}: {why}; `roomctl token make` makes one")
    headers = {"Authorization": f"Bearer {secret}"}
    # The room is on this box or this network: a proxy of the environment is not on the way.
    verify = tls.context(pin) if base.startswith("https:") else False
    return httpx.Client(
        base_url=base, headers=headers, timeout=LIMIT_S, trust_env=False, verify=verify
    )


@functools.cache
def _tell(words: str) -> None:
    """Say a thing on standard error, once in a command that asks several times."""
    sys.stderr.write(f"{words}\n")


def _taken_apart(url: str | None) -> tuple[str | None, str]:
    """Return a room's address, and the pin of its key if one stands behind the #."""
    if url is None:
        return None, ""
    address, _, fragment = url.partition("#")
    pin = next((part for part in fragment.split("&") if tls.PIN in part), "")
    return address.rstrip("/"), pinned.checked(pin.removeprefix("key=")) if pin else ""


def read_token(path: Path) -> str:
    """Return the token in a file; RoomctlError if everybody can read it, or it holds none."""
    with path.open(encoding="utf-8", errors="replace") as file:
        mode = os.fstat(file.fileno()).st_mode
        if mode & 0o007:
            why = f"others can use this file (mode {mode & 0o777:04o}); chmod 600 it"
            raise RoomctlError(f"{path}: {why}, and make another token")
        token = file.read(1024).partition("\n")[0].strip()
    if not re.fullmatch(r"[\x21-\x7e]{16,512}", token):
        raise RoomctlError(f"{path}: holds no token, which is one word")
    return token


def read_pin(path: Path) -> str:
    """Return the pin in the second line of a token's file; empty if there is none."""
    with path.open(encoding="utf-8", errors="replace") as file:
        line = file.read(1024).strip().partition("\n")[2].strip()
    return pinned.checked(line) if line else ""


def _answer(
    client: httpx.Client,
    method: str,
    path: str,
    body: object = None,
    *,
    content: bytes | None = None,
    form: str = "application/json",
) -> dict[str, Any]:
    """Ask, with `body` as JSON or with the `content` of a file whose media type is `form`."""
    given = {"json": body} if content is None else {"content": content}
    headers = None if content is None else {"Content-Type": form}
    response = _sent(client, method, path, headers=headers, **given)
    if response.status_code == 204:
        return {}
    return _read(client, response)


def _sent(client: httpx.Client, method: str, path: str, **given: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
    import httpx

    try:
        return client.request(method, path, **given)
    except httpx.ConnectError as error:
        if "CERTIFICATE" in str(error).upper():
            raise RoomctlError(f"{client.base_url}: {pinned.why(error)}") from error
        why = f"does not answer ({error}); is the room running?"
        raise RoomUnreachable(f"{client.base_url}: {why}") from error
    except httpx.HTTPError as error:
        why = f"does not answer ({error}); is the room running?"
        raise RoomUnreachable(f"{client.base_url}: {why}") from error


def _refused(client: httpx.Client, response: httpx.Response) -> NoReturn:
    _read(client, response)
    raise RoomctlError(f"{client.base_url}: answers {response.status_code}; is it a roomctl?")


def _read(client: httpx.Client, response: httpx.Response) -> dict[str, Any]:
    """Return what an answer says; RoomctlError if it is a refusal, or none of ours."""
    try:
        answer: dict[str, Any] = response.json()
    except ValueError as error:
        why = f"answers {response.status_code} and no JSON; is it a roomctl?"
        raise RoomctlError(f"{client.base_url}: {why}") from error
    if response.status_code == 401:
        raise RoomctlError(NOT_LET_IN.format(url=client.base_url))
    if response.is_error and answer.get("code") == "invalid":
        where = str(answer["params"]["where"]).removeprefix("body.").removesuffix(".args")
        key = where.rpartition(".args.")[2]
        raise RoomctlError(f"{key}: {reworded(answer['params']['why'])}")
    if response.is_error:
        detail = str(answer.get("detail") or answer.get("code") or response.status_code)
        raise RoomctlError(refusal(str(answer.get("code")), detail, answer.get("params") or {}))
    return answer
