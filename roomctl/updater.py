"""Replaces roomctl's package by a newer one, proves the room, and goes back by itself; as root.

Stands alone, for what is installed may be half of anything: Debian's own Python runs it, and after
a cut a copy of it outside of the package. Imports no other module of roomctl.

    marker.json is there    from before the first change until the room is proven: go back
    marker.json is not      what is installed counts

So a box that loses power at any moment starts the old version with its state, or the new one.

    updater.py run          what the room, or root, asks for: roomctl-update.service
    updater.py resume       after a cut, before the room starts: roomctl-update-back.service
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

NAME = "roomctl"
FOLDER = Path("/var/lib/roomctl-update")
SOURCES = Path("/etc/apt/sources.list.d/roomctl.sources")
REQUESTS = (Path("/run/roomctl-update.request"), Path("/run/roomctl/update.request"))
"""Root's, and the room's: the one file that the room's user writes and this reads."""
RUN_FILE = Path("/run/roomctl/api.json")
STATE = (Path("/var/lib/roomctl"), Path("/etc/roomctl"))
CLOSER = Path("/usr/lib/systemd/system/roomctl-close.service")
"""Of the image: makes the root read-only again once no package is installed any more."""
LARGEST_REQUEST = 256
LARGEST_ANSWER = 8 << 20  # of the room, whose user may not fill root's memory
LARGEST_LOG = 16 << 20  # what a program prints; one that prints more prints without end
COMPILED_KB = 60 << 10  # Python's caches, made when the package is installed
SPARE_KB = 16 << 10
OUT_OF_DATE = (9, 10)
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""
LOCK_S = 120  # another apt may be at work
FETCH_S = 1800.0
INSTALL_S = 600.0  # a slow card, with every module compiled
READY_S = 300.0
ENDS = 5  # times; a room that has ended so often, 5 s apart, does not start
STEADY_S = 10.0  # a room that is ready and ends again at once is not ready
API_S = 10.0
NONSENSE_S = 1.0  # from what is no request to the next: who asks without end takes no whole core
STOP_S = 60.0
DETAIL = 300  # characters of what a program said

Condition = Mapping[str, Any]


class UpdateFailed(Exception):
    """An update does not go on: a code that pages put into words, and what a program said."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, " ".join(detail.split())[-DETAIL:]

    @classmethod
    def by(cls, error: UpdateFailed | OSError) -> UpdateFailed:
        """Return why an update stops when something failed."""
        if isinstance(error, UpdateFailed):
            return error
        codes = {errno.ENOSPC: "no_space", errno.EDQUOT: "no_space", errno.EROFS: "read_only"}
        return cls(codes.get(error.errno or 0, "failed"), str(error))


@dataclass(frozen=True)
class RoomHealth:
    """How a room was: the conditions that held, and how each device's test ended."""

    held: frozenset[str] = frozenset()
    tests: Mapping[str, str] = field(default_factory=dict)


class UpdateSteps(Protocol):
    """What an update does to a box. Each is done again after a cut, from the start."""

    def installed(self) -> str: ...
    def newest(self) -> str | None: ...
    def fetch(self, version: str) -> None: ...
    def look(self) -> RoomHealth | None: ...
    def stop(self) -> None: ...
    def start(self) -> None: ...
    def keep_state(self) -> None: ...
    def restore_state(self) -> None: ...
    def install(self, version: str) -> None: ...
    def put_back(self, version: str) -> None: ...
    def prove(self, before: RoomHealth | None) -> None: ...
    def mark(self, old: str, new: str) -> None: ...
    def marked(self) -> tuple[str, str] | None: ...
    def unmark(self) -> None: ...
    def sweep(self) -> None: ...
    def tell(self, state: str, **more: object) -> None: ...


def check(box: UpdateSteps) -> str | None:
    """Look for a newer version, tell it and return it; None: there is none."""
    box.tell("checking", refusal="", refusal_detail="")
    version = box.newest()
    box.tell("checking", available=version or "", checked_at=now())
    return version


def update(box: UpdateSteps) -> None:
    """Install the newest version, or leave everything as it was; UpdateFailed says why."""
    old, version = box.installed(), check(box)
    if version is None:
        raise UpdateFailed("current")
    box.tell("fetching")
    box.fetch(version)
    before = box.look()
    box.tell("installing")
    box.stop()
    try:
        box.keep_state()
        box.mark(old, version)
    except (UpdateFailed, OSError):
        box.start()
        raise
    try:
        box.install(version)
        box.tell("proving")
        box.start()
        box.prove(before)
    except (UpdateFailed, OSError) as error:
        go_back(box, UpdateFailed.by(error))
        return
    box.tell("idle", last=result("updated", old, version), available="")
    box.unmark()
    box.sweep()


def go_back(box: UpdateSteps, why: UpdateFailed) -> None:
    """Restore the state and the version from before the marker."""
    marked = box.marked()
    assert marked is not None  # noqa: S101 - whoever calls has seen it
    old, new = marked
    sys.stderr.write(f"back from {new} to {old}: {why}\n")
    box.tell("returning")
    box.stop()
    box.restore_state()
    box.put_back(old)
    box.tell("idle", last=result("went_back", old, new, why))
    box.unmark()
    box.sweep()
    box.start()


def resume(box: UpdateSteps) -> None:
    """After a cut: go back where an update was under way, and leave nothing of it."""
    if box.marked() is not None:
        go_back(box, UpdateFailed("cut_off"))
        return
    box.sweep()
    box.tell("idle")


def result(outcome: str, old: str, new: str, why: UpdateFailed | None = None) -> dict[str, str]:
    """Return how an update ended, as the status has it."""
    code, detail = ("", "") if why is None else (why.code, why.detail)
    return {
        "outcome": outcome,
        "old": old,
        "new": new,
        "code": code,
        "detail": detail,
        "at": now(),
    }


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def worse(before: RoomHealth, after: RoomHealth) -> list[str]:
    """Return what held or passed before an update and does not any more."""
    failed = {name for name, outcome in after.tests.items() if outcome == "failed"}
    passed = {name for name, outcome in before.tests.items() if outcome == "passed"}
    return [*sorted(before.held - after.held), *sorted(passed & failed)]


def parsed(data: bytes) -> tuple[str, str]:
    """Return what a request asks for, and its id; ValueError: it is not one."""
    said = json.loads(data.decode("ascii"))
    if not isinstance(said, dict) or said.keys() != {"do", "id"}:
        raise ValueError("has other keys")
    do, request = said["do"], said["id"]
    if do not in ("check", "install") or not isinstance(request, str):
        raise ValueError("asks for something else")
    if not re.fullmatch(r"[0-9a-f]{8,32}", request):
        raise ValueError("has another id")
    return do, request


APT_SAYS = (
    ("clock", r"not valid yet|Created after|is expired|has expired|Not live until|Expired on"),
    ("certificate", r"certificate verify failed"),
    ("signature", r"NO_PUBKEY|BADSIG|EXPKEYSIG|is not signed|Missing key|gpgv|sqv|signatures? "),
    ("key", r"keyring.*(?:not|no )|Signed-By"),
    ("damaged", r"Hash Sum mismatch|unexpected size|unexpected end|Mirror sync|Undetermined Error"),
    ("no_space", r"No space left|enough free space"),
    ("read_only", r"Read-only file system"),
    ("busy", r"Could not get lock|Unable to acquire|is another process using it"),
    ("architecture", r"doesn't support architecture|wrong architecture"),
    ("needs", r"unmet dependencies|Unmet dependencies|not installable|dpkg was interrupted"),
    ("unreachable", r"Could not (?:resolve|connect)|Failed to fetch|Unable to (?:connect|fetch)"),
    ("unreachable", r"does not have a Release file|File not found|Cannot initiate|timed out"),
)
"""What apt prints, and what it means; the first that is found."""


def meaning(said: str) -> UpdateFailed:
    """Return why apt failed, by what it printed."""
    lines = [one for one in said.splitlines() if one.startswith(("E:", "W:", "N:", "Err"))]
    text = "\n".join(lines) or said
    for code, pattern in APT_SAYS:
        if found := re.search(pattern, text):
            line = next(one for one in text.splitlines() if found[0] in one)
            return UpdateFailed(code, line)
    return UpdateFailed("failed", text)


def apt_failed(said: str) -> UpdateFailed:
    """Return why apt failed; it does not say what is wrong with a certificate, so ask again."""
    why = meaning(said)
    found = re.search(r"https://([^\s/]+)/\S*\s+SSL connection failed", said)
    return why if why.code != "certificate" or found is None else certificate(found[1], why)


def certificate(host: str, why: UpdateFailed) -> UpdateFailed:
    """Return what is wrong with the certificate of a server ("name:port"), or `why`."""
    context = ssl.create_default_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # apt is not strict
    try:
        at = urllib.parse.urlsplit(f"https://{host}")
        with (
            socket.create_connection((at.hostname or "", at.port or 443), API_S) as line,
            context.wrap_socket(line, server_hostname=at.hostname),
        ):
            return why
    except ssl.SSLCertVerificationError as error:
        code = "clock" if error.verify_code in OUT_OF_DATE else why.code
        server = at.netloc.rpartition("@")[2]  # without a password
        words = f"{server}: {error.verify_message}; this box's clock says {now()}"
        return UpdateFailed(code, words)
    except (OSError, ValueError):
        return why


@dataclass
class UpdateLimits:
    """How long an installation and the room's start may take, in seconds."""

    install_s: float = INSTALL_S
    ready_s: float = READY_S


class Box:
    """The box that this runs on: apt, dpkg, systemd and the room's API."""

    def __init__(self, limits: UpdateLimits, request: str = "") -> None:
        self._limits, self._request = limits, request
        self._new, self._kept = FOLDER / "new.deb", FOLDER / "kept.deb"
        self._marker, self._snapshot = FOLDER / "marker.json", FOLDER / "state"
        self._units: list[str] = []

    # What is there

    def installed(self) -> str:
        """Return the installed version; UpdateFailed if it is not wholly installed."""
        said = run(["dpkg-query", "-W", "-f", "${Status}\n${Version}", NAME]).said
        status, _, version = said.partition("\n")
        if status != "install ok installed":
            raise UpdateFailed("needs", f"{NAME}: {status or 'is not installed'}")
        return version

    def newest(self) -> str | None:
        """Return the newest version of the source that is newer than this one, or None."""
        if not SOURCES.exists():
            raise UpdateFailed("no_source")
        listed = run(["apt-get", *ONLY_OURS, "indextargets", "--format", "$(FILENAME)"]).said
        for name in filter(INDEX.fullmatch, listed.splitlines()):
            Path(name).unlink(missing_ok=True)  # what a source does not have any more stays there
        done = run(["apt-get", *ONLY_OURS, *STRICT, "update"], FETCH_S)
        if done.status or "doesn't support architecture" in done.said:
            raise apt_failed(done.said)
        listed = run(["apt-cache", *ONLY_OURS, "madison", NAME]).said
        found = [one.split("|")[1].strip() for one in listed.splitlines() if one.count("|") > 1]
        if not found:
            raise UpdateFailed("architecture", run(["dpkg", "--print-architecture"]).said)
        version, here = found[0], self.installed()
        for one in found[1:]:
            version = one if newer(one, version) else version
        if version == here:
            return None
        if not newer(version, here):
            raise UpdateFailed("older", f"{version} < {here}")
        return version

    # What changes nothing yet

    def fetch(self, version: str) -> None:
        """Fetch the package, what it needs, and keep the installed one to go back to."""
        if read_only() and not CLOSER.exists():  # there apt opens it
            raise UpdateFailed("read_only")
        self._need_space(version)
        place = FOLDER / "fetched"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(mode=0o755)
        line = ["apt-get", *ONLY_OURS, "download", f"{NAME}={version}"]
        done = run([*line, "-o", "APT::Sandbox::User=root"], FETCH_S, cwd=place)
        files = list(place.glob("*.deb"))
        if done.status or len(files) != 1:
            raise apt_failed(done.said)
        if fields(files[0]) != [NAME, version]:
            raise UpdateFailed("damaged", f"{files[0].name}: {fields(files[0])}")
        files[0].replace(self._new)
        shutil.rmtree(place)
        for more in ("--simulate", "--download-only"):
            done = run([*INSTALL, more, str(self._new)], FETCH_S)
            if done.status:
                raise apt_failed(done.said)
        self._keep_installed()
        os.sync()

    def _need_space(self, version: str) -> None:
        about = run(["apt-cache", *ONLY_OURS, "show", f"{NAME}={version}"]).said
        known = dict(re.findall(r"^(Size|Installed-Size): (\d+)$", about, re.MULTILINE))
        unpacked_kb = int(known.get("Installed-Size", 0)) + COMPILED_KB
        packed_kb = int(known.get("Size", 0)) >> 10
        state_kb = sum(size_kb(one) for one in STATE)
        ours = 2 * packed_kb + state_kb + SPARE_KB
        needs = {FOLDER: ours, Path("/usr"): unpacked_kb}
        if os.stat(FOLDER).st_dev == os.stat("/usr").st_dev:
            needs = {FOLDER: ours + unpacked_kb}
        for folder, need_kb in needs.items():
            about_it = os.statvfs(folder)
            free_kb = about_it.f_bavail * about_it.f_frsize >> 10
            if free_kb < need_kb:
                words = f"{folder}: {free_kb >> 10} MB free, {need_kb >> 10} MB needed"
                raise UpdateFailed("no_space", words)

    def _keep_installed(self) -> None:
        version = self.installed()
        if self._kept.exists() and fields(self._kept) == [NAME, version]:
            return
        half = FOLDER / "kept.half"
        for one in Path("/var/cache/apt/archives").glob(f"{NAME}_*.deb"):
            if fields(one) == [NAME, version]:
                shutil.copy(one, half)
                break
        else:
            repack(half)
        if fields(half) != [NAME, version] or run(["dpkg-deb", "--contents", str(half)]).status:
            raise UpdateFailed("no_old", f"{NAME} {version}")
        os.sync()
        half.replace(self._kept)

    def look(self) -> RoomHealth | None:
        """Return how the room is, having tested its devices; None: no room runs.

        UpdateFailed: in_use.
        """
        if run(["systemctl", "is-active", "--quiet", NAME]).status:
            return None
        try:
            document = self._free()
            seen = RoomHealth(held(document), self._tested())
            self._free()
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise UpdateFailed("no_answer", str(error)) from error
        return seen

    def _free(self) -> Condition:
        document = api("GET", "room")
        in_use = document["maintenance"]["update"]["in_use"]
        if in_use is not None:
            raise UpdateFailed("in_use", str(in_use))
        return document

    def _tested(self) -> Mapping[str, str]:
        """Return how each device's test ended; empty: they are not to be tested now."""
        body = {"type": "selftest.run", "args": {}}
        with contextlib.suppress(urllib.error.HTTPError):
            record = api("POST", "commands?wait_s=1", body)
            until = time.monotonic() + self._limits.ready_s
            while record["status"] in ("accepted", "running") and time.monotonic() < until:
                time.sleep(1.0)
                record = api("GET", f"commands/{record['id']}")
            if record["status"] == "done":
                devices = api("GET", "selftest")["report"]["devices"]
                return {one["device"]: one["outcome"] for one in devices}
        return {}

    # What changes the box

    def stop(self) -> None:
        """Stop the room's units; those that run are started again by `start`."""
        line = ["systemctl", "list-units", "--plain", "--no-legend", "--state=active,activating"]
        listed = run([*line, f"{NAME}*.service"]).said.splitlines()
        names = [one.split()[0] for one in listed if one.strip()]
        running = [one for one in names if not one.startswith(f"{NAME}-update")]
        self._units = sorted({*self._units, *running})
        if running and run(["systemctl", "stop", *running], STOP_S).status:
            run(["systemctl", "kill", "--signal=KILL", *running])

    def start(self) -> None:
        """Start what was stopped; the units' own words say what becomes of it."""
        if self._units:
            run(["systemctl", "reset-failed", *self._units])
            run(["systemctl", "start", "--no-block", *self._units])

    def keep_state(self) -> None:
        """Copy the room's state, as a whole or not at all."""
        half = FOLDER / "state.half"
        for old in (half, self._snapshot):
            shutil.rmtree(old, ignore_errors=True)
        half.mkdir(mode=0o700)
        for number, folder in enumerate(STATE):
            if folder.is_dir():
                copied(folder, half / str(number))
        os.sync()
        half.replace(self._snapshot)
        sync(FOLDER)

    def restore_state(self) -> None:
        """Have the room's state be what was kept; what was written since is gone."""
        for number, folder in enumerate(STATE):
            kept = self._snapshot / str(number)
            if not kept.is_dir():
                continue
            for one in folder.iterdir() if folder.is_dir() else ():
                if one.is_dir() and not one.is_symlink():
                    shutil.rmtree(one)
                else:
                    one.unlink()
            folder.mkdir(exist_ok=True)
            copied(kept / ".", folder)
        os.sync()

    def install(self, version: str) -> None:
        began = time.monotonic()
        done = run([*INSTALL, str(self._new)], self._limits.install_s)
        if done.status is None:
            took_s = time.monotonic() - began
            raise UpdateFailed("hangs", f"{took_s:.0f} s; {done.said[-DETAIL:]}")
        if done.status:
            why = meaning(done.said)
            raise why if why.code == "no_space" else UpdateFailed("scripts", why.detail)
        try:
            there = self.installed()
        except UpdateFailed as error:
            raise UpdateFailed("scripts", error.detail) from error
        if there != version:
            raise UpdateFailed("scripts", f"{there} is installed")
        os.sync()

    def put_back(self, version: str) -> None:
        """Install the kept package; nothing that the other one brought is run."""
        with contextlib.suppress(UpdateFailed):
            if self.installed() == version:
                return
        self._new.unlink(missing_ok=True)  # a full disk has this much more
        if read_only():
            run(["mount", "-o", "remount,rw", "/"])
        until = time.monotonic() + self._limits.install_s
        while True:
            for script in ("prerm", "postrm"):
                file = Path(f"/var/lib/dpkg/info/{NAME}.{script}")
                if file.exists():
                    file.write_text("#!/bin/sh\nexit 0\n", encoding="ascii")
            line = ["dpkg", "--force-confold", "--force-downgrade", "--install", str(self._kept)]
            done = run(line, self._limits.install_s)
            run(["dpkg", "--force-confold", "--configure", "-a"], self._limits.install_s)
            with contextlib.suppress(UpdateFailed):
                if self.installed() == version:
                    break
            if time.monotonic() > until:
                raise UpdateFailed("stuck", done.said)
            time.sleep(5.0)  # another dpkg may hold the lock
        if CLOSER.exists():
            run(["systemctl", "start", "--no-block", CLOSER.name])
        os.sync()

    def prove(self, before: RoomHealth | None) -> None:
        """Wait until the room is as good as it was; UpdateFailed if it does not become so."""
        if before is None:
            return
        began, steady, why = time.monotonic(), 0.0, "no answer"
        process, answers = "", False
        while (waited_s := time.monotonic() - began) < self._limits.ready_s:
            time.sleep(1.0)
            try:
                document = api("GET", "room")
                answers = True
                lost = worse(before, RoomHealth(held(document)))
            except (OSError, ValueError, LookupError, TypeError) as error:
                lost = [str(error)]
            first, ends = main_process()
            if ends >= ENDS or (ends and not answers and waited_s > self._limits.ready_s / 2):
                words = f"{NAME} does not start; failed starts: {ends} in {waited_s:.0f} s"
                raise UpdateFailed("not_ready", words)
            if lost or first != process:
                process, steady = first, time.monotonic()
                why = ", ".join(lost) or why
            elif time.monotonic() - steady >= STEADY_S:
                break
        else:
            raise UpdateFailed("not_ready", why)
        try:
            after = RoomHealth(before.held, self._tested())
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise UpdateFailed("not_ready", str(error)) from error
        if lost := worse(before, after):
            raise UpdateFailed("worse", ", ".join(lost))

    # What is written down

    def mark(self, old: str, new: str) -> None:
        marker = {"old": old, "new": new, "units": self._units}
        written(self._marker, marker)

    def marked(self) -> tuple[str, str] | None:
        if not self._marker.exists():
            return None
        said = json.loads(self._marker.read_text(encoding="utf-8"))
        self._units = sorted({*self._units, *said["units"]})
        return said["old"], said["new"]

    def unmark(self) -> None:
        os.sync()
        self._marker.unlink()
        sync(FOLDER)

    def sweep(self) -> None:
        """Delete what only an update under way needs; the installed package is kept."""
        if self._new.exists() and fields(self._new) == [NAME, self.installed()]:
            self._new.replace(self._kept)
        for one in ("state", "state.half", "fetched", "packed"):
            shutil.rmtree(FOLDER / one, ignore_errors=True)
        for one in ("new.deb", "kept.half"):
            (FOLDER / one).unlink(missing_ok=True)

    def tell(self, state: str, **more: object) -> None:
        """Write what the room reads: what is under way, and how the last update ended."""
        status = told()
        if state != status.get("state"):
            sys.stderr.write(f"{state}\n")
        with contextlib.suppress(UpdateFailed):
            status["installed"] = self.installed()
        status |= {"state": state, **more}
        if self._request:
            status["request"] = self._request
        written(FOLDER / "status.json", status, 0o644)


ONLY_OURS = (
    *("-o", f"Dir::Etc::sourcelist={SOURCES}", "-o", "Dir::Etc::sourceparts=/dev/null"),
    *("-o", "APT::Get::List-Cleanup=0", "-o", f"DPkg::Lock::Timeout={LOCK_S}"),
)
INDEX = re.compile(r"/var/lib/apt/lists/[^/]+")
STRICT = (
    *("-o", "APT::Update::Error-Mode=any", "-o", "Acquire::AllowInsecureRepositories=false"),
    *("-o", "Acquire::Check-Date=true", "-o", "Acquire::Check-Valid-Until=true"),
    *("-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=30"),
    *("-o", "Acquire::https::Timeout=30"),
)
"""Whatever apt's settings on this box make of a bad signature, or of one that is out of date."""
INSTALL = (
    *("apt-get", "install", "--yes", "--no-remove", "--no-install-recommends"),
    *("-o", "Dpkg::Options::=--force-confold", "-o", "Dpkg::Use-Pty=0"),
    *("-o", f"DPkg::Lock::Timeout={LOCK_S}", "-o", "APT::Sandbox::User=root"),
)


@dataclass(frozen=True)
class ProgramResult:
    """How a program ended, None: it took too long, or printed too much; and what it printed."""

    status: int | None
    said: str


def run(line: Sequence[str], limit_s: float = 60.0, *, cwd: Path = Path("/")) -> ProgramResult:
    """Run a program; one that takes too long or prints too much is killed, with what it began."""
    around = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LC_ALL": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
    }
    log = FOLDER / "said"
    with log.open("w+b") as into:  # no pipe: a script's daemon would keep it open
        process = subprocess.Popen(  # noqa: S603 - programs of Debian, no shell
            line,
            cwd=cwd,
            env=around,
            stdin=subprocess.DEVNULL,
            stdout=into,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        until = time.monotonic() + limit_s
        status: int | None = None
        while time.monotonic() < until and os.fstat(into.fileno()).st_size < LARGEST_LOG:
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = process.wait(min(0.1, limit_s))
                break
        else:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        into.seek(max(0, os.fstat(into.fileno()).st_size - LARGEST_LOG))
        said = into.read(LARGEST_LOG).decode(errors="replace").strip()
    return ProgramResult(status, said)


def main_process() -> tuple[str, int]:
    """Return the room's process, and how often systemd has started another after it ended."""
    said = run(["systemctl", "show", "--property=MainPID,NRestarts", NAME]).said
    found = dict(line.partition("=")[::2] for line in said.splitlines())
    return found.get("MainPID", ""), int(found.get("NRestarts") or 0)


def read_only() -> bool:
    """Return whether the place where packages go takes nothing."""
    return bool(os.statvfs("/usr").f_flag & os.ST_RDONLY)


def newer(version: str, than: str) -> bool:
    return run(["dpkg", "--compare-versions", version, "gt", than]).status == 0


def fields(deb: Path) -> list[str]:
    """Return a package's name and version; empty if it is not one."""
    done = run(["dpkg-deb", "--showformat", "${Package}\n${Version}", "--show", str(deb)])
    return [] if done.status else done.said.split("\n")


def repack(to: Path) -> None:
    """Make the package of what is installed, for where there is none to go back to."""
    root = FOLDER / "packed"
    shutil.rmtree(root, ignore_errors=True)
    (root / "DEBIAN").mkdir(parents=True)
    for name in run(["dpkg-query", "--listfiles", NAME]).said.splitlines():
        source, place = Path(name), root / name[1:]
        if source.is_dir() and not source.is_symlink():
            place.mkdir(parents=True, exist_ok=True)
        elif os.path.lexists(source):
            shutil.copy2(source, place, follow_symlinks=False)  # dpkg-deb makes all of it root's
    for script in ("preinst", "postinst", "prerm", "postrm", "conffiles", "md5sums", "triggers"):
        file = Path(f"/var/lib/dpkg/info/{NAME}.{script}")
        if file.exists():
            shutil.copy(file, root / "DEBIAN" / script)
    about = run(["dpkg-query", "--status", NAME]).said + "\n"
    for key in ("Status", "Config-Version", "Conffiles"):
        about = re.sub(rf"^{key}:.*\n(?: .*\n)*", "", about, flags=re.MULTILINE)
    (root / "DEBIAN/control").write_text(about, encoding="utf-8")
    line = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(root), str(to)]
    done = run(line, FETCH_S)
    shutil.rmtree(root)
    if done.status:
        raise UpdateFailed("no_old", done.said)


def copied(source: Path, to: Path) -> None:
    """Copy with owners, modes and times."""
    name = f"{source}/." if source.name == "" else str(source)
    done = run(["cp", "--archive", "--no-target-directory", name, str(to)], FETCH_S)
    if done.status:
        raise meaning(f"E: {done.said}")


def size_kb(folder: Path) -> int:
    said = run(["du", "--summarize", "--block-size=1024", str(folder)]).said
    return int(said.split()[0]) if said[:1].isdigit() else 0


def written(file: Path, said: Mapping[str, object], mode: int = 0o600) -> None:
    """Write a file as a whole; a power cut leaves the old one or this one."""
    half = file.with_suffix(".half")
    with half.open("w", encoding="utf-8") as into:
        json.dump(said, into)
        into.flush()
        os.fchmod(into.fileno(), mode)
        os.fsync(into.fileno())
    half.replace(file)
    sync(file.parent)


def sync(folder: Path) -> None:
    """Have the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def told() -> dict[str, Any]:
    """Return the status that was written last."""
    with contextlib.suppress(OSError, ValueError):
        said = json.loads((FOLDER / "status.json").read_text(encoding="utf-8"))
        if isinstance(said, dict):
            return said
    return {}


def held(document: Condition) -> frozenset[str]:
    """Return the conditions of a room that hold; ValueError while it starts."""
    if document["phase"] != "ready":
        raise ValueError("the room starts")
    return frozenset(one["type"] for one in document["conditions"] if one["status"] is True)


def api(method: str, path: str, body: object = None) -> dict[str, Any]:
    """Ask the room that runs here; OSError, ValueError, LookupError if it does not answer."""
    handle = os.open(RUN_FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, encoding="utf-8") as file:
        said = json.loads(file.read(4096))
    base = str(said["api"])
    if not re.fullmatch(r"http://[^/@?#\s]+", base):
        raise ValueError("the room's address is not an address")
    request = urllib.request.Request(  # noqa: S310 - see above
        f"{base}/api/v1/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {said['token']}", "Content-Type": "application/json"},
        method=method,
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=API_S) as answer:
        data = answer.read(LARGEST_ANSWER + 1)
    if len(data) > LARGEST_ANSWER:
        raise ValueError(f"the room answers with more than {LARGEST_ANSWER >> 20} MB")
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("the room answers something else")
    return found


def requested() -> tuple[str, str] | None:
    """Take the request that waits, the room's or root's; None: there is none that makes sense."""
    found = None
    for path in REQUESTS:
        data = b""
        with contextlib.suppress(OSError):
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            handle = os.open(path, flags)
            with os.fdopen(handle, "rb") as file:
                if stat.S_ISREG(os.fstat(handle).st_mode):
                    data = file.read(LARGEST_REQUEST + 1)
        _removed(path)
        with contextlib.suppress(ValueError, RecursionError):
            if len(data) <= LARGEST_REQUEST:
                found = found or parsed(data)
    return found


def _removed(path: Path) -> None:
    """Remove what lies there, whatever it is: the unit would be started for it without end."""
    try:
        path.unlink()
    except IsADirectoryError:
        shutil.rmtree(path, ignore_errors=True)
    except OSError:
        pass


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Keep another updater out."""
    FOLDER.mkdir(mode=0o755, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def asked(limits: UpdateLimits) -> int:
    """Do what is asked for; return the exit status."""
    request = requested()
    if request is None:
        time.sleep(NONSENSE_S)
        return 0
    do, name = request
    box = Box(limits, name)
    if box.marked() is not None:
        go_back(box, UpdateFailed("cut_off"))
    keep_updater()
    code, detail = "", ""
    try:
        if do == "check":
            check(box)
        else:
            update(box)
    except (UpdateFailed, OSError) as error:
        why = UpdateFailed.by(error)
        if box.marked() is not None:
            return stuck(box, why)
        code, detail = why.code, why.detail
        box.sweep()
        sys.stderr.write(f"{why}\n")
    last: dict[str, object] = {}
    if do == "install" and code:
        known = told()
        old, new = (str(known.get(key, "")) for key in ("installed", "available"))
        last["last"] = result("refused", old, new, UpdateFailed(code, detail))
    box.tell("idle", refusal=code, refusal_detail=detail, **last)
    return 0


def keep_updater() -> None:
    """Copy this file to where the next boot finds it, before anything says that an update runs."""
    copy = FOLDER / "updater.py"
    half = copy.with_suffix(".half")
    shutil.copy(__file__, half)
    with half.open("rb") as file:
        os.fsync(file.fileno())
    half.replace(copy)
    sync(FOLDER)


def stuck(box: Box, why: UpdateFailed) -> int:
    """Run what is there, where the way back does not work either; the next boot tries again."""
    sys.stderr.write(f"{why}\n")
    box.tell("returning", refusal="stuck", refusal_detail=why.detail)
    box.start()
    return 1


def main(words: Sequence[str]) -> int:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("what", choices=["run", "resume"])
    reader.add_argument("--install-s", type=float, default=INSTALL_S)
    reader.add_argument("--ready-s", type=float, default=READY_S)
    wanted = reader.parse_args(words)
    limits = UpdateLimits(wanted.install_s, wanted.ready_s)
    with alone():
        if wanted.what == "run":
            return asked(limits)
        box = Box(limits)
        try:
            resume(box)
        except (UpdateFailed, OSError) as error:
            return stuck(box, UpdateFailed.by(error))
        (FOLDER / "updater.py").unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
