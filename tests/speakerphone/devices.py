"""The real report descriptors that the tests share."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from roomctl.speakerphone.sim import PUSH_BUTTON, SPEAKERMIC, Model


@dataclass(frozen=True)
class Recorded:
    name: str
    model: Model
    controls: frozenset[str]
    output_bytes: dict[int, int]


def _recorded() -> dict[str, Recorded]:
    text = Path(__file__).with_name("descriptors.toml").read_text(encoding="utf-8")
    return {
        entry["name"]: Recorded(
            entry["name"],
            Model(entry["name"], entry["vid"], entry["pid"], bytes.fromhex(entry["descriptor"])),
            frozenset(entry["controls"]),
            {int(report_id): length for report_id, length in entry["output_bytes"].items()},
        )
        for entry in tomllib.loads(text)["device"]
    }


RECORDED = _recorded()
POWERCONF = RECORDED["Anker PowerConf"].model
BLACKWIRE = RECORDED["Plantronics Blackwire 3220 Series"].model
SP325 = RECORDED["Dell SP325"].model
H540 = RECORDED["Logitech USB Headset H540"].model
BOYA = RECORDED["BOYA mini 2 receiver"].model

ABSOLUTE = SPEAKERMIC  # its mute is a state
MOMENTARY = PUSH_BUTTON  # its mute is a push button in a field that is not relative
