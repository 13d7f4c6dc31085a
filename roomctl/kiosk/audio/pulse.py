"""PulseAudio, or PipeWire in its place, by libpulse: a connection, its streams, and a sound played.

A few samples are played by libpulse's simple API, which comes with libpulse (Debian: libpulse0).
Knows no room.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping
from ctypes import POINTER, c_char_p, c_float, c_int, c_size_t, c_uint8, c_uint32, c_void_p
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar

from roomctl.kiosk.audio.sources import IDLE, RUNNING, SUSPENDED, SoundGraph, SoundNode, dummy
from roomctl.screen.protocol import SoundFlow

_log = logging.getLogger(__name__)

ANSWER_S = 1.0  # a sound server on the same box answers within milliseconds
ROUSE_S = 0.1
LOOK_AGAIN_S = 0.02
_LOOKS = 20
_NEWS = ("source", "sink", "source_output", "server")
NO_INDEX = 2**32 - 1  # PA_INVALID_INDEX: belongs to no card, monitors no sink
_HARDWARE_MUTE = 0x10  # PA_SOURCE_HW_MUTE_CTRL
_AWAKE = {"suspended": SUSPENDED, "idle": IDLE, "running": RUNNING}

NAME = "roomctl"
"""The application.name of all that this program records and plays: none of it listens to a room."""

_MARK = "roomctl.source"  # of our passive peak streams: which source they were made for

T = TypeVar("T")

News = Callable[[int | None, bool], None]
"""Gets the index of the source that changed, or None, and whether it is a new source."""


def _library() -> ModuleType | None:
    """Return pulsectl's asyncio edition; None while libpulse is not installed."""
    try:
        import pulsectl_asyncio
    except (ImportError, OSError):
        return None
    module: ModuleType = pulsectl_asyncio.pulsectl_async
    return module


_library()  # after stepping down from root it could not be read any more


def _may_be_found(environment: Mapping[str, str]) -> bool:
    """Whether libpulse has a place to look; without any it complains at each attempt, by itself."""
    named = environment.get("PULSE_SERVER") or environment.get("XDG_RUNTIME_DIR")
    return bool(named) or Path(environment.get("HOME", "/")).is_dir()


class SoundServerGone(Exception):
    """The sound server went away, or does not answer."""


class SoundServerDeclined(SoundServerGone):
    """The server would not do it, as when the device has just been unplugged."""


class SoundServer:
    """One connection to a sound server. Every method raises Gone once the server is."""

    def __init__(self, server: str | None) -> None:
        """`server` is a PulseAudio address; None: where libpulse finds it."""
        library: Any = _library()  # Any: pulsectl has no types
        if library is None:
            raise SoundServerGone("libpulse is not installed; sudo apt install libpulse0")
        if server is None and not _may_be_found(os.environ):
            raise SoundServerGone(
                "this user has no XDG_RUNTIME_DIR and no home; is PipeWire running for it?"
            )
        self._library = library
        self._pulse = library.PulseAsync(NAME, server)
        self._news: asyncio.Task[None] | None = None
        self._roused: set[int] = set()

    @property
    def needs_time(self) -> bool:
        """Whether something is to be looked at again although the server reports no change."""
        return False

    async def open(self, news: News) -> None:
        """Connect, and have `news` called when a source, a sink, a stream or a default changes."""
        await self._ask(self._pulse.connect())
        self._news = asyncio.create_task(self._listen(news))
        await asyncio.sleep(0)  # it subscribes before anything is read: no change is missed

    async def close(self) -> None:
        self._hang_up()
        if self._news is not None:
            await asyncio.gather(self._news, return_exceptions=True)

    async def read(self) -> SoundGraph:
        pulse = self._pulse
        info = await self._ask(pulse.server_info())
        cards = {card.index: card.proplist for card in await self._ask(pulse.card_list())}
        sinks = await self._ask(pulse.sink_list())
        sources = await self._ask(pulse.source_list())
        streams = await self._try(pulse.source_output_list())
        heard = [source for source in sources if source.monitor_of_sink == NO_INDEX]
        indices = {source.index for source in sources}
        return SoundGraph(
            tuple(_node(source, cards) for source in heard if not dummy(source.name)),
            tuple(_node(sink, cards) for sink in sinks if not dummy(sink.name)),
            info.default_source_name or "",
            info.default_sink_name or "",
            None if streams is None else frozenset(_listened(streams, heard)),
            frozenset(int(one.proplist[_MARK]) for one in streams or () if _is_deaf(one, indices)),
        )

    async def streams(self) -> tuple[set[int], set[int]]:
        """Return the processes that record now, and those that play."""
        recording = await self._ask(self._pulse.source_output_list())
        playing = await self._ask(self._pulse.sink_input_list())
        return _processes(recording), _processes(playing)

    async def mute(self, source: int, on: bool) -> None:
        await self._try(self._pulse.source_mute(source, on))

    async def shut(self) -> None:
        """Mute what can be muted before anything is read: nothing, for a source may be any."""

    async def hush(self, source: int) -> None:
        """Mute a source that has just appeared, unless it hears no room, as a sink's monitor."""
        found = await self._try(self._pulse.source_info(source))
        if found is not None and found.monitor_of_sink == NO_INDEX:
            await self.mute(source, True)

    async def rouse(self, sources: list[int]) -> None:
        """Have each source run for a moment, once.

        PipeWire 1.4.2 keeps the mute of a virtual source that never ran to itself: it is applied
        when the source starts, and reads as open until then.
        """
        for source in sources:
            if source not in self._roused:
                self._roused.add(source)
                with contextlib.suppress(TimeoutError):
                    async with (
                        asyncio.timeout(ROUSE_S),
                        contextlib.aclosing(self.peaks(source, _ROUSE_PEAKS_PER_S)) as peaks,
                    ):
                        async for _ in peaks:
                            pass

    async def volume(self, sink: int, pct: int) -> None:
        """Set all channels of a sink; a loudness that is asked for is meant to be heard."""
        found = await self._try(self._pulse.sink_info(sink))
        if found is not None:
            await self._try(self._pulse.volume_set_all_chans(found, pct / 100))
            await self._try(self._pulse.sink_mute(sink, pct == 0))

    async def gain(self, source: int, pct: int) -> None:
        """Set all channels of a source; its mute stays as it is."""
        found = await self._try(self._pulse.source_info(source))
        if found is not None:
            await self._try(self._pulse.volume_set_all_chans(found, pct / 100))

    async def suspend(self, source: int, on: bool) -> None:
        """Stop a source, or let it run again; PipeWire starts it all the same if it is opened."""
        await self._try(self._pulse.source_suspend(source, on))

    async def peaks(
        self, source: int | str, rate: int, *, passive: bool = False
    ) -> AsyncGenerator[float, None]:
        """Yield the loudness of a source, 0-1, `rate` times a second; ends once the source is gone.

        `passive`: only while another program has the source run.
        """
        stream = _PeakStream(self._library, self._pulse, source, rate, passive=passive)
        try:
            while (peak := await stream.found.get()) is not None:
                yield min(1.0, max(0.0, peak))
        finally:
            stream.close()
        if not self._pulse.connected:
            raise SoundServerGone("the sound server went away")

    async def samples(self, source: int, rate: int) -> AsyncGenerator[bytes, None]:
        """Yield what a source hears: mono, 16 bit in native order; ends once the source is gone."""
        stream = _SampleStream(self._library, self._pulse, source, rate, passive=False)
        try:
            while (piece := await stream.found.get()) is not None:
                yield piece
        finally:
            stream.close()
        if not self._pulse.connected:
            raise SoundServerGone("the sound server went away")

    async def default(self, sink: str, source: str) -> None:
        """Set the default devices; PipeWire says that it is done some milliseconds before it is."""
        await self._try(self._pulse.sink_default_set(sink))
        await self._try(self._pulse.source_default_set(source))
        for _ in range(_LOOKS):
            info = await self._ask(self._pulse.server_info())
            if (info.default_sink_name, info.default_source_name) == (sink, source):
                return
            await asyncio.sleep(LOOK_AGAIN_S)

    async def _listen(self, news: News) -> None:
        try:
            async for event in self._pulse.subscribe_events(*_NEWS):
                source = event.facility == "source"
                news(event.index if source else None, source and event.t == "new")
        finally:
            news(None, False)  # the connection has ended: whoever waits for news has to notice

    async def _try(self, operation: Awaitable[T]) -> T | None:
        """Do what may be declined; whether it was done is for the next reading to say."""
        try:
            return await self._ask(operation)
        except SoundServerDeclined as error:
            _log.debug("sound: %s", error)
            return None

    async def _ask(self, operation: Awaitable[T]) -> T:
        library = self._library
        try:
            return await self._answer_to(operation)
        except (library.PulseOperationFailed, library.PulseIndexError) as error:
            raise SoundServerDeclined(f"the sound server declined: {error!r}") from error
        except (library.PulseError, library.PulseDisconnected, library.c.pa.CallError) as error:
            raise SoundServerGone(
                "there is no sound server; is PipeWire running for this user?"
            ) from error

    async def _answer_to(self, operation: Awaitable[T]) -> T:
        """Wait 1 s for an operation; it is never cancelled, for libpulse would call into nothing.

        What does not end by itself ends with the connection.
        """
        running = asyncio.ensure_future(operation)
        try:
            await asyncio.wait((running,), timeout=ANSWER_S)
        except asyncio.CancelledError:
            await asyncio.wait((running,), timeout=ANSWER_S)
            await self._end(running)
            raise
        if not running.done():
            await self._end(running)
            raise SoundServerGone(f"the sound server did not answer within {ANSWER_S:g} s")
        return running.result()

    async def _end(self, running: asyncio.Future[T]) -> None:
        if not running.done():
            self._hang_up()
        await asyncio.gather(running, return_exceptions=True)

    def _hang_up(self) -> None:
        """Close it, and end what still waits.

        pulsectl fails on what has ended in the same moment, and then leaves the others waiting for
        good; nor does it end them where the connection was lost before.
        """
        waiting = [future for future in self._pulse.waiting_futures if not future.done()]
        self._pulse.waiting_futures.clear()
        self._pulse.close()
        # Later: an answer that has come already is on its way to them.
        asyncio.get_running_loop().call_soon(_give_up, waiting, self._library.PulseDisconnected)


def _give_up(waiting: Iterable[asyncio.Future[None]], error: type[Exception]) -> None:
    for future in waiting:
        if not future.done():
            future.set_exception(error())


def _listened(streams: Any, sources: Any) -> Iterator[int]:  # noqa: ANN401
    return (int(each.source) for each in streams if _listens(each, sources))


def _listens(stream: Any, sources: Any) -> bool:  # noqa: ANN401
    """Whether a program hears one of these sources by this stream.

    One of our own meters is no program; nor is what feeds one of the sources, such as an echo
    canceller: who listens to that one has a stream of its own.
    """
    ours = stream.proplist.get("application.name", "").startswith(NAME)
    if stream.corked or ours or all(source.index != stream.source for source in sources):
        return False
    group = stream.proplist.get("node.link-group")
    return not any(
        stream.owner_module == source.owner_module != NO_INDEX
        or (group is not None and group == source.proplist.get("node.link-group"))
        for source in sources
    )


def _processes(streams: Any) -> set[int]:  # noqa: ANN401
    running = [stream.proplist for stream in streams if not stream.corked]
    numbers = [properties.get("application.process.id", "") for properties in running]
    return {int(number) for number in numbers if number.isdecimal()}


def _node(found: Any, cards: dict[int, dict[str, str]]) -> SoundNode:  # noqa: ANN401
    return SoundNode(
        index=found.index,
        name=found.name,
        muted=bool(found.mute),
        volume_pct=round(found.volume.value_flat * 100),
        card=None if found.card == NO_INDEX else found.card,
        properties={**cards.get(found.card, {}), **found.proplist},
        hardware=bool(found.flags & _HARDWARE_MUTE),
        awake=_AWAKE.get(found.state._value, SUSPENDED),  # noqa: SLF001 - pulsectl shows it nowhere else
    )


def _is_deaf(output: Any, sources: set[int]) -> bool:  # noqa: ANN401
    """Whether it is a peak stream of ours that does not hear its source as programs do.

    Before PipeWire has connected it, its volume reads as 0.
    """
    mark = output.proplist.get(_MARK, "")
    if not mark.isdecimal() or output.source not in sources:
        return False
    return bool(output.mute or output.volume.value_flat < _FULL or output.source != int(mark))


class _RecordStream(ABC, Generic[T]):
    """A stream that records; `found` gets what came, and None once the stream has ended.

    pulsectl has one, too, for peaks: it has no name, does not notice its end, and of several peaks
    that come together hands on the first.
    """

    NAME = ""

    def __init__(
        self,
        library: Any,  # noqa: ANN401
        pulse: Any,  # noqa: ANN401
        source: int | str,
        rate: int,
        *,
        passive: bool,
    ) -> None:
        self.found: asyncio.Queue[T | None] = asyncio.Queue()
        self._c, self._own = library.c, _stream_library()
        c, context = library.c, pulse._ctx  # noqa: SLF001 - pulsectl makes no stream with a name
        if context is None:
            raise SoundServerGone("the sound server went away")
        words = {
            "media.name": self.NAME,
            _MARK: source if passive else "",
            "node.passive": str(passive).lower(),  # PipeWire; it ignores the flag below
            "state.restore-props": "false",
            "state.restore-target": "false",
        }
        text = " ".join(f"{name}='{value}'" for name, value in words.items())
        properties = c.pa.proplist_from_string(text)
        form, flags, fragment = self._kind(rate)
        spec = c.PA_SAMPLE_SPEC(format=form, rate=rate, channels=1)
        self._stream = c.pa.stream_new_with_proplist(
            context, self.NAME, c.byref(spec), None, properties
        )
        c.pa.proplist_free(properties)
        self._callbacks = c.PA_STREAM_REQUEST_CB_T(self._read), c.PA_STREAM_NOTIFY_CB_T(self._state)
        c.pa.stream_set_read_callback(self._stream, self._callbacks[0], None)
        self._own.pa_stream_set_state_callback(self._stream, self._callbacks[1], None)
        flags |= c.PA_STREAM_DONT_MOVE | c.PA_STREAM_ADJUST_LATENCY
        if passive:
            flags |= c.PA_STREAM_DONT_INHIBIT_AUTO_SUSPEND
        try:
            fragments = c.PA_BUFFER_ATTR(fragsize=fragment, maxlength=_AS_THE_SERVER_LIKES)
            c.pa.stream_connect_record(self._stream, str(source).encode(), fragments, flags)
        except c.pa.CallError as error:
            self.close()
            raise SoundServerGone("the sound server went away") from error

    def close(self) -> None:
        """End it. Its callbacks go first: libpulse calls them until the server has answered."""
        c = self._c
        c.pa.stream_set_read_callback(self._stream, c.PA_STREAM_REQUEST_CB_T(), None)
        self._own.pa_stream_set_state_callback(self._stream, c.PA_STREAM_NOTIFY_CB_T(), None)
        with contextlib.suppress(c.pa.CallError):  # it has ended before
            c.pa.stream_disconnect(self._stream)
        c.pa.stream_unref(self._stream)

    def _read(self, stream: object, _size: int, _data: object) -> None:
        c, size, data = self._c, c_int(), c_void_p()
        c.pa.stream_peek(stream, data, ctypes.byref(size))
        if data.value and size.value:
            self._take(data.value, size.value)
        if size.value:
            c.pa.stream_drop(stream)

    @abstractmethod
    def _kind(self, rate: int) -> tuple[int, int, int]:
        """Return the sample format, the flags, and how many bytes are to come at once."""

    @abstractmethod
    def _take(self, address: int, size: int) -> None: ...

    def _state(self, stream: object, _data: object) -> None:
        if self._own.pa_stream_get_state(stream) in _ENDED:
            self.found.put_nowait(None)


class _PeakStream(_RecordStream[float]):
    """A stream of peaks."""

    NAME = "peaks"

    def _kind(self, rate: int) -> tuple[int, int, int]:
        return self._c.PA_SAMPLE_FLOAT32NE, self._c.PA_STREAM_PEAK_DETECT, _FLOAT

    def _take(self, address: int, size: int) -> None:
        for peak in (c_float * (size // _FLOAT)).from_address(address):
            self.found.put_nowait(float(peak))


class _SampleStream(_RecordStream[bytes]):
    """A stream of sound, in pieces of some 40 ms."""

    NAME = "voice"

    def _kind(self, rate: int) -> tuple[int, int, int]:
        return _S16LE if sys.byteorder == "little" else _S16BE, 0, 2 * rate // _PIECES_PER_S

    def _take(self, address: int, size: int) -> None:
        self.found.put_nowait(ctypes.string_at(address, size))


_PIECES_PER_S = 25
_ENDED = (3, 4)  # PA_STREAM_FAILED, PA_STREAM_TERMINATED
_FLOAT = ctypes.sizeof(c_float)
_FULL = 0.99
_ROUSE_PEAKS_PER_S = 25


@cache
def _stream_library() -> ctypes.CDLL:
    """Return libpulse with what pulsectl leaves out."""
    pulse = ctypes.CDLL("libpulse.so.0")
    pulse.pa_stream_set_state_callback.restype = None
    pulse.pa_stream_set_state_callback.argtypes = (c_void_p, c_void_p, c_void_p)
    pulse.pa_stream_get_state.restype = c_int
    pulse.pa_stream_get_state.argtypes = (c_void_p,)
    return pulse


class SoundStreams:
    """The sound server's streams, looked at now and then."""

    def __init__(self, server: str | None = None) -> None:
        """`server` is a PulseAudio address; None: where libpulse finds it."""
        self._server = server
        self._connection: SoundServer | None = None

    async def of(self, leader: int) -> SoundFlow | None:
        """Return whether processes of the session that `leader` began record and play.

        None: no sound server tells.
        """
        try:
            if self._connection is None:
                connection = SoundServer(self._server)
                self._connection = connection
                await connection.open(lambda source, new: None)
            recording, playing = await self._connection.streams()
        except SoundServerGone:
            await self.close()
            return None
        return SoundFlow(_any(recording, leader), _any(playing, leader))

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(SoundServerGone):
                await connection.close()


def _any(pids: set[int], leader: int) -> bool:
    return any(_session(pid) == leader for pid in pids)


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


_PLAYBACK, _S16LE, _S16BE = 1, 3, 4  # PA_STREAM_PLAYBACK, PA_SAMPLE_S16LE, PA_SAMPLE_S16BE
_AS_THE_SERVER_LIKES = 2**32 - 1
_LATENCY_S = 0.1


class _Spec(ctypes.Structure):
    """pa_sample_spec."""

    _fields_ = (("format", c_int), ("rate", c_uint32), ("channels", c_uint8))


class _Buffer(ctypes.Structure):
    """pa_buffer_attr."""

    _fields_ = tuple(
        (name, c_uint32) for name in ("maxlength", "tlength", "prebuf", "minreq", "fragsize")
    )


def play(server: str | None, sink: str, samples: bytes, rate: int) -> None:
    """Play mono 16 bit little-endian samples, and return once they were heard.

    Raises OSError if there is no libpulse, no server or no such sink.
    """
    pulse = _simple_library()
    wanted = [_AS_THE_SERVER_LIKES] * 5
    wanted[1] = round(2 * rate * _LATENCY_S)
    error = c_int()
    stream = pulse.pa_simple_new(
        server.encode() if server else None,
        NAME.encode(),
        _PLAYBACK,
        sink.encode(),
        b"test tone",
        ctypes.byref(_Spec(_S16LE, rate, 1)),
        None,
        ctypes.byref(_Buffer(*wanted)),
        ctypes.byref(error),
    )
    if not stream:
        raise OSError(error.value, f"the test tone cannot be played on {sink}")
    try:
        written = pulse.pa_simple_write(stream, samples, len(samples), ctypes.byref(error))
        if written < 0 or pulse.pa_simple_drain(stream, ctypes.byref(error)) < 0:
            raise OSError(error.value, f"the test tone was cut off on {sink}")
    finally:
        pulse.pa_simple_free(stream)


def _simple_library() -> ctypes.CDLL:
    pulse = ctypes.CDLL("libpulse-simple.so.0")
    pulse.pa_simple_new.restype = c_void_p
    pulse.pa_simple_new.argtypes = (
        *(c_char_p, c_char_p, c_int, c_char_p, c_char_p),
        *(POINTER(_Spec), c_void_p, POINTER(_Buffer), POINTER(c_int)),
    )
    pulse.pa_simple_write.argtypes = (c_void_p, c_char_p, c_size_t, POINTER(c_int))
    pulse.pa_simple_drain.argtypes = (c_void_p, POINTER(c_int))
    pulse.pa_simple_free.argtypes = (c_void_p,)
    pulse.pa_simple_free.restype = None
    return pulse
