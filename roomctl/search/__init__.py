"""A search on the network: what everybody is asked, and which devices have answered."""

from roomctl.search.found import FoundDevice, FoundDevices, Search, Sighting, Way

__all__ = ["FoundDevice", "FoundDevices", "Search", "Sighting", "Way"]
