"""The machine itself: it runs Debian's kernel, and the first device of docs/hwlab.md."""

from __future__ import annotations

import collections
import platform
import re
from typing import Any

from tests.hwlab.devices import standard, usbip
from tests.hwlab.scenarios.conftest import Plug
from tests.hwlab.table import PAGE


def test_the_kernel_is_not_the_hosts() -> None:
    assert "deb" in platform.release()


def test_the_first_device_of_the_page_is_heard_by_the_kernel(plug: Plug) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {**vars(standard), **vars(usbip), "collections": collections}
    exec(compile(code, str(PAGE), "exec"), names)
    names["test_a_first_device_is_heard_by_the_kernel"](plug)
