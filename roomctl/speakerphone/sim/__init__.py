"""A simulated speakerphone: the far end of a room's, as the report descriptors of real ones say."""

from roomctl.speakerphone.sim.models import (
    BLACKWIRE,
    MODELS,
    POWERCONF,
    SP325,
    SPEAK_810,
    SPEAKERMIC,
    Model,
)
from roomctl.speakerphone.sim.phone import Faults, SimSpeakerphone

__all__ = [
    "BLACKWIRE",
    "MODELS",
    "POWERCONF",
    "SP325",
    "SPEAKERMIC",
    "SPEAK_810",
    "Faults",
    "Model",
    "SimSpeakerphone",
]
