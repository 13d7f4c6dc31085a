"""Every platform's own link, bent in every known way: nobody else's door is ever opened."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest

from roomctl.meeting.link import read
from roomctl.meeting.platform import load_platforms

PLATFORMS = load_platforms({})
LINKS = {
    platform.key: next(good.url for good in platform.good if good.url and not good.hosts)
    for platform in PLATFORMS
    if any(good.url and not good.hosts for good in platform.good)
}
WRAPPED = (
    "https://eur01.safelinks.protection.outlook.com/?url={}&data=05",
    "https://www.google.com/url?q={}",
    "https://urldefense.com/v1/url?u={}&k=x",
)
WRITTEN = ("{}", "Please join: {} thanks", '<a href="{}">join</a>', "[join]({})")


def bent(link: str) -> Iterator[str]:
    host = urlsplit(link).netloc
    rest = link.removeprefix(f"https://{host}")
    strangers = (
        *(f"{host}.evil.example", f"{host.replace('.', '-')}.evil.example", f"{host}-evil.example"),
        *(f"{host}@evil.example", f"evil.example@{host}", f"u:p@{host}", f"evil.example\\@{host}"),
        *(f"{host}\\.evil.example", f"{host}%2eevil.example", f"{host}%00.evil.example"),
        *(f"{host}\u2024evil.example", f"{host}。evil.example", f"{host}．evil.example"),
        *(f"{host}／.evil.example", f"{host}＠evil.example", f"{host}:8443", f"{host}:80"),
        *("127.0.0.1", "[::1]", "2130706433", "0x7f.1", f"evil.example/{host}", f"/{host}"),
        *(f"evil.example?{host}", f"evil.example#{host}", f"{host}\x00", f"{host}\x1f"),
        *(host.replace(mine, theirs) for mine, theirs in ("oо", "eе", "iі", "aа", "cс")),
    )
    for stranger in strangers:
        if stranger != host:
            yield f"https://{stranger}{rest}"
            yield from (wrap.format(quote(f"https://{stranger}{rest}", "")) for wrap in WRAPPED)
    yield from (f"{scheme}://{host}{rest}" for scheme in ("ftp", "file", "ws", "intent"))
    yield f"https:\\\\{host}{rest}"
    for wrap in WRAPPED:
        yield wrap.replace(".com/", ".com.evil.example/").format(quote(link, ""))


@pytest.mark.parametrize("key", LINKS)
def test_a_link_that_was_bent_opens_nothing(key: str):
    assert read(LINKS[key], PLATFORMS).launch
    texts = [written.format(link) for link in bent(LINKS[key]) for written in WRITTEN]
    assert [text for text in texts if read(text, PLATFORMS).launch] == []


@pytest.mark.parametrize("key", LINKS)
def test_what_is_added_in_front_of_a_host_is_another_host(key: str):
    link = LINKS[key].replace("https://", "https://evil")
    host = urlsplit(link).hostname or ""
    own = PLATFORMS.by_key[key]
    bases = [each[1:] for each in (*own.hosts, *own.tenants) if each.startswith("*.")]
    below = any(host.endswith(base) for base in bases)  # one more customer's of the platform
    assert below or read(link, PLATFORMS).launch is None
