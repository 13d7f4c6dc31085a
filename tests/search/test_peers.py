"""Searches and answers that others wrote, on loopback: WS-Discovery, multicast DNS, Sony's setup.

WSDiscovery (PyPI) answers our search as a camera does, and searches for our simulated cameras;
python-zeroconf answers as an NDI source; onvif (npm) and sony-camera-ip-setup (PyPI) search. Other
programs on this machine may answer, too: only what is meant is looked at.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import sony_camera_ip_setup as sony

from roomctl.app import parse
from roomctl.camera.found import SEARCH
from roomctl.camera.sim import http_camera
from roomctl.camera.sim.search import sony_answer
from roomctl.clock import SystemClock
from roomctl.ports import connect
from roomctl.ports.interfaces import interfaces
from roomctl.search import FoundDevice
from roomctl.search.run import CONFIRM_S, search
from roomctl.simulator import Simulator
from roomctl.simulator.wires import offer
from roomctl.visca import setup
from tests.node_packages import bring

pytestmark = pytest.mark.real

LIMIT_S = 60.0  # ten times what a busy machine needs
HEARD_S = CONFIRM_S + 4.0
TOML = """
[room]
display_name = "Bamboo"
[camera.front]
url = "visca-ip://192.0.2.10"
[camera.back]
url = "onvif://192.0.2.11"
"""
TYPES = "QName('http://www.onvif.org/ver10/network/wsdl', 'NetworkVideoTransmitter')"

PUBLISHES = f"""
import ipaddress, sys
from wsdiscovery import QName, Scope
from wsdiscovery.publishing import ThreadedWSPublishing
published = ThreadedWSPublishing()
published.start()
published.addSourceAddr(ipaddress.IPv4Address("127.0.0.1"))
scopes = [Scope("onvif://www.onvif.org/hardware/SRG-X120"),
          Scope("onvif://www.onvif.org/name/Front%20left")]
published.publishService([{TYPES}], scopes, sys.argv[1:])
print("ready", flush=True)
sys.stdin.read()
"""

ANNOUNCES = """
import socket, sys
from zeroconf import ServiceInfo, Zeroconf
host, name = sys.argv[1:]
kind = "_ndi._tcp.local."
announced = Zeroconf(interfaces=[host])
announced.register_service(ServiceInfo(
    kind, f"{name}.{kind}", port=5961, addresses=[socket.inet_aton(host)], server="cam.local."))
print("ready", flush=True)
sys.stdin.read()
"""

SEARCHES = f"""
import ipaddress, json
from wsdiscovery import QName
from wsdiscovery.discovery import ThreadedWSDiscovery
searching = ThreadedWSDiscovery()
searching.start()
searching.addSourceAddr(ipaddress.IPv4Address("127.0.0.1"))
found = searching.searchServices(types=[{TYPES}], timeout=3)
print(json.dumps([[one.getXAddrs(), [str(each) for each in one.getScopes()]] for one in found]))
"""

NODE_SEARCHES = """
const {Discovery} = require(process.argv[1] + '/node_modules/onvif');
Discovery.on('error', () => {});
Discovery.probe({device: 'lo', timeout: 3000, resolve: false}, (error, found) => {
  console.log(JSON.stringify(found.map((one) => {
    const {XAddrs, types, scopes} = one.probeMatches.probeMatch;
    return {XAddrs, types, scopes};
  })));
});
"""


@asynccontextmanager
async def answering(script: str, *words: str) -> AsyncIterator[None]:
    """Run somebody else's responder until the end; it ends with its stdin."""
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script, *words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert run.stdout is not None
    try:
        async with asyncio.timeout(LIMIT_S):
            assert await run.stdout.readline() == b"ready\n"
        yield
    finally:
        run.kill()
        await run.wait()


async def printed(*command: str) -> list[object]:
    run = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(LIMIT_S):
        said, _ = await run.communicate()
    told: list[object] = json.loads(said)
    return told


async def found() -> list[FoundDevice]:
    return await search([SEARCH], connect, interfaces(["lo"]), HEARD_S)


@asynccontextmanager
async def simulated() -> AsyncIterator[Simulator]:
    simulator = Simulator(parse(TOML, "room.toml"), SystemClock())
    try:
        await simulator.wire()
        yield simulator
    finally:
        await simulator.close()


async def test_a_camera_that_wsdiscovery_publishes_is_found_and_asked() -> None:
    wire = await offer("onvif", lambda: http_camera("onvif"), SystemClock())
    try:
        other = "http://10.1.2.3/onvif/device_service"
        service = f"http://{wire.path}/onvif/device_service"
        async with answering(PUBLISHES, other, service):
            one = next(one for one in await found() if wire.url in one.urls)
    finally:
        await wire.close()
    assert (one.model, one.verified, one.claims) == ("Simulated PTZ", True, ())


async def test_an_ndi_source_of_zeroconf_is_found_where_it_answers_from() -> None:
    async with answering(ANNOUNCES, "127.36.4.1", "FRONT-ROOM (Cam 1)"):
        (one,) = [one for one in await found() if "127.36.4.1" in one.claims]
    assert "NDI" in one.protocols
    assert one.host == "127.0.0.1"  # it answers from there, and says that it is elsewhere


async def test_a_client_of_others_finds_the_simulated_onvif_camera() -> None:
    async with simulated() as simulator:
        told = await printed(sys.executable, "-c", SEARCHES)
    service = f"http://{simulator.ports['camera.back']}/onvif/device_service"
    scopes = next(scopes for addresses, scopes in told if addresses == [service])  # type: ignore[misc]
    assert "onvif://www.onvif.org/name/back" in scopes


async def test_the_onvif_package_of_npm_finds_the_simulated_onvif_camera() -> None:
    tools = await asyncio.to_thread(bring, "onvif-clients")
    async with simulated() as simulator:
        told = await printed(tools["node"], "-e", NODE_SEARCHES, tools["folder"])
    service = f"http://{simulator.ports['camera.back']}/onvif/device_service"
    one = next(one for one in told if one["XAddrs"] == service)  # type: ignore[index,call-overload]
    assert "NetworkVideoTransmitter" in one["types"]
    assert "onvif://www.onvif.org/hardware/PTZ" in one["scopes"]


async def test_simulated_cameras_are_found_with_their_model_and_not_when_unplugged() -> None:
    async with simulated() as simulator:
        back = f"onvif://{simulator.ports['camera.back']}"
        told = await found()
        (sony_camera,) = simulator.at_its_port
        await simulator.act("camera.front", "unplug", {})
        await simulator.act("camera.back", "unplug", {})
        later = await found()
    (visca,) = [one for one in told if f"visca-ip://{sony_camera}" in one.urls]
    assert (visca.profile, visca.name, visca.verified) == ("sony_srg300h", "FRONT", True)
    assert visca.protocols == ("VISCA over IP",)
    assert any(back in one.urls and one.verified for one in told)
    assert not any(back in one.urls for one in later)
    assert sony_camera not in {one.host for one in later}


def test_sonys_inquiry_is_asked_and_answered_as_another_program_does() -> None:
    assert sony.build_inquiry() == setup.INQUIRY
    _, answer = sony_answer("front", "127.0.0.2")
    reply = answer(sony.build_inquiry())
    assert reply is not None
    told = sony.parse_camera_reply(reply)
    assert told is not None
    assert (told.ip, told.name, told.model) == ("127.0.0.2", "FRONT", "IPCARD")
    fields = [f"{key}:{value}" for key, value in told.extra.items()]
    assert setup.read_inquiry_reply(sony.encode_fields(["INFO:network", *fields])) == {
        "INFO": "network",
        **told.extra,
    }
