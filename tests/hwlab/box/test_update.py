"""Updates by apt and systemd: to a good version, and back by itself from everything else."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.authority import Authority
from tests.hwlab.box import debian
from tests.hwlab.box.conftest import RELEASES, long, stand_ins
from tests.hwlab.box.container import Box, booted, until
from tests.hwlab.box.documented import TREE
from tests.hwlab.box.packaged import Signer, altered, bring, three_steps
from tests.hwlab.box.test_first_contact import journal, shown, status, until_ready

pytestmark = [
    pytest.mark.timeout(3600),  # the first makes its Debian, and fetches wheels
    pytest.mark.skipif("13" not in RELEASES, reason="the package is for Debian 13"),
]

FOLDER = debian.FOLDER / "run" / "update"
SOURCE = "srv/roomctl"
STATUS = "cat /var/lib/roomctl-update/status.json"
MARKER = "var/lib/roomctl-update/marker.json"
PROGRAM = "usr/lib/roomctl/bin/roomctl"
BACK_S = 360  # the issue's bar, from the request
QUICK = """[Service]
ExecStart=
ExecStart=/usr/bin/python3 -I {updater} run --install-s 300
""".format(updater="/usr/lib/roomctl/lib/python3.13/site-packages/roomctl/updater.py")
HTTPS = """import http.server, ssl, sys
port, keys, folder = sys.argv[1:]
class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def __init__(self, *more): super().__init__(*more, directory=folder)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(keys)
server = http.server.ThreadingHTTPServer(("localhost", int(port)), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
"""

IMAGE = TREE / "deploy/image/root"
OF_THE_IMAGE = (
    "etc/apt/apt.conf.d/90roomctl-image",
    "usr/lib/systemd/system/roomctl-close.service",
)
# The image's layers, in memory. A container's root is no ext4, whose options a remount may name.
LAYERS = {
    "usr/local/sbin/mount": '#!/bin/sh\nLIBMOUNT_FORCE_MOUNT2=always exec /usr/bin/mount "$@"\n',
    "etc/systemd/system/lab-layers.service": r"""[Unit]
DefaultDependencies=no
Before=local-fs-pre.target systemd-journald.service systemd-tmpfiles-setup.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=sh -ec 'for each in etc var home; do \
  upper=/run/state/$$each work=/run/state/.work/$$each; mkdir -p $$upper $$work; \
  mount -t overlay -o lowerdir=/$$each,upperdir=$$upper,workdir=$$work $$each /$$each; \
  done; /usr/local/sbin/mount -o remount,ro /'
[Install]
WantedBy=sysinit.target
""",
}


@pytest.fixture
def box(furnished: tuple[Path, Path], package: Path) -> Iterator[Box]:
    """A box whose room is ready, with limits that a test can wait for."""
    folder = FOLDER / "box"
    shutil.rmtree(folder, ignore_errors=True)
    bring(folder / "written", package, "roomctl.deb")
    quick = folder / "written/etc/systemd/system/roomctl-update.service.d/lab.conf"
    quick.parent.mkdir(parents=True)
    quick.write_text(QUICK, encoding="ascii")
    with booted(furnished, folder) as one:
        one.run(f"chown -R {debian.USER}: /home/{debian.USER}")
        three_steps(one)
        until_ready(one)
        yield one


def does_not_start(line: str) -> Callable[[Path], None]:
    """Return what makes a package's program the `line` of a shell, and its state another."""

    def change(root: Path) -> None:
        (root / PROGRAM).write_text(f"#!/bin/sh\n{line}\n")
        state = "touch /var/lib/roomctl/of-the-new-version"
        script = root / "DEBIAN/postinst"
        script.write_text(script.read_text().replace("set -e\n", f"set -e\n{state}\n", 1))

    return change


def hangs(root: Path) -> None:
    (root / "DEBIAN/postinst").write_text("#!/bin/sh\nexec sleep infinity\n")


def put(box: Box, repository: Path) -> None:
    """Have the box find a repository where its source is."""
    place = box.files / SOURCE
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(repository, place)


def version(box: Box) -> str:
    return box.do("dpkg-query -W -f '${Version} ${Status}' roomctl")


def told(box: Box) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(box.do(STATUS))
    return found


def took_s(box: Box) -> float:
    """Return the seconds from the last update's request until the room ran, by systemd's clock."""
    began = int(shown(box, "roomctl-update")["InactiveExitTimestampMonotonic"])
    runs = int(shown(box, "roomctl")["ActiveEnterTimestampMonotonic"])
    assert runs > began > 0, journal(box)
    return (runs - began) / 1e6


def whole(box: Box) -> tuple[str, str]:
    """Return what must be the same when nothing was changed, or all of it was put back."""
    state = "etc/roomctl/room.toml var/lib/roomctl/room.json var/lib/roomctl/tokens.json"
    sums = box.run(f"cd / && sha256sum {state} {PROGRAM}").said
    return version(box), sums


def test_a_newer_version_is_installed_and_the_room_keeps_all(
    box: Box, package: Path, signer: Signer, tmp_path: Path
) -> None:
    identity, (_, kept) = status(box)["identity"], whole(box)
    put(box, signer.publish(tmp_path / "r", altered(package, tmp_path / "n.deb", "99.0")))
    said = box.do(f"sudo roomctl update --check --from /{SOURCE}")
    assert "99.0 is available" in said
    said = box.do("sudo roomctl update", limit_s=1800)
    assert "to 99.0" in said, said + journal(box)
    assert version(box) == "99.0 install ok installed"
    until_ready(box)
    assert (status(box)["identity"], whole(box)[1]) == (identity, kept)
    assert not (box.files / MARKER).exists()
    assert "99.0 is the newest version" in box.do("sudo roomctl update")
    box.reboot()
    until_ready(box)
    assert version(box) == "99.0 install ok installed"


@pytest.mark.parametrize(
    "start", ["exit 1", pytest.param("exec sleep infinity", marks=long)], ids=["ends", "hangs"]
)
def test_a_version_that_does_not_start_goes_back_by_itself_and_the_room_says_so(
    box: Box,
    package: Path,
    signer: Signer,
    tmp_path: Path,
    start: str,
) -> None:
    before = whole(box)
    bad = altered(package, tmp_path / "n.deb", "99.0", does_not_start(start))
    put(box, signer.publish(tmp_path / "r", bad))
    ran = box.run(f"sudo roomctl update --from /{SOURCE}", user=debian.USER, limit_s=1800)
    assert ran.status == 1
    assert "99.0 was rolled back" in ran.said, ran.said + journal(box)
    assert whole(box) == before
    assert not (box.files / "var/lib/roomctl/of-the-new-version").exists()
    until_ready(box)
    assert "roomctl does not start; failed starts: " in told(box)["last"]["detail"]
    assert took_s(box) < BACK_S, journal(box)
    issues = box.run("sudo roomctl issues", user=debian.USER).said
    assert "The update to 99.0 was taken back" in issues
    box.do("sudo roomctl update --cancel")
    assert "99.0" not in box.run("sudo roomctl issues", user=debian.USER).said


@long
def test_an_update_that_loses_power_leaves_the_old_version(
    box: Box, package: Path, signer: Signer, tmp_path: Path
) -> None:
    before = whole(box)
    bad = altered(package, tmp_path / "n.deb", "99.0", hangs)
    put(box, signer.publish(tmp_path / "r", bad))
    for cut in ("the updater", "the box"):
        box.run(f"sudo roomctl update --from /{SOURCE} >/dev/null 2>&1 &", user=debian.USER)
        until(
            lambda: "half-configured" in box.run("dpkg-query -W -f '${Status}' roomctl").said,
            "a half-installed package",
            lambda: journal(box),
        )
        if cut == "the updater":
            box.do("sudo systemctl kill --signal=KILL --kill-whom=main roomctl-update")
        else:
            box.cut()
        until(lambda: not (box.files / MARKER).exists(), "the way back", lambda: journal(box), 600)
        until_ready(box)
        assert whole(box) == before, cut
        assert told(box)["last"]["code"] == "cut_off"


@long
def test_bad_sources_are_refused_each_by_its_name_and_nothing_is_changed(
    box: Box, package: Path, signer: Signer, tmp_path: Path
) -> None:
    before, first = whole(box), shown(box, "roomctl")["MainPID"]
    newer = altered(package, tmp_path / "n.deb", "99.0")
    other = Signer("somebody else <else@example.org>")
    half = signer.publish(tmp_path / "half", newer)
    (file,) = (half / "pool").iterdir()
    file.write_bytes(file.read_bytes()[: 1 << 20])
    ahead = signer.publish(tmp_path / "ahead", newer)
    release = ahead / "dists/stable/Release"
    date = "Date: Thu, 01 Jan 2099 00:00:00 GMT"
    release.write_text(re.sub(r"(?m)^Date: .*$", date, release.read_text()))
    signer.sign(release.parent)
    early = signer.publish(tmp_path / "early", newer)
    signer.sign(early / "dists/stable", "20380101T000000")
    foreign = altered(package, tmp_path / "s.deb", "99.0", of_another_machine)
    older = altered(package, tmp_path / "o.deb", "0.0.1")
    huge = altered(package, tmp_path / "l.deb", "99.0", larger_than_the_disk)
    sources = (
        ("signature", other.publish(tmp_path / "theirs", newer)),
        ("damaged", half),
        ("clock", ahead),
        ("clock", early),
        ("architecture", signer.publish(tmp_path / "foreign", foreign)),
        ("older", signer.publish(tmp_path / "older", older)),
        ("no_space", signer.publish(tmp_path / "huge", huge)),
    )
    other.end()
    for code, repository in sources:
        put(box, repository)
        ran = box.run(f"sudo roomctl update --from /{SOURCE}", user=debian.USER)
        assert (ran.status, told(box)["refusal"]) == (1, code), (ran.said, told(box))
        assert "nothing was changed: " in ran.said
    assert (whole(box), shown(box, "roomctl")["MainPID"]) == (before, first)


@long
def test_an_https_source_counts_by_its_certificate_and_the_boxs_clock(
    box: Box, package: Path, signer: Signer, tmp_path: Path
) -> None:
    before, first = whole(box), shown(box, "roomctl")["MainPID"]
    trusted, nobody = Authority("trusted"), Authority("nobody")
    place = box.files / "usr/local/share/ca-certificates"
    place.mkdir(parents=True, exist_ok=True)
    trusted.certificate(place / "lab.crt")
    box.do("sudo update-ca-certificates")
    put(box, signer.publish(tmp_path / "r", altered(package, tmp_path / "n.deb", "99.0")))
    ported = (
        (8441, trusted.server, (30, 60), "not valid yet", "clock"),
        (8442, trusted.server, (-60, -30), "not valid yet, or has ended", "clock"),
        (8443, nobody.server, (-1, 1), "does not trust the certificate", "certificate"),
        (8444, trusted.server, (-1, 1), "to 99.0", ""),
    )
    for port, server, days, words, code in ported:
        keys = server(box.files / f"root/{port}.pem", "localhost", days)
        (box.files / "root/https.py").write_text(HTTPS, encoding="ascii")
        unit = f"systemd-run --unit=https-{port} python3 /root/https.py {port} /root/{keys.name}"
        box.do(f"sudo {unit} /{SOURCE}")
        listens = f"python3 -c 'import socket; socket.create_connection((\"localhost\", {port}))'"
        until(lambda line=listens: box.run(line).status == 0, "the server", lambda: journal(box))
        line = f"sudo roomctl update --from https://localhost:{port}"
        ran = box.run(line, user=debian.USER, limit_s=1800)
        assert words in ran.said, (ran.said, told(box))
        assert told(box)["refusal"] == code
        if code:
            assert ran.status == 1
            assert "nothing was changed: " in ran.said
            assert f"localhost:{port}: " in told(box)["refusal_detail"]
            assert (whole(box), shown(box, "roomctl")["MainPID"]) == (before, first)
    assert version(box) == "99.0 install ok installed"
    until_ready(box)


@long
def test_an_installation_that_does_not_end_is_broken_off_and_taken_back(
    box: Box, package: Path, signer: Signer, tmp_path: Path
) -> None:
    before = whole(box)
    put(box, signer.publish(tmp_path / "r", altered(package, tmp_path / "n.deb", "99.0", hangs)))
    ran = box.run(f"sudo roomctl update --from /{SOURCE}", user=debian.USER, limit_s=1800)
    assert "did not end" in ran.said, (ran.said, told(box))
    assert whole(box) == before
    until_ready(box)


def larger_than_the_disk(root: Path) -> None:
    control = root / "DEBIAN/control"
    text = re.sub(r"(?m)^Installed-Size: .*$", f"Installed-Size: {10**12}", control.read_text())
    control.write_text(text)


def of_another_machine(root: Path) -> None:
    control = root / "DEBIAN/control"
    control.write_text(
        re.sub(r"(?m)^Architecture: .*$", "Architecture: s390x", control.read_text())
    )


@long
def test_the_images_root_is_opened_for_an_update_and_for_the_way_back_and_closed_again(
    box: Box, package: Path, signer: Signer, tmp_path: Path
) -> None:
    for name in OF_THE_IMAGE:
        box.run(f"cat > /{name}", stdin=(IMAGE / name).read_text())
    for name, text in LAYERS.items():
        box.run(f"cat > /{name} && chmod 755 /{name}", stdin=text)
    database = "/usr/lib/dpkg-database"
    box.run(f"mv /var/lib/dpkg {database} && ln -s {database} /var/lib/dpkg")
    box.do("sudo systemctl enable lab-layers")
    good = signer.publish(tmp_path / "good", altered(package, tmp_path / "g.deb", "98.0"))
    put(box, good)
    box.reboot()
    until_ready(box)
    closed = lambda: "Read-only" in box.run("touch /usr/bin/other").said  # noqa: E731
    assert closed()
    assert "to 98.0" in box.do(f"sudo roomctl update --from /{SOURCE}", limit_s=1800)
    until(closed, "the root to be closed", lambda: journal(box), 600)
    before = whole(box)
    bad = altered(package, tmp_path / "b.deb", "99.0", does_not_start("exit 1"))
    shutil.copytree(signer.publish(tmp_path / "bad", bad), box.files / "home/bad")
    line = "sudo roomctl update --from /home/bad"
    ran = box.run(line, user=debian.USER, limit_s=1800)
    assert "99.0 was rolled back" in ran.said, ran.said + journal(box)
    assert whole(box) == before
    until(closed, "the root to be closed", lambda: journal(box), 600)
    until_ready(box)


@long
def test_a_file_of_the_rooms_user_is_a_request_or_ignored_by_root(box: Box) -> None:
    before = whole(box)
    request = "/run/roomctl/update.request"
    tricks = (
        f"ln -s /etc/shadow {request}",
        f"mkdir -p {request}/one",
        f"mkfifo {request}",
        f"head -c 1000000 /dev/zero > {request}",
        f'echo \'{{"do": "install", "id": "../../etc"}}\' > {request}',
        f'echo \'{{"do": "run", "id": "0123456789"}}\' > {request}',
    )
    for trick in tricks:
        box.run("setpriv --reuid=roomctl --regid=roomctl --init-groups sh", stdin=trick)
        path = box.files / request[1:]
        until(lambda path=path: not os.path.lexists(path), "its removal", lambda: journal(box))
    assert whole(box) == before
    assert box.run("test -s /etc/shadow").status == 0
    assert box.run("systemctl is-active roomctl-update.path").said.strip() == "active"


@long
def test_a_box_without_a_network_is_installed_and_updated_from_a_medium(
    package: Path, signer: Signer, tmp_path: Path
) -> None:
    folder = FOLDER / "offline"
    shutil.rmtree(folder, ignore_errors=True)
    stand_ins(folder / "written")
    bring(folder / "written", package, "roomctl.deb")
    signer.publish(folder / "written/media/stick", package, more=("--bundle",))
    (folder / f"written/home/{debian.USER}/roomctl.deb").unlink()
    with booted([debian.root("13", print)], folder) as box:
        box.run(f"chown -R {debian.USER}: /home/{debian.USER}; rm /etc/apt/sources.list")
        assert box.run("getent hosts deb.debian.org").status != 0
        box.do("sudo sh /media/stick/install", limit_s=1200)
        box.do("sudo roomctl init --answers answers.toml")
        until_ready(box)
        newer = altered(package, tmp_path / "n.deb", "99.0")
        shutil.rmtree(box.files / "media/stick/dists")
        signer.publish(box.files / "media/stick", newer)
        assert "to 99.0" in box.do("sudo roomctl update --from /media/stick")
        until_ready(box)
