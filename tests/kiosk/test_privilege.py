import os
import pwd
import subprocess
import sys

import pytest

from roomctl.errors import DeviceError
from roomctl.kiosk.privilege import drop_privileges

_STEP_DOWN = """
import os, sys
import roomctl.kiosk.agent
from roomctl.kiosk.privilege import drop_privileges
os.environ["XDG_RUNTIME_DIR"] = "/run/user/0"
drop_privileges("nobody")
known = set(sys.modules)
import asyncio
async def work():
    reader, writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
    writer.close()
try:
    asyncio.run(work())
except ConnectionRefusedError:
    pass
assert os.getresuid() == os.getresgid() == (65534,) * 3, os.getresuid()
assert 0 not in os.getgroups()
assert os.environ.get("XDG_RUNTIME_DIR") != "/run/user/0"
assert set(sys.modules) == known, set(sys.modules) - known
try:
    os.setuid(0)
except PermissionError:
    print("stepped down")
"""


@pytest.mark.real
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can step down")
def test_root_steps_down_for_good_and_needs_no_further_module():
    line = [sys.executable, "-c", _STEP_DOWN, "1"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("stepped down\n", "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root can become anybody")
def test_only_root_becomes_somebody_else():
    other = next(entry.pw_name for entry in pwd.getpwall() if entry.pw_uid not in {0, os.getuid()})
    with pytest.raises(DeviceError, match=f"only root can become '{other}'"):
        drop_privileges(other)


def test_nobody_becomes_root():
    with pytest.raises(DeviceError, match="must not run as root"):
        drop_privileges("root")
