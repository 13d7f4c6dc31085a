"""The web server under the room's app: uvicorn, and what a stranger on the network may hold up.

Connections are accepted here, not by asyncio: it writes a line of log for each one that finds no
free descriptor, thousands a second, and never asks whether one more is welcome. What is then read
comes in small pieces, so that a heap of tiny frames or chunks is not taken in one turn of the loop.

Knows no route and no room.
"""

from __future__ import annotations

import asyncio
import asyncio.sslproto
import contextlib
import errno
import functools
import ipaddress
import logging
import resource
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from roomctl.api.connections import (
    ConnectionLimits,
    ConnectionPhase,
    Connections,
    Visitor,
    connection_limits,
)
from roomctl.api.problem import problem
from roomctl.errors import PortError, PortReason
from roomctl.ports.holders import holder_of

_log = logging.getLogger(__name__)

SHUTDOWN_S = 2
IDLE_S = 5  # that a connection is kept for another request
CLOSE_S = 2.0  # for a panel to answer that its socket is closed
SWEEP_S = 1.0
DATE_S = 1.0
TOLD_S = 60.0  # between two lines of log about who was turned away
# Connections in one turn of the loop. A newcomer's request is read some four turns later, and he
# must not be the oldest of his address by then, however many others push in after him.
ACCEPTED_AT_ONCE = 2
ACCEPT_AGAIN_S = 0.2  # after a turn that found no free descriptor
GONE_S = 30  # without an acknowledgement of TCP

HEADER_BYTES = 16 * 1024
HEADERS = 100
READ_ON, READ_ON_S = 256 * 1024, 1.0  # bytes and seconds of a body that is refused
READ_BYTES = 4 * 1024  # at once; 700 frames of 6 bytes are 10 ms of work
FRAGMENTS = 64  # of one WebSocket message
MESSAGE_BYTES = 64 * 1024
HANDSHAKE_S = 10.0
# asyncio keeps so much for each connection that speaks TLS, and reads so much at once: 256 KiB are
# half a second of tiny frames, and sixty connections would be 15 MB.
asyncio.sslproto.SSLProtocol.max_size = 4 * READ_BYTES

# pyserial waits with select(), which knows no descriptor from 1024 on: a device that is opened
# while more are in use could not be read.
DESCRIPTORS = 1024

ASGIApp = Callable[..., Awaitable[None]]
Message = dict[str, Any]


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; PortError says who holds a port that is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it a second answer on one
    # connection waits for the delayed ACK of the first, 40 ms on Linux.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise _why_not(host, port, error) from error
    return listening


def _why_not(host: str, port: int, error: OSError) -> PortError:
    where = f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        holder = holder_of(port)
        by = f"is held by {holder}" if holder else "is taken by another program"
        return PortError(where, f"{by}; stop it, or choose --port 0", PortReason.BUSY)
    if error.errno == errno.EACCES:
        why = "needs root; choose a port from 1024 on"
        return PortError(where, why, PortReason.PERMISSION)
    return PortError(where, error.strerror or str(error))


def reachable(host: str) -> str:
    """Return how to write the address one listens on into a URL for this box."""
    if host in _ANY:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the room ends first, then the server.

    It looks at the time once a second, for the Date of its answers; uvicorn's own does ten times.
    """

    def __init__(self, settings: uvicorn.Config) -> None:
        super().__init__(settings)
        self._ending = asyncio.Event()

    def end(self) -> None:
        self.should_exit = True
        self._ending.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DATE_S):
                    await self._ending.wait()


def listen_within(host: str, port: int) -> socket.socket | None:
    """Return a socket for this box alone, beside one at `host`; None: that one takes it, too."""
    return None if host in _ANY else listen("127.0.0.1", port)


_ANY = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound


@contextlib.asynccontextmanager
async def served(
    app: ASGIApp,
    *listening: socket.socket,
    limits: ConnectionLimits | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[asyncio.Future[None]]:
    """Serve `app` on bound sockets during the block; yields the task that does.

    With `tls`, whoever comes from elsewhere than this box speaks it, and nothing else.
    """
    connections = Connections(limits or connection_limits(descriptors()))
    settings = uvicorn.Config(
        _known_apart(app, connections),
        log_config=None,
        log_level="warning",  # below it the frames of panels are logged, passcodes included
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=HEADER_BYTES,
        timeout_keep_alive=IDLE_S,
        proxy_headers=False,  # `api.proxies` knows whom to believe
        ws_max_size=MESSAGE_BYTES,
        ws_per_message_deflate=False,  # a few bytes would become 64 KiB, again and again
        ws_ping_interval=5,
        ws_ping_timeout=5,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    server = _Server(settings)
    task = asyncio.create_task(server.serve(sockets=[]))
    try:
        while not server.started and not task.done():
            await asyncio.sleep(0.01)
        async with contextlib.AsyncExitStack() as entrances:
            for one in listening:
                await entrances.enter_async_context(_Entrance(one, connections, server, tls))
            yield task
    finally:
        server.end()
        await asyncio.wait([task])  # what it raised is for whoever watches the task
        connections.end_all()


def descriptors() -> int:
    """Return how many files this process may have open, raised as far as that is of use."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


class _Entrance:
    """Accepts the connections of a listening socket during a block, as many as are welcome."""

    def __init__(
        self,
        listening: socket.socket,
        connections: Connections,
        server: uvicorn.Server,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._listening, self._connections, self._server = listening, connections, server
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Future[None]] = set()
        self._again: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        self._listening.setblocking(False)
        self._open()
        self._begin(self._sweep())

    async def __aexit__(self, *_: object) -> None:
        if self._again is not None:
            self._again.cancel()
        self._loop.remove_reader(self._listening)
        self._listening.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _open(self) -> None:
        self._again = None
        self._loop.add_reader(self._listening, self._accept)

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Future[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("api: a connection could not be taken, or ended", exc_info=error)

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                connection, (host, *_) = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._pause(error)
                return
            self._take(connection, host)

    def _take(self, connection: socket.socket, host: str) -> None:
        visitor = self._connections.admit(host, self._loop.time())
        if visitor is None:
            connection.close()
            return
        with contextlib.suppress(OSError):  # gone again
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GONE_S * 1000)
        if self._tls is None or _is_within(connection):
            self._begin(self._connect(connection, visitor))
        else:
            self._begin(self._greet(connection, visitor, self._tls))

    async def _greet(
        self, connection: socket.socket, visitor: Visitor, tls: ssl.SSLContext
    ) -> None:
        """Connect by TLS; who does not speak it, or takes too long, is gone without a word."""
        with contextlib.suppress(OSError, TimeoutError):  # and ssl.SSLError
            if task := asyncio.current_task():
                visitor.transport = _Handshake(task)
            limits = {"ssl_handshake_timeout": HANDSHAKE_S, "ssl_shutdown_timeout": CLOSE_S}
            await self._connect(connection, visitor, ssl=tls, **limits)

    async def _connect(self, connection: socket.socket, visitor: Visitor, **tls: Any) -> None:  # noqa: ANN401 - asyncio's
        make = functools.partial(_Http, self._connections, visitor, self._server)
        try:
            await self._loop.connect_accepted_socket(make, connection, **tls)
        except BaseException:
            self._connections.leave(visitor)
            connection.close()
            raise

    def _pause(self, error: OSError) -> None:
        """Let who waits wait in the kernel for a moment, and give a stranger's place to him."""
        made = error.errno in (errno.EMFILE, errno.ENFILE) and self._connections.make_room()
        _log.warning(
            "api: no connection can be accepted: %s%s",
            error.strerror or error,
            "; an idle one was ended" if made else "",
        )
        self._loop.remove_reader(self._listening)
        self._again = self._loop.call_later(ACCEPT_AGAIN_S, self._open)

    async def _sweep(self) -> None:
        told, told_at = 0, -TOLD_S
        while True:
            await asyncio.sleep(SWEEP_S)
            now = self._loop.time()
            self._connections.sweep(now)
            ended = self._connections.ended
            if ended > told and now - told_at > TOLD_S:
                _log.warning("api: %d connections were turned away or cut off", ended - told)
                told, told_at = ended, now


class _Handshake:
    """What a visitor has for a connection until both ends speak TLS."""

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self._task = task

    def is_closing(self) -> bool:
        return self._task.done()

    def abort(self) -> None:
        self._task.cancel()


def _is_within(connection: socket.socket) -> bool:
    """Whether both ends of a connection are on this box; the kernel takes no other for that."""
    try:
        ends = (connection.getsockname()[0], connection.getpeername()[0])
        found = [ipaddress.ip_address(end.partition("%")[0]) for end in ends]
    except (OSError, ValueError):
        return False
    return all((getattr(one, "ipv4_mapped", None) or one).is_loopback for one in found)


class _Http(H11Protocol):
    """A connection that speaks HTTP, and tells what it waits for."""

    def __init__(self, connections: Connections, visitor: Visitor, server: uvicorn.Server) -> None:
        state = {**server.lifespan.state, "visitor": visitor}
        super().__init__(server.config, server.server_state, state)
        self._connections, self._visitor, self._upgraded = connections, visitor, False
        self.ws_protocol_class = functools.partial(_Socket, connections, visitor)  # type: ignore[assignment] # it is only called

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # uvicorn's
        super().connection_made(transport)
        transport.max_size = READ_BYTES  # type: ignore[attr-defined] # of asyncio's socket transports
        self._visitor.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.leave(self._visitor)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._visitor.phase is ConnectionPhase.IDLE:
            self._visitor.turn(ConnectionPhase.ASKING, self.loop.time())
        super().data_received(data)
        self._look()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        super().handle_websocket_upgrade(event)
        self._upgraded = True

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def _look(self) -> None:
        """Tell what the connection waits for now."""
        state = self.conn.their_state
        if state is h11.IDLE:
            is_idle = self.cycle is not None and not self.conn.trailing_data[0]
            phase = ConnectionPhase.IDLE if is_idle else ConnectionPhase.ASKING
        else:
            is_whole = self._upgraded or state is not h11.SEND_BODY
            phase = ConnectionPhase.ANSWERING if is_whole else ConnectionPhase.ASKING
        self._visitor.turn(phase, self.loop.time())

    def pause_writing(self) -> None:
        super().pause_writing()
        self._visitor.stalled(self.loop.time())

    def resume_writing(self) -> None:
        super().resume_writing()
        self._visitor.reads()


class _Socket(WebSocketsSansIOProtocol):
    """A connection that became a WebSocket."""

    def __init__(self, connections: Connections, visitor: Visitor, **given: Any) -> None:  # noqa: ANN401 - uvicorn's
        super().__init__(**given)
        self._connections, self._visitor = connections, visitor
        self.close_timeout = CLOSE_S

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.leave(self._visitor)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._visitor.stalled(self.loop.time())

    def resume_writing(self) -> None:
        super().resume_writing()
        self._visitor.reads()

    def handle_ping(self) -> None:
        """Answer a ping, unless the answers to those before it are not even read."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.transport.abort()

    def handle_cont(self, event: Frame) -> None:
        """Take a fragment; empty ones have no other bound."""
        if len(self.frames) < FRAGMENTS:
            super().handle_cont(event)
        else:
            self.transport.abort()


def _known_apart(app: ASGIApp, connections: Connections) -> ASGIApp:
    """Return `app`, with those noted whom it knows, and requests refused that need none of it.

    `may_ask` in a request's state is for whoever finds out that it is a stranger's.
    """
    loop = asyncio.get_running_loop()

    async def judged(
        scope: Message, receive: Callable[[], Awaitable[Message]], send: ASGIApp
    ) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
            return
        state = scope["state"]
        visitor: Visitor = state["visitor"]
        state["may_ask"] = lambda: connections.may_ask(visitor, loop.time())

        async def sending(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept"):
                visitor.known = visitor.known or bool(state.get("source") or state.get("callers"))
            if message["type"] == "http.response.start" and not visitor.known:
                message = _last(message) if connections.crowded else message
            await send(message)

        refusal = _unreadable(scope) if scope["type"] == "http" else None
        if refusal is not None:
            await _read_on(receive)
        await (refusal or app)(scope, receive, sending)

    return judged


def _last(message: Message) -> Message:
    """Return the head of an answer, with which its connection ends."""
    headers = [one for one in message.get("headers", ()) if one[0].lower() != b"connection"]
    return {**message, "headers": [*headers, (b"connection", b"close")]}


async def _read_on(receive: Callable[[], Awaitable[Message]]) -> None:
    """Read a little of a body that is refused: closed with it unread, its sender hears nothing."""
    seen = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(READ_ON_S):
            while seen <= READ_ON:
                message = await receive()
                seen += len(message.get("body", b""))
                if not message.get("more_body"):
                    return


def _unreadable(scope: Message) -> ASGIApp | None:
    """Return the answer to a request that costs more to read than any that means well."""
    headers = scope["headers"]
    if len(headers) > HEADERS:
        answer = problem(431, "too_many_headers", f"more than {HEADERS} header fields")
    elif any(name == b"transfer-encoding" for name, _ in headers):
        answer = problem(411, "length_required", "a body must have a Content-Length")
    else:
        return None
    answer.headers["Connection"] = "close"
    return answer
