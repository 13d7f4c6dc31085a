"""Who has a node open: a /proc made of folders and links."""

import os
from pathlib import Path

import pytest

from roomctl.ports.holders import held_here, others

NODE = "/dev/bus/usb/001/005"


class Proc:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def process(self, pid: int | str, command: str, *opened: str) -> None:
        files = self.folder / str(pid) / "fd"
        files.mkdir(parents=True)
        (self.folder / str(pid) / "cmdline").write_bytes(command.replace(" ", "\0").encode())
        for number, path in enumerate(opened):
            (files / str(number)).symlink_to(path)


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    return Proc(tmp_path)


def test_programs_are_named_as_people_know_them(proc: Proc) -> None:
    proc.process(90, "/opt/zoom/zoom --quiet", NODE)
    proc.process(1234, "/usr/bin/python3 -m roomctl serve", "/dev/null", NODE)
    proc.process(7, "/usr/bin/lsusb", "/dev/bus/usb/001/004")
    assert others(NODE, proc.folder) == ["zoom --quiet (pid 90)", "roomctl serve (pid 1234)"]


def test_a_program_that_is_an_argument_is_cut_to_one_short_line(proc: Proc) -> None:
    proc.process(8, "/usr/bin/python3 -c import\n\nusb.core" + 90 * "x", NODE)
    proc.process(9, "", NODE)
    assert others(NODE, proc.folder) == ["python3 -c (pid 8)", " (pid 9)"]


def test_this_process_is_no_other_but_its_own_handles_are_counted(proc: Proc) -> None:
    proc.process(os.getpid(), "roomctl serve", NODE)
    proc.process("self", "roomctl serve", NODE, "/dev/null", NODE)
    assert others(NODE, proc.folder) == []
    assert held_here(NODE, proc.folder) == 2


def test_a_process_that_may_not_be_looked_into_is_left_out(proc: Proc) -> None:
    (proc.folder / "55").mkdir()
    assert others(NODE, proc.folder) == []
    assert held_here(NODE, proc.folder) == 0


def test_the_real_proc_is_read_although_it_lists_a_handle_that_is_gone_by_then(
    tmp_path: Path,
) -> None:
    file = tmp_path / "node"
    file.touch()
    with file.open(), file.open():
        assert held_here(str(file)) == 2
    assert held_here(str(file)) == 0
