"""A plug-in with one control of each form, and no words of its own."""

MODULE = '''
from typing import Annotated, Literal

from pydantic import Field

from roomctl.command import DeviceName, command
from roomctl.config import DeviceTable
from roomctl.device import Device
from roomctl.frozen import frozen
from roomctl.kind import Kind, KindPart, SimulatedSide
from roomctl.roles import Right
from roomctl.wire import IdleMachine

Warmth = Annotated[float, Field(ge=2.5, le=6.5)]
Scene = Literal["work", "film", "off_duty"]


@frozen
class LampEntry:
    """A lamp."""

    name: str
    on: Annotated[bool | None, Field(description="whether it is lit; null: not known")]
    scene: Annotated[Scene | None, Field(description="what it is set to")]
    warmth: Annotated[float, Field(ge=2.5, le=6.5, description="colour of its light")]
    light: Annotated[
        int, Field(ge=0, description="of its sensor", json_schema_extra={"unit": "lx"})
    ]
    label: Annotated[str, Field(description="what it calls itself")]


class Lamp(Device):
    kind = "lamp"

    def __init__(self, name, table, context):
        super().__init__(name, table.url, context.connect, context.clock, context.changed)
        self.on = self.scene = None
        self.warmth = 4.0

    def machine(self, identity):
        self.proven()
        return IdleMachine()


class Lamps(KindPart):
    def sections(self, now):
        return {
            "lamp": tuple(
                LampEntry(one.name, one.on, one.scene, one.warmth, 320, "L-1")
                for one in self.devices
            )
        }

    def _set(self, name, **values):
        for one in self.devices:
            if one.name == name:
                for key, value in values.items():
                    setattr(one, key, value)
                one.changed()

    @command("lamp.power", Right.OPERATE)
    async def _power(self, source, lamp: DeviceName, on: bool):
        """Switch it."""
        self._set(lamp, on=on)

    @command("lamp.scene", Right.OPERATE)
    async def _scene(self, source, lamp: DeviceName, scene: Scene):
        """Set it."""
        self._set(lamp, scene=scene)

    @command("lamp.warmth", Right.OPERATE)
    async def _warmth(self, source, lamp: DeviceName, warmth: Warmth):
        """Make it warmer."""
        self._set(lamp, warmth=warmth)

    @command("lamp.test_all", Right.OPERATE)
    async def _test(self, source):
        """Test all."""

    @command("lamp.fade", Right.OPERATE)
    async def _fade(self, source, lamp: DeviceName, scene: Scene, over_s: float):
        """Fade, which is for programs."""


def build(tables, context):
    return [Lamp(name, table, context) for name, table in tables.items()]


def simulate(tables):
    return [SimulatedLamp(name, table.url) for name, table in tables.items()]


class SimulatedLamp(SimulatedSide):
    def __init__(self, name, url):
        super().__init__("lamp", url, IdleMachine, "")
        self.names = (f"lamp.{name}",)


KIND = Kind(
    "lamp", DeviceTable, build, part=Lamps, section="lamp", entry=LampEntry, simulate=simulate
)
'''
