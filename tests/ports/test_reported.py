"""The port of a sensor that others report: open, silent, closed."""

import asyncio

import pytest

from roomctl.errors import PortClosed, PortError
from roomctl.ports import connect


async def test_it_is_open_and_silent_until_it_is_closed() -> None:
    port = await connect("counter", "api:counter")
    reading = asyncio.ensure_future(port.read())
    with pytest.raises(PortError, match="takes nothing"):
        await port.write(b"?")
    assert not reading.done()
    await port.close()
    with pytest.raises(PortClosed):
        await reading


@pytest.mark.parametrize("url", ["api:", "api:counter?field=x"])
async def test_a_place_without_a_name_and_an_option_are_refused(url: str) -> None:
    with pytest.raises(PortError, match=r"write api:NAME|unknown option"):
        await connect("counter", url)
