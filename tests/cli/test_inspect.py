"""`roomctl probe --ask` on ptys, with a simulated camera behind one of them."""

from pathlib import Path

import pytest

from roomctl.camera.kind import probe
from roomctl.clock import SystemClock
from roomctl.ports import connect
from roomctl.ports.inventory import PluggedDevice
from roomctl.simulator.wires import PtyPort
from tests.camera.site import Site

pytestmark = pytest.mark.real


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


async def test_a_port_on_which_nobody_answers_says_what_was_tried() -> None:
    quiet = PtyPort(SystemClock())
    (found,) = await probe([PluggedDevice("camera", quiet.identity.url, "FT232R")], connect)
    assert found.url == quiet.identity.url
    assert "no answer at 9600, 38400, 115200, 4800 or 2400 baud" in found.what
    await quiet.close()
