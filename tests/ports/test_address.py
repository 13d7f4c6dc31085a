import pytest

from roomctl.errors import PortError, PortReason
from roomctl.ports import connect
from roomctl.ports.address import parse


def test_a_url_comes_apart_into_scheme_place_and_options() -> None:
    address = parse("serial:/dev/ttyUSB0?baud=9600")
    assert (address.scheme, address.place) == ("serial", "/dev/ttyUSB0")
    assert dict(address.options) == {"baud": "9600"}


@pytest.mark.parametrize(
    ("url", "host", "number"),
    [
        ("tcp://192.0.2.10:5678", "192.0.2.10", 5678),
        ("tcp://camera.example:1", "camera.example", 1),
        ("udp://[2001:db8::10]:65535", "2001:db8::10", 65535),
    ],
)
def test_host_and_port_are_read(url: str, host: str, number: int) -> None:
    assert parse(url).host_and_port() == (host, number)


@pytest.mark.parametrize(
    "url",
    [
        "tcp://192.0.2.10",
        "tcp:192.0.2.10:5678",
        "tcp://:5678",
        "tcp://2001:db8::10:5678",
        "tcp://h:0",
        "tcp://h:65536",
        "tcp://h:٣",
        "tcp://h:5678/path",
        "tcp://h:5678?baud=9600",
        "udp://h:-1",
    ],
)
def test_a_host_and_port_that_cannot_be_meant_are_refused(url: str) -> None:
    with pytest.raises(PortError) as error:
        parse(url).host_and_port()
    assert error.value.reason is PortReason.UNSUPPORTED


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("/dev/ttyUSB0", "has no scheme"),
        ("", "has no scheme"),
        ("seriall:/dev/ttyUSB0", "front wants 'seriall'.*did you mean 'serial'"),
        ("bluetooth:00", "known: .*gpio,.* serial, tcp, udp, udp-from, unix"),
    ],
)
async def test_a_scheme_that_is_not_known_is_refused_with_those_that_are(
    url: str, says: str
) -> None:
    with pytest.raises(PortError, match=says) as error:
        await connect("front", url)
    assert error.value.reason is PortReason.UNSUPPORTED
