"""`roomctl probe`: on ptys, with a simulated camera behind one; and what it says of a search."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from roomctl import app
from roomctl.camera.kind import probe
from roomctl.cli.inspect import NetworkSearch, as_plugged, found_words, probe_words
from roomctl.clock import SystemClock
from roomctl.errors import RoomctlError
from roomctl.ports import connect
from roomctl.ports.inventory import PluggedDevice
from roomctl.search import FoundDevice, FoundDevices, Sighting
from roomctl.simulator.wires import PtyPort
from tests.camera.site import Site


@pytest.mark.real
async def test_ports_are_told_with_the_camera_that_answers_and_the_speed(tmp_path: Path) -> None:
    site = Site(tmp_path, query="")
    await site.plug()
    taken = PtyPort(SystemClock())
    holder = await connect("front", f"{taken.identity.url}?baud=9600")
    missing = f"serial:{tmp_path}/gone"
    things = [
        PluggedDevice("camera", site.url, "FT232R"),
        PluggedDevice("camera", taken.identity.url, "CP2102"),
        PluggedDevice("camera", missing, "CH340"),
        PluggedDevice("speakerphone", "usb:0b0e:2456", "USB sound with keys"),
    ]
    camera, busy, absent, phone = await probe(things, connect)
    assert camera.url == f"{site.url}?baud=9600"
    assert camera.what == "FT232R: Sony BRC-300 answers at 9600 baud"
    assert busy.url == taken.identity.url
    assert "in use by another program" in busy.what
    assert (absent.url, "there is no" in absent.what) == (missing, True)
    assert phone == things[3]
    await holder.close()
    await taken.close()
    await site.unplug()


@pytest.mark.real
async def test_a_port_on_which_nobody_answers_says_what_was_tried() -> None:
    quiet = PtyPort(SystemClock())
    (found,) = await probe([PluggedDevice("camera", quiet.identity.url, "FT232R")], connect)
    assert found.url == quiet.identity.url
    assert "no answer at 9600, 38400, 115200, 4800 or 2400 baud" in found.what
    await quiet.close()


CAMERA = FoundDevice(
    "camera",
    "192.0.2.9",
    ("ONVIF", "VISCA over IP"),
    ("visca-ip://192.0.2.9", "onvif://192.0.2.9"),
    "CAM1",
    "Sony BRC-X400",
    profile="sony_brcx400",
    verified=True,
)


def lines(*found: FoundDevice) -> str:
    plugged = map(as_plugged, found)
    return probe_words(
        [{"kind": p.kind, "url": p.url, "what": p.what, "profile": p.profile} for p in plugged]
    )


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (
            CAMERA,
            'Sony BRC-X400 "CAM1" at 192.0.2.9: ONVIF, VISCA over IP; also onvif://192.0.2.9',
        ),
        (replace(CAMERA, urls=CAMERA.urls[:1], claims=("10.0.0.1",)), "says that its address is"),
        (replace(CAMERA, verified=False), "did not answer when asked directly"),
        (replace(CAMERA, urls=()), "answers in no protocol that roomctl speaks"),
        (replace(CAMERA, in_network=False), "not in this box's network: change its address first"),
        (replace(CAMERA, needs_login=True), "wants a user and a password before it says more"),
        (replace(CAMERA, kind="display", name="", model=""), "projector at 192.0.2.9"),
        (replace(CAMERA, kind="lamp", model=""), 'lamp "CAM1" at 192.0.2.9'),
    ],
)
def test_a_found_device_is_told_with_what_to_know_of_it(one: FoundDevice, says: str) -> None:
    assert says in found_words(one)


def test_found_devices_are_lines_for_room_toml_and_those_without_a_url_are_remarks() -> None:
    projector = FoundDevice("display", "192.0.2.8", ("PJLink",), ("tcp://192.0.2.8",))
    computer = FoundDevice("camera", "192.0.2.7", ("NDI",), name="PC (OBS)")
    text = lines(CAMERA, computer, projector)
    config = app.parse(f'[room]\ndisplay_name = "Bamboo"\n{text}', "room.toml")
    assert config.tables("camera")["front"].profile == "sony_brcx400"
    assert config.tables("display")["wall"].url == "tcp://192.0.2.8"
    assert '# camera "PC (OBS)" at 192.0.2.7: NDI; answers in no protocol' in text


@pytest.mark.parametrize(
    "name", ['"\n[camera.evil]\nurl = "x"', "\x00\x1b[2J\r\n", "x" * 300, "\u2028"]
)
def test_a_name_with_any_characters_writes_nothing_into_room_toml(name: str) -> None:
    class Way:
        question = None

        def read(self, data: bytes, sender: str) -> list[Sighting]:
            return [Sighting("ONVIF", f"onvif://{sender}", name, name, name, name)]

    devices = FoundDevices([("camera", Way())])  # type: ignore[list-item]
    devices.take(0, "192.0.2.9", b"")
    text = lines(*devices)
    assert tomllib.loads(text) == {"camera": {"front": {"url": "onvif://192.0.2.9"}}}
    assert all(sign.isprintable() for line in text.splitlines() for sign in line)


def test_a_network_interface_that_is_not_there_is_told() -> None:
    with pytest.raises(RoomctlError, match="no network interface 'eht0' that is up"):
        NetworkSearch(("eht0",)).carried_out()
