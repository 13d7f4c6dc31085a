"""The systemd units, users and the autostart under deploy/, as systemd and a shell take them."""

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from roomctl import lifetime, systemd

pytestmark = pytest.mark.real

DEPLOY = Path(__file__).parent.parent / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
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
EXPOSED = 2.0  # of 10, by systemd's own count; 1.5 when this was written


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


def test_the_daemons_unit_is_as_closed_as_it_is_said_to_be(analyze: str, tmp_path: Path) -> None:
    copy = installed(DEPLOY / "systemd" / "roomctl.service", tmp_path)
    line = [analyze, "security", "--offline=true", "--no-pager", f"--threshold={EXPOSED * 10:.0f}"]
    verdict = subprocess.run([*line, copy], capture_output=True, text=True, check=False)
    assert verdict.returncode == 0, verdict.stdout.splitlines()[-1]


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_the_systemd_of_debian_12_knows_every_key(file: Path) -> None:
    keys = {key for section in unit(file).values() for key in section}
    assert not keys & NEWER
    assert unit(file)["Service"]["Type"] in {"simple", "exec", "notify"}  # notify-reload is of 253


@pytest.mark.parametrize("name", ["roomctl.service", "roomctl-screen.service"])
def test_a_part_that_hangs_is_noticed_and_started_anew_however_often(name: str) -> None:
    found = unit(DEPLOY / "systemd" / name)
    service = found["Service"]
    assert (service["Type"], service["NotifyAccess"]) == ("notify", "main")
    assert 3 * systemd.TELL_S <= int(service["WatchdogSec"]) <= 60
    assert int(service["TimeoutStopSec"]) > lifetime.END_LIMIT_S + 1
    assert found["Unit"]["StartLimitIntervalSec"] == "0"


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_every_part_comes_back_by_itself_and_leaves_no_core(file: Path) -> None:
    service = unit(file)["Service"]
    assert (service["Restart"], service["LimitCORE"]) == ("always", "0")
    assert service.get("User", "") != "root"


def test_the_browsers_unit_leaves_chromiums_sandbox_what_it_needs() -> None:
    service = unit(DEPLOY / "systemd" / "roomctl-screen.service")["Service"]
    assert not {"NoNewPrivileges", "RestrictNamespaces", "MemoryDenyWriteExecute"} & {*service}
    assert service["KillMode"] == "control-group"


def test_the_commands_that_units_start_are_roomctls_own() -> None:
    for file, word in (("roomctl.service", "serve"), ("roomctl-screen.service", "screen")):
        line = unit(DEPLOY / "systemd" / file)["Service"]["ExecStart"].split()
        assert line[line.index(PROGRAM) + 1] == word
        asked = [sys.executable, "-m", "roomctl", word, "--help"]
        said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        assert all(option in said for option in line if option.startswith("--"))


def test_the_screen_listens_where_its_user_may_and_the_daemon_comes_in() -> None:
    line = unit(DEPLOY / "systemd" / "roomctl-screen.service")["Service"]["ExecStart"]
    (made,) = [
        one.split()
        for one in (DEPLOY / "tmpfiles" / "roomctl.conf").read_text().splitlines()
        if one.startswith("d ")
    ]
    assert f"--socket {made[1]}/screen.sock" in line
    assert '--allow-uid "$$(id -u roomctl)"' in line
    assert made[2:5] == ["0750", "kiosk", "kiosk"]
    users = (DEPLOY / "sysusers" / "roomctl.conf").read_text().splitlines()
    assert "m roomctl kiosk" in users, "the socket is open to the kiosk's group"


def test_the_users_are_made_as_systemd_reads_them(tmp_path: Path) -> None:
    tool = shutil.which("systemd-sysusers")
    if tool is None:
        pytest.skip("no systemd-sysusers (Debian's package systemd)")
    users = DEPLOY / "sysusers" / "roomctl.conf"
    line = [tool, f"--root={tmp_path}", "--dry-run", str(users)]
    said = subprocess.run(line, capture_output=True, text=True, check=True).stderr
    assert "Creating user 'roomctl'" in said
    assert "Creating user 'kiosk'" in said


def tools(folder: Path, **scripts: str) -> Path:
    """Make a folder of programs that note in its `said` how they were called."""
    folder.mkdir()
    for name, then in scripts.items():
        file = folder / name
        file.write_text(f'#!/bin/sh\necho "{name} $*" >> {folder}/said\n{then}\n')
        file.chmod(0o755)
    return folder


def autostart(folder: Path, compositor: int) -> list[str]:
    around = {"PATH": f"{folder}:/usr/bin:/bin", "LABWC_PID": str(compositor)}
    around["XDG_RUNTIME_DIR"] = str(folder)
    script = ["sh", str(DEPLOY / "labwc" / "autostart")]
    subprocess.run(script, env=around, check=True, timeout=30)
    return (folder / "said").read_text().splitlines()


def test_labwc_hands_its_display_to_the_unit_where_that_is_installed(tmp_path: Path) -> None:
    said = autostart(tools(tmp_path / "bin", systemctl="", roomctl=""), os.getpid())
    assert said[1:] == [
        "systemctl --user import-environment WAYLAND_DISPLAY DISPLAY LABWC_PID",
        "systemctl --user restart roomctl-screen.service",
    ]


def test_without_the_unit_the_screen_runs_as_long_as_labwc_does(tmp_path: Path) -> None:
    compositor = subprocess.Popen(["sleep", "60"])
    folder = tools(
        tmp_path / "bin",
        systemctl="exit 1",
        roomctl=f'[ "$(wc -l < {tmp_path}/bin/said)" -lt 3 ] || kill {compositor.pid} 2>/dev/null',
        sleep="",
    )
    autostart(folder, compositor.pid)
    assert compositor.wait(timeout=30) == -15
    line = f"roomctl screen --mode kiosk --socket {folder}/roomctl/screen.sock"
    said = (folder / "said").read_text().splitlines()
    assert said[:4] == ["systemctl --user cat roomctl-screen.service", line, "sleep 2", line]
