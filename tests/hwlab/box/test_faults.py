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
LEASED = "192.0.2.100"
# systemd-networkd at both ends of the wire; the server's own network begins a minute late.
LATE = {
    "/etc/systemd/network/eth0.network": "[Match]\nName=eth0\n[Network]\nDHCP=ipv4\n",
    "/srv/far.network": """[Match]
Name=far
[Network]
Address=192.0.2.1/24
DHCPServer=yes
[DHCPServer]
PoolOffset=100
PoolSize=1
PersistLeases=no
""",
    "/etc/systemd/system/late-dhcp.service": r"""[Unit]
DefaultDependencies=no
Before=systemd-networkd.service
[Service]
Type=simple
ExecStartPre=ip netns add outside
ExecStartPre=ip link set far netns outside
ExecStartPre=ip -n outside link set far up
ExecStart=nsenter --net=/run/netns/outside unshare --mount sh -ec 'sleep 60; \
  mount -t tmpfs own /run/dbus; mount -t tmpfs own /etc/systemd/network; \
  mount -t tmpfs -o mode=755,uid=systemd-network,gid=systemd-network own /run/systemd/netif; \
  cp /srv/far.network /etc/systemd/network; exec /usr/lib/systemd/systemd-networkd'
[Install]
WantedBy=sysinit.target
""",
}


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


def test_a_full_disk_is_reported_and_ends_no_room(box: Box) -> None:
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


@pytest.mark.parametrize("waits", [False, True], ids=["as on the image", "as Debian does"])
def test_an_address_that_dhcp_gives_late_is_the_rooms_too(box: Box, waits: bool) -> None:
    type_the_documents(box)
    until_ready(box)
    room = "/etc/roomctl/room.toml"
    box.do(f"sudo sed -i 's/^listen = .*/listen = \"0.0.0.0:8080\"/' {room}")
    for file, text in LATE.items():
        box.run(f"cat > {file}", stdin=text)
    box.do("sudo systemctl enable systemd-networkd late-dhcp")
    if not waits:
        box.do("sudo systemctl mask systemd-networkd-wait-online")
    box.reboot()
    own = "ip -4 -brief address show dev eth0"
    if not waits:
        until_ready(box)
        assert "192.0.2." not in box.run(own).said
    before = {unit: shown(box, unit)["MainPID"] for unit in units(box)}
    until(lambda: LEASED in box.run(own).said, "a lease", lambda: journal(box), HANG_S)
    ask = f'import ssl; print(ssl.get_server_certificate(("{LEASED}", 8080)))'
    line = f"nsenter --net=/run/netns/outside python3 -c '{ask}'"
    until(lambda: box.run(line).status == 0, "an answer", lambda: journal(box), HANG_S)
    until_ready(box)
    for unit, process in before.items():
        found = shown(box, unit)
        assert found["ActiveState"] == "active", journal(box)
        assert found["NRestarts"] == "0", journal(box)
        assert waits or found["MainPID"] == process, journal(box)
