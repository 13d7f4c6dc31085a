"""The composition root: the kinds of devices that there are, a room of them, and a running one.

The only module that knows every wing. What serves panels is imported when a room is run: who only
reads a room.toml shall not wait for it.
"""

from __future__ import annotations

import contextlib
import difflib
import fnmatch
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roomctl import config as configuration
from roomctl import plugins
from roomctl.byom.driver import KIND as BYOM
from roomctl.camera.kind import KIND as CAMERA
from roomctl.clock import Clock, SystemClock
from roomctl.command import Declaration
from roomctl.config import AlertTable, Config, NeighbourTable, WebhookTable
from roomctl.controller.driver import KIND as CONTROLLER
from roomctl.display.kind import KIND as DISPLAY
from roomctl.errors import ConfigError, FileError, PortError, Refused, RoomctlError
from roomctl.explain import suggest
from roomctl.frozen import frozen
from roomctl.installed import data_path
from roomctl.kind import Kind, Part
from roomctl.lifetime import Shutdown, beside, lasting
from roomctl.mistakes import every_mistake, located_in
from roomctl.occupancy.driver import KIND as OCCUPANCY
from roomctl.output.driver import KIND as OUTPUT
from roomctl.ports import connect, refuse
from roomctl.roles import Role
from roomctl.room import Dependencies, Room, Source, look
from roomctl.room.configuration import ConfigPlan
from roomctl.room.document import RoomDocument
from roomctl.screen.driver import KIND as SCREEN
from roomctl.screen.profile import screen_of
from roomctl.screen.protocol import DisplayRole, ShowPage
from roomctl.speakerphone.kind import KIND as SPEAKERPHONE
from roomctl.store import ImportPlan, Imports, Settings, Store
from roomctl.wire import in_thread
from roomctl.words import panel_texts

if TYPE_CHECKING:
    from roomctl.api.auth import Tokens
    from roomctl.api.certificate import BoxCertificate
    from roomctl.api.simulation import SimulatedDevices
    from roomctl.api.staff import Staff
    from roomctl.booking.change import Feed
    from roomctl.booking.feed import CalendarAccess
    from roomctl.room.alert_words import AlertMessage
    from roomctl.search import FoundDevice

_log = logging.getLogger(__name__)

KINDS: tuple[Kind, ...] = (
    CAMERA,
    OCCUPANCY,
    SPEAKERPHONE,
    SCREEN,
    DISPLAY,
    CONTROLLER,
    OUTPUT,
    BYOM,
)
TABLES = {kind.name: kind.table for kind in KINDS}

SIMULATED_PAIRING_S = 24 * 3600.0  # nobody is let in but to a simulation


def form() -> type[Config]:
    """Return what a room.toml may say, with the tables of every kind."""
    return configuration.form(TABLES)


def load(path: Path) -> Config:
    """Read a room.toml with the tables of every kind; ConfigError."""
    return parse(configuration.text_of(path), str(path))


def parse(text: str, file: str) -> Config:
    """Read the text of a room.toml; `file` is what errors call it."""
    return _of(configuration.read(text, file), file)


def _of(data: dict[str, Any], file: str) -> Config:
    """Return the room.toml that `data` was read of; the plug-ins that it needs are imported."""
    tables = {**TABLES}
    for name in data:
        if name in Config.model_fields or name in TABLES:
            continue
        if name in plugins.installed():
            try:
                tables[name] = plugin(name).table
            except plugins.PluginError as error:
                raise ConfigError(file, name, str(error)) from error
        elif near := difflib.get_close_matches(name, plugins.installed(), 1):
            why = f"unknown key; did you mean {near[0]!r}, of {plugins.bringing(near[0])}?"
            raise ConfigError(file, name, why)
    return configuration.of(data, file, tables)


def plugin(name: str) -> Kind:
    """Return the kind of an installed plug-in; PluginError if it cannot be used."""
    taken = {*Config.model_fields, *TABLES, *(one.name for one in fields(RoomDocument))}
    taken |= {kind.section for kind in KINDS}
    taken |= {one.name.partition(".")[0] for one in declared()}
    if name in taken:
        raise plugins.PluginError(f"{plugins.bringing(name)}: the name {name!r} is roomctl's own")
    return plugins.load(name)


def every_plugin() -> tuple[list[Kind], list[plugins.PluginError]]:
    """Return the kinds of all installed plug-ins, and why others cannot be used."""
    kinds, errors = [], []
    for name in sorted(plugins.installed()):
        try:
            kinds.append(plugin(name))
        except plugins.PluginError as error:
            errors.append(error)
    return kinds, errors


def kinds_of(config: Config) -> tuple[Kind, ...]:
    """Return the kinds of devices that a room may have, with the plug-ins that it needs."""
    return (*KINDS, *(plugin(name) for name in config.kinds if name not in TABLES))


def mistakes(text: str, file: str) -> list[FileError]:
    """Return all that is wrong with a room.toml and the files that it names, by line.

    Nothing is opened. What comes back empty is a room that `serve` starts.
    """

    def judge(data: dict[str, Any]) -> None:
        config = _of(data, file)
        clock = SystemClock()
        _refuse_urls(config, room(config, Dependencies(connect, clock, calendar(config))).urls)
        look.judge(config.look, Path(file))
        _refuse_codes(config)
        if config.api.tls_certificate is not None:
            from roomctl.api import certificate

            certificate.judge(config.api, clock.now().wall)

    try:
        data = configuration.read(text, file)
    except ConfigError as error:
        return [error]
    return every_mistake(text, file, data, judge)


def mistakes_from_afar(text: str, file: str, running: Config) -> list[FileError]:
    """Return all that is wrong with a room.toml that came over the API.

    Where secrets lie is for the operator of the box to say: else it would be a way to read files.
    """
    with contextlib.suppress(ConfigError):
        table = configuration.read(text, file).get("secrets", {})
        if not isinstance(table, dict) or table.get("dir") != running.secrets.dir:
            why = "cannot be changed over the network; leave it as in the running configuration"
            return [ConfigError(file, "secrets.dir", why)]
    return mistakes(text, file)


def advice(text: str, file: str) -> list[FileError]:
    """Return what could be better in a room.toml without a mistake, by line.

    Secrets that stand in it, and what nobody has tried with its vendor.
    """
    why = (
        "can be read by everyone who reads this file; use `roomctl secret set NAME`, then"
        " write secret:NAME"
    )
    config = parse(text, file)
    found = [ConfigError(file, key, why) for key in configuration.plain_secrets(config)]
    for name, alert in config.alert.items():
        if not alert.address.is_mail:
            untried = f"{alert.address.service} is not yet tested with its vendor's service"
            why = f"{untried}; `roomctl alert test {name}` shows whether a message arrives"
            found.append(ConfigError(file, f"alert.{name}.url", why))
    return [located_in(one, text) for one in found]


def _refuse_urls(config: Config, urls: Mapping[str, str]) -> None:
    """Raise ConfigError for a device that no port, or none of its kind, can be meant for."""
    screen = screen_of(config)
    panel = {"screen.panel": "screen.panel_url"} if screen is not None and screen.panel_url else {}
    for name, url in urls.items():
        key = panel.get(name, f"{name}.url")
        kind, scheme = key.partition(".")[0], url.partition(":")[0]
        known = next(iter(config.tables(kind).values())).schemes
        if scheme == "sim":
            continue
        if known and ":" in url and scheme not in known:
            why = f"unsupported scheme {scheme}; {suggest(scheme, known)}"
            raise ConfigError("room.toml", key, why)
        try:
            refuse(url)
        except PortError as error:
            raise ConfigError("room.toml", key, error.why) from error


def _refuse_codes(config: Config) -> None:
    """Raise ConfigError for a code of an alert that no issue has: it would tell nobody anything."""
    if not config.alert:
        return
    known = [key[6:] for key in panel_texts("en") if key.startswith("issue.")]
    for name, alert in config.alert.items():
        for key, codes in (("codes", alert.codes), ("ignore", alert.ignore)):
            for code in codes:
                if not fnmatch.filter(known, code):
                    why = f"no issue is called {code!r}; {suggest(code, known)}"
                    raise ConfigError("room.toml", f"alert.{name}.{key}", why)


def declared(kinds: Sequence[Kind] = KINDS) -> tuple[Declaration, ...]:
    """Return every command that a room with these kinds of devices may take, without a room."""
    parts = (*Room.PARTS, *(kind.part for kind in kinds if kind.part is not None))
    return tuple(one for part in parts for one in part.declared())


def calendar(config: Config) -> Feed | None:
    """Return the room's calendar, or None if it has none; ConfigError if it cannot be one."""
    from roomctl.booking.calendars import calendar_feed

    url = config.calendar.url
    try:
        if url is None:
            return None
        return calendar_feed(url.reveal(), config.room.zone, calendar_access(config))
    except PortError as error:
        raise ConfigError("room.toml", "calendar.url", str(error)) from error


def calendar_access(config: Config) -> CalendarAccess:
    """Return what a room's calendar needs beside its url."""
    from roomctl.booking.feed import CalendarAccess

    table = config.calendar
    key = table.key.reveal() if table.key else ""
    texts = {name: getattr(table, name) or "" for name in ("room", "tenant", "client", "subject")}
    title = _TITLES.get(config.room.language, _TITLES["en"])
    return CalendarAccess(**texts, key=key, title=title, cloud=table.cloud)


_TITLES = {"en": "Booked in the room", "zh-CN": "现场预订"}  # as others see it in their calendars


def room(config: Config, dependencies: Dependencies) -> Room:
    """Return the room that `config` describes, with these `dependencies`."""
    return Room(config, dependencies, kinds_of(config))


@frozen
class Addresses:
    """Where a running room can be reached, and the secrets to do so.

    `is_new`: nobody was paired yet, and no token made. `token` is good for this run alone.
    """

    panel: str
    screen: str
    simulator: str | None
    api: str
    token: str
    is_new: bool


@contextlib.asynccontextmanager
async def running(
    config: Config,
    dependencies: Dependencies,
    store: Store,
    shutdown: Shutdown,
    simulated: SimulatedDevices | None = None,
) -> AsyncIterator[tuple[Addresses, Room]]:
    """Run a room and its web server; yield its addresses, and the room, once it answers.

    PortError: the port of [api] is taken. A part that fails has the program end (`shutdown`).
    """
    from roomctl.api.app import create_app
    from roomctl.api.auth import Tokens, take_over
    from roomctl.api.phone import pairing_link, reached_at
    from roomctl.api.recent_log import RecentLog
    from roomctl.api.serving import listen, listen_within, reachable, served
    from roomctl.api.staff import Staff

    with RecentLog().listening() as log, listen(*config.api.address) as listening:
        store.disk.sweep()
        host, port = listening.getsockname()[:2]
        try:
            if take_over(store, dependencies.clock):
                _log.info("the API token is kept as a hash from now on, as the token 'admin'")
        except OSError as error:
            _log.warning("the API token of an older version is not taken over yet: %s", error)
        own = secrets.token_urlsafe(32)  # of this run, for whoever may read its runtime folder
        tokens = Tokens(store, dependencies.clock, own)
        proof = await _certificate(config, store, dependencies.clock)
        within = listen_within(host, port) if proof is not None else None
        # This box's own browsers and commands come by loopback, where http is as good.
        own_name = "127.0.0.1" if proof is not None else reachable(host)
        base = f"http://{own_name}:{port}"
        dependencies = replace(
            dependencies,
            pages=lambda: _pages(made.config, base, tokens),
            settings=Settings(store.disk),
            pictures=store.folder / "pictures",
            store=store,
            kept_id=store.room_id(config.room.display_name),
            post=_post,
            send=_send,
            ask=_ask,
            fingerprint=proof.pin if proof is not None else "",
        )
        made, web = room(config, dependencies), data_path("web")
        table = config.staff
        staff = Staff(store, dependencies.clock, Role(table.role), table.minutes, made.audit.note)
        live = LiveConfig(made, staff, dependencies, simulated=simulated is not None)
        made.attend(tokens)
        if proof is not None:
            made.attend(proof)
        boot_id = secrets.token_hex(4)
        app = create_app(
            made,
            tokens,
            staff,
            web,
            boot_id=boot_id,
            port=port,
            simulated=simulated,
            log=log,
            configs=dependencies.configs,
            live=live,
            search=partial(search_network, ("lo",) if simulated is not None else ()),
        )
        async with (
            beside("the room", made.run(), shutdown.begin),
            beside("what ends staff's rights", staff.follow(made), shutdown.begin),
            served(
                app,
                *(listening, *([within] if within is not None else [])),
                tls=proof.context if proof is not None else None,
            ) as serving,
            lasting("the web server", serving, shutdown.begin),
        ):
            try:
                found = _addresses(base, own, tokens, simulated=simulated is not None)
                if simulated is None and (others := reached_at(config.api, port)) is not None:
                    path = found.panel.removeprefix(base)
                    panel = pairing_link(others, path, proof.pin if proof is not None else "")
                    found = replace(found, panel=panel)
                yield found, made
            finally:
                app.state.ending.set()


async def _certificate(config: Config, store: Store, clock: Clock) -> BoxCertificate | None:
    """Return what this room proves itself with; None: only this box can connect, or a proxy does.

    RoomctlError: there is no certificate, and none can be made.
    """
    if not config.api.encrypted:
        if not config.api.is_loopback:
            _log.warning(
                "api: http on %s is not encrypted: others can read it, and tokens, unless a"
                " proxy in front adds TLS ([api] tls = 'off')",
                config.api.listen,
            )
        return None
    from roomctl.api.certificate import BoxCertificate

    found = BoxCertificate(config.api, store.folder / "tls", clock)
    await found.open()
    return found


def _calendar_of(config: Config) -> tuple[object, ...] | None:
    """Return all that a calendar is made of; None: there is none."""
    if config.calendar.url is None:
        return None
    return config.calendar, config.room.timezone, config.room.language


async def search_network(
    names: Collection[str] = (), known: Collection[str] = (), limit_s: float | None = None
) -> list[FoundDevice]:
    """Look for devices of every kind on these network interfaces, () for all, for 4 s or `limit_s`.

    `known`: hosts that are not asked themselves. RoomctlError: there is no such interface, or this
    box is on no network.
    """
    from roomctl.ports.interfaces import interfaces
    from roomctl.search.run import LIMIT_S, search

    networks = interfaces(names)
    if not networks:
        raise RoomctlError("search: this box is on no network; connect it")
    kinds = (*KINDS, *every_plugin()[0])
    searches = [kind.search() for kind in kinds if kind.search is not None]
    return await search(searches, connect, networks, limit_s or LIMIT_S, known)


async def _post(table: WebhookTable, event_id: str, body: bytes, at: datetime) -> None:
    """Tell a receiver of [[webhook]]; a room without any need not import what does."""
    from roomctl.api.webhooks import post

    await post(table, event_id, body, at)


async def _send(table: AlertTable, message: AlertMessage, at: datetime) -> None:
    """Tell people of [alert.NAME]; a room without any need not import what does."""
    from roomctl.api.alerts import send

    await send(table, message, at)


async def _ask(table: NeighbourTable) -> bytes:
    """Ask a room of [[door.neighbours]]; a room without any need not import what does."""
    from roomctl.api.neighbours import ask

    return await ask(table)


class LiveConfig:
    """The configuration of a running room, as far as it can be another one while it runs."""

    def __init__(
        self, room: Room, staff: Staff, dependencies: Dependencies, *, simulated: bool
    ) -> None:
        """Have the room be at the broker of [mqtt], a simulated one beside its own."""
        self._room, self._staff, self._simulated = room, staff, simulated
        self._file = str(dependencies.config_file or "room.toml")
        self._feed, self._export = dependencies.feed, dependencies.export
        self._judge_import, self._store = dependencies.judge_import, dependencies.store
        self._bridge = self._bridge_of(room.config)
        if self._bridge is not None:
            room.attend(self._bridge)

    def check(self, text: str) -> Sequence[FileError]:
        """Return every mistake of a room.toml; blocking."""
        return mistakes_from_afar(text, self._file, self._room.config)

    def parsed(self, text: str) -> Config:
        """Return what a room.toml says, ConfigError; blocking."""
        return parse(text, self._file)

    def export(self) -> bytes:
        """Return the room for another box, without its secrets; blocking. Refused "no_file"."""
        if self._export is None:
            raise Refused("room", "no_file", "has no room.toml to export")
        return self._export()

    def judge_import(self, archive: bytes) -> ImportPlan:
        """Return what the import of an archive would do here; blocking. Refused."""
        if self._judge_import is None:
            raise Refused("room", "no_file", "has no room.toml to import into")
        return self._judge_import(archive)

    def keep_import(self, archive: bytes, source: Source) -> None:
        """Have an archive wait for the next start; blocking. RoomctlError: no disk takes it."""
        assert self._store is not None  # noqa: S101 - a room with a file has one
        at = self._room.clock.now().wall
        Imports(self._store).keep(archive, at, source.role, source.name)

    def text(self) -> str:
        """Return what room.toml says, ConfigError; blocking."""
        return configuration.text_of(Path(self._file))

    async def plan(self, text: str) -> ConfigPlan:
        """Return what becomes of each part with a room.toml without mistakes."""
        return self._room.plan(await in_thread(parse, text, self._file))

    async def apply(self, text: str, keep: Callable[[], Awaitable[None]] | None = None) -> None:
        """Have the room do what a room.toml says that starts no program anew, and `keep` it.

        What it leaves as it is goes on. Whatever goes wrong is put back, and raised.
        """
        before, config = self._room.config, await in_thread(parse, text, self._file)
        feed, bridge = self._feed, self._bridge
        if _calendar_of(config) != _calendar_of(before):
            feed = calendar(config)
        if config.mqtt != before.mqtt:
            bridge = self._bridge_of(config)
        await self._room.reconfigure(config, feed, keep)
        self._feed = feed
        if bridge is not self._bridge:
            if self._bridge is not None:
                await self._room.dismiss(self._bridge)
            self._bridge = bridge
            if bridge is not None:
                self._room.attend(bridge)
        self._staff.configure(Role(config.staff.role), config.staff.minutes)

    def _bridge_of(self, config: Config) -> Part | None:
        if config.mqtt is None:
            return None
        from roomctl.api.mqtt import MqttBridge
        from roomctl.ports.broker import open_session

        suffix = "-simulated" if self._simulated else ""
        return MqttBridge(config.mqtt, self._room, open_session, suffix, self._store)


def _addresses(base: str, own: str, tokens: Tokens, *, simulated: bool) -> Addresses:
    from roomctl.api.auth import PAIRING_S

    good_for_s = SIMULATED_PAIRING_S if simulated else PAIRING_S
    simulator = tokens.offer_pairing(Role.SIMULATOR, good_for_s) if simulated else None
    return Addresses(
        panel=f"{base}/#pair={tokens.offer_pairing(Role.PANEL, good_for_s)}",
        screen=f"{base}/screen#pair={tokens.offer_pairing(Role.SCREEN, good_for_s)}",
        simulator=f"{base}/simulator#pair={simulator}" if simulator else None,
        api=base,
        token=own,
        is_new=tokens.is_new,
    )


def _pages(config: Config, base: str, tokens: Tokens) -> tuple[ShowPage, ...]:
    """Return what the displays of a kiosk show, each with an address that pairs once."""
    screen = screen_of(config)
    if screen is None:
        return ()
    page = f"{base}/screen#pair={tokens.offer_pairing(Role.SCREEN)}"
    output = screen.panel_output
    panel = f"{base}/#pair={tokens.offer_pairing(Role.PANEL)}" if output else None
    first = ShowPage(DisplayRole.ROOM, page, screen.room, screen.cec_adapter)
    return (first, ShowPage(DisplayRole.PANEL, panel, output))
