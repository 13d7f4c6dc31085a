"""Which of a sound server's sources and sinks are the room's, and what their mute amounts to.

A browser can open any source, so the room is muted only if all of them are, the webcam's microphone
too; an open room has one open source. Knows no sound server and no clock.

Where a device is plugged in stands in its properties, in PulseAudio's or PipeWire's spelling:
sysfs.path /devices/…/1-1.4/1-1.4:1.0/sound/card1 (bus and ports), device.bus_path
pci-0000:00:14.0-usb-0:1.4:1.0 (ports without the bus, as udev's path_id writes it).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field

from roomctl.frozen import frozen
from roomctl.screen.protocol import CaptureSwitch, PreferDevice, SoundState

_SYSFS = re.compile(r"/(\d+-\d+(?:\.\d+)*):\d+\.\d+(?:/|$)")
_LONGEST_NAME = 100

SUSPENDED, IDLE, RUNNING = range(3)
_BUS_PATH = re.compile(r"-usb(?:v\d)?-\d+:(\d+(?:\.\d+)*):\d+\.\d+$")


@frozen
class SoundNode:
    """A source or a sink as it was read; `properties` include those of its card.

    `hardware`: its mute is the device's own. `awake` is SUSPENDED, IDLE or RUNNING.
    """

    index: int
    name: str
    muted: bool
    volume_pct: int = 100
    card: int | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    hardware: bool = False
    awake: int = SUSPENDED


def dummy(name: str) -> bool:
    """Whether a sink or a source is the server's own, for want of a device: nobody hears it."""
    return re.fullmatch(r"auto_null(\.\d+)?", name) is not None


@frozen
class SoundGraph:
    """All that was read at one moment.

    Without monitors, which hear no room, and without the dummies of a server that has no device.
    `listened` are the sources from which a program other than this one records; None: the server
    does not say. `deaf` are those of which our own meter cannot tell what such a program hears.
    """

    sources: tuple[SoundNode, ...]
    sinks: tuple[SoundNode, ...]
    default_source: str
    default_sink: str
    listened: frozenset[int] | None = frozenset()
    deaf: frozenset[int] = frozenset()


@frozen
class MuteTarget:
    """What was asked for last; None: nobody has, and everything stays as it is found.

    `opened` is the source that was seen open for it: if that is muted later, somebody else did it.
    """

    muted: bool | None = None
    opened: int | None = None


def microphone(scene: SoundGraph, use: PreferDevice) -> SoundNode | None:
    """Return the room's source; None if none can be told apart from the others."""
    return _chosen(scene.sources, scene.default_source, use)


def loudspeaker(scene: SoundGraph, use: PreferDevice) -> SoundNode | None:
    """Return the room's sink; None if none can be told apart from the others."""
    return _chosen(scene.sinks, scene.default_sink, use)


def read(
    scene: SoundGraph,
    use: PreferDevice,
    switch: CaptureSwitch = CaptureSwitch.NONE,
    target: MuteTarget | None = None,
    silent: Mapping[int, bool | None] | None = None,
) -> SoundState:
    """Return what may be said: muted is only said of a room without any open source.

    `switch` is what was read of the sound cards themselves, `silent` what their peaks say of the
    sources that are muted. A room without any source is muted if that is the `target`: one that is
    plugged in later is muted then.
    """
    muted = all(source.muted for source in scene.sources) if scene.sources else None
    if not scene.sources and target is not None and target.muted:
        muted = True
    told = {source.index: (silent or {}).get(source.index, True) for source in scene.sources}
    heard = next((source for source in scene.sources if told[source.index] is False), None)
    if heard:
        muted = False
    elif muted and None in told.values():
        muted = None
    sink = loudspeaker(scene, use)
    volume = None if sink is None else 0 if sink.muted else min(100, sink.volume_pct)
    source = microphone(scene, use)
    gain = None if source is None else min(100, source.volume_pct)
    name = None if heard is None else called(heard)
    listening = None if scene.listened is None else bool(scene.listened)
    return SoundState(True, muted, volume, None, switch, gain, name, listening=listening)


def cards(scene: SoundGraph, target: MuteTarget, use: PreferDevice) -> dict[int, bool | None]:
    """Return the ALSA cards with a source, each with whether it shall let sound through.

    None: nobody has asked for anything.
    """
    opened = _opened(scene, target, use)
    found: dict[int, bool | None] = {}
    for source in scene.sources:
        number = _property(source, "alsa.card", "api.alsa.card", "api.alsa.pcm.card")
        if number.isdecimal():
            card, wanted = int(number), source.index in opened
            found[card] = None if target.muted is None else wanted or bool(found.get(card))
    return found


def others(scene: SoundGraph, use: PreferDevice) -> set[int]:
    """Return the sources that a meeting does not need: all but the room's, if that is known."""
    needed = _with_masters(microphone(scene, use), scene.sources)
    return {source.index for source in scene.sources if needed} - needed


def reconsidered(target: MuteTarget, scene: SoundGraph, use: PreferDevice) -> MuteTarget:
    """Return the target in the light of what was found.

    A mute by somebody else is never undone, and no other microphone opens by itself in place of
    the device's that was unplugged.
    """
    source = microphone(scene, use)
    if target.muted is not False or source is None:
        return target
    gone = target.opened is not None and all(each.index != target.opened for each in scene.sources)
    if gone and use.vid is not None and not _belongs(source, use):
        return MuteTarget(True)
    if not source.muted:
        return MuteTarget(False, source.index)
    return MuteTarget(True) if source.index == target.opened else target


def changes(target: MuteTarget, scene: SoundGraph, use: PreferDevice) -> list[tuple[int, bool]]:
    """Return (index, mute) of the sources that are not as asked for, those to be muted first."""
    if target.muted is None:
        return []
    opened = _opened(scene, target, use)
    wrong = [
        (source.index, source.index not in opened)
        for source in scene.sources
        if source.muted is (source.index in opened)
    ]
    return sorted(wrong, key=lambda change: not change[1])


def _chosen(nodes: Sequence[SoundNode], default: str, use: PreferDevice) -> SoundNode | None:
    """Return the device's node; without one the server's default, or the only one there is."""
    pool = [node for node in nodes if _belongs(node, use)]
    if not pool or len({node.card for node in pool}) > 1:
        pool = list(nodes)
        first = pool[0] if len(pool) == 1 else None
    else:
        first = pool[0]
    return next((node for node in pool if node.name == default), first)


def _belongs(node: SoundNode, use: PreferDevice) -> bool:
    """Whether the node is the device's. Its ids decide only where its place is not known."""
    sysfs = _SYSFS.findall(_property(node, "sysfs.path", "device.sysfs.path"))
    if use.port_path is not None and sysfs:
        return bool(sysfs[-1] == use.port_path)
    ports = _BUS_PATH.search(_property(node, "device.bus_path", "device.bus-path"))
    if use.port_path is not None and ports and use.port_path.partition("-")[2] != ports[1]:
        return False
    return use.vid is not None and (use.vid, use.pid) == _ids(node)


def _ids(node: SoundNode) -> tuple[int | None, int | None]:
    return _hex(_property(node, "device.vendor.id")), _hex(_property(node, "device.product.id"))


def _hex(text: str) -> int | None:
    try:
        return int(text, 16)
    except ValueError:
        return None


def called(node: SoundNode) -> str:
    """Return what people call a device."""
    called = _property(node, "device.description", "node.description") or node.name
    return called[:_LONGEST_NAME]


def _property(node: SoundNode, *names: str) -> str:
    return next((node.properties[name] for name in names if name in node.properties), "")


def _opened(scene: SoundGraph, target: MuteTarget, use: PreferDevice) -> set[int]:
    return set() if target.muted else _with_masters(microphone(scene, use), scene.sources)


def _with_masters(source: SoundNode | None, sources: Sequence[SoundNode]) -> set[int]:
    """Return the source and those that feed it: an echo canceller hears through its master."""
    opened: set[int] = set()
    while source is not None and source.index not in opened:
        opened.add(source.index)
        master = _property(source, "device.master_device")
        source = next((other for other in sources if other.name == master), None)
    return opened
