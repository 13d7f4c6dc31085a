"""A text, a link or a booking's fields -> the meeting, and the one url that may be opened for it.

The room opens what a calendar says, so hosts are compared whole, label by label, and what is
opened is rebuilt from what was checked. Pure: knows no clock, no port and no browser; never raises.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, unquote

from roomctl.frozen import frozen
from roomctl.meeting.deep_link import ParsedDeepLink, read_deep_link
from roomctl.meeting.dial import DialAddress, find_address
from roomctl.meeting.invitation import Launch, ParsedInvitation, Refusal
from roomctl.meeting.letters import (
    Reading,
    as_name,
    ascii_of,
    decoded,
    ending,
    first_odd,
    named,
    readings,
)
from roomctl.meeting.platform import LinkShape, Platform, Platforms, Policy, Site, covers
from roomctl.meeting.printed import (
    digits_only,
    number_of,
    numbers_in,
    odd_number,
    passcode_of,
    passcodes_in,
)
from roomctl.meeting.text import clean, has_scheme, in_order, links, lone_link, plain
from roomctl.meeting.url import (
    DEFAULT_PORT,
    IP_LITERAL,
    InvalidUrl,
    LinkUrl,
    looks_like,
    parse_url,
)
from roomctl.meeting.wrapper import DEEPEST, is_opaque, unwrap

MOST_LINKS = 50  # an invitation has a handful; each costs time, and the first good one wins
MOST_BARE = 300  # words with a dot and a slash, of which hardly any is a link

_ANY = Policy()


def read(
    text: str | Mapping[str, str], platforms: Platforms, policy: Policy = _ANY
) -> ParsedInvitation:
    """Read an invitation, a link, or the fields of a booking (iCalendar names). Never raises.

    Several links: the first that may be opened wins, in the order of `text.in_order`, or another
    one to the same meeting that carries its passcode; a number counts if no link does, unless a
    link in the text is a trap, or leads to the same platform and may not be opened.
    """
    texts = [text] if isinstance(text, str) else in_order(text)
    cleaned = [clean(piece) for piece in texts]
    whole = plain("\n".join(cleaned))
    good: ParsedInvitation | None = None
    mine, rivals = "", list[str]()
    refused: list[ParsedInvitation] = []
    for link in _candidates(cleaned, platforms):
        invitation = _judge(link, platforms, policy)
        better = _better(good, invitation)
        if better:
            if better is not good:
                mine = link
            elif _is_rival(better, invitation):
                rivals.append(link)
            good = better
            if good.passcode and good.meeting_id:
                break
            continue
        # A booking's text may link to a wiki: that is no meeting, and no fault either.
        if isinstance(text, str) or invitation.platform or invitation.refused in _TOLD:
            refused.append(invitation)
    if good:
        own = plain(_between("\n".join(cleaned), mine, rivals)) if rivals else whole
        return _completed(good, own, platforms)
    trap = next((invitation for invitation in refused if invitation.refused in _TRAPS), None)
    if trap:
        return _completed(trap, whole, platforms)
    linked = {invitation.platform for invitation in refused if invitation.platform}
    numbered = _from_numbers(whole, platforms, policy, linked)
    if numbered.refused is Refusal.NO_MEETING and (dialled := find_address(whole, platforms)):
        numbered = _completed(_dialled(dialled, platforms, policy), whole, platforms)
    barred = (one for one in refused if one.refused in _BARRED)
    if same := next((one for one in barred if one.platform == numbered.platform), None):
        return _completed(same, whole, platforms)
    if numbered.refused is Refusal.NO_MEETING and refused:
        worst = min(refused, key=lambda invitation: invitation.refused is Refusal.FOREIGN_HOST)
        return _completed(worst, whole, platforms)
    return numbered


def by_number(
    platform_key: str,
    number: str,
    passcode: str | None,
    platforms: Platforms,
    policy: Policy = _ANY,
) -> ParsedInvitation:
    """Read a number, a name or a code that a person typed.

    Where no address takes a number, but a page of the vendor's asks for one, that page is opened.
    Refused `needs_link` if that opens nothing, `bad_number` or `bad_name` if it is none there.
    """
    platform = platforms.by_key.get(platform_key)
    if platform is None:
        params = {"platform": platform_key, "platforms": ", ".join(platforms.by_key)}
        return ParsedInvitation(refused=Refusal.UNKNOWN_PLATFORM, params=params)
    typed, passcode = ascii_of(number[:100]).strip(), ascii_of(passcode or "")
    digits = digits_only(typed)
    odd = first_odd(typed)
    if odd and not platform.printed.names(typed):
        return _odd(ParsedInvitation(platform.key), odd)
    if len(digits) not in platform.printed.digits or not _NUMBER.fullmatch(typed):
        if platform.launch.room and not (platform.printed.digits and _NUMBER.fullmatch(typed)):
            return _by_name(platform, typed, passcode or None, platforms, policy)
        if not platform.printed.digits:
            return ParsedInvitation(platform.key, refused=Refusal.NEEDS_LINK)
        params = {"digits": " or ".join(map(str, platform.printed.digits))}
        return ParsedInvitation(platform.key, refused=Refusal.BAD_NUMBER, params=params)
    invitation = _numbered(platform, digits, passcode or None, policy)
    if not platform.launch.number and platform.launch.number_page:
        return _asked(invitation, platform, platforms, policy)
    return invitation if invitation.launch else replace(invitation, refused=invitation.refusal)


def _asked(
    invitation: ParsedInvitation, platform: Platform, platforms: Platforms, policy: Policy
) -> ParsedInvitation:
    """Return a number with the page that asks for it: the number goes into no address."""
    asked = replace(invitation, refused=Refusal.NEEDS_LINK, params={})
    page = platform.launch.number_page
    for origin in _origins(platform, platforms) if "{origin}" in page else ("",):
        found = parse_url(page.format(origin=origin))
        if isinstance(found, InvalidUrl):
            continue
        read_so = replace(invitation, host=found.host, refused=None, params={})
        asked = _launched(read_so, platform, found.origin, found.url, policy)
        if asked.launch:
            return replace(asked, launch=replace(asked.launch, asks_number=True))
    return asked


def _origins(platform: Platform, platforms: Platforms) -> Iterator[str]:
    """Yield where a platform's pages stand: the room's own hosts first; no wildcards."""
    for site in platforms.sites:
        if site.platform is platform and not site.name.startswith("*."):
            port = "" if site.port is None else f":{site.port}"
            yield f"{site.scheme}://{site.name}{port}"


_NUMBER = re.compile(r"[0-9\s-]*")


def _by_name(
    platform: Platform, name: str, passcode: str | None, platforms: Platforms, policy: Policy
) -> ParsedInvitation:
    """Read a meeting's name on the first host of its platform that may be joined at."""
    if not platform.printed.names(name):
        return ParsedInvitation(platform.key, refused=Refusal.BAD_NAME)
    refused = ParsedInvitation(platform.key, refused=Refusal.NEEDS_LINK)
    for origin in _origins(platform, platforms):
        found = _judge(platform.launch.room.format(origin=origin, name=name), platforms, policy)
        if found.platform == platform.key and found.launch:
            meeting_id = found.meeting_id or found.name
            return replace(found, meeting_id=meeting_id, passcode=passcode or found.passcode)
        if found.refused in _BARRED:
            refused = found
    return refused


def redacted(text: str, platforms: Platforms) -> str:
    """Return `text` (a link or an invitation) with its passcodes and tokens replaced by "…"."""
    names = {"passcode", "password", "pw", "jwt", "token"}
    for platform in platforms:
        names |= {platform.passcode_param, *platform.secret_params} - {""}
    words = "|".join(map(re.escape, sorted(names)))
    sign = "(?:=|%(?:25){0,2}3D)"  # escaped, perhaps twice
    start = "(?:[?&#]|%(?:25){0,2}(?:3F|26|23))"
    hidden = re.sub(
        rf"(?i)({start}(?:{words}){sign})(?:(?!%(?:25){{0,2}}26)[^&#\s\"'<>])+", r"\1…", clean(text)
    )
    reading = read(text, platforms)
    printed = passcodes_in(plain(clean(text)), reading.platform or "", platforms)
    for passcode in filter(None, (reading.passcode, *printed)):
        hidden = hidden.replace(passcode, "…")
    return hidden


# Links that want to lead somebody elsewhere, and host links: a number beside them is not opened.
_TRAPS = frozenset(
    {Refusal.LOOK_ALIKE_HOST, Refusal.MIXED_SCRIPT, Refusal.USERINFO, Refusal.BACKSLASH}
    | {Refusal.CONTROL_CHARACTER, Refusal.HOST_LINK}
)


_NO_OTHER = _TRAPS | {Refusal.DENIED_BY_POLICY, Refusal.SERVICE_ENDED, Refusal.ODD_CHARACTER}
_TOLD = _TRAPS | {Refusal.WRAPPED}  # of a booking's links that are no platform's


# Refused for what the platform or the room says, not for how the link is written.
_BARRED = frozenset({Refusal.DENIED_BY_POLICY, Refusal.SERVICE_ENDED})


def _better(good: ParsedInvitation | None, found: ParsedInvitation) -> ParsedInvitation | None:
    """Return what is opened of two: the first, unless the other has the passcode of its meeting."""
    if good is None or not found.launch:
        return good or (found if found.launch else None)
    same = (good.platform, good.meeting_id) == (found.platform, found.meeting_id)
    return found if same and good.meeting_id and found.passcode else good


def _is_rival(good: ParsedInvitation, found: ParsedInvitation) -> bool:
    """Whether a link that holds a token, too, leads to another meeting of the same service."""
    if not good.launch or not found.launch or good.meeting_id or found.meeting_id:
        return False
    return good.host == found.host and _token(good.launch.url) != _token(found.launch.url)


def _token(url: str) -> str:
    """Return a link as far as its token goes, which stands in its path, or in a script's query."""
    return url.partition("&" if ".php?" in url else "?")[0]


def _between(text: str, mine: str, rivals: list[str]) -> str:
    """Return what stands around a link, as far as the next ones to other meetings."""
    at = max(text.find(mine), 0)
    found = [(place, place + len(link)) for link in rivals if (place := text.find(link)) >= 0]
    start = max((end for _, end in found if end <= at), default=0)
    return text[start : min((begin for begin, _ in found if begin > at), default=len(text))]


@frozen
class _Fit:
    """A shape that fits a link, and what its named groups hold."""

    shape: LinkShape
    parts: Mapping[str, str]


def _candidates(texts: list[str], platforms: Platforms) -> Iterator[str]:
    """Yield the links of all texts, each once; a text may be nothing but a link, badly written."""
    seen: set[str] = set()
    bare = 0
    for text in texts:
        lone = lone_link(text)
        for link in [lone] if lone else dict.fromkeys(links(text)):
            if len(seen) == MOST_LINKS:
                return
            bare += not has_scheme(link)
            worth = lone or has_scheme(link) or (bare <= MOST_BARE and _is_link(link, platforms))
            if worth and link not in seen:
                seen.add(link)
                yield link


def _is_link(link: str, platforms: Platforms) -> bool:
    """Whether what is written like a link, without scheme, is one: `a.py/b` has no known host."""
    found = parse_url(link)
    if isinstance(found, InvalidUrl):
        return False
    known = platforms.at(found.host) or unwrap(found)
    return bool(known or looks_like(found.host, platforms.brands))


def _judge(link: str, platforms: Platforms, policy: Policy) -> ParsedInvitation:
    found = parse_url(link)
    for _ in range(DEEPEST):
        inner = None if isinstance(found, InvalidUrl) else unwrap(found)
        if inner is None:
            break
        link = clean(inner)
        found = parse_url(link)
    if isinstance(found, InvalidUrl):
        params = {"scheme": found.scheme} if found.scheme else {}
        if found.code is Refusal.SCHEME and (meant := read_deep_link(link, platforms)):
            return _of_client(meant, found.scheme, platforms, policy)
        return _refusal(found.code, found.host, **params)
    if unwrap(found) is not None:
        return _refusal(Refusal.TOO_DEEP, found.host, limit=str(DEEPEST))
    if is_opaque(found):
        return _refusal(Refusal.WRAPPED, found.host)
    sites = platforms.at(found.host)
    if not sites:
        return _foreign(found, platforms)
    site, fitting = _fitting_site(found, sites)
    if site is None or fitting is None:
        return _wrong_scheme_or_port(found, sites)
    read = _on_site(fitting, site, policy)
    if site.tenants and read.refused is Refusal.NOT_A_JOIN:
        return _foreign(found, platforms)
    return read


def _of_client(
    meant: ParsedDeepLink, scheme: str, platforms: Platforms, policy: Policy
) -> ParsedInvitation:
    """Judge the address of a vendor's client: by its link on the web, else by its number."""
    invitation = meant.invitation
    if meant.link:
        judged = _judge(meant.link, platforms, policy)
        own = judged.platform == invitation.platform
        if (own and judged.launch) or judged.refused in _NO_OTHER:
            return judged
    elif invitation.meeting_id and invitation.platform:
        platform = platforms.by_key[invitation.platform]
        return _numbered(platform, invitation.meeting_id, invitation.passcode, policy)
    return replace(invitation, refused=Refusal.SCHEME, params={"scheme": scheme})


def _refusal(code: Refusal, host: str, **params: str) -> ParsedInvitation:
    return ParsedInvitation(refused=code, params=params, host=host or None)


def _foreign(found: LinkUrl, platforms: Platforms) -> ParsedInvitation:
    if IP_LITERAL.fullmatch(found.host):
        return _refusal(Refusal.IP_LITERAL, found.host)
    like = looks_like(found.host, platforms.brands)
    if like:
        return _refusal(Refusal.LOOK_ALIKE_HOST, found.host, like=like)
    return _refusal(Refusal.FOREIGN_HOST, found.host)


def _fitting_site(
    found: LinkUrl, sites: tuple[Site, ...]
) -> tuple[Site, LinkUrl] | tuple[None, None]:
    """Return the site a link may be opened on; http is lifted to https where that is the site's."""
    for site in sites:
        if (site.scheme, site.port) == (found.scheme, found.port):
            return site, found
    for site in sites:
        if (found.scheme, found.port) == ("http", None) == (found.scheme, site.port):
            return site, replace(found, scheme="https")
    return None, None


def _wrong_scheme_or_port(found: LinkUrl, sites: tuple[Site, ...]) -> ParsedInvitation:
    key = sites[0].platform.key
    if any(site.port == found.port for site in sites):
        invitation = _refusal(Refusal.SCHEME, found.host, scheme=found.scheme)
    else:
        port = found.port or DEFAULT_PORT[found.scheme]
        invitation = _refusal(Refusal.PORT, found.host, port=str(port))
    return replace(invitation, platform=key)


def _on_site(found: LinkUrl, site: Site, policy: Policy) -> ParsedInvitation:
    platform = site.platform
    invitation = ParsedInvitation(platform.key, host=found.host)
    path, tail = found.path, ending(found.rest[len(found.path) :])
    name = as_name(path)
    written = None if name is None else replace(found, rest=name + (tail if name == path else ""))
    met = _met(written, platform) if written else None
    if met is None and not decoded(found.rest).isascii():
        met, odd = _read_on(found, tail, platform)
        if odd and not (met and met.refused):
            return _odd(invitation, odd)
    if met is None:
        return replace(invitation, refused=Refusal.NOT_A_JOIN)
    if met.refused:
        number = met.fit.parts.get("meeting_id") if met.refused is Refusal.HOST_LINK else None
        return replace(invitation, refused=met.refused, meeting_id=number)
    return _fitted(invitation, met.reading, site, met.fit, policy)


def _read_on(found: LinkUrl, tail: str, platform: Platform) -> tuple[_Met | None, str]:
    """Return what a link with letters beyond ASCII is, and which of them leaves that open."""
    met: list[tuple[Reading, _Met]] = []
    for part in readings(found.path):
        rest = part.text + (tail if part.whole else "")
        one = _met(replace(found, rest=rest), platform)
        if one and not (part.joined and not one.number.isdecimal()):
            met.append((part, one))
    if not met:
        return None, _in_the_way(found, platform)
    odd = (part.odd for part, _ in met if part.odd and not (part.doubtful and len(met) == 1))
    return met[0][1], next(odd, "")


def _in_the_way(found: LinkUrl, platform: Platform) -> str:
    """Return the first letter beyond ASCII of a link that would join without it, or ""."""
    rest = decoded(found.rest)
    others = re.search(r"[^\x00-\x7f]", rest)
    if others is None:
        return ""
    without = (rest[: others.start()], re.sub(r"[^\x00-\x7f]", "", rest))
    met = (_met(replace(found, rest=each), platform) for each in without)
    return others[0] if any(one and not one.refused for one in met) else ""


@frozen
class _Met:
    """What a link is, once it is read so: it joins, or is `refused`."""

    reading: LinkUrl
    fit: _Fit
    refused: Refusal | None = None

    @property
    def number(self) -> str:
        return self.fit.parts.get("meeting_id", "")


def _met(found: LinkUrl, platform: Platform) -> _Met | None:
    for reading in _readings(found):
        if host := _first(platform.host_link, reading, platform):
            return _Met(reading, host, Refusal.HOST_LINK)
        if reading.path.isascii() and (no := _first(platform.not_a_join, reading, platform)):
            return _Met(reading, no, Refusal.NOT_A_JOIN)
        if fit := _first(platform.join, reading, platform):
            return _Met(reading, fit)
    return None


def _odd(invitation: ParsedInvitation, letter: str) -> ParsedInvitation:
    params = {"character": named(letter)}
    return replace(invitation, refused=Refusal.ODD_CHARACTER, params=params)


def _fitted(
    invitation: ParsedInvitation, found: LinkUrl, site: Site, fit: _Fit, policy: Policy
) -> ParsedInvitation:
    platform = site.platform
    found = _unglued(found, platform)
    passcode = fit.parts.get("passcode") or _passcode_in(found, platform)
    number, name = fit.parts.get("meeting_id"), fit.parts.get("name")
    invitation = replace(invitation, meeting_id=number, name=name, passcode=passcode)
    if passcode and not passcode.isascii():
        return _odd(invitation, re.sub("[\x00-\x7f]+", "", passcode)[0])
    url = _launch_url(found, site, fit.shape, invitation.meeting_id)
    return _launched(invitation, platform, found.origin, url, policy)


def _unglued(found: LinkUrl, platform: Platform) -> LinkUrl:
    """Return a link without a printed passcode that was copied right behind its token."""
    if not platform.passcode_token:
        return found
    token = f"(?i:([?&]{re.escape(platform.passcode_param)}=))({platform.passcode_token})"
    rest = re.sub(token + "[0-9A-Za-z@*_-]{1,10}(?=[&#]|$)", r"\1\2", found.rest, count=1)
    return replace(found, rest=rest)


def _passcode_in(found: LinkUrl, platform: Platform) -> str | None:
    given, name = _query(found), platform.passcode_param
    if platform.ignore_case:
        given, name = {key.lower(): value for key, value in given.items()}, name.lower()
    return given.get(name) or None


def _launched(
    invitation: ParsedInvitation, platform: Platform, origin: str, url: str, policy: Policy
) -> ParsedInvitation:
    if barred := _barred(invitation, platform, policy):
        return barred
    launch = Launch(url, invitation.host or "", origin, platform.mode)
    return replace(invitation, launch=launch)


def _barred(
    invitation: ParsedInvitation, platform: Platform, policy: Policy
) -> ParsedInvitation | None:
    """Return `invitation` refused if the room or the end of the service forbids it, else None."""
    host = invitation.host or ""
    if not policy.permits(platform, host):
        return replace(invitation, refused=Refusal.DENIED_BY_POLICY)
    if end := policy.ended(platform, host):
        day = {"date": end.date.isoformat()}
        return replace(invitation, refused=Refusal.SERVICE_ENDED, params=day)
    return None


def _launch_url(found: LinkUrl, site: Site, shape: LinkShape, meeting_id: str | None) -> str:
    """Return what is opened; a configured host knows its own pages, so its links stay."""
    launch = site.platform.launch
    found = found.with_fragment(launch.kept(found.fragment))
    if launch.as_it_is or shape.as_it_is or site.configured or not meeting_id:
        return found.url
    return launch.link.format(
        origin=found.origin,
        meeting_id=meeting_id,
        query=f"?{found.query}" if found.query else "",
        fragment=f"#{found.fragment}" if found.fragment else "",
    )


def _readings(found: LinkUrl) -> Iterator[LinkUrl]:
    """Yield a link as it is written, then as it may have been before somebody mended it.

    That is with signs unescaped that were escaped once too often, and without a word that is glued
    to the number.
    """
    path = found.path
    rest = path + _named(found.rest[len(path) :])
    yield replace(found, rest=rest)
    for mended in dict.fromkeys(_mended(rest)):
        if mended != rest and isinstance(parse_url(found.origin + mended), LinkUrl):
            yield replace(found, rest=mended)


def _mended(rest: str) -> Iterator[str]:
    yield _ESCAPED.sub(_unescape, rest)
    yield _ESCAPED.sub(_unescape, rest.replace("%25", "%"))
    yield rest.replace("=3D", "=")
    if "?" not in rest:
        yield rest.replace("&", "?", 1)
    path = re.split("[?#]", rest, maxsplit=1)[0]
    yield _GROUPED.sub("", re.sub("/{2,4}", "/", path)) + rest[len(path) :]
    yield _GLUED_WORD.sub("", rest)


_ESCAPED = re.compile("%(?:3F|3D|26|23|2F)", re.IGNORECASE)
_GROUPED = re.compile("(?<=[0-9]{3})-(?=[0-9]{3,5}(?![0-9A-Za-z]))")  # `/j/912-3456-7890`
# `/j/91234567890Join by phone`, `/abc-defg-hijJoin by phone`
_GLUED_WORD = re.compile(r"(?:(?<=[0-9]{9})|(?<=-[a-z]{4}-[a-z]{3}))[A-Z][a-z]{2,}.*")
_ESCAPED_NAME = re.compile(r"(?<=[?&])([A-Za-z]\w{0,30})%(?:25){0,2}3D([^&=#]*)", re.IGNORECASE)


def _unescape(escaped: re.Match[str]) -> str:
    return unquote(escaped[0])


def _named(tail: str) -> str:
    """Return what stands behind a path with its parameters named: `?pwd%3D1` is `?pwd=1`."""

    def named(parameter: re.Match[str]) -> str:
        behind = parameter[2].replace("%25", "%")
        return f"{parameter[1]}={_ESCAPED.sub(_unescape, behind)}"

    return _ESCAPED_NAME.sub(named, tail) if "%" in tail else tail


def _first(shapes: tuple[LinkShape, ...], found: LinkUrl, platform: Platform) -> _Fit | None:
    for shape in shapes:
        parts = _match(shape, found, platform)
        if parts is not None:
            return _Fit(shape, parts)
    return None


def _match(shape: LinkShape, found: LinkUrl, platform: Platform) -> dict[str, str] | None:
    """Return the named groups of a shape that fits (perhaps none), or None."""
    if shape.hosts and not any(covers(pattern, found.host) for pattern in shape.hosts):
        return None
    query = _query(found) if shape.query else {}
    if shape.base64:
        query = {name: _decoded(query.get(name, "")) for name in shape.query}
    pairs: list[tuple[str, str | None]] = [(shape.path, found.path)]
    for name, pattern in shape.query.items():
        if not name.endswith("?") or name[:-1] in query:
            pairs.append((pattern, query.get(name.removesuffix("?"))))
    if shape.fragment is not None:
        pairs.append((shape.fragment, found.fragment))
    parts: dict[str, str] = {}
    flags = re.ASCII | (re.IGNORECASE if platform.ignore_case else 0)
    for pattern, text in pairs:
        seen = unquote(text) if shape.decode and text is not None else text
        match = None if seen is None else re.fullmatch(pattern, seen, flags)
        if match is None:
            return None
        parts |= {name: value for name, value in match.groupdict().items() if value}
    return parts


def _decoded(text: str) -> str:
    padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
    try:
        return base64.b64decode(padded.translate(_OF_URLS), validate=True).decode()
    except ValueError:
        return ""


_OF_URLS = str.maketrans("-_", "+/")


def _query(found: LinkUrl) -> dict[str, str]:
    plus = found.query.replace("+", "%2B")  # it is one: nobody writes a blank into a link
    return dict(reversed(parse_qsl(plus, keep_blank_values=True)))


def _completed(invitation: ParsedInvitation, whole: str, platforms: Platforms) -> ParsedInvitation:
    """Add number and passcode from the text around a link; what the link says goes first."""
    platform = platforms.by_key.get(invitation.platform or "")
    if platform is None:
        return invitation
    number = invitation.meeting_id or number_of(whole, platform, platforms) or invitation.name
    digits = number if number and number.isdecimal() else None
    passcode = invitation.passcode or passcode_of(whole, platform.key, platforms, digits)
    return replace(invitation, meeting_id=number, passcode=passcode)


def _from_numbers(
    whole: str, platforms: Platforms, policy: Policy, linked: set[str]
) -> ParsedInvitation:
    found = numbers_in(whole, platforms, linked)
    if not found and (odd := odd_number(whole, platforms)):
        return _odd(ParsedInvitation(), odd)
    if not found:
        return ParsedInvitation(refused=Refusal.NO_MEETING)
    if len({number.platform for number in found}) > 1:
        names = " or ".join(dict.fromkeys(number.platform for number in found))
        return ParsedInvitation(refused=Refusal.AMBIGUOUS, params={"platforms": names})
    platform = platforms.by_key[found[0].platform]
    passcode = passcode_of(whole, platform.key, platforms, found[0].digits)
    return _numbered(platform, found[0].digits, passcode, policy)


def _dialled(found: DialAddress, platforms: Platforms, policy: Policy) -> ParsedInvitation:
    """Judge an address to dial: of a known platform, it is as good as the number in it."""
    platform = platforms.by_key[found.platform]
    return _numbered(platform, found.meeting_id, found.passcode, policy)


def _numbered(
    platform: Platform, digits: str, passcode: str | None, policy: Policy
) -> ParsedInvitation:
    invitation = ParsedInvitation(platform.key, digits, passcode)
    if not platform.launch.number:
        return _barred(invitation, platform, policy) or invitation
    found = parse_url(platform.launch.number.format(meeting_id=digits))
    if isinstance(found, InvalidUrl):
        return replace(invitation, refused=Refusal.NEEDS_LINK)
    invitation = replace(invitation, host=found.host)
    return _launched(invitation, platform, found.origin, found.url, policy)
