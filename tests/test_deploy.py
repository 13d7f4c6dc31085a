"""The files under deploy/ that other programs read."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from roomctl.ports import evdev, hidraw, usb

UDEV = Path(__file__).parent.parent / "deploy" / "udev"
FILES = sorted(UDEV.glob("*.rules"))
# udev(7): a key, with an attribute in braces for some, an operator, a value in double quotes
MATCH = re.compile(
    r'(ACTION|SUBSYSTEM|KERNEL|TEST|DRIVERS?|ATTRS?\{\w+\}|ENV\{\w+\})(==|!=)"[^"]+"', re.ASCII
)
IMPORT = re.compile(r'IMPORT\{(builtin)\}="[a-z_]+"', re.ASCII)
ASSIGN = re.compile(
    r'(GROUP|MODE|SYMLINK|ATTR\{\w+\}|ENV\{\w+\}|TAG)(=|\+=|-=|:=)"[^"]+"', re.ASCII
)


def rules(*files: Path) -> list[list[str]]:
    text = "\n".join(file.read_text(encoding="ascii") for file in files or FILES)
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [line.split(", ") for line in lines]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_udev_rule_matches_something_and_then_sets_something(file: Path) -> None:
    assert rules(file)
    for rule in rules(file):
        matches = [part for part in rule if MATCH.fullmatch(part)]
        imports = [part for part in rule if IMPORT.fullmatch(part)]
        sets = [part for part in rule if ASSIGN.fullmatch(part)] + imports
        assert matches
        assert sets
        assert len(matches) + len(sets) == len(rule), rule
        # udev looks at all that a line matches before it imports anything by it
        assert not (imports and any(part.startswith("ENV") for part in matches)), rule


def test_the_sound_cards_are_behind_the_wall_only_while_there_is_one() -> None:
    [rule] = rules(UDEV / "72-roomctl-audio.rules")
    unit = UDEV.parent / "systemd" / "roomctl-audio.service"
    wants = f"/etc/systemd/system/multi-user.target.wants/{unit.name}"
    assert f'TEST=="{wants}"' in rule
    assert "WantedBy=multi-user.target" in unit.read_text(encoding="utf-8")
    assert 'GROUP="roomctl-audio"' in rule
    assert 'TAG-="uaccess"' in rule, "logind would open them to the kiosk's user"
    assert UDEV.joinpath("72-roomctl-audio.rules").name > "70-uaccess.rules"


def test_the_latency_timer_of_ftdi_adapters_is_set_to_a_millisecond() -> None:
    (rule,) = [rule for rule in rules() if 'ATTR{latency_timer}="1"' in rule]
    assert {'SUBSYSTEM=="usb-serial"', 'DRIVER=="ftdi_sio"'} <= set(rule)


def test_the_rules_that_an_error_names_are_those_that_are_shipped() -> None:
    shipped = (UDEV / usb.RULES).read_text(encoding="ascii").splitlines()
    assert usb.UDEV_RULE in shipped
    assert set(hidraw.UDEV_RULES) <= set(shipped)
    assert evdev.UDEV_RULE in (UDEV / evdev.RULES).read_text(encoding="ascii").splitlines()


def test_udev_takes_the_rules() -> None:
    udevadm = shutil.which("udevadm")
    if udevadm is None or b"verify" not in subprocess.check_output([udevadm, "--help"]):
        pytest.skip("no udevadm that can verify rules (systemd 254 or newer)")
    verdict = subprocess.run(
        [udevadm, "verify", "--resolve-names=never", *FILES],  # groups that are not made here
        capture_output=True,
        text=True,
        check=False,
    )
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


def test_the_desktop_does_not_hear_the_mute_key_of_a_shared_speakerphone(tmp_path: Path) -> None:
    tool = shutil.which("systemd-hwdb")
    if tool is None:
        pytest.skip("no systemd-hwdb")
    folder = tmp_path / "etc" / "udev" / "hwdb.d"
    folder.mkdir(parents=True)
    shutil.copy(UDEV / "60-roomctl-speakerphone.hwdb", folder)
    hwdb = (tool, f"--root={tmp_path}")
    subprocess.run([*hwdb, "--strict", "update"], check=True)
    for device, said in (
        ("evdev:input:b0003v0B0Ep2456e0111-e0,1,4", "KEYBOARD_KEY_b002f=reserved\n"),
        ("evdev:input:b0003v413Cp2107e0111-e0,1,4", ""),  # a keyboard of a maker of both
    ):
        assert subprocess.check_output([*hwdb, "query", device], text=True) == said
