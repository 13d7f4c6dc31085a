"""Starts a program as a systemd unit would have it, as far as that can be done without systemd.

    python -m tests.kiosk.confined UNIT UID PROGRAM [ARGUMENT...]

From the unit it takes NoNewPrivileges, CapabilityBoundingSet, UMask, SystemCallFilter with
SystemCallErrorNumber, RestrictNamespaces, RestrictAddressFamilies, RestrictRealtime and
LockPersonality. It has no cgroup (DevicePolicy), and leaves the file system as it is (Protect…,
Private…). Root alone can do this; libseccomp comes with systemd.
"""

import ctypes
import errno
import os
import pwd
import subprocess
import sys
from pathlib import Path

ALLOW, ERRNO = 0x7FFF0000, 0x00050000
MASKED_EQUAL, NOT_EQUAL = 7, 1
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
NAMESPACES = {
    "mnt": 0x00020000,
    "cgroup": 0x02000000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}
_HIGHEST_FAMILY = 46


class Comparison(ctypes.Structure):
    """scmp_arg_cmp."""

    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("datum_a", ctypes.c_uint64),
        ("datum_b", ctypes.c_uint64),
    )


def settings(unit):
    """The [Service] section: each key with its values in their order."""
    found = {}
    for line in Path(unit).read_text(encoding="utf-8").splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith(("#", "[")):
            found.setdefault(key, []).append(value)
    return found


def system_calls(lists):
    """What the lines of SystemCallFilter allow, with systemd's own sets."""
    allowed = set()
    for line in lists:
        names = line.removeprefix("~").split()
        calls = set().union(*(_expanded(name) for name in names))
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed


def _expanded(name):
    if not name.startswith("@"):
        return {name}
    line = ("systemd-analyze", "--no-pager", "syscall-filter", name)
    said = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    words = [word.strip() for word in said.splitlines()[1:]]
    return set().union(*(_expanded(word) for word in words if word and not word.startswith("#")))


class Filter:
    """One seccomp filter; several are loaded one upon the other, and the strictest wins."""

    def __init__(self, default):
        self._seccomp = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        self._seccomp.seccomp_init.restype = ctypes.c_void_p
        self._context = ctypes.c_void_p(self._seccomp.seccomp_init(ctypes.c_uint32(default)))

    def rule(self, action, call, *comparisons):
        number = self._seccomp.seccomp_syscall_resolve_name(call.encode())
        if number == -1:
            return  # a call of another architecture
        array = (Comparison * len(comparisons))(*comparisons)
        count = len(comparisons)
        done = self._seccomp.seccomp_rule_add_array(
            self._context, ctypes.c_uint32(action), number, count, array
        )
        if done not in (0, -errno.EACCES):  # EACCES: what happens anyway
            raise OSError(-done, f"no rule for {call}")

    def load(self):
        if (done := self._seccomp.seccomp_load(self._context)) != 0:
            raise OSError(-done, "seccomp_load")


def filters(unit):
    """The filters of a unit, in the order in which they can be loaded."""
    found = settings(unit)
    made = []
    namespaces = found.get("RestrictNamespaces", ["no"])[-1]
    if namespaces != "no":
        kept = set() if namespaces == "yes" else set(namespaces.split())
        spaces = Filter(ALLOW)
        for name in NAMESPACES.keys() - kept:
            flag = NAMESPACES[name]
            for call, place in (("unshare", 0), ("clone", 0), ("setns", 1)):
                which = Comparison(place, MASKED_EQUAL, flag, flag)
                spaces.rule(ERRNO | errno.EPERM, call, which)
        spaces.rule(ERRNO | errno.ENOSYS, "clone3")
        made.append(spaces)
    if "RestrictAddressFamilies" in found:
        kept = {FAMILIES[name] for name in found["RestrictAddressFamilies"][-1].split()}
        families = Filter(ALLOW)
        for number in set(range(_HIGHEST_FAMILY)) - kept:
            equal = Comparison(0, MASKED_EQUAL, 0xFFFFFFFF, number)
            families.rule(ERRNO | errno.EAFNOSUPPORT, "socket", equal)
        made.append(families)
    if found.get("LockPersonality") == ["yes"]:
        personality = Filter(ALLOW)
        personality.rule(ERRNO | errno.EPERM, "personality", Comparison(0, NOT_EQUAL, 0, 0))
        made.append(personality)
    if found.get("RestrictRealtime") == ["yes"]:
        realtime = Filter(ALLOW)
        for policy in (1, 2, 6):  # SCHED_FIFO, SCHED_RR, SCHED_DEADLINE
            which = Comparison(1, MASKED_EQUAL, 0xFFFFFFFF, policy)
            realtime.rule(ERRNO | errno.EPERM, "sched_setscheduler", which)
        made.append(realtime)
    if "SystemCallFilter" in found:
        refused = ERRNO | getattr(errno, found.get("SystemCallErrorNumber", ["EPERM"])[-1])
        calls = Filter(refused)
        for call in sorted(system_calls(found["SystemCallFilter"]) | {"execve", "exit_group"}):
            calls.rule(ALLOW, call)
        made.append(calls)
    return made


def confine(unit, uid):
    """Take everything away that the unit does not leave, and become `uid`."""
    found, made = settings(unit), filters(unit)
    libc = ctypes.CDLL(None, use_errno=True)
    if found.get("CapabilityBoundingSet") == [""]:
        last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
        for capability in range(last + 1):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.umask(int(found.get("UMask", ["0022"])[-1], 8))
    entry = pwd.getpwuid(uid)
    os.setgroups([])
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(uid, uid, uid)
    if found.get("NoNewPrivileges") == ["yes"]:
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for one in made:
        one.load()


if __name__ == "__main__":
    confine(sys.argv[1], int(sys.argv[2]))
    os.execve(sys.argv[3], sys.argv[3:], os.environ)
