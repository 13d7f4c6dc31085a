"""What a found camera says when it is asked itself, in VISCA, by ONVIF and by AW, on real wires."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from roomctl.camera.found import SEARCH
from roomctl.camera.profile import shipped
from roomctl.camera.sim import http_camera
from roomctl.clock import SystemClock
from roomctl.errors import PortError
from roomctl.ports import connect
from roomctl.search import FoundDevice
from roomctl.simulator.wires import offer
from roomctl.visca.sim import SimCamera, SimIp, SimLine
from roomctl.wire import Machine, Port

pytestmark = pytest.mark.real

HOST = "192.0.2.9"
Make = Callable[[], Machine]


@contextlib.asynccontextmanager
async def camera(**machines: Make) -> AsyncIterator[Callable[[str, str], object]]:
    """Serve a camera's protocols by scheme, and connect what is opened at its host to them."""
    wires = {scheme: await offer(scheme, make, SystemClock()) for scheme, make in machines.items()}

    async def to_it(name: str, url: str) -> Port:
        scheme = url.partition(":")[0].replace("-", "_")
        wire = wires.get(scheme.replace("_", "-")) or wires.get(scheme)
        if wire is None:
            raise PortError(url, "nothing listens there")
        _, mark, query = url.partition("?")
        return await connect(name, f"{wire.url}{mark}{query}")

    try:
        yield to_it
    finally:
        for wire in wires.values():
            await wire.close()


async def confirmed(found: FoundDevice, machines: Mapping[str, Make]) -> FoundDevice:
    async with camera(**machines) as to_it:
        return await SEARCH.confirm(found, to_it)  # type: ignore[arg-type]


def seen(*protocols: str, name: str = "", urls: tuple[str, ...] = ()) -> FoundDevice:
    return FoundDevice("camera", HOST, protocols, urls, name)


def sony(model: str = "sony_brcx400") -> SimCamera:
    return SimCamera(shipped()[model])


async def test_an_ndi_source_that_speaks_visca_is_a_camera_of_that_model() -> None:
    one = await confirmed(seen("NDI"), {"visca-ip": lambda: SimIp(sony())})
    assert one.urls == (f"visca-ip://{HOST}",)
    assert one.protocols == ("NDI", "VISCA over IP")
    assert (one.profile, one.model) == ("sony_brcx400", shipped()["sony_brcx400"].name)
    assert one.verified


async def test_a_camera_with_bare_visca_by_udp_is_recognised_too() -> None:
    make = lambda: SimLine([sony("ptzoptics_g2")], None)  # noqa: E731
    one = await confirmed(seen("NDI"), {"udp": make})
    assert one.urls == (f"udp://{HOST}:1259",)
    assert one.verified


async def test_visca_comes_before_onvif_and_both_are_told() -> None:
    found = seen("ONVIF", urls=(f"onvif://{HOST}",))
    one = await confirmed(
        found, {"visca-ip": lambda: SimIp(sony()), "onvif": lambda: http_camera("onvif")}
    )
    assert one.urls == (f"visca-ip://{HOST}", f"onvif://{HOST}")
    assert one.protocols == ("ONVIF", "VISCA over IP")


async def test_an_onvif_camera_without_a_login_tells_its_model() -> None:
    found = seen("ONVIF", urls=(f"onvif://{HOST}",))
    one = await confirmed(found, {"onvif": lambda: http_camera("onvif")})
    assert (one.model, one.verified, one.needs_login) == ("Simulated PTZ", True, False)


async def test_an_onvif_camera_that_refuses_strangers_is_there_and_wants_a_login() -> None:
    guarded = http_camera("onvif")
    guarded.login = ("admin", "s3cret")  # type: ignore[attr-defined]
    one = await confirmed(seen("ONVIF", urls=(f"onvif://{HOST}",)), {"onvif": lambda: guarded})
    assert (one.model, one.verified, one.needs_login) == ("", True, True)


async def test_only_what_calls_itself_panasonics_is_asked_by_aw() -> None:
    aw = {"aw": lambda: http_camera("aw")}
    assert (await confirmed(seen("NDI", name="PC (OBS)"), aw)).urls == ()
    one = await confirmed(seen("NDI", name="AW-UE100 (front)"), aw)
    assert one.urls == (f"aw://{HOST}",)
    assert one.model.startswith("Panasonic AW-")


async def test_a_device_that_answers_nothing_stays_as_it_was_found() -> None:
    found = seen("ONVIF", urls=(f"onvif://{HOST}",))
    assert await confirmed(found, {}) == found


class Liar:
    """Says the same to all that it hears."""

    def __init__(self, says: bytes) -> None:
        self._says, self._left = says, 0

    def receive(self, chunk: object) -> None:
        self._left = 20

    def tick(self, now: float) -> None: ...

    def due(self) -> None: ...

    def outbox(self, now: float) -> bytes | None:
        self._left -= 1
        return self._says if self._left >= 0 else None

    def sent(self, now: float) -> None: ...

    def failed(self, now: float, why: str) -> None: ...


@pytest.mark.parametrize(
    "says", [b"\xff", b"hello", b"\x01\x11" + b"\xff" * 300, bytes.fromhex("81 09 00 02 ff")]
)
async def test_garbage_by_udp_makes_no_camera(says: bytes) -> None:
    one = await confirmed(seen("NDI"), {"visca-ip": lambda: Liar(says), "udp": lambda: Liar(says)})
    assert (one.urls, one.verified) == ((), False)


async def test_a_camera_that_remembers_an_earlier_search_is_recognised_again() -> None:
    remembering = sony()
    ends = SimIp(remembering)
    first = await confirmed(seen("NDI"), {"visca-ip": lambda: ends})
    again = await confirmed(seen("NDI"), {"visca-ip": lambda: ends})
    assert first.profile == again.profile == "sony_brcx400"


async def test_a_camera_that_says_no_more_than_an_error_is_verified_without_a_model() -> None:
    says = bytes.fromhex("02 00 00 02 00 00 00 01 0f 01")
    one = await confirmed(seen("NDI"), {"visca-ip": lambda: Liar(says)})
    assert (one.urls, one.verified) == ((f"visca-ip://{HOST}",), True)
    assert (one.model, one.profile) == ("", None)
