"""An ONVIF client that others wrote (onvif-zeep-async) drives the simulated camera over HTTP.

It runs in a process of its own: it takes the proxy's variables out of the environment, and sets up
logging, when it is imported.
"""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from roomctl.camera.sim.onvif import SimOnvif
from roomctl.clock import SystemClock
from roomctl.simulator.wires import offer

pytest.importorskip("zeep")
pytestmark = pytest.mark.real

CLIENT = """
import asyncio, datetime, json, sys
from onvif import ONVIFCamera

async def main(host, port, password):
    camera = ONVIFCamera(host, int(port), "admin", password, adjust_time=True)
    said = []
    try:
        await camera.update_xaddrs()
        profiles = await (await camera.create_media_service()).GetProfiles()
        said.append([each.token for each in profiles])
        ptz, moving = await camera.create_ptz_service(), {"ProfileToken": "moving"}
        turn = {"PanTilt": {"x": 0.5, "y": 0.25}, "Zoom": {"x": 1.0}}
        second = datetime.timedelta(seconds=60)
        await ptz.ContinuousMove({**moving, "Velocity": turn, "Timeout": second})
        said.append((await ptz.GetStatus(moving)).MoveStatus.PanTilt)
        await ptz.Stop({**moving, "PanTilt": True, "Zoom": True})
        said.append((await ptz.GetStatus(moving)).MoveStatus.PanTilt)
        token = await ptz.SetPreset({**moving, "PresetName": "Door"})
        said.append([[each.token, each.Name] for each in await ptz.GetPresets(moving)])
        await ptz.GotoPreset({**moving, "PresetToken": token})
        await ptz.GotoHomePosition(moving)
        try:
            await ptz.GotoPreset({**moving, "PresetToken": "nothing"})
        except Exception as error:
            said.append(str(error))
    except Exception as error:
        said.append(str(error))
    finally:
        await camera.close()
    print(json.dumps(said))

asyncio.run(main(*sys.argv[1:]))
"""


async def said(camera: SimOnvif, password: str, folder: Path) -> list[object]:
    script = folder / "client.py"
    script.write_text(CLIENT)
    wire = await offer("onvif", lambda: camera, SystemClock())
    camera.address = wire.path
    host, _, port = wire.path.rpartition(":")
    try:
        client = await asyncio.create_subprocess_exec(
            sys.executable, str(script), host, port, password, stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(90):
            out, _ = await client.communicate()
    finally:
        await wire.close()
    return json.loads(out.splitlines()[-1])


async def test_a_client_from_elsewhere_drives_stops_and_stores(tmp_path: Path) -> None:
    camera = SimOnvif(("admin", "s3cret"))
    profiles, moving, stopped, presets, refused = await said(camera, "s3cret", tmp_path)
    assert profiles == ["fixed", "moving"]
    assert (moving, stopped) == ("MOVING", "IDLE")
    assert presets == [["P000", "Door"]]
    assert refused == "NoToken"


async def test_a_client_with_a_wrong_password_is_not_let_in(tmp_path: Path) -> None:
    camera = SimOnvif(("admin", "s3cret"))
    answers = await said(camera, "wrong", tmp_path)
    assert len(answers) == 1
    assert "ContinuousMove" not in [what for _, what in camera.heard]
