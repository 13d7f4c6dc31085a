"""What must hold between a room and a speakerphone, written once and played on several stages.

A scenario knows no port, no loop and no kind of time: it presses, waits and looks, on whatever
`Stage` it is given. `Stage.window_s` is how long the device may echo or repeat; every wait is a
part or a multiple of it, so that a stage in real time can be quick.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from roomctl.device import Status
from roomctl.errors import NoReply, PortClosed, PortError
from roomctl.speakerphone.hid import ReportLayout, ReportType, Usage, read_descriptor
from roomctl.speakerphone.sim import Model
from tests.speakerphone.stage import BACK_S, SHOWN_S, Stage

_RETRY_S = 1.0


@dataclass(frozen=True)
class Facts:
    """What a descriptor says that decides which scenarios a device can play."""

    mute: bool
    mute_is_a_state: bool
    hook: bool
    leds: bool
    led_per_report: bool


def facts(model: Model) -> Facts:
    layout = read_descriptor(model.descriptor)
    mutes = layout.find(Usage.PHONE_MUTE, ReportType.INPUT)
    off_hook, mute = _report(layout, Usage.LED_OFF_HOOK), _report(layout, Usage.LED_MUTE)
    return Facts(
        mute=bool(mutes),
        mute_is_a_state=bool(mutes) and mutes[0].switch,
        hook=bool(layout.find(Usage.HOOK_SWITCH, ReportType.INPUT)),
        leds=off_hook is not None and mute is not None,
        led_per_report=off_hook != mute,
    )


def _report(layout: ReportLayout, usage: Usage) -> int | None:
    return next((one.report_id for one in layout.find(usage, ReportType.OUTPUT)), None)


Act = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """`needs`: which devices can play it. `patient`: too long for a stage in real time.

    `alone`: the driver is spoken to behind the room's back, or nobody answers a press.
    """

    act: Act
    needs: Callable[[Facts], bool]
    patient: bool = False
    alone: bool = False

    @property
    def name(self) -> str:
        return self.act.__name__


SCENARIOS: list[Scenario] = []


def scenario(
    needs: Callable[[Facts], bool] = lambda f: f.mute and f.leds,
    *,
    patient: bool = False,
    alone: bool = False,
) -> Callable[[Act], Act]:
    def enter(act: Act) -> Act:
        SCENARIOS.append(Scenario(act, needs, patient, alone))
        return act

    return enter


# Telephony.


@scenario()
async def a_mute_press_never_ends_a_call(on: Stage) -> None:
    await on.show(off_hook=True)
    await on.pass_s(on.window_s / 2)
    for muted in (True, False, True, False):
        await on.press_mute()
        await on.shows(muted, True)
        await on.pass_s(on.window_s / 2)
    assert on.presses == ["mute"] * 4


@scenario(lambda f: f.hook and f.leds)
async def only_an_edge_of_the_hook_is_a_press(on: Stage) -> None:
    await on.show(off_hook=True)
    await on.pass_s(on.window_s / 2)
    for _ in range(2):  # each report of a press says again that it is off-hook
        await on.press_mute()
        await on.pass_s(on.window_s / 2)
    await on.press_hook()
    await on.until(lambda: on.presses == ["mute", "mute", "hook_on"], SHOWN_S)
    await on.show(off_hook=False)
    await on.pass_s(on.window_s / 2)
    await on.press_hook()
    await on.until(lambda: on.presses[3:] == ["hook_off"], SHOWN_S)


@scenario()
async def mute_pressed_and_mute_asked_for_take_turns(on: Stage) -> None:
    await on.show(off_hook=True)
    await on.pass_s(on.window_s * 1.2)
    for turn in range(2):
        await on.show(muted=True)
        await on.pass_s(on.window_s * 1.2)
        await on.press_mute()
        assert on.muted is False, turn
        await on.shows(False, True)
        await on.pass_s(on.window_s * 1.2)
    assert on.presses == ["mute"] * 2


@scenario()
async def an_echo_never_toggles(on: Stage) -> None:
    await on.show(off_hook=True)
    for echo_s in on.echoes_s:
        on.faults.echo_s = echo_s
        for muted in (True, False):
            await on.show(muted=muted)
            await on.pass_s(on.window_s * 1.2)
            assert on.presses == [], echo_s
            await on.shows(muted, True)


@scenario(alone=True)
async def an_unanswered_press_is_repeated_and_counts_once(on: Stage) -> None:
    on.answers = False
    await on.press_mute()
    await on.pass_s(on.window_s * 3.2)
    assert on.presses == ["mute"]


@scenario()
async def one_press_that_is_sent_twice_counts_once(on: Stage) -> None:
    on.faults.double = True
    for muted in (True, False):
        await on.press_mute()
        await on.pass_s(on.window_s / 2)
        await on.shows(muted, False)
    assert on.presses == ["mute", "mute"]


@scenario(alone=True)
async def a_hundred_changes_at_once_never_clear_off_hook(on: Stage) -> None:
    await on.show(off_hook=True)
    begun = len(on.device.seen)
    await asyncio.gather(
        *(on.phone.write_leds(turn % 3 == 0, off_hook=True) for turn in range(100))
    )
    await on.shows(True, True)
    assert all(off_hook for _, off_hook in on.device.seen[begun:])
    assert on.device.ignored == 0


@scenario(lambda f: f.hook and f.leds)
async def what_a_device_forgets_when_it_goes_off_hook_is_written_again(on: Stage) -> None:
    on.faults.echo_s = on.window_s / 5
    await on.show(muted=True, off_hook=True)
    on.device.leds[Usage.LED_MUTE] = False
    await on.until(lambda: on.lit == (True, True), on.window_s)
    assert on.presses == []


@scenario()
async def the_next_call_begins_open_at_the_device(on: Stage) -> None:
    await on.show(off_hook=True)
    await on.pass_s(on.window_s * 1.2)
    await on.press_mute()
    await on.shows(True, True)
    await on.show(muted=False, off_hook=False)
    await on.pass_s(on.window_s * 1.2)
    await on.show(off_hook=True)
    await on.pass_s(on.window_s * 1.2)
    await on.shows(False, True)
    await on.press_mute()
    await on.shows(True, True)


@scenario()
async def what_a_device_forgets_while_the_box_sleeps_is_written_again(on: Stage) -> None:
    await on.show(muted=True, off_hook=True)
    await on.shows(True, True)
    await on.pass_s(on.window_s * 1.2)
    on.device.leds.clear()
    await on.suspend(3600)
    await on.until(lambda: on.lit == (True, True), BACK_S)
    await on.pass_s(on.window_s * 1.2)  # what it may confirm of that is no press
    assert on.presses == []


# Unplugged.


@scenario()
async def unplugged_while_it_is_listened_to_it_is_gone_at_once(on: Stage) -> None:
    await on.show(off_hook=True)
    await on.unplug()
    await on.until(lambda: on.phone.health.status is Status.OFFLINE, SHOWN_S)
    assert (on.phone.state.led_muted, on.phone.state.off_hook) == (None, None)


@scenario()
async def unplugged_while_muted_it_is_back_with_its_lights(on: Stage) -> None:
    await on.show(muted=True, off_hook=True)
    await on.unplug()
    await on.until(lambda: on.phone.health.status is Status.OFFLINE, SHOWN_S)
    await on.shows(False, False)
    await on.plug()
    await on.until(lambda: on.lit == (True, True), BACK_S)
    await on.until(lambda: on.phone.state.led_muted is True, SHOWN_S)
    await on.pass_s(on.window_s * 1.2)  # what it confirms of that is no press
    assert on.presses == []


@scenario()
async def what_was_asked_for_while_it_was_gone_holds_when_it_is_back(on: Stage) -> None:
    await on.show(muted=True, off_hook=True)
    await on.unplug()
    await on.until(lambda: on.phone.health.status is Status.OFFLINE, SHOWN_S)
    with contextlib.suppress(PortClosed):
        await on.show(muted=False)
    await on.plug()
    await on.until(lambda: on.phone.state.led_muted is False and on.lit[1], BACK_S)
    await on.shows(False, True)


@scenario(alone=True)
async def unplugged_in_the_middle_of_writing_every_command_ends(on: Stage) -> None:
    writing = asyncio.gather(
        *(on.phone.write_leds(turn % 2 == 0, off_hook=True) for turn in range(20)),
        return_exceptions=True,
    )
    await on.unplug()
    await on.until(writing.done, BACK_S)
    outcomes = await writing
    assert all(one is None or isinstance(one, PortError | NoReply) for one in outcomes)
    await on.plug()
    await on.until(lambda: on.lit[1], BACK_S)


# Writes that fail.


async def _fails_and_is_made_good(on: Stage, fault: str) -> None:
    setattr(on.faults, fault, True)
    with contextlib.suppress(PortError, NoReply):
        await on.show(muted=True, off_hook=True)
        raise AssertionError("a write that failed was said to be done")
    assert on.phone.state.led_muted is None
    await on.shows(False, False)
    setattr(on.faults, fault, False)
    await on.until(lambda: on.phone.state.led_muted is True, _RETRY_S + 2 * SHOWN_S)
    await on.shows(True, True)


@scenario()
async def a_stall_is_not_claimed_and_made_good(on: Stage) -> None:
    await _fails_and_is_made_good(on, "stalled")


@scenario()
async def a_time_out_is_not_claimed_and_made_good(on: Stage) -> None:
    await _fails_and_is_made_good(on, "times_out")


@scenario()
async def a_short_write_is_not_claimed_and_made_good(on: Stage) -> None:
    await _fails_and_is_made_good(on, "short")


@scenario()
async def a_light_that_is_declared_and_refused_is_never_claimed_and_presses_are_heard(
    on: Stage,
) -> None:
    on.faults.refuses = frozenset({Usage.LED_MUTE})
    with contextlib.suppress(PortError):
        await on.show(muted=True, off_hook=True)
        raise AssertionError("a light that was refused was said to be lit")
    assert on.phone.state.led_muted is None
    await on.shows(False, facts(on.model).led_per_report)  # the other light has its own report
    on.answers = False
    with contextlib.suppress(PortError):
        await on.show(muted=False)
    await on.press_mute()
    assert on.presses == ["mute"]


@scenario(patient=True)
async def a_device_that_takes_other_lengths_than_it_declares_ends_muted(on: Stage) -> None:
    """It never sees its answer, so it repeats its press, and each repeat looks like a press."""
    on.faults.takes_bytes = 60
    await on.show(off_hook=True)
    await on.shows(False, False)
    await on.press_mute()
    await on.pass_s(40 * on.window_s)
    count = len(on.presses)
    await on.pass_s(40 * on.window_s)
    assert (on.muted, len(on.presses)) == (True, count)
    assert on.phone.health.status is Status.ONLINE
