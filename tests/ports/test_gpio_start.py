"""What a GPIO port says that cannot be opened: one sentence, and what to do about it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from roomctl.errors import PortError, PortReason
from roomctl.ports import connect


@pytest.fixture(autouse=True)
def board() -> Iterator[None]:
    """A board of mock pins, which is what gpiozero uses while a test runs."""
    gpiozero.Device.pin_factory = MockFactory()
    yield
    gpiozero.Device.pin_factory = None


@pytest.fixture
def no_board(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No board is chosen yet, so lgpio would be; returns the folder it should work in."""
    gpiozero.Device.pin_factory = None
    monkeypatch.setenv("LG_WD", "")
    monkeypatch.delenv("LG_WD")
    monkeypatch.setenv("RUNTIME_DIRECTORY", f"{tmp_path}/run")
    return tmp_path / "run"


class LgpioError(Exception):
    """lgpio's `error`: a plain Exception whose text stands in quotes."""


class FaultyBoard(MockFactory):
    def __init__(self, says: str) -> None:
        super().__init__()
        self._says = says

    def pin(self, name: object) -> MockPin:
        raise LgpioError(self._says)


@pytest.mark.parametrize(
    ("lgpio_says", "we_say", "reason"),
    [
        ("'GPIO busy'", "GPIO17 is in use", PortReason.BUSY),
        ("'GPIO operation not permitted'", "no GPIO17", PortReason.UNSUPPORTED),
        ("'bad GPIO read'", r"cannot be opened \(bad GPIO read\)", PortReason.IO),
    ],
)
async def test_each_lgpio_error_becomes_one_sentence(
    lgpio_says: str, we_say: str, reason: PortReason
) -> None:
    gpiozero.Device.pin_factory = FaultyBoard(lgpio_says)
    with pytest.raises(PortError, match=we_say) as error:
        await connect("ceiling", "gpio:17")
    assert error.value.reason is reason


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("gpio:2?pull=down", "GPIO2 has a fixed pull-up; write pull=up"),
        ("gpio:99", "no GPIO99"),
        ("gpio:BOARD11", "is not gpio:NUMBER"),
        ("gpio:", "is not gpio:NUMBER"),
        ("gpio:17?pul=up", "unknown option 'pul'; did you mean 'pull'"),
        ("gpio:17?bounce=0.1", "unknown option 'bounce'; known: active, direction, pull"),
        ("gpio:17?pull=sideways", "pull=sideways is not known; known: down, none, up"),
        ("gpio:17?active=1", "active=1 is not known; known: high, low"),
    ],
)
async def test_what_cannot_be_meant_is_refused(url: str, says: str) -> None:
    with pytest.raises(PortError, match=says) as error:
        await connect("ceiling", url)
    assert error.value.reason is PortReason.UNSUPPORTED


class Called:
    """A module whose function fails."""

    def __init__(self, error: Exception, **names: object) -> None:
        self._error = error
        self.__dict__.update(names)

    def LGPIOFactory(self) -> None:  # noqa: N802 - gpiozero's name
        raise self._error


@pytest.mark.usefixtures("no_board")
@pytest.mark.parametrize(
    ("error", "says", "reason"),
    [
        (gpiozero.PinUnknownPi("no such board"), "ProcSubset=all", PortReason.UNSUPPORTED),
        (
            LgpioError("'can not open gpiochip'"),
            "there is no /dev/gpiochip|no permission for /dev/gpiochip.*usermod -aG gpio",
            None,
        ),
    ],
)
async def test_a_chip_that_cannot_be_used_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, error: Exception, says: str, reason: PortReason | None
) -> None:
    monkeypatch.setitem(sys.modules, "lgpio", Called(error, gpiochip_open=None))
    monkeypatch.setitem(sys.modules, "gpiozero.pins.lgpio", Called(error))
    with pytest.raises(PortError, match=says) as raised:
        await connect("ceiling", "gpio:17")
    assert reason is None or raised.value.reason is reason


class FailsAtImport:
    """Finds lgpio, which cannot make its FIFO."""

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name == "lgpio":
            raise FileNotFoundError(2, "No such file or directory", ".lgd-nfy-3")


@pytest.mark.usefixtures("no_board")
async def test_a_folder_that_cannot_be_written_to_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "lgpio", raising=False)
    monkeypatch.setattr(sys, "meta_path", [FailsAtImport(), *sys.meta_path])
    with pytest.raises(PortError, match="set LG_WD to a writable folder") as raised:
        await connect("ceiling", "gpio:17")
    assert raised.value.reason is PortReason.PERMISSION


async def test_an_old_gpiozero_is_named_with_the_one_that_is_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    about = tmp_path / "gpiozero-1.6.2.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: gpiozero\nVersion: 1.6.2\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(PortError, match=r"gpiozero 1\.6\.2 is too old.*gpiozero>=2\.0\.1"):
        await connect("ceiling", "gpio:17")


async def test_without_gpiozero_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    with pytest.raises(PortError, match=r"pip install 'roomctl\[gpio\]'.*3\.13") as error:
        await connect("ceiling", "gpio:17")
    assert error.value.reason is PortReason.UNSUPPORTED


@pytest.mark.usefixtures("no_board")
@pytest.mark.parametrize(
    ("module", "says"),
    [(None, "lgpio is not installed"), (ModuleType("lgpio"), "is an empty package")],
)
async def test_a_missing_or_empty_lgpio_is_named_and_told_where_to_work(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType | None, says: str
) -> None:
    monkeypatch.setitem(sys.modules, "lgpio", module)
    with pytest.raises(PortError, match=says) as error:
        await connect("ceiling", "gpio:17")
    assert error.value.reason is PortReason.UNSUPPORTED


async def test_lgpio_gets_a_writable_folder_before_it_is_imported(
    monkeypatch: pytest.MonkeyPatch, no_board: Path
) -> None:
    monkeypatch.setitem(sys.modules, "lgpio", None)
    with pytest.raises(PortError, match="lgpio is not installed"):
        await connect("ceiling", "gpio:17")
    assert os.environ["LG_WD"] == str(no_board)
    assert no_board.is_dir()
