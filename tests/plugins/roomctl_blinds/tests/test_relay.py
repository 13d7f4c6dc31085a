"""The blinds and a simulated relay talk, in invented time: no clock, no socket, no room."""

from datetime import UTC, datetime

import pytest
from roomctl_blinds.driver import POLL_S, Blinds
from roomctl_blinds.sim import TRAVEL_S, SimRelay
from roomctl_blinds.table import BlindsTable

from roomctl.clock import VirtualClock
from roomctl.device import Status
from roomctl.kind import Context
from roomctl.ports.http import HttpAnswer
from roomctl.store import Settings
from roomctl.wire import Identity, Virtual

URL = "http://192.0.2.30"


async def never(name: str, url: str) -> None:
    """Stand for the network, which these tests do not use."""
    raise AssertionError(f"{name} opened {url}")


class Talk:
    """Blinds, a relay, and the time that passes between them."""

    def __init__(self) -> None:
        clock = VirtualClock(datetime(2026, 11, 25, tzinfo=UTC))
        context = Context(never, clock, Settings(), changed=lambda: None)
        self.blinds, self.relay = Blinds("window", BlindsTable(url=URL), context), SimRelay()
        self.wire = Virtual(self.blinds.machine(Identity(url=URL)), self.relay)

    def tell(self, method: str) -> int:
        """Tell the relay something; return the status of its answer."""
        answers: list[HttpAnswer] = []
        self.wire.near.say(method, {}, answers.append)
        self.wire.settle()
        (answer,) = answers
        return answer.status


def test_the_position_is_asked_at_once_and_followed_while_they_move() -> None:
    talk = Talk()
    talk.wire.settle()
    assert (talk.blinds.position_pct, talk.blinds.moving) == (100, "no")
    assert talk.tell("Close") == 200
    talk.wire.run(TRAVEL_S / 2)
    assert talk.blinds.position_pct in range(40, 61)
    assert talk.blinds.moving == "down"
    talk.wire.run(TRAVEL_S)
    assert (talk.blinds.position_pct, talk.blinds.moving) == (0, "no")


def test_a_relay_that_falls_silent_is_offline_and_its_state_not_known() -> None:
    talk = Talk()
    talk.wire.settle()
    talk.relay.silent = True
    talk.wire.run(2 * POLL_S)
    assert talk.blinds.health.status is Status.OFFLINE
    assert talk.blinds.position_pct is None


@pytest.mark.parametrize("position", [None, -1, 101, "40", [40]])
def test_a_position_that_is_none_is_not_known(position: object) -> None:
    talk = Talk()
    talk.blinds.heard({"state": "stopped", "current_pos": position})
    assert talk.blinds.position_pct is None
