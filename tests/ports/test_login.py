"""How a password is proven over HTTP: challenges as hosts write them, and the strongest of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.ports.login import AuthScheme, LoginMemory, PasswordWithheld, offers

MD5 = 'Digest realm="AW-UE100", nonce="a", algorithm=MD5, qop="auth"'
SHA = 'Digest realm="AW-UE100", nonce="b", algorithm=SHA-256, qop="auth"'
BASIC = 'Basic realm="AW-UE100"'


@pytest.mark.parametrize(
    ("headers", "proofs"),
    [
        ([MD5], [AuthScheme.DIGEST]),
        ([MD5, BASIC], [AuthScheme.DIGEST, AuthScheme.BASIC]),
        ([f"{BASIC}, {MD5}, {SHA}"], [AuthScheme.BASIC, AuthScheme.DIGEST, AuthScheme.DIGEST_SHA2]),
        (
            ['Basic realm="a, Digest b", Digest realm="c", nonce="d"'],
            [AuthScheme.BASIC, AuthScheme.DIGEST],
        ),
        (["basic"], [AuthScheme.BASIC]),
        (['DIGEST Realm = "x" ,  Nonce="y",stale=false'], [AuthScheme.DIGEST]),
        (['Digest realm="x", nonce="y", algorithm="sha-256-sess"'], [AuthScheme.DIGEST_SHA2]),
        (['Digest realm="x", nonce="y", qop="auth-int,auth"'], [AuthScheme.DIGEST]),
        (['Digest realm="x", nonce="y", qop="auth-int"'], [None]),
        (['Digest realm="x", nonce="y", algorithm=SHA-512-256'], [None]),
        (['Digest realm="x"'], [None]),
        (["Digest"], [None]),
        (["NTLM TlRMTVNTUAAB==", 'Bearer realm="x"', BASIC], [None, None, AuthScheme.BASIC]),
        (["", " , ,"], []),
    ],
)
def test_challenges_are_told_apart(headers: list[str], proofs: list[AuthScheme | None]) -> None:
    assert [one.proof for one in offers(headers)] == proofs


def test_a_digest_is_handed_on_with_what_it_says() -> None:
    (one,) = offers(['digest Nonce="a,b", REALM="c\\"d", opaque="e", qop="auth-int, auth"'])
    assert one.text == 'Digest nonce="a,b", realm="c\\"d", opaque="e", qop=auth, algorithm=MD5'


@given(st.lists(st.text(max_size=60), max_size=3))
def test_whatever_a_host_writes_is_read(headers: list[str]) -> None:
    for one in offers(headers):
        assert one.scheme


def test_the_strongest_offer_is_chosen_wherever_it_stands() -> None:
    for headers in ([BASIC, MD5, SHA], [f"{SHA}, {BASIC}", MD5], [f"{BASIC}, {MD5}, {SHA}"]):
        chosen = LoginMemory().choose("camera", offers(headers), AuthScheme.BASIC)
        assert chosen.proof is AuthScheme.DIGEST_SHA2
        assert 'nonce="b"' in chosen.text


@pytest.mark.parametrize(
    ("before", "now"), [(MD5, BASIC), (SHA, BASIC), (SHA, MD5), (f"{BASIC}, {MD5}", BASIC)]
)
@pytest.mark.parametrize("weakest", AuthScheme)
def test_who_asked_for_more_once_gets_nothing_for_less(
    before: str, now: str, weakest: AuthScheme
) -> None:
    offered = LoginMemory()
    try:
        offered.choose("camera", offers([before]), weakest)
    except PasswordWithheld:
        assert weakest is AuthScheme.DIGEST_SHA2
    for _ in range(2):
        with pytest.raises(
            PasswordWithheld, match=r"asked for Digest.* before; the password was not sent"
        ):
            offered.choose("camera", offers([now]), weakest)
    assert offered.choose("other", offers([now]), AuthScheme.BASIC)
    assert offered.choose("camera", offers([SHA]), weakest).proof is AuthScheme.DIGEST_SHA2


@pytest.mark.parametrize(
    ("asked", "weakest", "write"),
    [
        (BASIC, AuthScheme.DIGEST, 'write weakest_login = "basic" in its table'),
        (BASIC, AuthScheme.DIGEST_SHA2, 'write weakest_login = "basic" in its table'),
        (MD5, AuthScheme.DIGEST_SHA2, 'write weakest_login = "digest" in its table'),
        (
            "Negotiate",
            AuthScheme.BASIC,
            "asks for a login by Negotiate; Digest and Basic are known",
        ),
    ],
)
def test_a_way_that_is_not_allowed_is_told_with_what_to_write(
    asked: str, weakest: AuthScheme, write: str
) -> None:
    with pytest.raises(PasswordWithheld, match=write):
        LoginMemory().choose("camera", offers([asked]), weakest)
