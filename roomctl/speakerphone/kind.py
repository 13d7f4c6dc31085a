"""What the room is handed of speakerphones: how they are built and proven. Knows no command."""

from __future__ import annotations

from collections.abc import Mapping

from roomctl.kind import Context, Drill, DrillSetup, Kind
from roomctl.speakerphone.driver import KeyPressed, Speakerphone, speakerphones
from roomctl.speakerphone.profile import SpeakerphoneProfile, SpeakerphoneTable, shipped


def _build(tables: Mapping[str, SpeakerphoneTable], context: Context) -> list[Speakerphone]:
    def pressed(phone: str, key: str) -> None:
        context.tell(KeyPressed(phone, key))

    return speakerphones(tables, context.connect, context.clock, context.changed, pressed)


def _drill(name: str, tables: Mapping[str, SpeakerphoneTable], setup: DrillSetup) -> Drill:
    from roomctl.speakerphone.drill import SpeakerphoneDrill  # no room needs it

    profiles = shipped()

    async def run() -> bool:
        async with setup.microphone() as microphone:
            drill = SpeakerphoneDrill(
                name,
                tables[name],
                profiles,
                setup.connect,
                setup.clock,
                setup.say,
                microphone=microphone,
                operator=setup.operator,
            )
            return await drill.run()

    return Drill(run, "its lights are switched off")


KIND = Kind("speakerphone", SpeakerphoneTable, _build, SpeakerphoneProfile, drill=_drill)
