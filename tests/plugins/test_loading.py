"""Plug-ins that are found, and those that cannot be used: one sentence, and the room goes on."""

import sys

import pytest

from roomctl import app, plugins
from roomctl.cli import do
from roomctl.errors import ConfigError, RoomctlError
from tests.invented import invented
from tests.plugins.conftest import Bring
from tests.room.rig import ONLY_SCREEN, living

ROOM = '[room]\ndisplay_name = "Bamboo"\n'
SHUTTERS = ROOM + '[shutters.window]\nurl = "http://192.0.2.30"\n'
HEAD = """
from typing import ClassVar
from roomctl.clock import Moment
from roomctl.command import DeviceName, command
from roomctl.config import DeviceTable
from roomctl.device import Device
from roomctl.frozen import frozen
from roomctl.kind import IssueEntry, Kind, KindPart, SimulatedSide
from roomctl.roles import Right
from roomctl.wire import IdleMachine

class Shutters(Device):
    kind = "shutters"

    def machine(self, identity):
        return IdleMachine()

def simulate(tables):
    return [SimulatedSide("shutters", one.url, IdleMachine, "") for one in tables.values()]

@frozen
class Entry:
    name: str
    position_pct: int

def build(tables, context):
    return [
        Shutters(name, table.url, context.connect, context.clock, context.changed)
        for name, table in tables.items()
    ]
"""


def shutters(part: str = "pass", more: str = "", kind: str = '"shutters"', **named: str) -> str:
    """Return the module of a plug-in; its part has this body, its Kind these arguments."""
    body = "\n    ".join(part.strip().splitlines())
    known = {"table": "DeviceTable", "build": "build", "part": "Part", "entry": "Entry"}
    named = known | {"section": '"shutters"', "simulate": "simulate"} | named
    arguments = ", ".join(f"{key}={value}" for key, value in named.items())
    return f"{HEAD}\n{more}\nclass Part(KindPart):\n    {body}\nKIND = Kind({kind}, {arguments})\n"


def refusals(text: str = SHUTTERS) -> list[str]:
    return [str(one) for one in app.mistakes(text, "room.toml")]


COMMAND = '@command("{}", Right.OPERATE)\nasync def _up(self, source{}): "Up."'
SHUTTERS_POINT = {"shutters": "roomctl_shutters:KIND"}


@pytest.mark.parametrize(
    ("module", "why"),
    [
        ("raise OSError('no such\\nlibrary')", "cannot be loaded: OSError: no such library"),
        ("import nothing_of_that_name", "cannot be loaded: ModuleNotFoundError"),
        ("raise SystemExit(3)", "cannot be loaded: SystemExit: 3"),
        ("KIND = 7", "its entry point 'shutters' is a int; expected a Kind"),
        ("", "cannot be loaded: AttributeError"),
        (shutters(kind='"shutter"'), "the kind is called 'shutter'; expected"),
        (shutters(table="dict"), "the table of 'shutters' is <class 'dict'>; expected a KindTable"),
        (shutters(part="x = 1", entry="dict"), "its entry is no frozen dataclass"),
        (shutters(section='"cameras"'), "its section is called 'cameras'; expected 'shutters'"),
        (
            shutters(
                '@command("camera.recall", Right.OPERATE)\nasync def _up(self, source): "Up."'
            ),
            "it declares the command 'camera.recall'; expected shutters.NAME",
        ),
        (
            shutters(COMMAND.format("shutters.Up", "")),
            "it declares the command 'shutters.Up'; expected shutters.NAME",
        ),
        (
            shutters('@command("shutters.up", Right.OPERATE)\nasync def _up(self, source): pass'),
            "the command shutters.up has no docstring",
        ),
        (
            shutters(COMMAND.format("shutters.up", ', a: "No"')),
            "cannot be loaded: NameError",
        ),
        (
            shutters(COMMAND.format("shutters.up", ", device: DeviceName")),
            "the command shutters.up: its argument 'device' is a DeviceName; expected the name"
            " 'shutters'",
        ),
        (
            shutters("def sections(self, now): return {}", entry="None"),
            "its part has `sections`, but the kind has no `entry`",
        ),
        (shutters(build="lambda tables, context: 1 / 0"), "cannot make its devices: ZeroDivision"),
        (shutters(build="lambda tables, context: []"), "makes no device; expected shutters.window"),
        (
            shutters("def __init__(self, *args): raise ValueError('no')"),
            "cannot make its part: ValueError: no",
        ),
    ],
)
def test_one_that_cannot_be_used_is_told_with_its_distribution(
    bring: Bring, module: str, why: str
) -> None:
    bring("roomctl-shutters", SHUTTERS_POINT, module)
    (told,) = refusals()
    assert told.startswith("room.toml:3: shutters: roomctl-shutters 1.0: ")
    assert why in told
    with pytest.raises(ConfigError, match=r"roomctl-shutters 1\.0"):
        app.room(app.parse(SHUTTERS, "room.toml"), _nothing())  # as `serve` does


def test_a_broken_one_costs_nothing_in_a_room_that_does_not_use_it(bring: Bring) -> None:
    bring("roomctl-shutters", SHUTTERS_POINT, "raise OSError")
    assert refusals(ROOM) == []
    assert "roomctl_shutters" not in sys.modules
    assert "camera.recall" in do.commands()


def test_nothing_is_looked_for_where_room_toml_has_no_other_table(bring: Bring) -> None:
    bring("roomctl-shutters", SHUTTERS_POINT, shutters())
    assert refusals(ROOM) == []
    do.arguments("room.wake", [])
    assert plugins.installed.cache_info().misses == 0


@pytest.mark.parametrize("name", ["camera", "cameras", "room", "audio", "devices", "panel"])
def test_a_name_that_is_roomctls_own_is_refused(bring: Bring, name: str) -> None:
    bring("roomctl-shutters", {name: "roomctl_shutters:KIND"}, shutters())
    with pytest.raises(plugins.PluginError, match=rf"roomctl-shutters 1\.0: the name '{name}' is"):
        app.plugin(name)
    assert len(app.every_plugin()[1]) == 1


def test_two_that_bring_one_kind_are_both_named(bring: Bring) -> None:
    bring("roomctl-shutters", SHUTTERS_POINT, shutters())
    bring("other", SHUTTERS_POINT)
    (told,) = refusals()
    assert "other 1.0 and roomctl-shutters 1.0 both bring the kind 'shutters'" in told


def test_a_command_of_one_that_is_broken_says_so(bring: Bring) -> None:
    bring("roomctl-shutters", SHUTTERS_POINT, "raise OSError")
    with pytest.raises(RoomctlError, match=r"roomctl-shutters 1\.0: the kind 'shutters' cannot be"):
        do.arguments("shutters.up", [])


@invented
async def test_a_running_room_says_that_a_new_kind_needs_a_restart(bring: Bring) -> None:
    bring("roomctl-shutters", SHUTTERS_POINT, shutters())
    room = app.room(app.parse(ROOM, "room.toml"), _nothing())
    assert room.plan(app.parse(SHUTTERS, "room.toml")).program == ("shutters",)
    assert room.plan(app.parse(ROOM, "room.toml")).program == ()


def _nothing() -> app.Dependencies:
    from tests.room.rig import LoopClock

    async def connect(name: str, url: str) -> None:
        raise OSError

    return app.Dependencies(connect, LoopClock())


HUGE = 'return {"shutters": (Entry("x" * 1_000_000, 1),)}'
NAN = 'return {"shutters": (Entry("window", float("nan")),)}'
OBJECT = 'return {"shutters": (Entry("window", object()),)}'
TEXT = 'return {"shutters": (Entry("window", "half"),)}'
STRANGE = 'return {"shutters": (Entry("../door", 1),)}'
FOREIGN = 'return {"shutters": (), "devices": ()}'


@invented
@pytest.mark.parametrize(
    ("said", "why"),
    [
        (HUGE, "its section has 1000033 bytes; at most 65536"),
        (NAN, "its section is not JSON"),
        (OBJECT, "its section is not JSON"),
        (TEXT, "ValidationError"),
        (STRANGE, "names '../door'; room.toml has: window"),
        (FOREIGN, "says ['devices', 'shutters']; expected the section 'shutters'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
async def test_what_it_may_not_say_is_an_issue_and_the_room_goes_on(
    bring: Bring, said: str, why: str
) -> None:
    part = f"def sections(self, now):\n    {said}"
    bring("roomctl-shutters", SHUTTERS_POINT, shutters(part))
    async with living(ONLY_SCREEN + SHUTTERS.removeprefix(ROOM)) as house:
        (issue,) = [one for one in house.document.issues if one.code == "plugin.failed"]
        assert issue.params["plugin"] == "roomctl-shutters 1.0"
        assert why in str(issue.params["why"])
        assert len(str(issue.params["why"])) <= 300
        assert house.document.shutters == ()
        await house.join()


@invented
@pytest.mark.parametrize(
    ("step", "method"),
    [
        ("issues", "def issues(self, now): return [IssueEntry('device.offline', 'a', {}, None)]"),
        ("issues", "def issues(self, now): return [1]"),
        ("follow", "def follow(self): 1 / 0"),
        ("tick", "def tick(self): 1 / 0"),
        ("due", "def due(self): 1 / 0"),
        ("run", "async def run(self): 1 / 0"),
    ],
)
async def test_a_step_that_fails_is_an_issue_and_the_room_goes_on(
    bring: Bring, step: str, method: str
) -> None:
    bring("roomctl-shutters", SHUTTERS_POINT, shutters(method, entry="None", section='""'))
    async with living(ONLY_SCREEN + SHUTTERS.removeprefix(ROOM)) as house:
        await house.until(lambda: ("plugin.failed", "shutters") in house.issues)
        (issue,) = [one for one in house.document.issues if one.code == "plugin.failed"]
        assert issue.params["step"] == step
        await house.join()


@invented
async def test_a_result_that_is_no_json_is_refused(bring: Bring) -> None:
    up = '@command("shutters.up", Right.OPERATE)\nasync def _up(self, source):\n    "Up."\n'
    bring("roomctl-shutters", SHUTTERS_POINT, shutters(up + '    return {"a": "x" * 100_000}'))
    async with living(ONLY_SCREEN + SHUTTERS.removeprefix(ROOM)) as house:
        record = await house.ask("shutters.up")
        assert record.error is not None
        assert record.error.code == "failed"
        assert record.error.detail.startswith("shutters.up: was carried out, but its result has")
