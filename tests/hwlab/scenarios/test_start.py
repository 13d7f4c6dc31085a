import platform


def test_the_kernel_is_not_the_hosts():
    assert "deb" in platform.release()
