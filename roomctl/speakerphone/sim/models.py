"""Real devices as a simulation needs them: what the USB port finds out, and their own manners.

Data only. The same descriptors stand, with all that they declare, in the tests' recorded ones.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Model:
    """What the USB port would find out about the device.

    `mic_needs_off_hook`: it keeps its microphone silent until then. `double`: it sends each press
    twice within 50 ms.
    """

    product: str
    vid: int
    pid: int
    descriptor: bytes
    mic_needs_off_hook: bool = False
    double: bool = False

    @property
    def ids(self) -> str:
        """Return vid:pid as urls and profiles have it."""
        return f"{self.vid:04x}:{self.pid:04x}"


# github.com/gonicus/gonnect tests/resources/hid/0b0e-2456.bin (commit d4821160)
SPEAK_810 = Model(
    "Jabra SPEAK 810",
    0x0B0E,
    0x2456,
    bytes.fromhex(
        "050b0905a1018502050b1500250109200997750195028122092f0921750195028106090715002501"
        "05097501950181027501950b810105081500250109170909091809200921750195059122050b1500"
        "2501099e7501950191227501950a9101c00600ff0901a10185050901150026ff007508953f920201"
        "0901150026ff007508953f82020185040630ff1500250109200997750195028122092f09210afdff"
        "750195038106950b81010640ff15002501091709090918092009217501950591220630ff15002501"
        "099e7501950191227501950a91010affff1500250175019501b12275019507b101c0050c0901a101"
        "8501050c1500250109ea09e909e27501950381027501950d8101c0"
    ),
)

# a public Go package that quotes it from sysfs (191 bytes), and says that it is gated
POWERCONF = Model(
    "Anker PowerConf",
    0x291A,
    0x3301,
    bytes.fromhex(
        "050c0901a10185011500250109e909ea09e209cd09b509b609b309b7750195088142c0050b0905a1"
        "018502050b1500250109200997750195028123092f0921097009507501950481070906a10219b029"
        "bb1500250c750495018140c009071500250105097501950181027501950581010508150025010917"
        "0909091809200921750195059122050b15002501099e7501950191227501950a9101c00600ff0901"
        "a10185030901150026ff00953f750881020901150026ff00953f75089102c0"
    ),
    mic_needs_off_hook=True,
)

# a public Python program (meeting-scribe) that quotes it from sysfs, 2026-05-13
SP325 = Model(
    "Dell SP325",
    0x413C,
    0x8223,
    bytes.fromhex(
        "050c0901a101850c1500250109e909ea09e209cd09b509b609b009b1750195088102c00613ff0901"
        "a101150026ff00850609007508953d9102850709007508953d8102c00614ff0901a101150026ff00"
        "85100900750895058102c00699ff0901a101859a150026ff00953f75080903b102859b1500250195"
        "01750109048106750195078101c0050b0905a1011500250175018505092095018122092f95018106"
        "092409210997092a0950950581060907050909017501950181020508850509170909091809200921"
        "092a9506912295029101c0"
    ),
)

# github.com/libusb/hidapi windows/test/data/047F_C056_0005_000B; WICG/webhid#61: twice
BLACKWIRE = Model(
    "Plantronics Blackwire 3220 Series",
    0x047F,
    0xC056,
    bytes.fromhex(
        "050b0905a101850815002501092f7501950181060920092175019502812295058101050885090909"
        "9501912295079101851709179501912295079101851809189501912295079101851e091e95019122"
        "95079101852009209501912295079101852a092a9501912295079101c0"
    ),
    double=True,
)

# A speakermic whose mute is a state and whose reports have no ID, as Google's is said to be
# (systemd hwdb 60-keyboard: 18d1:8001); no descriptor of one is public. Written after the HID
# Usage Tables: hook and mute in, Off-Hook and Mute LEDs out, one byte each.
SPEAKERMIC = Model(
    "absolute speakermic",
    0x18D1,
    0x8001,
    bytes.fromhex("050b0905a10115002501750195020920092f8102950681030508091709099502910295069101c0"),
)

MODELS = {model.ids: model for model in (SPEAK_810, POWERCONF, SP325, BLACKWIRE, SPEAKERMIC)}
