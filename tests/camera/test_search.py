"""How answers to a search for cameras are read: documents' bytes, and what strangers may send."""

import re
import struct
import tomllib
from pathlib import Path
from random import Random
from typing import Any

import pytest

from roomctl.camera.found import SonySetup
from roomctl.camera.mdns import MulticastDns, read_answer
from roomctl.camera.onvif.discovery import (
    ProbeMatch,
    WsDiscovery,
    asked,
    matches,
    probe,
    probe_matches,
)
from roomctl.camera.sim.search import onvif_answer, sony_answer
from roomctl.search import Sighting
from roomctl.visca import setup

FILE = Path(__file__).parents[1] / "vectors" / "search.toml"
SONY = tomllib.loads(FILE.read_text(encoding="utf-8"))["sony"]
ASKED = "urn:uuid:0a6dc791-2be6-4991-9af1-454778a1917a"
DEVICE = "urn:uuid:c9790c3a-701b-464d-a189-0060351c8ada"
SENDER = "192.0.2.9"


def in_bytes(vector: dict[str, Any]) -> bytes:
    if "hex" in vector:
        return bytes.fromhex(vector["hex"])
    return re.sub(
        rb"<([0-9A-F]{2})>", lambda found: bytes.fromhex(found[1].decode()), vector["text"].encode()
    )


@pytest.mark.parametrize("vector", SONY, ids=lambda vector: vector["document"])
def test_sonys_setup_protocol_is_read_and_written_as_its_manuals_print_it(
    vector: dict[str, Any],
) -> None:
    data = in_bytes(vector)
    assert setup.read_inquiry_reply(data) == vector.get("units")
    assert (data == setup.INQUIRY) is vector.get("question", False)
    if "units" in vector:
        assert setup.inquiry_reply(vector["units"]) == data


def test_a_sony_camera_is_found_where_it_answers_and_its_other_address_is_a_claim() -> None:
    data = in_bytes(SONY[1])
    at_home = Sighting("VISCA over IP", "visca-ip://192.168.0.100", "CAM1", "", "04:5d:4b:01:02:03")
    assert list(SonySetup().read(data, "192.168.0.100")) == [at_home]
    (forged,) = SonySetup().read(data, SENDER)
    assert (forged.url, forged.claims) == (f"visca-ip://{SENDER}", "192.168.0.100")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x02\xff\x03",
        b"\x02MAC\xffMODEL\xffIPADR\xff\x03",
        b"\x02MAC:\xffMODEL:x\xffIPADR:1\xff\x03",
        b"\x02" + b"MAC:1\xff" * 9000 + b"\x03",
        b"\x02MAC:1\xffMODEL:\xe4\xffIPADR:1\xff\x03",
        b"\x02MAC:1\xffMODEL:" + b"x" * 300 + b"\xffIPADR:1\xff\x03",
    ],
)
def test_what_no_sony_camera_says_finds_nothing(data: bytes) -> None:
    assert list(SonySetup().read(data, SENDER)) == []


# WS-Discovery.


def answer(
    *addresses: str, relates_to: str = ASKED, types: str = "dn:NetworkVideoTransmitter"
) -> bytes:
    scopes = (
        "onvif://www.onvif.org/hardware/SRG-X120",
        "onvif://www.onvif.org/name/Front%20left",
        "onvif://www.onvif.org/location/building/headquarter",
    )
    return probe_matches(relates_to, DEVICE, ProbeMatch((types,), scopes, addresses))


def read(data: bytes) -> list[Sighting]:
    return list(WsDiscovery(ASKED).read(data, SENDER))


@pytest.mark.parametrize(
    ("addresses", "url", "claims"),
    [
        ([f"http://{SENDER}/onvif/device_service"], f"onvif://{SENDER}", ""),
        ([f"http://{SENDER}:8899/onvif/device_service"], f"onvif://{SENDER}:8899", ""),
        ([f"https://{SENDER}/onvif/x"], f"onvif-https://{SENDER}", ""),
        (["http://[fe80::1]/onvif/x", f"http://{SENDER}/"], f"onvif://{SENDER}", ""),
        (["http://10.0.0.1/", "http://10.0.0.2/"], f"onvif://{SENDER}", "10.0.0.1"),
        (["http://[fe80::1]/onvif/x"], f"onvif://{SENDER}", "fe80::1"),
        (["http://camera.local/"], f"onvif://{SENDER}", ""),
        (["ftp://x", "http://[", "http://1.2.3.4:99999/", "\N{SNOWMAN}"], f"onvif://{SENDER}", ""),
        ([], f"onvif://{SENDER}", ""),
    ],
)
def test_an_onvif_camera_is_asked_where_it_answered(
    addresses: list[str], url: str, claims: str
) -> None:
    (one,) = read(answer(*addresses))
    assert one == Sighting("ONVIF", url, "Front left", "SRG-X120", "", claims)


def test_an_answer_to_another_question_or_of_another_kind_of_device_finds_nothing() -> None:
    address = f"http://{SENDER}/onvif/device_service"
    assert read(answer(address, types="tds:Device"))  # as newer cameras call themselves
    printer = answer(address, types="wsdp:Device").replace(b"onvif://www.onvif.org", b"ldap://x")
    assert read(printer) == []
    assert read(answer(address, relates_to=DEVICE)) == []
    assert read(answer(address, types="pub:Computer")) == []
    assert read(probe(ASKED)) == []


def test_a_camera_answers_a_probe_for_cameras_or_for_anything_and_no_other() -> None:
    assert asked(probe(ASKED)) == ASKED
    anything = probe(ASKED).replace(b"<d:Types>dn:NetworkVideoTransmitter</d:Types>", b"")
    assert asked(anything) == ASKED
    assert asked(probe(ASKED).replace(b"dn:Network", b"dn:Printer")) is None
    assert asked(answer()) is None
    assert asked(b"<Probe/>") is None


def nested(levels: int) -> bytes:
    return b"<Envelope>" * levels + b"</Envelope>" * levels


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 8192,
        b"<",
        b"<Envelope/>",
        nested(4000),
        b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 1000 + b'"><!ENTITY b "&a;&a;&a;">]>'
        b"<Envelope><Body>&b;</Body></Envelope>",
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Envelope>&a;</Envelope>',
        answer(f"http://{SENDER}/")[:-40],
        answer(f"http://{SENDER}/").replace(b"ProbeMatches>", b"ProbeMatches\xff>"),
        answer(f"http://{SENDER}/").decode().encode("utf-16"),
        answer(*["http://10.0.0.1/"] * 20_000)[:8192],
    ],
)
def test_what_is_no_answer_to_a_probe_finds_nothing(data: bytes) -> None:
    assert read(data) == []


def test_one_answer_holds_no_more_than_eight_devices() -> None:
    whole = answer(f"http://{SENDER}/")
    begin, end = whole.index(b"<d:ProbeMatch>"), whole.index(b"</d:ProbeMatches>")
    many = whole[:begin] + whole[begin:end] * 12 + whole[end:]
    assert len(list(matches(many, ASKED))) == 8


# Multicast DNS.


def label(*words: str) -> bytes:
    return b"".join(bytes([len(one.encode())]) + one.encode() for one in words) + b"\0"


def record(owner: bytes, kind: int, data: bytes, *, size: int | None = None) -> bytes:
    length = len(data) if size is None else size
    return owner + struct.pack("!2HIH", kind, 1, 10, length) + data


def message(*records: bytes, flags: int = 0x8400, count: int | None = None) -> bytes:
    said = len(records) if count is None else count
    return struct.pack("!6H", 0, flags, 0, said, 0, 0) + b"".join(records)


NDI = label("_ndi", "_tcp", "local")
FRONT = record(NDI, 12, label("FRONT (Cam 1)", "_ndi", "_tcp", "local"))
HERE = record(label("front", "local"), 1, bytes([192, 0, 2, 9]))
THERE = record(label("front", "local"), 1, bytes([192, 0, 2, 1]))


def service(name: str, kind: str) -> bytes:
    return message(record(label(kind, "_tcp", "local"), 12, label(name, kind, "_tcp", "local")))


def test_an_ndi_source_is_found_by_its_name_and_another_address_is_a_claim() -> None:
    way = MulticastDns(36)
    assert list(way.read(message(FRONT, HERE), SENDER)) == [Sighting("NDI", name="FRONT (Cam 1)")]
    (one,) = way.read(message(FRONT, THERE), SENDER)
    assert one.claims == "192.0.2.1"


def test_an_answer_to_another_question_of_dns_finds_nothing() -> None:
    theirs = struct.pack("!H", 37) + message(FRONT)[2:]
    ours = struct.pack("!H", 36) + message(FRONT)[2:]
    assert list(MulticastDns(36).read(theirs, SENDER)) == []
    assert len(list(MulticastDns(36).read(ours, SENDER))) == 1


def test_a_web_server_counts_only_if_its_name_tells_a_make_of_cameras() -> None:
    way = MulticastDns(36)
    assert list(way.read(service("Office printer", "_http"), SENDER)) == []
    assert list(way.read(service("Sonya's laptop", "_http"), SENDER)) == []
    (one,) = way.read(service("AVer PTC310UV2", "_http"), SENDER)
    assert one == Sighting("HTTP", name="AVer PTC310UV2")


FORWARD = struct.pack("!6H", 0, 0x8400, 0, 1, 0, 0) + b"\xc0\x40" + b"\0" * 60
ITSELF = struct.pack("!6H", 0, 0x8400, 0, 1, 0, 0) + b"\xc0\x0c" + struct.pack("!2HIH", 12, 1, 1, 2)
AROUND = struct.pack("!6H", 0, 0x8400, 0, 1, 0, 0) + b"\x01a\xc0\x0c" + b"\0" * 20


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 11,
        message(FRONT)[:-1],
        message(FRONT, flags=0),
        message(*[FRONT] * 65),
        message(FRONT, count=2),
        message(record(NDI, 12, FRONT, size=9999)),
        message(record(NDI, 12, b"\x3f")),
        message(record(NDI, 12, b"\x80abc")),
        message(record(b"\x01a" * 17 + b"\0", 12, b"\0")),
        FORWARD,
        ITSELF,
        AROUND,
    ],
)
def test_what_is_no_message_of_dns_finds_nothing(data: bytes) -> None:
    assert read_answer(data) is None
    assert list(MulticastDns(36).read(data, SENDER)) == []


def test_damaged_answers_never_do_more_than_find_nothing() -> None:
    rng = Random(36)
    whole = [
        (MulticastDns(36), message(FRONT, HERE)),
        (SonySetup(), in_bytes(SONY[1])),
        (WsDiscovery(ASKED), answer(f"http://{SENDER}/onvif/device_service")),
    ]
    for _ in range(2000):
        way, data = rng.choice(whole)
        damaged = bytearray(data)
        for _ in range(rng.randint(1, 4)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        cut = bytes(damaged[: rng.randint(0, len(damaged))])
        for one in way.read(rng.choice((bytes(damaged), cut)), SENDER):
            assert one.url in ("", f"visca-ip://{SENDER}") or re.fullmatch(
                rf"onvif(-https)?://{re.escape(SENDER)}(:[0-9]+)?", one.url
            )


# What simulated cameras answer.


def test_simulated_cameras_answer_their_own_question_alone() -> None:
    _, onvif = onvif_answer("front", "127.0.0.1:4711")
    reply = onvif(probe(ASKED))
    assert reply is not None
    (one,) = WsDiscovery(ASKED).read(reply, "127.0.0.1")
    assert (one.url, one.name) == ("onvif://127.0.0.1:4711", "front")
    _, sony = sony_answer("meeting-room-front", "127.0.0.2")
    told = sony(setup.INQUIRY)
    assert told is not None
    (two,) = SonySetup().read(told, "127.0.0.2")
    assert (two.url, two.name) == ("visca-ip://127.0.0.2", "MEETINGR")
    for answers in (onvif, sony):
        assert answers(b"garbage") is None
        assert answers(told) is None
        assert answers(reply) is None
