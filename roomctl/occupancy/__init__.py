"""Whether somebody is there: sensors as devices, and presence as their fusion.

Presence is told of levels, calls and touches. `health` is what one sensor proves and whether it can
be believed, `presence` the state, its reasons and its probability; what is kept of all that it was
told makes the same states once more. `driver` is a sensor as a device, `hilink` the frames of
radars, `co2` those of meters, `report` what others publish, `evaluation` how good all this is. The
room joins it with its rules in `room.occupancy` and `room.automation`.
"""

from roomctl.occupancy.driver import Sensor, sensors
from roomctl.occupancy.presence import Presence, PresenceState

__all__ = ["Presence", "PresenceState", "Sensor", "sensors"]
