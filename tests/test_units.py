"""The systemd units, users and the autostart under deploy/, as systemd and a shell take them."""

import configparser
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from roomctl import lifetime, systemd

pytestmark = pytest.mark.real

DEPLOY = Path(__file__).parent.parent / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PARTS = ("kiosk", "screen", "panel")
PROGRAM = "/opt/roomctl/bin/roomctl"
# "Added in version" 253 to 257 of systemd.service(5), .exec(5), .unit(5), .kill(5) and
# .resource-control(5) of systemd 257; Debian 12 has 252, which warns, and does without.
NEWER = {
    *("LogFilterPatterns", "OpenFile", "MemoryZSwapMax", "StartupMemoryZSwapMax"),
    *("RestartSteps", "RestartMaxDelaySec", "RestartMode", "FileDescriptorStorePreserve"),
    *("ImportCredential", "MemoryKSM", "RootEphemeral", "DelegateSubgroup", "CoredumpReceive"),
    *("ExtensionImagePolicy", "RootImagePolicy", "MountImagePolicy", "SurviveFinalKillSignal"),
    *("MemoryPressureWatch", "MemoryPressureThresholdSec", "MemoryZSwapWriteback", "PrivatePIDs"),
}
EXPOSED = {  # of 10, by systemd's own count (257)
    "roomctl-audio.service": 1.5,
    "roomctl.service": 1.9,  # 0.4 of it for reading the clock, which needs CAP_SYS_TIME to be set
    "roomctl-kiosk.service": 1.5,
    "roomctl-panel.service": 2.3,
    "roomctl-screen.service": 2.3,
}


def unit(file: Path) -> configparser.RawConfigParser:
    found = configparser.RawConfigParser(strict=False)  # keys may come more than once
    found.optionxform = str  # type: ignore[assignment, method-assign]  # keys are case-sensitive
    found.read_string(file.read_text(encoding="utf-8"))
    return found


@pytest.fixture
def analyze() -> str:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("no systemd-analyze (Debian's package systemd)")
    return tool


def installed(file: Path, folder: Path) -> Path:
    """Return a copy of a unit that starts a program which is there."""
    copy = folder / file.name
    text = file.read_text(encoding="utf-8")
    copy.write_text(text.replace(PROGRAM, "/bin/true").replace("/usr/bin/labwc", "/bin/true"))
    return copy


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_systemd_takes_every_unit(file: Path, analyze: str, tmp_path: Path) -> None:
    line = [analyze, "verify", "--man=no", str(installed(file, tmp_path))]
    verdict = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (verdict.returncode, file.name in verdict.stderr) == (0, False), verdict.stderr


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_a_unit_is_as_closed_as_it_is_said_to_be(file: Path, analyze: str, tmp_path: Path) -> None:
    copy = installed(file, tmp_path)
    line = [analyze, "security", "--offline=true", "--no-pager", str(copy)]
    said = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    found = re.search(r"exposure level for \S+: ([0-9.]+)", said)
    assert found is not None, said
    assert float(found[1]) <= EXPOSED[file.name], said


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_the_systemd_of_debian_12_knows_every_key(file: Path) -> None:
    keys = {key for section in unit(file).values() for key in section}
    assert not keys & NEWER
    assert unit(file)["Service"]["Type"] in {"simple", "exec", "notify"}  # notify-reload is of 253


@pytest.mark.parametrize(
    "name",
    [
        "roomctl.service",
        "roomctl-audio.service",
        "roomctl-screen.service",
        "roomctl-panel.service",
    ],
)
def test_a_part_that_hangs_is_noticed_and_started_anew_however_often(name: str) -> None:
    found = unit(DEPLOY / "systemd" / name)
    service = found["Service"]
    assert (service["Type"], service["NotifyAccess"]) == ("notify", "main")
    assert 3 * systemd.TELL_S <= int(service["WatchdogSec"]) <= 60
    assert int(service["TimeoutStopSec"]) > lifetime.END_LIMIT_S + 1
    assert found["Unit"]["StartLimitIntervalSec"] == "0"


def test_the_packets_of_the_screen_are_counted() -> None:
    service = unit(DEPLOY / "systemd" / "roomctl-screen.service")["Service"]
    assert service["IPAccounting"] == "yes"
    assert {"AF_NETLINK", "AF_UNIX"} <= set(service["RestrictAddressFamilies"].split())  # to ask


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_every_part_comes_back_by_itself_and_leaves_no_core(file: Path) -> None:
    service = unit(file)["Service"]
    assert (service["Restart"], service["LimitCORE"]) == ("always", "0")
    assert service.get("User", "") != "root"


@pytest.mark.parametrize("name", ["roomctl-screen.service", "roomctl-panel.service"])
def test_a_browsers_unit_leaves_chromiums_sandbox_what_it_needs(name: str) -> None:
    """See tests/kiosk/test_confined.py, where Chromium runs under these."""
    service = unit(DEPLOY / "systemd" / name)["Service"]
    assert service["RestrictNamespaces"].split() == ["user", "pid", "net"]
    assert "MemoryDenyWriteExecute" not in service, "a page's scripts are compiled"
    assert service["KillMode"] == "control-group"


def test_the_panels_browser_is_no_user_that_opens_meetings() -> None:
    units = {name: unit(DEPLOY / "systemd" / f"roomctl-{name}.service") for name in PARTS}
    users = {name: found["Service"]["User"] for name, found in units.items()}
    assert users == {"kiosk": "kiosk", "screen": "kiosk", "panel": "roomctl-panel"}
    members = (DEPLOY / "sysusers" / "roomctl.conf").read_text().splitlines()
    assert "m kiosk roomctl-panel" not in members
    assert "m roomctl roomctl-panel" in members, "the daemon reaches the panel's socket"
    panel = units["panel"]["Service"]
    assert f"--socket /run/{panel['RuntimeDirectory']}/screen.sock" in panel["ExecStart"]
    assert panel["RuntimeDirectoryMode"] == "0750"
    display = units["kiosk"]["Service"]
    assert f"WAYLAND_DISPLAY=/run/{display['RuntimeDirectory']}/wayland-0" in panel["Environment"]
    assert (display["RuntimeDirectoryMode"], display["UMask"]) == ("0750", "0007")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")
def test_room_toml_is_for_the_daemon_to_read_and_for_nobody_else(tmp_path: Path) -> None:
    tool = shutil.which("systemd-tmpfiles")
    if tool is None:
        pytest.skip("no systemd-tmpfiles (Debian's package systemd)")
    folder = tmp_path / "etc"
    (folder / "roomctl").mkdir(parents=True)
    (folder / "roomctl" / "room.toml").touch(mode=0o644)
    (folder / "passwd").write_text(
        "root:x:0:0::/:/bin/sh\nroomctl:x:902:902::/:\nkiosk:x:901:901::/:/bin/sh\n"
    )
    (folder / "group").write_text("root:x:0:\nroomctl:x:902:\nkiosk:x:901:\n")
    line = [tool, f"--root={tmp_path}", "--create", str(DEPLOY / "tmpfiles" / "roomctl.conf")]
    subprocess.run(line, check=True)
    found = {path: path.stat() for path in (folder / "roomctl", folder / "roomctl" / "room.toml")}
    assert [stat.S_IMODE(one.st_mode) for one in found.values()] == [0o750, 0o640]
    assert {(one.st_uid, one.st_gid) for one in found.values()} == {(0, 902)}
    secrets = (folder / "roomctl" / "secrets").stat()
    assert (stat.S_IMODE(secrets.st_mode), secrets.st_uid) == (0o700, 902)
    service = unit(DEPLOY / "systemd" / "roomctl.service")["Service"]
    assert service["ConfigurationDirectoryMode"] == "0750", "systemd sets it anew at each start"


def test_the_commands_that_units_start_are_roomctls_own() -> None:
    for file, word in (
        ("roomctl.service", "serve"),
        ("roomctl-audio.service", "screen"),
        ("roomctl-screen.service", "screen"),
        ("roomctl-panel.service", "screen"),
    ):
        line = unit(DEPLOY / "systemd" / file)["Service"]["ExecStart"].split()
        line = line[line.index(PROGRAM) :]
        assert line[1] == word
        asked = [sys.executable, "-m", "roomctl", word, "--help"]
        said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        assert all(option in said for option in line if option.startswith("--"))


def test_the_screen_listens_where_its_user_may_and_the_daemon_comes_in() -> None:
    service = unit(DEPLOY / "systemd" / "roomctl-screen.service")["Service"]
    line = service["ExecStart"]
    assert f"--socket /run/{service['RuntimeDirectory']}/screen.sock" in line
    assert '--allow-uid "$$(id -u roomctl)"' in line
    assert (service["User"], service["RuntimeDirectoryMode"]) == ("kiosk", "0750")
    users = (DEPLOY / "sysusers" / "roomctl.conf").read_text().splitlines()
    assert "m roomctl kiosk" in users, "the socket is open to the kiosk's group"


def test_the_sound_cards_have_a_user_of_their_own() -> None:
    service = unit(DEPLOY / "systemd" / "roomctl-audio.service")["Service"]
    users = (DEPLOY / "sysusers" / "roomctl.conf").read_text().splitlines()
    assert any(line.startswith(f"u {service['User']} ") for line in users)
    assert "m roomctl roomctl-audio" in users, "the socket is open to its group"
    assert "m kiosk roomctl-audio" not in users
    assert {"m kiosk roomctl-sound", "m roomctl-audio roomctl-sound"} <= set(users)
    assert not any(line.startswith("m roomctl-panel roomctl-sound") for line in users)
    assert service["PrivateNetwork"] == "yes"
    screen = unit(DEPLOY / "systemd" / "roomctl-screen.service")
    programs = f"unix:/run/{service['RuntimeDirectory']}/programs/native"
    assert f"PULSE_SERVER={programs}" in screen["Service"]["ExecStart"]
    assert "roomctl-audio.service" in screen["Unit"]["After"].split()


def test_the_users_are_made_as_systemd_reads_them(tmp_path: Path) -> None:
    tool = shutil.which("systemd-sysusers")
    if tool is None:
        pytest.skip("no systemd-sysusers (Debian's package systemd)")
    users = DEPLOY / "sysusers" / "roomctl.conf"
    line = [tool, f"--root={tmp_path}", "--dry-run", str(users)]
    said = subprocess.run(line, capture_output=True, text=True, check=True).stderr
    assert "Creating user 'roomctl'" in said
    assert "Creating user 'kiosk'" in said
    assert "Creating user 'roomctl-panel'" in said


def tools(folder: Path, **scripts: str) -> Path:
    """Make a folder of programs that note in its `said` how they were called."""
    folder.mkdir()
    for name, then in scripts.items():
        file = folder / name
        file.write_text(f'#!/bin/sh\necho "{name} $*" >> {folder}/said\n{then}\n')
        file.chmod(0o755)
    return folder


def autostart(folder: Path, compositor: int) -> None:
    around = {"PATH": f"{folder}:/usr/bin:/bin", "LABWC_PID": str(compositor)}
    around["XDG_RUNTIME_DIR"] = str(folder)
    script = ["sh", str(DEPLOY / "labwc" / "autostart")]
    subprocess.run(script, env=around, check=True, timeout=30)


def test_the_screen_runs_as_long_as_labwc_does(tmp_path: Path) -> None:
    compositor = subprocess.Popen(["sleep", "60"])
    folder = tools(
        tmp_path / "bin",
        roomctl=f'[ "$(wc -l < {tmp_path}/bin/said)" -lt 3 ] || kill {compositor.pid} 2>/dev/null',
        sleep="",
    )
    autostart(folder, compositor.pid)
    assert compositor.wait(timeout=30) == -15
    line = f"roomctl screen --mode kiosk --socket {folder}/roomctl/screen.sock"
    said = (folder / "said").read_text().splitlines()
    assert said[:3] == [line, "sleep 2", line]
