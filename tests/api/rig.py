"""A simulated room behind its real web server, and programs and panels that talk to it."""

import asyncio
import contextlib
import json

import httpx
import websockets
from starlette.routing import Mount, Route, WebSocketRoute

from roomctl import app
from roomctl.api.app import create_app
from roomctl.api.auth import Tokens
from roomctl.api.recent_log import RecentLog
from roomctl.api.serving import listen, served
from roomctl.api.staff import Staff
from roomctl.app import parse
from roomctl.cli.importing import judge
from roomctl.cli.moving import export
from roomctl.clock import SystemClock
from roomctl.installed import data_path
from roomctl.lifetime import beside
from roomctl.roles import Role
from roomctl.room import Dependencies
from roomctl.simulator import SimFeed, Simulator
from roomctl.store import AppliedConfigs, Store

ADMIN = "admin-" + "0123456789abcdef" * 2
BEARER = {"Authorization": f"Bearer {ADMIN}"}
BOOT = "b007b007"
PORT = 8080  # where no socket is open: the names of cookies and the Host
JITSI = "https://meet.jit.si/DesignReview"
LIMIT_S = 60.0  # of what takes a second or two on an idle machine
LAUNCH_S = 0.1  # a browser that is soon there

ROOM = f"""
[room]
display_name = "Bamboo"
language = "en"

[screen]
mode = "simulated"

[camera.front]
url = "serial:/dev/roomctl-front?baud=38400"
profile = "sony_srg300h"
presets = {{ 1 = "Table", 2 = "Whiteboard" }}

[camera.back]
url = "serial:/dev/roomctl-back?baud=38400"
profile = "sony_brc300"

[speakerphone.table]
url = "usb:0b0e:2456"

[occupancy.ceiling]
url = "gpio:17"
vacancy_delay_s = 30.0

[meeting]
platform = "jitsi"

[meeting.favourites]
Stand-up = "{JITSI}"

[meeting.new.jitsi]
random = "https://meet.jit.si"
"""


class House:
    """One room, its app and its simulator. Nothing runs yet."""

    def __init__(
        self,
        folder,
        *,
        text=ROOM,
        clock=None,
        link=JITSI,
        port=PORT,
        keep=False,
        log=None,
        restart=None,
        config_file=None,
        updater=None,
        search=None,
    ):
        self.clock = clock or SystemClock()
        self.config = parse(text, "room.toml")
        self.simulator = Simulator(self.config, self.clock, with_screen=True)
        self.screen.launch_s = LAUNCH_S
        feed = SimFeed(self.clock.now(), link)
        self.store = Store(folder)
        kept = self.store if keep else None
        self.configs = None
        if restart is not None:  # somebody starts it again, with what was applied
            (folder / "room.toml").write_text(text)
            self.configs = AppliedConfigs(self.store, folder / "room.toml")
        file = config_file if restart is None else folder / "room.toml"
        dependencies = Dependencies(
            self.simulator.connect,
            self.clock,
            feed,
            store=kept,
            config_file=file,
            restart=restart,
            updater=updater,
            configs=self.configs,
            follow=self.simulator.follow,
            export=None if file is None else lambda: export(file, folder).data,
            judge_import=None if file is None else lambda tar: judge(tar, file, folder, "secrets"),
        )
        self.room = app.room(self.config, dependencies)
        self.tokens = Tokens(self.store, self.clock, ADMIN)
        table = self.config.staff
        note = self.room.audit.note
        self.staff = Staff(self.store, self.clock, Role(table.role), table.minutes, note)
        self.log = log or RecentLog()
        self.app = create_app(
            self.room,
            self.tokens,
            self.staff,
            data_path("web"),
            boot_id=BOOT,
            port=port,
            simulated=self.simulator,
            log=self.log,
            configs=self.configs,
            live=app.LiveConfig(self.room, self.staff, dependencies, simulated=True),
            search=search,
        )
        self.port = port
        self.base = f"http://127.0.0.1:{port}"

    def in_process(self, **options):
        """Return a client that calls the app without a socket."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=self.base, **options)

    @property
    def camera(self):
        """The simulated camera in front, as a person in the room sees it."""
        return self.simulator.device("camera.front").cameras["camera.front"]

    def end_state(self, name="camera.front"):
        """Return what the simulator page shows of a device."""
        return self.simulator.device(name).state(name, self.clock.mono_s())

    @property
    def screen(self):
        """The simulated screen."""
        return self.simulator.device("screen").screen

    async def until(self, fact, limit_s=LIMIT_S):
        """Wait until the room says so."""
        with self.room.watch() as changes:
            async with asyncio.timeout(limit_s):
                while not fact(self.room.document):
                    await changes.get()
        return self.room.document

    async def cookie(self, role=Role.PANEL, token=None):
        """Pair a new browser; return its cookie."""
        role, secret = await self.tokens.pair(token or self.tokens.offer_pairing(role))
        return {f"roomctl_{self.port}_{role}": secret}

    async def panel_headers(self, role=Role.PANEL, token=None):
        """Return what a paired browser sends along."""
        [(name, secret)] = (await self.cookie(role, token)).items()
        return {"Cookie": f"{name}={secret}", "Origin": self.base}

    def program(self, **options):
        """Return a client with the API token."""
        return httpx.AsyncClient(base_url=self.base, headers=BEARER, timeout=LIMIT_S, **options)

    async def panel(self, **options):
        """Return a panel's socket that has said hello and shown the room."""
        panel = Panel(await self.dial(**options))
        await panel.next("hello")
        await panel.next("snapshot")
        return panel

    async def dial(self, role=Role.PANEL, token=None, **options):
        return await websockets.connect(
            f"{self.base.replace('http', 'ws')}/api/v1/live",
            additional_headers=await self.panel_headers(role, token),
            **{"max_queue": None, **options},
        )


class Panel:
    """A panel's socket."""

    def __init__(self, socket):
        self.socket = socket
        self.room = {}
        self.heard = []

    async def say(self, **message):
        await self.socket.send(json.dumps(message))

    async def next(self, kind, limit_s=LIMIT_S, **like):
        """Return the next message of a kind that has these values."""
        async with asyncio.timeout(limit_s):
            while True:
                message = json.loads(await self.socket.recv())
                self._take(message)
                if message["type"] == kind and message.items() >= like.items():
                    return message

    def _take(self, message):
        """Do what the panel in a browser does: merge the sections that changed."""
        self.heard.append(message)
        if message["type"] == "snapshot":
            self.room = message["room"]
        elif message["type"] == "patch":
            assert message["rev"] == self.room["rev"] + 1, "a patch is missing, or came twice"
            self.room = {**self.room, **message["set"], "rev": message["rev"]}

    async def until(self, fact):
        """Take patches until the panel's own room says so."""
        while not fact(self.room):
            await self.next("patch")

    async def command(self, command_id, kind, **args):
        """Give a command; return its acknowledgement."""
        await self.say(type="command", id=command_id, command={"type": kind, "args": args})
        return await self.next("ack", id=command_id)

    async def hold(self, hold, seq, pan=0.0, tilt=0.0, zoom=0.0, focus=0.0, camera="front"):
        push = {"pan": pan, "tilt": tilt, "zoom": zoom, "focus": focus}
        await self.say(type="hold", hold=hold, seq=seq, camera=camera, **push)


def is_ready(document):
    return any(c.type == "ready" and c.status for c in document.conditions)


@contextlib.asynccontextmanager
async def awake(house, begun=lambda document: is_ready(document) and document.bookings):
    """Run a room, without a socket, until the block ends."""
    try:
        async with (
            beside("the room", house.room.run()),
            beside("what ends staff's rights", house.staff.follow(house.room)),
        ):
            await house.until(begun)
            yield house
    finally:
        await house.simulator.close()


@contextlib.asynccontextmanager
async def running(folder, **options):
    """Run a room behind a real socket of this box."""
    with listen("127.0.0.1", 0) as listening:
        house = House(folder, port=listening.getsockname()[1], **options)
        async with awake(house), served(house.app, listening):
            try:
                yield house
            finally:
                house.app.state.ending.set()


async def eventually(fact, limit_s=LIMIT_S):
    """Wait until something is so that tells nobody when it changes: a simulated device."""
    async with asyncio.timeout(limit_s):
        while not fact():
            await asyncio.sleep(0.01)


def leaves(routes, prefix=""):
    """Yield kind, path and methods of every route there is, however deeply it is mounted."""
    for route in routes:
        if isinstance(route, Mount):
            yield "mount", prefix + route.path, ()
        elif isinstance(route, WebSocketRoute):
            yield "websocket", prefix + route.path, ()
        elif isinstance(route, Route) or hasattr(route, "methods"):
            yield "http", prefix + route.path, tuple(sorted(route.methods))
        elif hasattr(route, "original_router"):  # FastAPI keeps included routers whole
            yield from leaves(route.original_router.routes, prefix)
        else:
            raise AssertionError(f"a kind of route that this does not know: {route!r}")
