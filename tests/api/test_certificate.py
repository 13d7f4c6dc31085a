"""The certificate of a box: what is read of one, when it is renewed, and whose is refused."""

import asyncio
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl import app
from roomctl.api.certificate import (
    DAYS,
    RENEW_DAYS,
    BoxCertificate,
    context_of,
    make,
    read,
)
from roomctl.clock import Moment, VirtualClock
from roomctl.config import ApiTable
from roomctl.errors import RoomctlError
from roomctl.tls import Certificate

pytestmark = pytest.mark.real  # a process makes each certificate

TODAY = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    make(folder, ["localhost", "192.0.2.7"], TODAY)
    return folder


def openssl(*words: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *words], input=stdin, capture_output=True, check=True).stdout


def room_toml(certificate: Path, key: Path) -> str:
    return f'[api]\nlisten = "0.0.0.0:8080"\ntls_certificate = "{certificate}"\ntls_key = "{key}"\n'


def mistakes(certificate: Path, key: Path) -> list[str]:
    return [str(one) for one in app.mistakes(room_toml(certificate, key), "room.toml")]


def test_a_pin_is_the_sha256_of_the_key_as_openssl_sees_it(made: Path) -> None:
    key = openssl("x509", "-in", str(made / "certificate.pem"), "-pubkey", "-noout")
    der = openssl("pkey", "-pubin", "-outform", "der", stdin=key)
    expected = openssl("dgst", "-sha256", "-r", stdin=der).split()[0].decode()
    assert read(made / "certificate.pem").pin == f"sha256:{expected}"


def test_key_and_certificate_are_the_services_user_s_alone(made: Path) -> None:
    modes = {one.name: one.stat().st_mode & 0o777 for one in (made, *made.iterdir())}
    assert modes == {made.name: 0o700, "key.pem": 0o600, "certificate.pem": 0o600}


def test_a_certificate_that_is_renewed_has_the_same_pin(tmp_path: Path) -> None:
    make(tmp_path, ["localhost"], TODAY)
    before = read(tmp_path / "certificate.pem")
    make(tmp_path, ["localhost", "bamboo"], TODAY + timedelta(days=300))
    after = read(tmp_path / "certificate.pem")
    assert after.pin == before.pin
    assert after.ends - before.ends == timedelta(days=300)


def test_a_certificate_is_renewed_in_time_and_newcomers_get_it(tmp_path: Path) -> None:
    clock = VirtualClock(TODAY)
    own = BoxCertificate(ApiTable(listen="0.0.0.0:0"), tmp_path, clock)

    async def years() -> None:
        await own.open()
        first = own.certificate
        await own.look()
        assert own.certificate is first
        clock.advance(timedelta(days=DAYS - RENEW_DAYS).total_seconds())
        await own.look()
        assert own.certificate.ends - first.ends > timedelta(days=300)
        assert own.pin == first.pin
        assert not list(own.issues(clock.now()))

    asyncio.run(years())


def test_a_broken_key_is_replaced_and_a_broken_certificate_made_anew(tmp_path: Path) -> None:
    make(tmp_path, ["localhost"], TODAY)
    before = read(tmp_path / "certificate.pem").pin
    (tmp_path / "certificate.pem").write_text("half a")
    own = BoxCertificate(ApiTable(listen="0.0.0.0:0"), tmp_path, VirtualClock(TODAY))
    asyncio.run(own.open())
    assert own.pin == before
    (tmp_path / "key.pem").write_bytes(b"\0" * 99)
    (tmp_path / "certificate.pem").unlink()
    asyncio.run(own.open())
    assert own.pin != before


def test_another_s_certificate_is_said_to_end_thirty_days_before(made: Path) -> None:
    table = ApiTable(
        listen="0.0.0.0:0",
        tls_certificate=str(made / "certificate.pem"),
        tls_key=str(made / "key.pem"),
    )
    given_one = BoxCertificate(table, made, VirtualClock(TODAY))
    asyncio.run(given_one.open())

    def said(days: int, *, synced: bool = True) -> list[str]:
        wall = given_one.certificate.ends - timedelta(days=days)
        return [one.code for one in given_one.issues(Moment(0.0, wall, synced))]

    assert [said(31), said(29), said(0), said(-5)] == [[], ["tls.ends"], ["tls.ends"], ["tls.ends"]]
    assert said(29, synced=False) == []


def test_check_takes_a_pair_and_refuses_what_is_none(made: Path, tmp_path: Path) -> None:
    certificate, key = made / "certificate.pem", made / "key.pem"
    assert mistakes(certificate, key) == []
    make(tmp_path, ["localhost"], TODAY)
    other = tmp_path / "key.pem"
    assert f": is not the key of {certificate}" in mistakes(certificate, other)[0]
    assert [len(mistakes(certificate, one)) for one in (other, tmp_path / "none")] == [1, 1]
    assert "api.tls_certificate: is not a PEM certificate" in mistakes(key, key)[0]
    assert "api.tls_certificate: cannot be read" in mistakes(tmp_path / "none", key)[0]
    assert "api.tls_key: cannot be read" in mistakes(certificate, tmp_path / "none")[0]
    other.chmod(0o644)
    assert "others can read it (mode 0644); chmod 640" in mistakes(certificate, other)[0]


def test_check_refuses_a_certificate_that_has_ended(tmp_path: Path) -> None:
    make(tmp_path, ["localhost"], datetime.now(UTC) - timedelta(days=DAYS + 5))
    assert "ended on " in mistakes(tmp_path / "certificate.pem", tmp_path / "key.pem")[0]


def test_a_key_with_a_passphrase_is_refused_and_asks_nobody(made: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked.pem"
    locked.touch(mode=0o600)
    openssl("ec", "-in", f"{made}/key.pem", "-aes128", "-passout", "pass:x", "-out", str(locked))
    with pytest.raises(RoomctlError, match="is not an unencrypted PEM key"):
        context_of(made / "certificate.pem", locked)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_certificate_or_none(data: bytes) -> None:
    for der in (data, b"\x30\x82\x01\x90\x30\x82\x01\x80" + data):
        try:
            Certificate(der)
        except ValueError:
            continue
