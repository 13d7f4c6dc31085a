"""Which USB cameras are plugged in, on folders that look like the system's."""

from pathlib import Path

import pytest

from roomctl.ports.inventory import Found, usb_cameras


class System:
    def __init__(self, root: Path) -> None:
        self.by_id, self.sysfs, self.dev = root / "by-id", root / "video4linux", root / "dev"
        self.dev.mkdir()

    def plug(self, name: str, node: str, called: str | None) -> None:
        self.by_id.mkdir(exist_ok=True)
        (self.dev / node).touch()
        (self.by_id / name).symlink_to(self.dev / node)
        if called is not None:
            (self.sysfs / node).mkdir(parents=True)
            (self.sysfs / node / "name").write_text(f"{called}\n")

    def found(self) -> list[Found]:
        return list(usb_cameras(self.by_id, self.sysfs))


@pytest.fixture
def system(tmp_path: Path) -> System:
    return System(tmp_path)


def test_a_usb_camera_is_found_by_its_stable_name_once(system: System) -> None:
    system.plug("usb-046d_PTZ_Pro_2-video-index0", "video2", "PTZ Pro 2")
    system.plug("usb-046d_PTZ_Pro_2-video-index1", "video3", "PTZ Pro 2")
    system.plug("platform-codec-video-index0", "video10", "a codec of the board")

    assert system.found() == [
        Found(
            "camera",
            f"v4l2:{system.by_id}/usb-046d_PTZ_Pro_2-video-index0",
            "USB camera PTZ Pro 2 (also /dev/video2)",
        )
    ]


def test_what_is_just_unplugged_is_left_out(system: System) -> None:
    system.plug("usb-gone-video-index0", "video2", None)

    assert system.found() == []


def test_a_system_without_cameras_has_none(system: System) -> None:
    assert system.found() == []
