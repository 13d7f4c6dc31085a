"""Devices that come and go side by side each have a port of the controller for themselves."""

from __future__ import annotations

import threading

from roomctl.speakerphone.sim import MODELS
from tests.hwlab.devices.speakerphone import UsbSpeakerphone
from tests.hwlab.devices.usbip import is_free, until
from tests.hwlab.scenarios.conftest import Plug


def test_a_port_is_reused_once_the_kernel_has_released_it(plug: Plug) -> None:
    """The controller calls a port free some 30 ms before the kernel forgets its device."""
    went, comes = (UsbSpeakerphone(model) for model in list(MODELS.values())[:2])
    first = plug(went)
    pulled = threading.Thread(target=first.unplug)
    pulled.start()
    until(lambda: is_free(first.port), "the controller to call the port free")
    second = plug(comes)
    pulled.join()
    assert second.port != first.port
    assert second.bound()
    assert plug(went).port == first.port
