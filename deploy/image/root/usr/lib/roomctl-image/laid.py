"""Takes what was laid on an image's boot partition, and says what became of it.

    laid.py /boot/firmware

room.toml (or answers.toml), wifi.toml, authorized_keys and the folder secrets are checked. What is
good is written to the state partition and then removed from the boot partition, so that a power
cut at any moment repeats it. What is not good changes nothing and stays. What was done stands on
the console, and in report.txt beside the files. docs/install.md has the files.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from roomctl import config as configuration
from roomctl.cli.language import translated
from roomctl.errors import FileError, RoomctlError
from roomctl.ports.permission import person
from roomctl.store.disk import write_whole

REPORT = "report.txt"
ROOMS = ("room.toml", "answers.toml")
LARGEST = 1 << 20
ADMIN = "admin"
WIRELESS = "wlan0"
EXPECTED = {*ROOMS, "wifi.toml", "authorized_keys", "secrets"}

TAKEN = ("{name}: taken", "{name}：已采用")
REFUSED = ("{name}: {why}; nothing of it was taken", "{name}：{why}；未采用")
NO_ROOM = (
    "this box has no room yet; lay room.toml or answers.toml on the boot partition, and restart it",
    "此主机尚未设置会议室；请把 room.toml 或 answers.toml 放到启动分区，然后重新启动",
)
LOST = (
    "the state partition cannot be used; settings last until this box is switched off",
    "状态分区无法使用；设置只保留到关机为止",
)
NO_WIRELESS = ("wifi.toml: this box has no Wi-Fi device", "wifi.toml：此主机没有 Wi-Fi 设备")
RENAME = ("is not looked at; rename it to {right}", "不会读取；请改名为 {right}")

Words = tuple[str, str]
"""English and Chinese."""


def filled(words: Words, **values: object) -> Words:
    return words[0].format(**values), words[1].format(**values)


class Refused(Exception):
    """What was laid is not taken; `whys` say why, each in both languages."""

    def __init__(self, whys: Sequence[Words]) -> None:
        super().__init__(whys[0][0])
        self.whys = whys


class Box:
    """Where the room's files are; `root` is / but in a test, where no unit is started."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.room = root / "etc/roomctl/room.toml"
        self.wished: list[str] = []

    def write(self, place: str, data: bytes, user: str, mode: int) -> None:
        """Write a file as a whole into its user's folder, which is closed to others."""
        file = self.root / place
        if not file.parent.exists():
            file.parent.mkdir(mode=0o700, parents=True)
            self.give(file.parent, user)
        write_whole(file, data)
        file.chmod(mode)
        self.give(file, user)

    def give(self, file: Path, user: str) -> None:
        if os.geteuid() == 0 and person(user) is not None:
            known = pwd.getpwnam(user)
            os.chown(file, known.pw_uid, known.pw_gid)

    def units(self, *words: str) -> None:
        if self.root == Path("/"):
            subprocess.run(["systemctl", *words], check=False)  # noqa: S603, S607 - our own units


def text_of(file: Path) -> str:
    """Return the text of a file that any editor on any system may have written."""
    if file.stat().st_size > LARGEST:
        raise FileError(file.name, "", f"is larger than {LARGEST} bytes")
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(file.name, "", f"is not UTF-8 (byte {error.start})") from error


def room(box: Box, file: Path) -> None:
    """Take room.toml, or the answers that `roomctl init` makes one of."""
    from roomctl import app  # a second of a start that takes nothing
    from roomctl.cli import init

    text = text_of(file)
    if file.name.lower() == "answers.toml":
        with tempfile.TemporaryDirectory() as scratch:
            answers = Path(scratch) / file.name
            answers.write_text(text, encoding="utf-8")
            wishes = init.answers_of(answers)
        init.run(init.InitRequest(box.room, wishes, None, False, False, True), _nothing)
    else:
        if found := app.mistakes(text, str(box.room)):
            raise Refused([_why(one) for one in found])
        if not box.room.exists() or configuration.text_of(box.room) != text:
            init.write(box.room, text)
    data = configuration.read(configuration.text_of(box.room), str(box.room))
    wished = init.units(init.present(data))
    gone = [one for one in (init.KIOSK, "roomctl-screen") if one not in wished]
    if gone:
        box.units("disable", "--quiet", *gone)
    box.units("enable", "--quiet", *wished)
    box.wished += wished


def wifi(box: Box, file: Path) -> None:
    """Take the name and password of a wireless network."""
    text = wireless(configuration.read(text_of(file), file.name))
    place = f"etc/wpa_supplicant/wpa_supplicant-{WIRELESS}.conf"
    box.write(place, text.encode(), "root", 0o600)
    unit = f"wpa_supplicant@{WIRELESS}"
    box.units("enable", "--quiet", unit)
    box.wished.append(unit)


def wireless(data: Mapping[str, object]) -> str:
    """Return wpa_supplicant's file for ssid, password (WPA2, WPA3; none: open), country, hidden."""

    def refuse(key: str, why: str) -> FileError:
        return FileError("wifi.toml", key, why)

    for key in data:
        if key not in ("ssid", "password", "country", "hidden"):
            raise refuse(key, "is not known; those are ssid, password, country, hidden")
    ssid, password = data.get("ssid"), data.get("password", "")
    country, hidden = data.get("country", "00"), data.get("hidden", False)
    if not isinstance(ssid, str) or not 1 <= len(ssid.encode()) <= 32:
        raise refuse("ssid", "must be a text of 1 to 32 bytes")
    if not isinstance(country, str) or not re.fullmatch("[A-Z]{2}|00", country):
        raise refuse("country", 'must be two capital letters, such as "CN"')
    if not isinstance(hidden, bool):
        raise refuse("hidden", "must be true or false")
    if not isinstance(password, str) or not re.fullmatch("|[ -~]{8,63}|[0-9a-fA-F]{64}", password):
        raise refuse("password", "must have 8 to 63 ASCII characters, or 64 hexadecimal digits")
    psk = password if len(password) == 64 else f'"{password}"'
    lines = [f"ssid={ssid.encode().hex()}"]
    lines += [f"psk={psk}", "key_mgmt=WPA-PSK SAE"] if password else ["key_mgmt=NONE"]
    lines += ["ieee80211w=1"] if password else []
    lines += ["scan_ssid=1"] if hidden else []
    return "\n".join([f"country={country}", "network={", *lines, "}", ""])


def keys(box: Box, file: Path) -> None:
    """Let in by SSH, as the user admin, whoever has one of these keys; without them nobody is."""
    text = text_of(file)
    done = subprocess.run(
        ["ssh-keygen", "-l", "-f", "-"],  # noqa: S607 - Debian's own
        input=text,
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise FileError(file.name, "", "has no public key")
    box.write(f"home/{ADMIN}/.ssh/authorized_keys", text.encode(), ADMIN, 0o600)
    own = box.root / "etc/ssh/ssh_host_ed25519_key"
    if not own.exists():
        own.parent.mkdir(parents=True, exist_ok=True)
        line = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(own)]
        subprocess.run(line, check=True)  # noqa: S603 - Debian's own
    box.units("enable", "--quiet", "ssh")
    box.wished.append("ssh")


def secrets(box: Box, folder: Path) -> None:
    """Take what room.toml calls secret:NAME: a file NAME for each."""
    for file in sorted(folder.iterdir()):
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", file.name):
            raise FileError(f"secrets/{file.name}", "", "invalid name; allowed: a-z, 0-9, - and _")
        box.write(f"etc/roomctl/secrets/{file.name}", text_of(file).encode(), "roomctl", 0o600)


def _nothing(line: str) -> None:
    """Say nothing."""


def _why(error: RoomctlError) -> Words:
    """Return what is wrong, without the name of the file."""
    if not isinstance(error, FileError):
        return str(error), translated(str(error), "zh-CN")
    line = "" if error.line is None else f"{error.line}: "
    key = f"{error.key}: " if error.key else ""
    return f"{line}{key}{error.why}", f"{line}{key}{translated(error.why, 'zh-CN')}"


def take(box: Box, folder: Path) -> tuple[list[Words], list[Path]]:
    """Take what is good of what lies in the folder; return what to say, and what was taken."""
    laid = {one.name.lower(): one for one in folder.iterdir()}
    said: list[Words] = []
    taken: list[Path] = []
    steps: dict[str, Callable[[Box, Path], None]] = {
        "wifi.toml": wifi,
        "authorized_keys": keys,
        "secrets": secrets,
        **dict.fromkeys(ROOMS, room),
    }
    if all(name in laid for name in ROOMS):
        both = ("lies beside room.toml; lay one of them", "与 room.toml 同时存在；只放其中一个")
        said.append(_refusal("answers.toml", both))
        del laid["answers.toml"]
    for name, step in steps.items():
        if (file := laid.get(name)) is None:
            continue
        try:
            step(box, file)
        except Refused as error:
            said += [_refusal(name, why) for why in error.whys]
        except RoomctlError as error:
            said.append(_refusal(name, _why(error)))
        except OSError as error:
            said.append(_refusal(name, (f"cannot be taken: {error.strerror}",) * 2))
        else:
            said.append(filled(TAKEN, name=name))
            taken.append(file)
            if step is wifi and not (box.root / "sys/class/net" / WIRELESS).exists():
                said.append(NO_WIRELESS)
    for name in laid:
        if name.endswith(".txt") and (right := name.removesuffix(".txt")) in EXPECTED:
            said.append(_refusal(name, filled(RENAME, right=right)))
    return said, taken


def _refusal(name: str, why: Words) -> Words:
    return REFUSED[0].format(name=name, why=why[0]), REFUSED[1].format(name=name, why=why[1])


@contextlib.contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Write to the boot partition for as long as the block lasts."""
    mounted = os.path.ismount(folder)
    if mounted:
        _mount("rw", folder)
    try:
        yield
        os.sync()
    finally:
        if mounted:
            _mount("ro", folder)


def _mount(how: str, folder: Path) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=False)  # noqa: S603, S607


def tell(box: Box, folder: Path, said: Sequence[Words], taken: Sequence[Path]) -> None:
    """Say it on the console and at its login; on the boot partition where something was laid."""
    lines = [_plain(english) for english, _ in said]
    for line in lines:
        sys.stdout.write(f"roomctl: {line}\n")
    issue = box.root / "run/issue.d/roomctl.issue"
    issue.parent.mkdir(parents=True, exist_ok=True)
    shown = [f"roomctl: {line}".replace("\\", "\\\\") for line in lines]
    issue.write_text("\n".join([*shown, r"roomctl: addresses: \4 \6", "", ""]), encoding="utf-8")
    report = folder / REPORT
    text = "\r\n".join([*lines, "", *(_plain(chinese) for _, chinese in said), ""])
    before = report.read_bytes() if report.exists() else b""
    if not taken and (not said or before == text.encode("utf-8-sig")):
        return
    with writable(folder):
        for each in taken:
            shutil.rmtree(each) if each.is_dir() else each.unlink()
        report.write_bytes(text.encode("utf-8-sig"))


def _plain(text: str) -> str:
    """Return one line without control characters, whatever a file has brought."""
    return "".join(sign if sign.isprintable() else " " for sign in text)[:500]


def main(folder: Path, root: Path = Path("/")) -> int:
    """Take what was laid, and start what it asks for; the exit status is 0 whatever was wrong."""
    box = Box(root)
    said, taken = take(box, folder)
    os.sync()  # all of it stands before the boot partition forgets it
    if not box.room.exists():
        said.append(NO_ROOM)
    mounts = root / "proc/mounts"
    if mounts.exists() and re.search(r" /state tmpfs ", mounts.read_text(encoding="utf-8")):
        said.append(LOST)
    tell(box, folder, said, taken)
    if box.wished:
        box.units("start", "--no-block", *box.wished)
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
