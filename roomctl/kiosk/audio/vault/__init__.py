"""PipeWire behind a wall: the room's devices are this user's alone, and programs see two nodes.

A PipeWire of its own with a session manager and two PulseAudio servers in front of it:

    manager/native   0700: every device, and the streams `gate` and `speaker-out`
    programs/native  for programs of the group roomctl-sound: the sink `speaker`, the source `call`,
                     and their own streams; for every user where there is no such group

`gate` feeds `call`, and `speaker-out` carries `speaker` to a loudspeaker. Both begin without a
device, so the wall begins shut, and whatever of it ends is begun again shut. What programs may see
is an allow list (walled.lua). Knows no room and no mute.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

from roomctl.kiosk.process import Process
from roomctl.screen.protocol import SoundProcessing
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

GATE, SPEAKER_OUT = "gate", "speaker-out"
CALL, SPEAKER = "call", "speaker"

PROGRAMS = "roomctl-sound"
"""The group whose programs may hear and play (deploy/sysusers)."""

START_S = 10.0
BACK_OFF_S = (0.25, 8.0)  # between two starts: the first, the longest
STEADY_S = 10.0  # what runs for so long has started
_LOOK_S = 0.02
_VERSION_S = 5.0

_OLDEST: Mapping[str, tuple[int, int]] = {"pipewire": (1, 2), "wireplumber": (0, 5)}
_SYSTEM = Path("/usr/share/wireplumber")
_HERE = Path(__file__).parent

_GATES: Mapping[SoundProcessing, str] = {
    SoundProcessing.NONE: "gate.conf",
    SoundProcessing.VOICE: "voice.conf",
}


class Vault:
    """The sound servers of one room, kept running until `run` is cancelled."""

    def __init__(
        self,
        folder: Path,
        state: Path | None = None,
        *,
        processing: SoundProcessing = SoundProcessing.NONE,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`folder` is this user's own, and others may enter it; everything in it is made again.

        `state` keeps the devices' volumes over restarts; None: in the folder. `changed` is called
        when `why` is news.
        """
        self.why = "the sound servers behind the wall are starting"
        self._folder, self._state = folder, state or folder / "state"
        self._processing, self._changed = processing, changed
        self._again = asyncio.Event()

    @property
    def manager(self) -> str:
        """The PulseAudio address of the server that sees every device."""
        return f"unix:{self._folder / 'manager' / 'native'}"

    @property
    def programs(self) -> str:
        """The PulseAudio address of the server that is there for programs."""
        return f"unix:{self._folder / 'programs' / 'native'}"

    def process(self, processing: SoundProcessing) -> None:
        """Do this to the sound from now on; if it is something else, all begins again, and shut."""
        if processing != self._processing:
            self._processing = processing
            self.begin_again()

    def begin_again(self) -> None:
        """Stop the sound servers and start them, shut."""
        self._again.set()

    async def run(self) -> None:
        """Serve until cancelled; `why` says what is wrong, and is empty while all of it runs."""
        missing = await wall_lacks()
        if missing:
            self._say(missing)
            await asyncio.Event().wait()
        wait_s = BACK_OFF_S[0]
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            try:
                self._again.clear()
                await in_thread(self._write)
                await self._serve()
            except OSError as error:
                self._say(f"the sound servers behind the wall cannot start: {error}")
            wait_s = BACK_OFF_S[0] if loop.time() - begun > STEADY_S else wait_s
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, BACK_OFF_S[1])

    async def _serve(self) -> None:
        """Run PipeWire, and what needs it, until PipeWire ends; OSError: it did not start."""
        async with contextlib.AsyncExitStack() as running:
            core = await self._start(running, "manager", "pipewire", "-c", "pipewire.conf")
            await self._there(core, "manager/pipewire-0", "programs/pipewire-0")
            async with _one_fault(), asyncio.TaskGroup() as others:
                keeping = [
                    others.create_task(self._keep(*words))
                    for words in (
                        ("", "manager", "wireplumber", "-p", "roomctl"),
                        ("manager/native", "manager", "pipewire", "-c", "manager.conf"),
                        ("programs/native", "programs", "pipewire", "-c", "programs.conf"),
                    )
                ]
                await self._there(core, "manager/native", "programs/native")
                self._say("")
                again = others.create_task(self._again.wait())
                await asyncio.wait((core.gone, again), return_when="FIRST_COMPLETED")
                for task in (again, *keeping):
                    task.cancel()
            if core.gone.done():
                self._say(f"PipeWire behind the wall ended{_quoted(core.last_words)}")
            else:
                self._say("the sound servers behind the wall begin again")

    async def _keep(self, socket: str, side: str, *line: str) -> None:
        """Start this again however often it ends, until cancelled."""
        wait_s = BACK_OFF_S[0]
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            async with contextlib.AsyncExitStack() as running:
                process = await self._start(running, side, *line)
                await asyncio.shield(process.gone)
            _log.warning("sound: %s ended%s", " ".join(line), _quoted(process.last_words))
            if socket:
                (self._folder / socket).unlink(missing_ok=True)
            wait_s = BACK_OFF_S[0] if loop.time() - begun > STEADY_S else wait_s
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, BACK_OFF_S[1])

    async def _start(
        self, running: contextlib.AsyncExitStack, side: str, program: str, *words: str
    ) -> Process:
        found = shutil.which(program)
        if found is None:
            raise OSError(f"{program} is not installed")
        process = Process([found, *words], self._environment(side))
        running.push_async_callback(process.stop)
        return process

    async def _there(self, core: Process, *sockets: str) -> None:
        """Wait until these can be connected to; OSError once PipeWire is gone, or after 10 s."""
        late = f"no {' and no '.join(sockets)} within {START_S:g} s"
        try:
            async with asyncio.timeout(START_S):
                while not all((self._folder / each).is_socket() for each in sockets):
                    if core.gone.done():
                        raise OSError(f"PipeWire ended{_quoted(core.last_words)}")
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError as error:
            raise OSError(late) from error

    def _environment(self, side: str) -> dict[str, str]:
        config = self._folder / "config"
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._state),
            "XDG_STATE_HOME": str(self._state),
            "XDG_RUNTIME_DIR": str(self._folder / side),
            "PIPEWIRE_RUNTIME_DIR": str(self._folder / side),
            "PIPEWIRE_CONFIG_DIR": str(config),
            "WIREPLUMBER_CONFIG_DIR": f"{config}:{_SYSTEM}",
            "WIREPLUMBER_DATA_DIR": f"{config}:{_SYSTEM}",
        }

    def _write(self) -> None:
        """Make the folder anew; OSError."""
        for side, mode in (("manager", 0o700), ("programs", 0o755), ("config", 0o700)):
            shutil.rmtree(self._folder / side, ignore_errors=True)
            (self._folder / side).mkdir(mode=mode)
            (self._folder / side).chmod(mode)
        with contextlib.suppress(LookupError):  # there is no such group
            shutil.chown(self._folder / "programs", group=PROGRAMS)
            (self._folder / "programs").chmod(0o750)
        self._state.mkdir(mode=0o700, exist_ok=True)
        manager = {"SIDE": "manager", "ACCESS": "unrestricted", "MODULES": "true"}
        programs = {"SIDE": "programs", "ACCESS": "walled", "MODULES": "false"}
        gate = (_HERE / _GATES[self._processing]).read_text(encoding="utf-8")
        self._fill("pipewire.conf", "pipewire.conf", GATE=gate)
        self._fill("pulse.conf", "manager.conf", **manager)
        self._fill("pulse.conf", "programs.conf", **programs)
        self._fill("wireplumber.conf", "wireplumber.conf.d/roomctl.conf")
        self._fill("walled.lua", "scripts/walled.lua")

    def _fill(self, template: str, name: str, **words: str) -> None:
        text = (_HERE / template).read_text(encoding="utf-8")
        for word, value in {"FOLDER": str(self._folder), **words}.items():
            text = text.replace(f"@{word}@", value)
        place = self._folder / "config" / name
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def _say(self, why: str) -> None:
        if why != self.why:
            self.why = why
            (_log.warning if why else _log.info)("sound: %s", why or "the wall works")
            self._changed()


@contextlib.asynccontextmanager
async def _one_fault() -> AsyncIterator[None]:
    """Have the first OSError of a group be an OSError by itself."""
    try:
        yield
    except* OSError as faults:
        fault = faults.exceptions[0]
    else:
        return
    raise OSError(str(fault))


async def wall_lacks() -> str:
    """Return what has to be installed for a wall; empty: nothing."""
    for program, oldest in _OLDEST.items():
        found = shutil.which(program)
        if found is None:
            return f"{program} is not installed; sudo apt install {program}"
        version = await _version(found)
        if version is not None and version < oldest:
            have, want = (".".join(map(str, each)) for each in (version, oldest))
            return f"{program} {have} is too old for a wall; it needs {want} (Debian 13)"
    return ""


async def _version(program: str) -> tuple[int, int] | None:
    """Return the version that a program of PipeWire was built with; None: it does not say."""
    asked = await asyncio.create_subprocess_exec(
        program,
        "--version",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_VERSION_S):
            said, _ = await asked.communicate()
    except TimeoutError:
        asked.kill()
        await asked.wait()
        return None
    numbers = re.search(rb"[Ll]inked with \S+ (\d+)\.(\d+)", said)
    return (int(numbers[1]), int(numbers[2])) if numbers else None


def _quoted(words: str) -> str:
    last = words.strip().splitlines()[-1:]
    return f": {last[0][:200]}" if last else ""
