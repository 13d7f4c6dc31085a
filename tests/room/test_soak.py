"""What a room that lives on holds is bounded; `make soak` looks at it for eight hours."""

import asyncio
import logging
from pathlib import Path

import pytest

from tests import soak_sockets
from tests.invented import InventedLoop
from tests.soak_room import lived

CYCLES = 10
FILLING = 100  # objects of a cycle, while the newest thousand changes of the room are not yet full


def test_commands_calls_cables_panels_and_a_broker_that_come_and_go_leave_little_behind() -> None:
    try:
        with asyncio.Runner(loop_factory=InventedLoop) as runner:
            before, after = runner.run(lived(CYCLES, CYCLES))
    finally:
        logging.disable(logging.NOTSET)
    assert after.objects - before.objects < CYCLES * FILLING, (before, after)


@pytest.mark.real
async def test_commands_streams_and_reconnects_by_sockets_leave_little_behind(
    tmp_path: Path,
) -> None:
    before, after, life = await soak_sockets.lived(tmp_path, 1 / 6, 1 / 6)
    assert life.commands > soak_sockets.FULL
    assert life.heard > life.commands
    assert life.reconnects == 2 * (soak_sockets.PANELS + soak_sockets.STREAMS)
    objects, _ = after.more_pct(before)
    assert objects <= soak_sockets.GROWTH_PCT, (before, after)
