"""A PJLink client that others wrote (aiopjlink) drives the simulated projector over real TCP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiopjlink
import pytest
from aiopjlink import PJLink

from roomctl.display.sim import SimDisplay
from tests.display.serving import on_tcp

pytestmark = pytest.mark.real


@asynccontextmanager
async def client(port: int, password: str | None = None) -> AsyncIterator[PJLink]:
    """Have the client talk to the projector; it closes its socket, and does not wait for that."""
    link = PJLink("127.0.0.1", port, password, timeout=30)
    try:
        yield await link.__aenter__()
    finally:
        writer = link._writer
        await link.__aexit__(None, None, None)
        with suppress(ConnectionError):
            await writer.wait_closed()


async def refused(port: int, password: str | None) -> None:
    with pytest.raises(aiopjlink.PJLinkPassword):
        async with client(port, password):
            pass


def ready(password: str = "", class_no: int = 2) -> SimDisplay:
    display = SimDisplay(password=password, class_no=class_no, warm_up_s=0.0, cool_down_s=0.0)
    display.faults = {"filter": "warning"}
    return display


@pytest.mark.parametrize("password", ["", "JBMIAProjectorLink"])
async def test_a_client_from_elsewhere_reads_and_sets_everything(password: str):
    display = ready(password)
    async with (
        on_tcp(display) as port,
        client(port, password or None) as link,
    ):
        assert await link.power.get() is aiopjlink.Power.State.OFF
        await link.power.turn_on()
        assert await link.power.get() is aiopjlink.Power.State.ON

        assert await link.sources.available() != []
        await link.sources.set(aiopjlink.Sources.Mode.DIGITAL, "2")
        assert display.input == "32"

        await link.mute.video(True)
        assert (display.picture_muted, display.sound_muted) == (True, False)
        assert await link.mute.status() == (True, False)
        await link.mute.video(False)

        await link.freeze.set(True)
        assert display.frozen
        await link.speaker.turn_up()
        assert display.volume == 11
        with pytest.raises(aiopjlink.PJLinkERR1):
            await link.microphone.turn_up()

        assert (await link.lamps.status())[0][0] == 1234
        faults = await link.errors.query()
        assert faults[aiopjlink.Errors.Category.FILTER] is aiopjlink.Errors.Level.WARN
        assert await link.filter.hours() == 250
        assert await link.info.manufacturer_name() == "roomctl"
        assert await link.info.serial_number() == "SIM0001"
        assert await link.info.projector_name() == "Bamboo"
        assert await link.info.pjlink_class() is aiopjlink.PJClass.TWO

        await link.power.turn_off()
        assert display.power in ("cooling", "off")


async def test_a_wrong_password_is_refused_and_the_projector_hangs_up():
    display = ready("right")
    async with on_tcp(display) as port:
        await refused(port, "wrong")
        await refused(port, None)
        async with client(port, "right") as link:
            assert await link.power.get() is aiopjlink.Power.State.OFF


async def test_a_projector_of_class_1_does_not_know_class_2():
    async with (
        on_tcp(ready(class_no=1)) as port,
        client(port) as link,
    ):
        with pytest.raises(aiopjlink.PJLinkERR1):
            await link.info.serial_number()
        assert await link.info.pjlink_class() is aiopjlink.PJClass.ONE


async def test_a_projector_in_standby_says_that_it_is_not_the_time():
    async with on_tcp(ready()) as port, client(port) as link:
        with pytest.raises(aiopjlink.PJLinkERR3):
            await link.sources.get()
