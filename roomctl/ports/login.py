"""How a user and a password are proven to a host that asks for them over HTTP.

By the strongest way that it offers. What it once offered is the least from then on, as long as this
program runs: whoever offers less is another one, or wants the password. Basic, which is the
password itself, needs the operator's leave. Knows no port and no device.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import IntEnum

from roomctl.errors import RoomctlError
from roomctl.frozen import frozen


class AuthScheme(IntEnum):
    """Ways to prove a password, the stronger the higher."""

    BASIC = 0
    DIGEST = 1  # MD5: RFC 2617
    DIGEST_SHA2 = 2  # RFC 7616

    def __str__(self) -> str:
        return ("Basic", "Digest", "Digest with SHA-256")[self]


_ALGORITHMS = {
    **dict.fromkeys(("md5", "md5-sess"), AuthScheme.DIGEST),
    **dict.fromkeys(("sha-256", "sha-256-sess", "sha-512", "sha-512-sess"), AuthScheme.DIGEST_SHA2),
}
_ITEM = re.compile(r'(?:[^,"]|"(?:\\.|[^"\\])*"?)+', re.DOTALL)  # of a list; "…" may have commas
_SCHEME = re.compile(r"([!#-+.^-z|~0-9A-Z-]+)(?:\s+(?!=)(.*))?", re.DOTALL)
_PARAMETER = re.compile(r"\s*([!#-+.^-z|~0-9A-Z-]+)\s*=\s*(.*?)\s*", re.DOTALL)


class PasswordWithheld(RoomctlError):
    """The password was kept back: the host asks for it in a way in which it does not get it."""


@frozen
class AuthChallenge:
    """One challenge of a host (RFC 9110 11.6.1); `proof` None: a way that is not known here."""

    scheme: str
    proof: AuthScheme | None
    text: str


def offers(headers: Iterable[str]) -> list[AuthChallenge]:
    """Return the challenges of WWW-Authenticate: several may stand in one header, or in many."""
    found: list[tuple[str, dict[str, str]]] = []
    for item in (item for header in headers for item in _ITEM.findall(header)):
        begins = _SCHEME.fullmatch(item.strip())
        if begins is not None:
            found.append((begins[1], {}))
        parameter = _PARAMETER.fullmatch(item if begins is None else begins[2] or "")
        if parameter is not None and found:
            found[-1][1].setdefault(parameter[1].lower(), parameter[2])
    return [_offer(scheme, given) for scheme, given in found]


def _offer(scheme: str, given: Mapping[str, str]) -> AuthChallenge:
    if scheme.lower() == "basic":
        return AuthChallenge(scheme, AuthScheme.BASIC, scheme)
    if scheme.lower() != "digest" or not {"realm", "nonce"} <= given.keys():
        return AuthChallenge(scheme, None, scheme)
    algorithm = given.get("algorithm", "MD5").strip('"')
    ways = [way.strip().lower() for way in given.get("qop", "auth").strip('"').split(",")]
    said = {**given, "algorithm": algorithm} | ({"qop": "auth"} if "qop" in given else {})
    text = ", ".join(f"{key}={value}" for key, value in said.items())
    proof = _ALGORITHMS.get(algorithm.lower()) if "auth" in ways else None
    return AuthChallenge(f"{scheme} ({algorithm})", proof, f"Digest {text}")


class LoginMemory:
    """The strongest that each host has ever offered."""

    def __init__(self) -> None:
        self._strongest: dict[str, AuthScheme] = {}

    def choose(
        self, host: str, offered: Iterable[AuthChallenge], weakest: AuthScheme
    ) -> AuthChallenge:
        """Return the strongest offer; Unproven if it is weaker than before, or than `weakest`."""
        known = [(one.proof, one) for one in offered if one.proof is not None]
        if not known:
            names = ", ".join(sorted({one.scheme for one in offered}))
            raise PasswordWithheld(
                f"asks for a login by {names[:80]}; Digest and Basic are known here"
            )
        proof, best = max(known, key=lambda one: one[0])
        before = self._strongest.setdefault(host, proof)
        self._strongest[host] = max(before, proof)
        if proof < before:
            raise PasswordWithheld(
                f"asks for a login by {proof}, and asked for {before} before; the password was not"
                " sent. Is it the same camera? If it is set so now, restart roomctl"
            )
        if proof < weakest:
            lets = f'weakest_login = "{("basic", "digest")[proof]}"'
            openly = " (the password itself, for all to read)" if proof is AuthScheme.BASIC else ""
            raise PasswordWithheld(
                f"asks for a login by {proof}{openly}, and was not given it; switch on {weakest}"
                f" in the camera, or write {lets} in its table of room.toml"
            )
        return best
