"""Which GPIO pins there are, by number, and what cannot be meant by `gpio:` whatever the board.

Knows no library and opens nothing: `roomctl check` asks here what the port would refuse.
"""

from __future__ import annotations

from roomctl.ports.address import Address, parse

HEADER = range(28)  # GPIO0-27 stand on every Raspberry Pi's 40-pin header
COMPUTE = range(46)  # a compute module has more
_PULLED_UP = (2, 3)  # by resistors on the board: they are I2C


def place_of(url: str) -> str:
    """Return which line a `gpio:` URL names, as "GPIO17"; PortError if it cannot be meant."""
    return f"GPIO{number(parse(url))}"


def number(address: Address) -> int:
    """Return the number of the GPIO; PortError says what cannot be meant."""
    pin = address.place
    if not (pin.isascii() and pin.isdecimal()):
        raise address.refuse("is not gpio:NUMBER, such as gpio:17 (the GPIO's, not the header's)")
    found = int(pin)
    if found not in COMPUTE:
        last = f"0-{HEADER[-1]} (a compute module: 0-{COMPUTE[-1]})"
        raise address.refuse(f"there is no GPIO{pin}; a Raspberry Pi has {last}")
    address.only(("pull", "active"))
    pull = address.choice("pull", "down", ("down", "up", "none"))
    address.choice("active", "high", ("high", "low"))
    if found in _PULLED_UP and pull == "down":
        raise address.refuse(f"GPIO{pin} has a fixed pull-up; write pull=up")
    return found
