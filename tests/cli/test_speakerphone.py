"""`roomctl speakerphone`: the words; what is done is tested at the port."""

from typer.testing import CliRunner

from roomctl.cli.main import app
from roomctl.cli.speakerphone import words


def test_what_was_given_back_is_named() -> None:
    mended = ["interface 3 of 0b0e:2456 at 1-1.4", "interface 3 of 0b0e:0420 at 1-2"]
    assert words(mended).splitlines() == [f"given back to usbhid: {name}" for name in mended]
    assert words([]) == "nothing to give back"


def test_the_stop_hook_is_told_where_somebody_looks_for_it() -> None:
    result = CliRunner().invoke(app, ["speakerphone", "release", "--help"])
    assert result.exit_code == 0
    assert "ExecStopPost=-/usr/bin/roomctl speakerphone release" in " ".join(result.output.split())
