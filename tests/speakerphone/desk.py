"""A speakerphone on a table, in invented time, and a room that answers a mute press."""

from __future__ import annotations

from roomctl.speakerphone.hid import read_descriptor
from roomctl.speakerphone.sim import SPEAK_810, Model, SimSpeakerphone, SpeakerphoneFaults
from roomctl.speakerphone.telephony import Press, PressTiming, TelephonySession
from roomctl.wire import Virtual


class Desk:
    """`answers` may be switched off: then nobody answers a press."""

    def __init__(
        self,
        model: Model = SPEAK_810,
        faults: SpeakerphoneFaults | None = None,
        *,
        mute_switch: bool | None = None,
        stands_muted: bool = False,
        off_hook: bool = False,
    ) -> None:
        """`mute_switch`: as a profile has it; how mute and hook stand before it is connected."""
        self.sim = SimSpeakerphone(model, faults=faults or SpeakerphoneFaults())
        self.sim.switch_mute(stands_muted)
        self.sim.hook = off_hook
        self.muted = self.off_hook = False
        self.answers = True
        self.presses: list[Press] = []
        self.settled: list[str | None] = []
        layout = read_descriptor(model.descriptor)
        self.session = TelephonySession(
            layout, PressTiming(), "mute", self._heard, self.settled.append, mute_switch
        )
        self.time = Virtual(self.session, self.sim)
        self.show()

    def show(self, *, muted: bool | None = None, off_hook: bool | None = None) -> None:
        self.muted = self.muted if muted is None else muted
        self.off_hook = self.off_hook if off_hook is None else off_hook
        self.session.write_leds(self.muted, self.off_hook)
        self.time.settle()

    def pass_s(self, seconds: float) -> None:
        self.time.run(seconds)

    def press_mute(self) -> None:
        self.sim.press_mute()
        self.time.settle()

    def press_hook(self) -> None:
        self.sim.press_hook()
        self.time.settle()

    def _heard(self, presses: list[Press], at: float) -> None:
        self.presses += presses
        if Press.MUTE in presses and self.answers:
            self.muted = not self.muted
            self.session.write_leds(self.muted, self.off_hook)
