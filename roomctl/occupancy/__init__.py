"""Whether somebody is there: sensors as devices, and presence as their fusion."""

from roomctl.occupancy.driver import Sensor, sensors
from roomctl.occupancy.presence import Presence, PresenceState

__all__ = ["Presence", "PresenceState", "Sensor", "sensors"]
