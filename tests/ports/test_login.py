"""How a password is proven over HTTP: challenges as hosts write them, and the strongest of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.ports.login import LoginMemory, Proof, Unproven, offers

MD5 = 'Digest realm="AW-UE100", nonce="a", algorithm=MD5, qop="auth"'
SHA = 'Digest realm="AW-UE100", nonce="b", algorithm=SHA-256, qop="auth"'
BASIC = 'Basic realm="AW-UE100"'


@pytest.mark.parametrize(
    ("headers", "proofs"),
    [
        ([MD5], [Proof.DIGEST]),
        ([MD5, BASIC], [Proof.DIGEST, Proof.BASIC]),
        ([f"{BASIC}, {MD5}, {SHA}"], [Proof.BASIC, Proof.DIGEST, Proof.DIGEST_SHA2]),
        (['Basic realm="a, Digest b", Digest realm="c", nonce="d"'], [Proof.BASIC, Proof.DIGEST]),
        (["basic"], [Proof.BASIC]),
        (['DIGEST Realm = "x" ,  Nonce="y",stale=false'], [Proof.DIGEST]),
        (['Digest realm="x", nonce="y", algorithm="sha-256-sess"'], [Proof.DIGEST_SHA2]),
        (['Digest realm="x", nonce="y", qop="auth-int,auth"'], [Proof.DIGEST]),
        (['Digest realm="x", nonce="y", qop="auth-int"'], [None]),
        (['Digest realm="x", nonce="y", algorithm=SHA-512-256'], [None]),
        (['Digest realm="x"'], [None]),
        (["Digest"], [None]),
        (["NTLM TlRMTVNTUAAB==", 'Bearer realm="x"', BASIC], [None, None, Proof.BASIC]),
        (["", " , ,"], []),
    ],
)
def test_challenges_are_told_apart(headers: list[str], proofs: list[Proof | None]) -> None:
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
        chosen = LoginMemory().choose("camera", offers(headers), Proof.BASIC)
        assert chosen.proof is Proof.DIGEST_SHA2
        assert 'nonce="b"' in chosen.text


@pytest.mark.parametrize(
    ("before", "now"), [(MD5, BASIC), (SHA, BASIC), (SHA, MD5), (f"{BASIC}, {MD5}", BASIC)]
)
@pytest.mark.parametrize("weakest", Proof)
def test_who_asked_for_more_once_gets_nothing_for_less(
    before: str, now: str, weakest: Proof
) -> None:
    offered = LoginMemory()
    try:
        offered.choose("camera", offers([before]), weakest)
    except Unproven:
        assert weakest is Proof.DIGEST_SHA2
    for _ in range(2):
        with pytest.raises(Unproven, match=r"asked for Digest.* before; the password was not sent"):
            offered.choose("camera", offers([now]), weakest)
    assert offered.choose("other", offers([now]), Proof.BASIC)
    assert offered.choose("camera", offers([SHA]), weakest).proof is Proof.DIGEST_SHA2


@pytest.mark.parametrize(
    ("asked", "weakest", "write"),
    [
        (BASIC, Proof.DIGEST, 'write weakest_login = "basic" in its table'),
        (BASIC, Proof.DIGEST_SHA2, 'write weakest_login = "basic" in its table'),
        (MD5, Proof.DIGEST_SHA2, 'write weakest_login = "digest" in its table'),
        ("Negotiate", Proof.BASIC, "asks for a login by Negotiate; Digest and Basic are known"),
    ],
)
def test_a_way_that_is_not_allowed_is_told_with_what_to_write(
    asked: str, weakest: Proof, write: str
) -> None:
    with pytest.raises(Unproven, match=write):
        LoginMemory().choose("camera", offers([asked]), weakest)
