"""Secrets go out of what a room tells of itself, and the rest stays readable."""

import time

import pytest

from roomctl.api.redaction import Redaction, secrets_of
from roomctl.app import parse

GONE = [
    ("Authorization: Bearer abcdefgh12345678", "abcdefgh12345678"),
    ("authorization: basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    ("opened https://user:hunter22@cal.example/x", "hunter22"),
    ("mqtt://room:hunter22@broker.example", "hunter22"),
    ("https://meet.example/j/1?pwd=s3cretpwd&x=1", "s3cretpwd"),
    ("http://10.0.0.2/#pair=QWERTYUIOP", "QWERTYUIOP"),
    ('{"passcode": "445566"}', "445566"),
    ("passcode=445566", "445566"),
    ("Passcode: 445566", "445566"),
    ("入会密码：445566", "445566"),
    ("token = abc123def", "abc123def"),
    ("api_key: abc123def", "abc123def"),
    ("Cookie: roomctl_8080_panel=abc123def", "abc123def"),
]


@pytest.mark.parametrize(("text", "secret"), GONE)
def test_what_looks_like_a_secret_goes(text, secret):
    assert secret not in Redaction().text(text)


@pytest.mark.parametrize(
    "text",
    [
        "camera.front: lost: serial:/dev/ttyUSB0?baud=9600: the other end hung up",
        "no answer within 0.2 s on tcp://10.0.0.7:5678; is it powered?",
        "90 41 FF from camera 1",
        "2026-11-25T09:00:00.000+00:00 INFO roomctl.room: ready",
    ],
)
def test_what_helps_stays(text):
    assert Redaction({"hunter22"}).text(text) == text


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("caldav:https://me:pw12@cal.example/me/secret-path/", "caldav:https://cal.example/…"),
        ("https://cal.example/ical/private-abcdef/basic.ics", "https://cal.example/…"),
        ("https://cal.example", "https://cal.example"),
        ("serial:/dev/ttyUSB0?baud=9600", "serial:/dev/ttyUSB0?baud=9600"),
        ("aw://admin:12345@10.0.0.5/", "aw://10.0.0.5/"),
        ("visca-ip://10.0.0.5:52381", "visca-ip://10.0.0.5:52381"),
        ("mqtt://u:pw99@broker.example:1883/room/7", "mqtt://broker.example:1883/…"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret_in_it(address, shown):
    assert Redaction(secrets_of(parse("", "room.toml"))).value(address) == shown


def test_under_a_key_that_names_a_secret_only_how_many_there_are_is_told():
    told = {
        "wifi": "guest / bamboo2026",
        "favourites": {"Board": "https://meet.example/board", "Weekly": "x"},
        "password": "",
        "number": 7,
    }
    assert Redaction().value(told) == {
        "wifi": "…",
        "favourites": {"1": "…", "2": "…"},
        "password": "",
        "number": 7,
    }


def test_a_short_secret_does_not_eat_every_word():
    assert Redaction({"a", "on"}).text("a camera is on") == "a camera is on"


@pytest.mark.parametrize("sign", ["x", "x ", "a://", "token", "x@", "=", "\n", "密码"])
def test_a_long_text_takes_no_longer_than_its_length(sign):
    began = time.monotonic()
    Redaction({"hunter22"}).text(sign * 300_000)
    assert time.monotonic() - began < 20
