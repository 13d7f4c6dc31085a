import os
import stat
import subprocess
import sys

import pytest

from roomctl.kiosk.browser.folder import PREFIX, BrowserFolder, base, sweep


def test_a_folder_is_for_its_user_alone_and_goes_away_whole(tmp_path):
    folder = BrowserFolder(tmp_path)
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    (folder.profile / "Default").mkdir()
    (folder.profile / "Default" / "Cookies").write_text("secret")
    assert folder.remove()
    assert list(tmp_path.iterdir()) == []


def test_the_sweep_leaves_a_living_meeting_alone(tmp_path):
    folder = BrowserFolder(tmp_path)
    assert sweep(tmp_path) == 0
    assert folder.profile.is_dir()
    assert folder.remove()


@pytest.mark.real
def test_the_sweep_removes_what_a_dead_run_left_and_nothing_else(tmp_path):
    program = "import sys, pathlib; from roomctl.kiosk.browser.folder import BrowserFolder\n"
    program += "print(BrowserFolder(pathlib.Path(sys.argv[1])).path)"
    line = [sys.executable, "-c", program, str(tmp_path)]
    left = subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()
    assert os.path.isdir(left)
    (tmp_path / "somebody-elses").mkdir()
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / "somebody-elses")
    assert sweep(tmp_path) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"somebody-elses", f"{PREFIX}link"}


@pytest.mark.real
def test_the_sweep_ends_what_still_runs_on_a_dead_runs_folder(tmp_path):
    left = tmp_path / f"{PREFIX}old"
    left.mkdir()
    line = ["sleep", "60", f"--user-data-dir={left}/profile"]
    program = "import sys, time; print('up', flush=True); time.sleep(60)"
    orphan = subprocess.Popen(
        [sys.executable, "-c", program, *line[2:]], stdout=subprocess.PIPE, text=True
    )
    with orphan:
        assert orphan.stdout.readline() == "up\n"
        assert sweep(tmp_path) == 1
        assert orphan.wait(timeout=60) == -9


def test_folders_go_to_the_users_runtime_folder_and_else_to_memory(tmp_path):
    assert base({"XDG_RUNTIME_DIR": str(tmp_path)}) == tmp_path
    assert str(base({"XDG_RUNTIME_DIR": "/no/such/folder"})) in {
        "/dev/shm",
        os.environ.get("TMPDIR", "/tmp"),
    }
