"""What people pasted into issues: each file of `pasted/` is a test, without a line of code.

A file is what `roomctl speakerphone describe --json` printed. Where it says something else than
what its owner did, `means` is set right in the file, and the test fails until the program is.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from roomctl.cli import hid
from roomctl.speakerphone.description import pasted
from roomctl.speakerphone.hid import read_descriptor

FILES = sorted(Path(__file__).with_name("pasted").glob("*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_was_pasted_is_read_as_it_says(file: Path) -> None:
    found = json.loads(file.read_text(encoding="utf-8"))
    entry = pasted(found)
    decoded = hid.record(read_descriptor(entry.descriptor))
    assert decoded == {name: found[name] for name in decoded}
    assert entry.replayed() == entry.means


def test_there_are_presses_in_what_was_pasted() -> None:
    entries = [pasted(json.loads(file.read_text(encoding="utf-8"))) for file in FILES]
    assert {"mute", "hook_off"} <= {
        word for entry in entries for said in entry.means for word in said
    }
