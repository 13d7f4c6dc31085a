"""The suite bounds work, not seconds: hypothesis has no deadline on a loaded machine."""

from hypothesis import settings

settings.register_profile("suite", deadline=None)
settings.load_profile("suite")
