"""ONVIF clients that others wrote drive the simulated camera of `roomctl simulate --wire`.

onvif-zeep-async (PyPI), onvif and node-onvif (npm), each as its own README does it, in a process of
its own: the first takes the proxy's variables out of the environment when it is imported.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from roomctl.app import parse
from roomctl.camera.sim.onvif import SimOnvif
from roomctl.clock import SystemClock
from roomctl.simulator import Simulator
from roomctl.simulator.cameras import SimulatedHttp
from tests.node_packages import bring

pytestmark = pytest.mark.real

LIMIT_S = 120.0
USER, PASSWORD = "admin", "s3cret"

ZEEP = """
import asyncio, datetime, json, sys
from onvif import ONVIFCamera

async def main(host, port, user, password):
    camera = ONVIFCamera(host, int(port), user, password)
    said = {}
    try:
        await camera.update_xaddrs()
        device = await camera.create_devicemgmt_service()
        said["model"] = (await device.GetDeviceInformation()).Model
        said["hostname"] = (await device.GetHostname()).Name
        said["scopes"] = [each.ScopeItem for each in await device.GetScopes()]
        said["users"] = [each.Username for each in await device.GetUsers()]
        said["xaddr"] = (await device.GetCapabilities({"Category": "All"})).PTZ.XAddr
        said["services"] = [s.XAddr for s in await device.GetServices({"IncludeCapability": True})]
        await device.GetNetworkInterfaces()
        await device.GetServiceCapabilities()
        media = await camera.create_media_service()
        profiles = await media.GetProfiles()
        said["profiles"] = [each.token for each in profiles]
        profile = profiles[0]
        said["encoding"] = profile.VideoEncoderConfiguration.Encoding
        await media.GetVideoSources()
        token = {"ProfileToken": profile.token}
        said["snapshot"] = (await media.GetSnapshotUri(token)).Uri
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        said["stream"] = (await media.GetStreamUri({**token, "StreamSetup": setup})).Uri
        said["picture"] = (await camera.get_snapshot(profile.token))[:4].hex()
        ptz = await camera.create_ptz_service()
        request = ptz.create_type("GetConfigurationOptions")
        request.ConfigurationToken = profile.PTZConfiguration.token
        options = await ptz.GetConfigurationOptions(request)
        space = options.Spaces.ContinuousPanTiltVelocitySpace[0]
        said["fastest"] = [space.XRange.Max, space.YRange.Min]
        await ptz.GetNodes()
        await ptz.GetServiceCapabilities()
        turn = {"PanTilt": {"x": space.XRange.Max, "y": 0.25}, "Zoom": {"x": 1.0}}
        minute = datetime.timedelta(seconds=60)
        await ptz.ContinuousMove({**token, "Velocity": turn, "Timeout": minute})
        said["moving"] = (await ptz.GetStatus(token)).MoveStatus.PanTilt
        await ptz.Stop({**token, "PanTilt": True, "Zoom": True})
        said["stopped"] = (await ptz.GetStatus(token)).MoveStatus.PanTilt
        stored = await ptz.SetPreset({**token, "PresetName": "Door"})
        said["presets"] = [[each.token, each.Name] for each in await ptz.GetPresets(token)]
        away = {"PanTilt": {"x": 0.0, "y": 0.0}, "Zoom": {"x": 0.0}}
        await ptz.AbsoluteMove({**token, "Position": away})
        await ptz.RelativeMove({**token, "Translation": away})
        await ptz.GotoPreset({**token, "PresetToken": stored})
        await ptz.RemovePreset({**token, "PresetToken": stored})
        await ptz.SetHomePosition(token)
        await ptz.GotoHomePosition(token)
        try:
            await ptz.GotoPreset({**token, "PresetToken": "nothing"})
        except Exception as error:
            said["refused"] = str(error)
    except Exception as error:
        said["error"] = repr(error)
    finally:
        await camera.close()
    print(json.dumps(said))

asyncio.run(main(*sys.argv[1:]))
"""

ONVIF = """
const {Cam} = require(process.argv[2] + '/node_modules/onvif/promises');
const [hostname, port, username, password] = process.argv.slice(3);
const said = {};
(async () => {
  const cam = new Cam({hostname, port: Number(port), username, password});
  await cam.connect();
  said.model = (await cam.getDeviceInformation()).model;
  said.hostname = (await cam.getHostname()).name;
  said.scopes = (await cam.getScopes()).map((one) => one.scopeItem);
  said.users = (await cam.getUsers()).map((one) => one.username);
  said.xaddr = (await cam.getCapabilities()).PTZ.XAddr;
  said.services = (await cam.getServices(true)).map((one) => one.XAddr);
  await cam.getServiceCapabilities();
  await cam.getNetworkInterfaces();
  said.profiles = cam.profiles.map((one) => one.$.token);
  said.encoding = cam.activeSource.encoding;
  said.ptz = cam.activeSource.ptz.token;
  said.stream = (await cam.getStreamUri({protocol: 'RTSP'})).uri;
  said.snapshot = (await cam.getSnapshotUri()).uri;
  said.fastest = (await cam.getConfigurationOptions('ptz')).spaces !== undefined;
  await cam.getNodes();
  await cam.getConfigurations();
  await cam.continuousMove({x: 1, y: 0.25, zoom: 1, timeout: 60000});
  said.moving = (await cam.getStatus({})).moveStatus.panTilt;
  await cam.stop({panTilt: true, zoom: true});
  said.stopped = (await cam.getStatus({})).moveStatus.panTilt;
  await cam.setPreset({presetName: 'Door'});
  said.presets = Object.values(await cam.getPresets({})).map((one) => [one.$.token, one.name]);
  await cam.absoluteMove({x: 0, y: 0, zoom: 0});
  await cam.relativeMove({x: 0.1, y: 0, zoom: 0});
  await cam.gotoPreset({preset: 'P000'});
  await cam.removePreset({presetToken: 'P000'});
  await cam.setHomePosition({});
  await cam.gotoHomePosition({});
  await cam.gotoPreset({preset: 'nothing'}).catch((error) => { said.refused = error.message; });
})().catch((error) => { said.error = String(error); }).finally(() => {
  console.log(JSON.stringify(said));
  process.exit(0);
});
"""

NODE_ONVIF = """
const onvif = require(process.argv[2] + '/node_modules/node-onvif');
const [host, port, user, pass] = process.argv.slice(3);
const said = {};
(async () => {
  const xaddr = `http://${host}:${port}/onvif/device_service`;
  const device = new onvif.OnvifDevice({xaddr, user, pass});
  said.model = (await device.init()).Model;
  const {device: about, media, ptz} = device.services;
  const data = (answer, name) => answer.data[`${name}Response`];
  said.hostname = data(await about.getHostname(), 'GetHostname').HostnameInformation.Name;
  said.scopes = data(await about.getScopes(), 'GetScopes').Scopes.map((one) => one.ScopeItem);
  const users = data(await about.getUsers(), 'GetUsers').User;
  said.users = [].concat(users).map((one) => one.Username);
  said.xaddr = data(await about.getCapabilities(), 'GetCapabilities').Capabilities.PTZ.XAddr;
  const services = await about.getServices({IncludeCapability: true});
  said.services = data(services, 'GetServices').Service.map((one) => one.XAddr);
  await about.getServiceCapabilities();
  await about.getNetworkInterfaces();
  await about.getNetworkProtocols();
  await about.getNetworkDefaultGateway();
  await about.getDNS();
  await about.getNTP();
  await about.getDiscoveryMode();
  await about.getWsdlUrl();
  const profile = device.getCurrentProfile();
  said.profiles = device.getProfileList().map((one) => one.token);
  said.encoding = profile.video.encoder.encoding;
  said.fastest = [profile.ptz.range.x.max, profile.ptz.range.y.min];
  said.stream = device.getUdpStreamUrl();
  said.snapshot = profile.snapshot;
  said.picture = (await device.fetchSnapshot()).body.subarray(0, 4).toString('hex');
  await media.getVideoSources();
  await media.getProfile({ProfileToken: profile.token});
  await media.getVideoSourceConfigurations();
  await media.getVideoEncoderConfigurations();
  await ptz.getNodes();
  await ptz.getConfigurations();
  await ptz.getConfigurationOptions({ConfigurationToken: 'ptz'});
  const token = {ProfileToken: profile.token};
  const status = async () => {
    const answer = data(await ptz.getStatus(token), 'GetStatus');
    return answer.PTZStatus.MoveStatus.PanTilt;
  };
  await device.ptzMove({speed: {x: 1.0, y: 0.25, z: 1.0}, timeout: 60});
  said.moving = await status();
  await device.ptzStop();
  said.stopped = await status();
  await ptz.setPreset({...token, PresetName: 'Door'});
  const preset = data(await ptz.getPresets(token), 'GetPresets').Preset;
  said.presets = [[preset.$.token, preset.Name]];
  const middle = {x: 0.0, y: 0.0, z: 0.0};
  await ptz.absoluteMove({...token, Position: middle, Speed: {x: 1, y: 1, z: 1}});
  await ptz.relativeMove({...token, Translation: middle, Speed: {x: 1, y: 1, z: 1}});
  await ptz.gotoPreset({...token, PresetToken: 'P000', Speed: {x: 1, y: 1, z: 1}});
  await ptz.removePreset({...token, PresetToken: 'P000'});
  await ptz.setHomePosition(token);
  await ptz.gotoHomePosition({...token, Speed: 1});
  const nowhere = {...token, PresetToken: 'nothing', Speed: {x: 1, y: 1, z: 1}};
  await ptz.gotoPreset(nowhere).catch((error) => { said.refused = String(error); });
})().catch((error) => { said.error = String(error); }).finally(() => {
  console.log(JSON.stringify(said));
  process.exit(0);
});
"""

CLIENTS: Mapping[str, tuple[str, str]] = {
    "onvif-zeep-async": ("client.py", ZEEP),
    "onvif": ("client.js", ONVIF),
    "node-onvif": ("client.js", NODE_ONVIF),
}


@asynccontextmanager
async def wired(login: tuple[str, str] | None) -> AsyncIterator[tuple[SimOnvif, str]]:
    """A simulated camera as other programs find it, and where that is."""
    config = parse('[camera.front]\nurl = "onvif://192.0.2.77"\n', "room.toml")
    simulator = Simulator(config, SystemClock())
    end = simulator.device("camera.front")
    assert isinstance(end, SimulatedHttp)
    assert isinstance(end.camera, SimOnvif)
    end.camera.login = login
    await simulator.wire()
    try:
        yield end.camera, simulator.ports["camera.front"]
    finally:
        await simulator.close()


async def said(client: str, at: str, password: str, folder: Path) -> dict[str, Any]:
    """Return what a client tells of the camera that it has driven."""
    name, text = CLIENTS[client]
    script = folder / name
    script.write_text(text)
    host, _, port = at.rpartition(":")
    if name.endswith(".py"):
        pytest.importorskip("zeep")
        line = [sys.executable, str(script), host, port]
    else:
        brought = await asyncio.to_thread(bring, "onvif-clients")
        line = [brought["node"], str(script), brought["folder"], host, port]
    process = await asyncio.create_subprocess_exec(
        *line, USER, password, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(LIMIT_S):
        out, _ = await process.communicate()
    told: dict[str, Any] = json.loads(out.splitlines()[-1])
    return told


@pytest.mark.parametrize("login", [None, (USER, PASSWORD)], ids=["open", "with a login"])
@pytest.mark.parametrize("client", CLIENTS)
async def test_a_client_from_elsewhere_drives_the_camera(
    client: str, login: tuple[str, str] | None, tmp_path: Path
) -> None:
    async with wired(login) as (camera, at):
        told = await said(client, at, PASSWORD, tmp_path)
    assert told.get("error") is None
    assert (told["model"], told["hostname"]) == ("PTZ", "simulated-camera")
    assert "onvif://www.onvif.org/type/ptz" in told["scopes"]
    assert told["users"] == [USER]
    assert all(
        each.startswith(f"http://{at}/onvif/") for each in [told["xaddr"], *told["services"]]
    )
    assert (told["profiles"], told["encoding"]) == (["moving"], "H264")
    assert told["fastest"] in ([1.0, -1.0], True)
    assert told["snapshot"] == f"http://{at}/onvif/snapshot.png"
    assert told["stream"] == f"rtsp://{at.partition(':')[0]}/simulated"
    assert told.get("picture", "89504e47") == "89504e47"
    assert (told["moving"], told["stopped"]) == ("MOVING", "IDLE")
    assert told["presets"] == [["P000", "Door"]]
    assert "NoToken" in told["refused"]
    asked = [what for _, what in camera.heard]
    assert {"ContinuousMove", "Stop", "AbsoluteMove", "RelativeMove", "GotoPreset"} <= set(asked)
    assert camera.presets == {}


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_client_with_a_wrong_password_is_not_let_in(client: str, tmp_path: Path) -> None:
    async with wired((USER, PASSWORD)) as (camera, at):
        told = await said(client, at, "wrong", tmp_path)
    assert "error" in told
    assert "ContinuousMove" not in [what for _, what in camera.heard]


@pytest.mark.parametrize(
    ("trap", "client"),
    [("false_address", "onvif"), ("fixed_first", "node-onvif"), ("tells_little", "onvif")],
)
async def test_a_camera_that_is_told_to_be_odd_is_odd(
    trap: str, client: str, tmp_path: Path
) -> None:
    async with wired(None) as (camera, at):
        setattr(camera, trap, True)
        told = await said(client, at, PASSWORD, tmp_path)
    assert ("error" in told) == (trap != "false_address")
    assert ("http://192.0.2.1/" in told.get("xaddr", "")) == (trap == "false_address")
