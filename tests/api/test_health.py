"""/healthz: one word for a supervisor, all of it for a token."""

import asyncio

from roomctl.roles import Role
from tests.api.rig import BEARER, House


async def test_a_stranger_gets_one_word_and_a_program_all_of_it(tmp_path):
    house = House(tmp_path)
    async with house.in_process() as stranger:
        answer = await stranger.get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        forged = {"Authorization": "Bearer of-nothing"}
        for headers in (forged, await house.panel_headers(), await house.panel_headers(Role.GUEST)):
            assert (await stranger.get("/healthz", headers=headers)).json() == {"status": "ok"}
    async with house.in_process(headers=BEARER) as program:
        told = (await program.get("/healthz")).json()
    assert told["status"] == "ok"
    assert told["loop_lag_ms"] == told["loop_lag_max_ms"] == 0.0
    assert {"camera.front", "screen"} <= {one["name"] for one in told["devices"]}
    assert told["screen"] == "not_connected"
    assert told["calendar_age_s"] is None


async def test_a_device_that_hangs_is_503_and_only_who_may_read_learns_which(tmp_path):
    house = House(tmp_path)
    room = asyncio.ensure_future(house.room.run())
    try:
        await house.until(lambda document: document.phase == "ready")
        await house.until(lambda _: house.room.bookings.age_s() is not None)
        house.room.liveness.stalled_after_s = -1.0  # whatever has gone round, has not
        async with house.in_process() as stranger:
            answer = await stranger.get("/healthz")
            assert (answer.status_code, answer.json()) == (503, {"status": "stalled"})
        async with house.in_process(headers=BEARER) as program:
            answer = await program.get("/healthz")
        assert answer.status_code == 503
        assert all(one["stalled"] for one in answer.json()["devices"])
        assert answer.json()["screen"] == "connected"
        assert answer.json()["calendar_age_s"] >= 0.0
    finally:
        room.cancel()
        await asyncio.gather(room, return_exceptions=True)
        await house.simulator.close()
