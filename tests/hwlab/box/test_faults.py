"""What goes wrong on a box with its own systemd: what hangs or dies, a full disk, no address."""

from __future__ import annotations

import pytest

from tests.hwlab.box.conftest import RELEASES
from tests.hwlab.box.container import Box, until
from tests.hwlab.box.test_first_contact import (
    journal,
    shown,
    status,
    type_the_documents,
    units,
    until_ready,
)

pytestmark = [
    pytest.mark.timeout(3600),  # the first of a release makes its Debian
    pytest.mark.skipif("13" not in RELEASES, reason="systemd is tried once, as Debian 13 has it"),
]

HANG_S = 600  # ends a hang; the watchdog waits 30 s, and the unit's end 10
STATE = "/var/lib/roomctl"
ADDRESS = "192.0.2.2"


def issues(box: Box) -> set[str]:
    return {one["code"] for one in status(box).get("issues", ())}


def until_replaced(box: Box, unit: str, before: str) -> None:
    until(
        lambda: shown(box, unit)["MainPID"] not in (before, "0"),
        f"{unit} to be back",
        lambda: journal(box),
        HANG_S,
    )


def test_a_part_that_hangs_is_ended_by_the_watchdog_and_is_back(box: Box) -> None:
    type_the_documents(box)
    until_ready(box)
    for unit in units(box):
        if shown(box, unit)["WatchdogUSec"] == "0":
            continue
        before = shown(box, unit)["MainPID"]
        box.do(f"sudo kill -STOP {before}")
        until_replaced(box, unit, before)
        said = box.run(f"journalctl --no-pager --unit {unit} --grep 'Watchdog timeout'").said
        assert "Watchdog timeout" in said, journal(box)
        until_ready(box)


def test_each_part_that_is_killed_is_back_by_itself(box: Box) -> None:
    type_the_documents(box)
    until_ready(box)
    for unit in units(box):
        before = shown(box, unit)["MainPID"]
        box.do(f"sudo kill -KILL {before}")
        until_replaced(box, unit, before)
        until_ready(box)


def test_a_disk_that_is_full_is_told_and_ends_no_room(box: Box) -> None:
    type_the_documents(box)
    until_ready(box)
    box.do("sudo systemctl stop roomctl")
    small = "mount -t tmpfs -o size=4m,mode=700 small"
    box.do(f"sudo sh -ec 'cp -a {STATE} /tmp/state && {small} {STATE}'")
    box.do(f"sudo sh -ec 'cp -a /tmp/state/. {STATE} && chown roomctl: {STATE}'")
    box.run(f"head -c 8m /dev/zero > {STATE}/full")
    box.do("sudo systemctl start roomctl", limit_s=HANG_S)
    full = lambda: "storage.full" in issues(box)  # noqa: E731
    until(full, "the room to say that its disk is full", lambda: journal(box), HANG_S)
    box.do(f"sudo rm {STATE}/full")
    until_ready(box)
    assert shown(box, "roomctl")["NRestarts"] == "0", journal(box)


def test_an_address_that_comes_late_is_the_rooms_too(box: Box) -> None:
    type_the_documents(box)
    until_ready(box)
    room = "/etc/roomctl/room.toml"
    box.do(f"sudo sed -i 's/^listen = .*/listen = \"0.0.0.0:8080\"/' {room}")
    box.do("sudo systemctl stop roomctl && sudo ip address flush dev eth0")
    box.do("sudo systemctl start roomctl", limit_s=HANG_S)
    until_ready(box)
    before = shown(box, "roomctl")["MainPID"]
    box.do(f"sudo ip address add {ADDRESS}/24 dev eth0")
    box.do("sudo ip route replace default via 192.0.2.1")
    ask = (
        f"python3 -c 'import ssl, socket; print(ssl.get_server_certificate((\"{ADDRESS}\", 8080)))'"
    )
    until(lambda: box.run(ask).status == 0, "an answer", lambda: journal(box))
    assert shown(box, "roomctl")["MainPID"] == before
    until_ready(box)
    link = status(box)
    assert link["conditions"]
