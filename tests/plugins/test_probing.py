"""A plug-in's own probe and drill, in the commands that look at hardware without a room."""

import pytest

from roomctl import app
from roomctl.cli import drill, inspect
from tests.plugins.conftest import Bring
from tests.plugins.lamps import MODULE

PROBED = MODULE.replace(
    "simulate=simulate\n",
    "simulate=simulate, probe=probe, drill=drill\n",
).replace(
    "def build(",
    "from roomctl.kind import Drill\n"
    "from roomctl.ports.inventory import PluggedDevice\n\n\n"
    "async def probe(found, connect):\n"
    '    return [*found, PluggedDevice("lamp", "http://192.0.2.31", "a lamp")]\n\n\n'
    "def drill(name, tables, setup):\n"
    "    async def run():\n"
    "        return True\n\n"
    '    return Drill(run, "put back")\n\n\n'
    "def build(",
)


async def nobody(name: str, url: str) -> None:
    raise OSError


async def test_probe_asks_the_plug_ins_that_work_and_names_the_others(
    bring: Bring, caplog: pytest.LogCaptureFixture
) -> None:
    bring("lamps", {"lamp": "lamps:KIND"}, PROBED)
    bring("roomctl-shutters", {"shutters": "roomctl_shutters:KIND"}, "raise OSError('no bus')")
    (found,) = await inspect.asked_of_plugins([], nobody)
    assert inspect.probe_words([{"kind": found.kind, "url": found.url, "what": found.what}]) == (
        '# a lamp\n[lamp.lamp]\nurl = "http://192.0.2.31"'
    )
    assert "roomctl-shutters 1.0: the kind 'shutters' cannot be loaded" in caplog.text


async def test_a_probe_that_fails_costs_its_own_devices_only(
    bring: Bring, caplog: pytest.LogCaptureFixture
) -> None:
    bring(
        "lamps", {"lamp": "lamps:KIND"}, PROBED.replace("    return [*found", "    1 / 0, [*found")
    )
    assert await inspect.asked_of_plugins([], nobody) == []
    assert "lamps 1.0: cannot look for devices: division by zero" in caplog.text


def test_drill_lists_what_a_plug_in_can_prove(bring: Bring) -> None:
    bring("lamps", {"lamp": "lamps:KIND"}, PROBED)
    config = app.parse('[lamp.desk]\nurl = "http://192.0.2.31"\n', "room.toml")
    assert drill.listed(config) == [{"name": "lamp.desk", "url": "http://192.0.2.31"}]
