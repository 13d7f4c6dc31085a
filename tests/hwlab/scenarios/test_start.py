"""The machine itself: it runs Debian's kernel, whatever the host has."""

import platform


def test_the_kernel_is_not_the_hosts() -> None:
    assert "deb" in platform.release()
