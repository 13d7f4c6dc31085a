"""The language of the command line: English, or Chinese where the locale says so.

Words of its own stand here, in both; what the panel says too comes from `web/i18n`. Sentences of
errors are told in English by whoever raises them: here is what they are in Chinese, and one that is
not known stays as it is. JSON, logs and keys are never translated.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Mapping

from roomctl.cli.drill_sentences import DRILLS
from roomctl.errors import FileError
from roomctl.meeting.invitation import sentences_in_chinese
from roomctl.words import Language, filled, panel_texts

NOT_LET_IN = (
    "{url}: does not know this token, or it has expired; `roomctl token make` there makes one"
)


def language() -> Language:
    """Return the language that the locale of this terminal asks for."""
    given = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next((value for value in given if value), "")
    return "zh-CN" if locale.lower().startswith("zh") else "en"


def say(key: str, into: Language | None = None, **values: object) -> str:
    """Return a sentence of the command line's own."""
    return WORDS[into or language()][key].format(**values)


def word(kind: str, value: str, into: Language | None = None) -> str:
    """Return what a value of the room document is called: `word("mute", "muted")`."""
    plain = value.replace("_", " ")
    return WORDS[into or language()].get(f"{kind}.{value}", plain)


def translated(message: str, into: Language | None = None) -> str:
    """Return an error's sentence in the locale's language, as far as it is known."""
    if (into or language()) == "en":
        return message
    for pattern, chinese in _sentences():
        if match := pattern.fullmatch(message):
            inner = {name: translated(text, "zh-CN") for name, text in match.groupdict().items()}
            return chinese.format(**inner)
    return message


def refusal(code: str, detail: str, params: Mapping[str, object]) -> str:
    """Return why a room refused something; `detail` is its own sentence, and English.

    In Chinese, where that sentence is not known, the panel's for the code, and `detail` behind it.
    """
    why = detail.partition(": ")[2] or detail
    text = panel_texts(language()).get(f"error.{code}", "")
    if language() == "en" or translated(why) != why or not text:
        return detail
    return f"{filled(text, params).rstrip('。')}（{detail}）"


def spoken(error: Exception) -> str:
    """Return an error in the locale's language; file, line and key stay as they are."""
    if not isinstance(error, FileError):
        return translated(str(error))
    where = error.file if error.line is None else f"{error.file}:{error.line}"
    return ": ".join(filter(None, (where, error.key, translated(error.why))))


@functools.cache
def _sentences() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return each sentence as a pattern; {name} stands for anything, which is translated, too."""
    known = {**DRILLS, **SENTENCES, **sentences_in_chinese()}
    return tuple((_pattern(english), chinese) for english, chinese in known.items())


def _pattern(english: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", english)
    names = {name: f"(?P<{name}>.+?)" for name in parts[1::2]}
    return re.compile(
        "".join(names[part] if at % 2 else re.escape(part) for at, part in enumerate(parts)),
        re.DOTALL,
    )


WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "ready": "{room}: ready",
        "starting": "{room}: starting",
        "not_ready": "{room}: not ready ({what}: {why})",
        "meeting": "meeting",
        "microphone": "microphone",
        "occupancy": "occupancy",
        "next": "next",
        "no_booking": "no booking today",
        "day": "simulated: a standard day of {starts} starts, seed {seed}",
        "day_note": "first try: in the call within 20 s, at one tap, no fault shown; "
        "plain: a person taps Join on the page",
        "ledger_none": "no entry",
        "ledger.warned": "warned",
        "ledger.kept": "kept",
        "ledger.released": "released",
        "ledger.undone": "undone",
        "ledger.dropped": "dropped",
        "first_try_assisted": "first try",
        "first_try_plain": "plain page",
        "first_try": "{share} of this month's starts ({good} of {starts})",
        "fingerprint": "key",
        "audit_none": "no entry",
        "migrate_plan": "{room}: from {old} to {new}",
        "migrate_bookings": "{count} bookings on the old platform, {series} series:",
        "migrate_week": "  {week}  {count}",
        "migrate_names": "firewall names of the old platform: {names}",
        "migrate_left_out": "{count} events of the calendar could not be read",
        "migrate_letters": "drafts for {count} organizers: --letters FOLDER writes them",
        "migrate_none": "no move is planned: roomctl migrate plan --from PLATFORM --to PLATFORM",
        "migrate_move": "from {old} to {new}",
        "migrate_planned": "room|bookings|at risk|dead|other link|last|by hand",
        "migrate_rooms": "room|move|today|next|bookings|at risk|dead",
        "migrate_failed": "{count} of {all} rooms failed",
        "migrate_applied": "applied by {who}, revision {revision} (undone by {before})",
        "migrate_next": "next: roomctl migrate apply",
        "migrate_later": "later",
        "migrate_proof": "joined at {host}: {evidence}, {who}",
        "migrate_walkthrough.not_needed": "the room joins on {new} automatically",
        "migrate_walkthrough.missing": "people must pass the page of {new}; show the room once: panel, Room screen, Remember these steps",  # noqa: E501
        "migrate_walkthrough.shown": "the room was shown how to pass the page of {new}",
        "migrate_stage.dual": "both; new meetings start on the new one",
        "migrate_stage.default": "the new one is the room's platform",
        "migrate_stage.join_only": "the room only joins the old one",
        "migrate_stage.ended": "the old one's links are refused",
        "migrate_verdict.fine": "fine",
        "migrate_verdict.at_risk": "at risk",
        "migrate_verdict.dead": "cannot be joined any more",
        "migrate_verdict.replaced": "have another link, too",
        "migrate_fate.moved": "moved",
        "migrate_fate.kept": "kept",
        "migrate_fate.by_hand": "by hand",
        "migrate_reason.at_default": "when the default moves",
        "migrate_reason.at_dual": "from the first stage",
        "migrate_reason.at_join_only": "not used once the room only joins the old one",
        "migrate_reason.still_joined": "the room still joins others' meetings there",
        "migrate_reason.policy_of_people": "people decide what is allowed",
        "migrate_reason.number_of_vendor": "the vendor gave it; the new one gives another",
        "migrate_reason.link_of_people": "its host makes a new meeting, and sends its link",
        "migrate_reason.client_on_display": "a program on the display; remove it there",
        "migrate_reason.may_be_needed": "a page that other platforms may need, too",
        "migrate_reason.words_of_people": "somebody wrote it; rewrite it",
        "migrate_evidence.media": "its media prove it",
        "migrate_evidence.person": "a person looked",
        "migrate_artefact.default_platform": "default platform",
        "migrate_artefact.fallback": "fallback",
        "migrate_artefact.room_link": "link of new meetings",
        "migrate_artefact.host_id": "meeting number of the room",
        "migrate_artefact.favourite": "favourite",
        "migrate_artefact.signed_in": "kept sign-in",
        "migrate_artefact.vendor_client": "vendor's client",
        "migrate_artefact.host": "host of your own",
        "migrate_artefact.page_host": "further page",
        "migrate_artefact.panel_text": "text on the panel",
        "migrate_artefact.policy": "policy",
        "walkthrough_none": "no walkthrough; show a page once, on the panel: Room screen",
        "audit_sound": "{count} entries, {first} to {last}, are unchanged\n{hash}",
        "audit_broken": "broken: entry {number} {why}; {count} entries in all",
        "booked": "booked",
        "search.camera": "camera",
        "search.display": "projector",
        "search.at": "{what} at {host}: {protocols}",
        "search.also": "also {urls}",
        "search.claims": "says that its address is {claims}",
        "search.login": "wants a user and a password before it says more",
        "search.elsewhere": "not in this box's network: change its address first",
        "search.unknown": "answers in no protocol that roomctl speaks",
        "search.unverified": "did not answer when asked directly",
        "probe": "`roomctl probe` lists what is plugged in, with its lines for room.toml.",
        "done": "done",
        "times": "times in",
        "sound": "sound",
        "waiting": "browser",
        "mqtt.cleared": "{room}: {count} topics cleared",
        "alert.arrived": "{host} accepted the test message; check that it arrived",
        "alert.not_arrived": "the test message was not accepted: {why}",
        "times_in": "times in {zone}",
        "usage.error": "Error: {why}",
        "usage.help": "Try '{command} -h' for help.",
        "config.running": "runs",
        "config.wanted": "runs soon",
        "config.runs": "revision {number} runs",
        "config.waits": "revision {number} is stored, and runs soon; see `roomctl config history`",
        "config.restarted": "restarted",
        "config.added": "added",
        "config.removed": "removed",
        "config.program_for": "the program restarts for",
        "config.nothing": "nothing restarts",
        "join.replaced": "another meeting was joined instead",
        "join.waits": "not in the meeting after {seconds} s; the room keeps trying: `roomctl status`, `roomctl leave`",  # noqa: E501
        "join.interrupted": "the room keeps joining; `roomctl leave` stops it",
        "join.passcode": "enter it on the panel, or join again with the text of the invitation",
        "goes_on": "{status}: still running; see `roomctl status`",
        "good": "{file}: ok ({kind})",
        "more": " (and more: `roomctl check {file}`)",
        "no_token": "no token; `roomctl token make NAME` makes one",
        "pin_set": "a staff PIN is set",
        "pin_none": "no staff PIN is set; `roomctl pin set` sets one",
        "pin_ask": "PIN (6 to 12 digits): ",
        "pin_again": "again: ",
        "password_ask": "password (10 characters or more): ",
        "no_person": "no person signs in with a password; `roomctl person add NAME --role ROLE`",
        "kept_in": "done; no room is running: the next one with its state in {folder} reads it",
        "stored": "stored in {path}, readable only by its owner",
        "no_secret": "no secret; `roomctl secret set NAME` stores one",
        "init.found": "found on this box:",
        "init.device": "{what}\n  is that {name}? yes or no",
        "init.yes": "yes",
        "init.no": "no",
        "init.network": "search the network for cameras and projectors, too? yes or no",
        "init.searching": "searching the network, {seconds} s …",
        "init.unsure": "several of a kind, or no answer: not taken; see `roomctl probe --network`",
        "init.name": "name of the room, as people read it",
        "init.language": "language of the panel: en or zh-CN",
        "init.timezone": "time zone",
        "init.platform": "platform of new meetings, or nothing: {names}",
        "init.calendar": "its calendar, such as ics:https://example.org/bamboo.ics, or nothing",
        "init.listen": "address for panels and phones; 0.0.0.0:8080 lets this network reach it",
        "init.screen": "display of the meeting: kiosk (on this box), headless, or none",
        "init.wall": "microphone behind a wall: on (muted is silence that was measured; programs get one microphone, not the sound cards), off, or auto (where roomctl-audio is enabled)",  # noqa: E501
        "init.walled": "behind a wall: roomctl-audio alone opens the sound cards, programs hear the microphone through it; docs/wall.md",  # noqa: E501
        "init.written": "{file}: written, without mistakes",
        "init.kept": "the old one is kept as {file}",
        "init.unchanged": "{file}: unchanged",
        "init.waiting": "waiting until the room is ready, {seconds} s at most; Ctrl+C ends it",
        "init.ready": "{room} is ready",
        "init.lacks": "{room} is not ready yet:",
        "init.forbidden": "{node}: {user} may not use it ({is_now}); type:",
        "init.started": "started, now and at every boot: {units}",
        "init.not_started": "not started ({why}); type:",
        "init.to_start": "to start it, now and at every boot, type:",
        "init.here": "to try it now, without systemd: roomctl serve --config {file}",
        "init.then": "then: `{sudo}roomctl status` shows its status, `{sudo}roomctl pair` makes a panel",  # noqa: E501
        "init.panel": "open this in the panel's browser:",
        "export.written": "{file}: the room, in {count} files",
        "export.elsewhere": "{folder}: is not beside room.toml, so not included; copy it",
        "export.anew": "not included: tokens, paired browsers, the PIN, history; set them up again",
        "export.secrets": "not included: secrets. On the new box type:",
        "import.file": "written: {file}",
        "import.would": "would be written: {file}",
        "import.over": "(exists)",
        "import.needs_force": "existing files are overwritten only with --force; copies are kept",
        "import.missing": "a secret is missing: `roomctl secret set {name}`",
        "import.restarts": "the room restarts for it; `roomctl issues` says if it failed",
        "import.then": "then: `roomctl check {config}`, and start the room",
        "condition": "{name} is not ready: {why}",
        "doctor.ok": "ok",
        "doctor.warn": "warn",
        "doctor.fail": "fail",
        "doctor.sum": "{fail} failed, {warn} warnings",
        "doctor.no_file": "{file}: does not exist yet",
        "doctor.typed": "typed: {line}",
        "doctor.typed_in_vain": "typed: {line}\n  it failed: {why}",
        "doctor.plain_secret": "{where}: a secret is in the file itself",
        "doctor.alert_untried": "{service} at {host}; not yet tested with its vendor's service: send a test message",  # noqa: E501
        "doctor.alert_mail": "mail by {host}, from {sender}",
        "doctor.not_plugged": "{url}: nothing is there",
        "doctor.forbidden": "{node}: {user} may not use it ({is_now})",
        "doctor.usable": "{node}: {user} may use it",
        "doctor.switch_wire": "{url}: a laptop switch with the protocol of {profile}",
        "doctor.switch_level": "{url}: a laptop switch, active while a laptop has the devices",
        "doctor.switch_pulse": "{url}: presses the laptop switch's button",
        "doctor.switch_room": "answers: the room has the devices",
        "doctor.switch_laptop": "answers: a laptop has the devices",
        "doctor.switch_unknown": "answers, but reports neither the room nor a laptop",
        "doctor.switch_nothing": "can be set; it does not report its position",
        "doctor.there": "{what}: found",
        "doctor.missing": "{what}: is missing",
        "doctor.no_package": "{what}: is missing, and apt has no package here; Debian 13 and Raspberry Pi OS have it",  # noqa: E501
        "doctor.no_systemd": "systemd does not run here: nothing starts the room at boot",
        "doctor.no_user": "there is no user {user}",
        "doctor.no_watchdog": "the hardware watchdog is not used: a hung box does not restart",
        "doctor.watchdog": "the hardware watchdog is used",
        "doctor.not_enabled": "{unit}: is not started at boot",
        "doctor.not_active": "{unit}: is not running ({state})",
        "doctor.active": "{unit}: is running",
        "doctor.restarts": "{unit}: was restarted {count} times",
        "build.commit": "commit",
        "build.date": "date",
        "build.modified": "modified",
        "yes": "yes",
        "no": "no",
        "build.unknown": "unknown",
        "build.no_commit": "commit unknown",
        "doctor.read_only": "{folder}: cannot be written to",
        "doctor.full": "{folder}: {free} MiB are free",
        "doctor.free": "{folder}: {free} MiB are free",
        "doctor.open_folder": "{folder}: other users can read it",
        "doctor.synced": "is set by a time server",
        "doctor.unsynced": "is not synchronized: the room releases no booking",
        "doctor.no_font": "there is no Chinese font",
        "doctor.wall_stands": "the microphone is behind a wall (wall = {chosen})",
        "doctor.wall_none": "the microphone is not behind a wall (wall = {chosen})",
        "doctor.wall_off": "the microphone is not behind a wall: wall = off",
        "doctor.wall_away": "the microphone should be behind a wall (wall = {chosen}), but its process at {socket} is not running",  # noqa: E501
        "doctor.wall_hidden": "this user cannot ask at {socket} whether the microphone is behind a wall",  # noqa: E501
        "doctor.wall_stranger": "another user than roomctl-audio answers at {socket}: not a wall",
        "doctor.wall_missing": "the microphone should be behind a wall (wall = on), but {socket} is missing",  # noqa: E501
        "doctor.reads": "tesseract: found; walkthroughs read labels with it",
        "doctor.reads_not": "no tesseract: walkthroughs compare only pixels (optional: tesseract-ocr, tesseract-ocr-chi-sim)",  # noqa: E501
        "doctor.waiting_on": "a browser is kept ready while somebody may join soon (waiting_browser = {chosen}, {free} MB of memory are free)",  # noqa: E501
        "doctor.waiting_memory": "no browser is kept ready: {free} MB of memory are free, waiting_browser = {chosen} needs {least}",  # noqa: E501
        "doctor.waiting_off": "no browser is kept ready: waiting_browser = off",
        "doctor.no_network": "this box has no network",
        "doctor.address": "this box is {address}",
        "doctor.reached": "{host}: answers",
        "doctor.no_name": "{host}: no name server knows it",
        "doctor.not_reached": "{host}: does not answer ({why})",
        "doctor.no_certificate": "is made at the first start",
        "doctor.ends": "{file}: is valid until {day}",
        "doctor.no_room": "no room runs here as this user",
        "doctor.failed": "this check failed: {why}",
        "doctor.late": "took longer than {seconds} s",
        "condition.reachable": "program",
        "condition.devices_present": "devices",
        "condition.audio_ready": "sound",
        "condition.video_ready": "picture",
        "condition.platform_ready": "platform",
        "condition.calendar_fresh": "calendar",
        "condition.config_applied": "configuration",
        "condition.storage_sound": "storage",
        "condition.ready": "ready",
        "drill.none": "nothing to drill: room.toml has no {kinds}; see `roomctl probe`",
        "drill.one": "Drill one: roomctl drill {name}",
        "drill.sees": "do you see that {what}?",
        "drill.please": "please {what}",
        "drill.interrupted": "interrupted: {what}",
        "drill.may_move": "a room is running here: stop it first, because it may move this device",
        "update.none": "{installed} is the newest version",
        "update.available": "{available} is available; {installed} runs",
        "update.at": "installed once the room is free, not before {at}",
        "update.updated": "updated from {old} to {new}",
        "update.went_back": "{new} was rolled back, {old} runs again: {why}",
        "update.refused": "nothing was changed: {why}",
        "update.state.waits": "waits for the room to be free",
        "update.state.checking": "looks for a newer version",
        "update.state.fetching": "downloads it",
        "update.state.installing": "installs it",
        "update.state.proving": "checks that the room is as good as before",
        "update.state.returning": "goes back to the old version",
        "in_use.in_call": "in a call",
        "in_use.laptop": "a laptop has the camera",
        "in_use.occupied": "somebody is in the room",
        "in_use.booked": "booked within 30 minutes",
        "in_use.clock_unproven": "the clock is not synchronized",
        "in_use.calendar_unknown": "the calendar cannot be read",
        "tested.passed": "passed",
        "tested.failed": "failed",
        "tested.skipped": "skipped",
        "tested.seconds": "{seconds} s",
        "made": "made {day}",
        "expires": "expires {day}",
        "until_revoked": "until revoked",
        "used": "used {day}",
        "never_used": "never used",
        "may": "may {rights}",
        "unused": "90 days unused",
        "minutes": "{count} min from now",
        "paired": "paired {made}  used {used}  until {until}",
        "step.answers": "answers",
        "step.power": "power",
        "step.place": "place",
        "step.pan": "pan",
        "step.tilt": "tilt",
        "step.zoom": "zoom",
        "step.zoom_to": "zoom to",
        "step.goto": "goto",
        "step.relative": "relative",
        "step.home": "home",
        "step.preset": "preset",
        "step.focus": "focus",
        "step.exposure": "exposure",
        "step.white_balance": "white balance",
        "step.remote": "remote",
        "step.put_back": "put back",
        "step.questions": "questions",
        "step.input": "input",
        "step.picture_mute": "picture mute",
        "step.faults": "faults",
        "step.lights": "lights",
        "step.handshake": "handshake",
        "step.echo": "echo",
        "step.writes": "writes",
        "step.button": "button",
        "step.silence": "silence",
        "step.tally_lamp": "tally lamp",
        "drilled.ok": "ok",
        "drilled.failed": "failed",
        "drilled.skipped": "skipped",
        "no_session": "no browser is paired; `roomctl pair` makes a link",
        "nothing_found": "nothing found: no serial port, no USB camera or speakerphone, no gamepad",
        "offline": "offline: {why}",
        "pairs": "It works once, for {minutes} minutes.",
        "no_issue": "nothing is wrong",
        "gone": "{what}  is over",
        "no_device": "this room has no device",
        "firmware": "firmware {version}",
        "serial": "serial number {number}",
        "lost": "the connection is lost; trying again",
        "two_rooms": "asked: the room that is {first}; --room asks {others}",
        "yours": "yours, {api}",
        "the_service": "the service's ({user})",
        "needs": "needs {keys}",
        "waiting.unasked": "none: no join is expected",
        "waiting.starting": "starting, because somebody may join soon",
        "waiting.ready": "ready, because somebody may join soon",
        "waiting.little_memory": "none: too little memory is free",
        "waiting.in_sight": "none: its window would be visible; see docs/kiosk.md",
        "waiting.failed": "none: it did not start, or ended; see the screen's log",
        "waiting.off": "none: waiting_browser = off",
        "call.idle": "idle",
        "call.in_call": "in call",
        "call.prejoin": "prejoin",
        "call.preparing": "preparing",
        "call.joining": "joining",
        "call.lobby": "lobby",
        "call.leaving": "leaving",
        "call.ended": "ended",
        "call.failed": "failed",
        "call.unknown": "unknown",
        "wall.stands": "behind a wall: muted means measured silence",
        "wall.away": "not behind its wall: its process is not running; see docs/wall.md",
        "mute.muted": "muted",
        "mute.muting": "muting",
        "mute.open": "on",
        "mute.unmuting": "unmuting",
        "mute.idle": "not muted, and no program listens",
        "mute.unsure": "not muted",
        "mute.unknown": "unknown",
        "presence.vacant": "vacant",
        "presence.occupied": "occupied",
        "presence.vacating": "vacating",
        "presence.unknown": "unknown",
        "reason.heard": "heard",
        "reason.stalled": "hangs",
        "reason.device_offline": "does not answer",
        "reason.speakerphone_offline": "does not answer",
        "reason.screen_offline": "does not answer",
        "reason.no_sound_server": "no sound server",
        "reason.no_microphone": "no microphone",
        "reason.no_loudspeaker": "no loudspeaker",
        "reason.gain_zero": "the microphone is turned down to 0 %",
        "reason.volume_zero": "the loudspeaker is turned down to 0 %",
        "reason.mute_unproven": "mute is not confirmed",
        "reason.laptop": "a laptop has it",
        "reason.camera_offline": "does not answer",
        "reason.display_offline": "does not answer",
        "reason.camera_refuses": "refuses to move",
        "reason.display_fault": "reports a fault",
        "reason.no_screen": "there is none",
        "reason.no_platform": "no platform",
        "reason.platform_not_allowed": "not allowed here",
        "reason.platform_ended": "has ended its service",
        "reason.calendar_stale": "not read lately",
        "reason.config_changed": "changed since the start",
        "reason.config_unreadable": "cannot be read",
        "reason.starting": "starting",
        "reason.not_read_yet": "not read yet",
        "device.online": "online",
        "device.offline": "offline",
        "device.starting": "starting",
        "role.panel": "panel",
        "role.guest": "guest",
        "role.door": "door",
        "role.screen": "screen",
        "role.simulator": "simulator",
        "role.sensor": "sensor",
        "role.read": "read",
        "role.auditor": "auditor",
        "role.operate": "operate",
        "role.facilities": "facilities",
        "role.technician": "technician",
        "role.integration": "integration",
        "role.admin": "admin",
        "role.nobody": "not signed in",
        "status.done": "done",
        "status.accepted": "accepted",
        "status.running": "running",
        "status.refused": "refused",
        "status.failed": "failed",
        "status.unknown": "unknown",
    },
    "zh-CN": {
        "ready": "{room}：就绪",
        "starting": "{room}：正在启动",
        "not_ready": "{room}：未就绪（{what}：{why}）",
        "meeting": "会议",
        "microphone": "麦克风",
        "occupancy": "有无人员",
        "next": "下一场",
        "no_booking": "今天没有预订",
        "day": "模拟：一个标准日，共 {starts} 次开会，种子 {seed}",
        "day_note": "first try：20 秒内、一次点按、未显示故障即进入会议；"
        "plain：由人在页面上点按“加入”",
        "ledger_none": "没有记录",
        "ledger.warned": "已提醒",
        "ledger.kept": "已保留",
        "ledger.released": "已释放",
        "ledger.undone": "已撤销",
        "ledger.dropped": "已取消",
        "first_try_assisted": "一次成功",
        "first_try_plain": "手动页面",
        "first_try": "本月开会的 {share}（{starts} 次中 {good} 次）",
        "fingerprint": "密钥指纹",
        "audit_none": "没有记录",
        "migrate_plan": "{room}：从 {old} 迁移到 {new}",
        "migrate_bookings": "原平台上有 {count} 个预订，其中 {series} 个系列：",
        "migrate_week": "  {week} 周  {count}",
        "migrate_names": "原平台的防火墙域名：{names}",
        "migrate_left_out": "日历中有 {count} 个事件无法读取",
        "migrate_letters": "{count} 位组织者的通知草稿（用 --letters 文件夹 写出；不会自动发送）",
        "migrate_none": "没有迁移计划；请执行：roomctl migrate plan --from 平台 --to 平台",
        "migrate_move": "从 {old} 迁移到 {new}",
        "migrate_planned": "会议室|预订|有风险|无法加入|另有链接|最后一场|手动处理",
        "migrate_rooms": "会议室|迁移|当前阶段|下一阶段|预订|有风险|无法加入",
        "migrate_failed": "{all} 间会议室中有 {count} 间未成功",
        "migrate_applied": "已由 {who} 应用，修订 {revision}（撤销则回到 {before}）",
        "migrate_next": "下一步：roomctl migrate apply",
        "migrate_later": "稍后",
        "migrate_proof": "已在 {host} 入会：{evidence}，{who}",
        "migrate_walkthrough.not_needed": "会议室可自动加入 {new}",
        "migrate_walkthrough.missing": "{new} 的入会页面需要人操作；请在面板的“会议室屏幕”中演示一次并记住步骤",  # noqa: E501
        "migrate_walkthrough.shown": "会议室已学会如何通过 {new} 的入会页面",
        "migrate_stage.dual": "两个平台并存，新会议在新平台发起",
        "migrate_stage.default": "新平台成为默认平台",
        "migrate_stage.join_only": "原平台仅可加入会议",
        "migrate_stage.ended": "拒绝原平台的链接",
        "migrate_verdict.fine": "不受影响",
        "migrate_verdict.at_risk": "有风险",
        "migrate_verdict.dead": "届时无法加入",
        "migrate_verdict.replaced": "已另有其他平台的链接",
        "migrate_fate.moved": "自动迁移",
        "migrate_fate.kept": "保留",
        "migrate_fate.by_hand": "需手动处理",
        "migrate_reason.at_default": "默认平台切换时",
        "migrate_reason.at_dual": "从第一阶段起",
        "migrate_reason.at_join_only": "原平台仅可加入后不再使用",
        "migrate_reason.still_joined": "仍会加入他人在原平台的会议",
        "migrate_reason.policy_of_people": "是否允许由管理人员决定",
        "migrate_reason.number_of_vendor": "由厂商分配；新平台会给出另一个号码",
        "migrate_reason.link_of_people": "须由主持人新建会议并告知链接",
        "migrate_reason.client_on_display": "屏幕上的客户端程序；请在那里停用",
        "migrate_reason.may_be_needed": "其他平台也可能需要此页面",
        "migrate_reason.words_of_people": "由人填写的文字；请重新填写",
        "migrate_evidence.media": "由音视频证实",
        "migrate_evidence.person": "由人员确认",
        "migrate_artefact.default_platform": "默认平台",
        "migrate_artefact.fallback": "备用平台",
        "migrate_artefact.room_link": "新会议链接",
        "migrate_artefact.host_id": "会议室的会议号",
        "migrate_artefact.favourite": "常用会议",
        "migrate_artefact.signed_in": "保留的登录",
        "migrate_artefact.vendor_client": "厂商客户端",
        "migrate_artefact.host": "自有主机",
        "migrate_artefact.page_host": "其他页面",
        "migrate_artefact.panel_text": "面板文字",
        "migrate_artefact.policy": "策略",
        "walkthrough_none": "没有入会步骤；请在面板的“会议室屏幕”中演示一次",
        "audit_sound": "共 {count} 条记录（{first} 至 {last}），与写入时一致\n{hash}",
        "audit_broken": "记录已损坏：第 {number} 条，{why}；现有 {count} 条",
        "booked": "已预订",
        "search.camera": "摄像机",
        "search.display": "投影机",
        "search.at": "{host} 上的 {what}：{protocols}",
        "search.also": "还有 {urls}",
        "search.claims": "自称地址是 {claims}",
        "search.login": "需要用户名和密码才会提供更多信息",
        "search.elsewhere": "不在本机的网络中：请先修改它的地址",
        "search.unknown": "不支持 roomctl 使用的任何协议",
        "search.unverified": "直接询问时没有回答",
        "probe": "`roomctl probe` 列出已接入的设备，以及可写入 room.toml 的行。",
        "done": "完成",
        "times": "时区",
        "sound": "声音",
        "waiting": "浏览器",
        "mqtt.cleared": "{room}：已清除 {count} 个主题",
        "alert.arrived": "{host} 已接受测试消息；请查看是否收到",
        "alert.not_arrived": "测试消息未被接受：{why}",
        "usage.error": "错误：{why}",
        "usage.help": "用 '{command} -h' 查看帮助。",
        "times_in": "时间均为 {zone} 时区",
        "config.running": "正在运行",
        "config.wanted": "即将运行",
        "config.runs": "正在运行版本 {number}",
        "config.waits": "版本 {number} 已保存，即将运行；见 `roomctl config history`",
        "config.restarted": "重新启动",
        "config.added": "新增",
        "config.removed": "移除",
        "config.program_for": "程序将重新启动，因为更改了",
        "config.nothing": "没有需要重新启动的部分",
        "join.replaced": "会议室已改为加入另一场会议",
        "join.waits": "{seconds} 秒后仍未入会；会议室会继续：`roomctl status`、`roomctl leave`",
        "join.interrupted": "会议室会继续加入；用 `roomctl leave` 停止",
        "join.passcode": "请在面板上输入密码；在此处则用邀请全文重新加入",
        "goes_on": "{status}：仍在进行；见 `roomctl status`",
        "good": "{file}：正确（{kind}）",
        "more": "（还有其他错误：`roomctl check {file}`）",
        "no_token": "没有令牌；用 `roomctl token make NAME` 生成",
        "pin_set": "已设置工作人员 PIN",
        "pin_none": "没有设置工作人员 PIN；用 `roomctl pin set` 设置",
        "pin_ask": "PIN（6 到 12 位数字）：",
        "pin_again": "再输入一次：",
        "password_ask": "密码（至少 10 个字符）：",
        "no_person": "没有人使用密码登录；添加：`roomctl person add 名称 --role 角色`",
        "kept_in": "完成；没有正在运行的会议室，下次启动时使用 {folder} 的会议室将采用",
        "stored": "已存入 {path}，仅所有者可读",
        "no_secret": "没有机密；用 `roomctl secret set NAME` 存入",
        "init.found": "在本机找到：",
        "init.device": "{what}\n  作为 {name} 使用吗？是或否",
        "init.yes": "是",
        "init.no": "否",
        "init.network": "同时在网络上搜索摄像机和投影机吗？是或否",
        "init.searching": "正在搜索网络，{seconds} 秒……",
        "init.unsure": "同类设备有多台或没有回答的未加入；见 `roomctl probe --network`",
        "init.name": "会议室名称（供人阅读）",
        "init.language": "面板语言：en 或 zh-CN",
        "init.timezone": "时区",
        "init.platform": "新会议使用的平台，可留空：{names}",
        "init.calendar": "会议室日历，例如 ics:https://example.org/bamboo.ics，可留空",
        "init.listen": "面板和手机连接的地址；0.0.0.0:8080 允许本网络中的其他设备访问",
        "init.screen": "会议显示屏：kiosk（接在本机）、headless 或 none",
        "init.wall": "麦克风隔离墙：on（静音经过实测；程序只能使用一个麦克风，不能使用声卡）、off，或 auto（启用 roomctl-audio 时使用）",  # noqa: E501
        "init.walled": "麦克风隔离墙：只有 roomctl-audio 能打开声卡，程序经由它使用麦克风；见 docs/wall.md",  # noqa: E501
        "init.written": "{file}：已写入，没有错误",
        "init.kept": "原文件保留为 {file}",
        "init.unchanged": "{file}：没有变化",
        "init.waiting": "正在等待会议室就绪，最多 {seconds} 秒；按 Ctrl+C 停止等待",
        "init.ready": "{room} 已就绪",
        "init.lacks": "{room} 尚未就绪：",
        "init.forbidden": "{node}：用户 {user} 无权使用（{is_now}）；请执行：",
        "init.started": "已启动，并在每次开机时启动：{units}",
        "init.not_started": "未能启动（{why}）；请执行：",
        "init.to_start": "要立即启动并在每次开机时启动，请执行：",
        "init.here": "不用 systemd，立即试用：roomctl serve --config {file}",
        "init.then": "然后：`{sudo}roomctl status` 显示状态，`{sudo}roomctl pair` 把浏览器配对为面板",  # noqa: E501
        "init.panel": "请在将作为面板的设备上打开：",
        "export.written": "{file}：已写入会议室，共 {count} 个文件",
        "export.elsewhere": "{folder}：不在 room.toml 旁边，未包含在内；请自行复制",
        "export.anew": "不包含：令牌、已配对的浏览器、PIN 和历史记录。请重新配对面板并生成令牌。",
        "export.secrets": "不包含：机密。请在新设备上执行：",
        "import.file": "已写入：{file}",
        "import.would": "将写入：{file}",
        "import.over": "（已存在）",
        "import.needs_force": "只有用 --force 才会覆盖已有文件，并保留副本",
        "import.missing": "那台设备缺少机密：`roomctl secret set {name}`",
        "import.restarts": "会议室将为此重新启动；若失败，`roomctl issues` 会说明",
        "import.then": "然后：`roomctl check {config}`，再启动会议室",
        "condition": "{name}未就绪：{why}",
        "doctor.ok": "正常",
        "doctor.warn": "警告",
        "doctor.fail": "失败",
        "doctor.sum": "{fail} 项失败，{warn} 项警告",
        "doctor.no_file": "{file}：尚不存在",
        "doctor.typed": "已执行：{line}",
        "doctor.typed_in_vain": "已执行：{line}\n  失败：{why}",
        "doctor.plain_secret": "{where}：机密直接写在文件中",
        "doctor.alert_untried": "{service}（{host}）；未经厂商实测：请发送一条测试消息",
        "doctor.alert_mail": "通过 {host} 发送邮件，发件人 {sender}",
        "doctor.not_plugged": "{url}：没有找到该设备",
        "doctor.forbidden": "{node}：用户 {user} 无权使用（{is_now}）",
        "doctor.usable": "{node}：用户 {user} 可以使用",
        "doctor.switch_wire": "{url}：笔记本切换器，按 {profile} 通信",
        "doctor.switch_level": "{url}：笔记本切换器，设备归笔记本时线路有效",
        "doctor.switch_pulse": "{url}：代替按下笔记本切换器的按键",
        "doctor.switch_room": "有应答：设备由会议室使用",
        "doctor.switch_laptop": "有应答：设备由笔记本使用",
        "doctor.switch_unknown": "有应答，但既不在会议室一侧，也不在笔记本一侧",
        "doctor.switch_nothing": "可以切换；它不会报告位置",
        "doctor.there": "{what}：已就位",
        "doctor.missing": "缺少 {what}",
        "doctor.no_package": "{what}：缺失，且此系统的软件源中没有；Debian 13 和 Raspberry Pi OS 提供",  # noqa: E501
        "doctor.no_systemd": "本机没有运行 systemd：开机时不会启动会议室",
        "doctor.no_user": "没有用户 {user}",
        "doctor.no_watchdog": "未启用硬件看门狗：死机后不会自动恢复",
        "doctor.watchdog": "已启用硬件看门狗",
        "doctor.not_enabled": "{unit}：开机时不启动",
        "doctor.not_active": "{unit}：未运行（{state}）",
        "doctor.active": "{unit}：正在运行",
        "doctor.restarts": "{unit}：已重新启动 {count} 次",
        "build.commit": "提交",
        "build.date": "提交时间",
        "build.modified": "有未提交的修改",
        "yes": "是",
        "no": "否",
        "build.unknown": "未知",
        "build.no_commit": "提交未知",
        "doctor.read_only": "{folder}：不能写入",
        "doctor.full": "{folder}：剩余 {free} MiB",
        "doctor.free": "{folder}：剩余 {free} MiB",
        "doctor.open_folder": "{folder}：其他用户可以查看",
        "doctor.synced": "已由时间服务器校准",
        "doctor.unsynced": "尚未校准：不会自动释放预订",
        "doctor.no_font": "没有中文字体",
        "doctor.wall_stands": "麦克风在隔离墙之后（wall = {chosen}）",
        "doctor.wall_none": "没有麦克风隔离墙（wall = {chosen}）",
        "doctor.wall_off": "没有麦克风隔离墙：wall = off",
        "doctor.wall_away": "麦克风应在隔离墙之后（wall = {chosen}），但 {socket} 处的程序未运行",
        "doctor.wall_hidden": "当前用户无法通过 {socket} 询问麦克风是否在隔离墙之后",
        "doctor.wall_stranger": "在 {socket} 应答的不是用户 roomctl-audio：这不是隔离墙",
        "doctor.wall_missing": "要求麦克风隔离墙（wall = on），但 {socket} 不存在",
        "doctor.reads": "tesseract：已就位，页面样式变化时读取按钮文字",
        "doctor.reads_not": "没有 tesseract：入会步骤只比对像素（可选：tesseract-ocr、tesseract-ocr-chi-sim）",  # noqa: E501
        "doctor.waiting_on": "可能有人即将入会时，预先启动浏览器（waiting_browser = {chosen}，可用内存 {free} MB）",  # noqa: E501
        "doctor.waiting_memory": "不预先启动浏览器：可用内存 {free} MB，waiting_browser = {chosen} 需要 {least} MB",  # noqa: E501
        "doctor.waiting_off": "不预先启动浏览器：waiting_browser = off",
        "doctor.no_network": "本机没有连接网络",
        "doctor.address": "本机地址 {address}",
        "doctor.reached": "{host}：有应答",
        "doctor.no_name": "{host}：域名无法解析",
        "doctor.not_reached": "{host}：没有应答（{why}）",
        "doctor.no_certificate": "首次启动时生成",
        "doctor.ends": "{file}：有效期至 {day}",
        "doctor.no_room": "此用户没有正在运行的会议室",
        "doctor.failed": "检查未能完成：{why}",
        "doctor.late": "超过 {seconds} 秒",
        "condition.reachable": "程序响应",
        "condition.devices_present": "设备在位",
        "condition.audio_ready": "声音",
        "condition.video_ready": "画面",
        "condition.platform_ready": "会议平台",
        "condition.calendar_fresh": "日历",
        "condition.config_applied": "配置",
        "condition.storage_sound": "存储",
        "condition.ready": "就绪",
        "drill.none": "没有可验证的设备：room.toml 中没有 {kinds}；见 `roomctl probe`",
        "drill.one": "验证其中一个：roomctl drill {name}",
        "drill.sees": "您看到了吗：{what}？",
        "drill.please": "请操作：{what}",
        "drill.interrupted": "已中断：{what}",
        "drill.may_move": "本机有会议室在运行：请先停止，因为它也可能让设备动作",
        "update.none": "{installed} 已是最新版本",
        "update.available": "可更新到 {available}；正在运行 {installed}",
        "update.at": "将在会议室空闲时安装，不早于 {at}",
        "update.updated": "已从 {old} 更新到 {new}",
        "update.went_back": "{new} 已退回，{old} 恢复运行：{why}",
        "update.refused": "未作任何更改：{why}",
        "update.state.waits": "等待会议室空闲",
        "update.state.checking": "正在查找新版本",
        "update.state.fetching": "正在下载",
        "update.state.installing": "正在安装",
        "update.state.proving": "正在确认会议室与先前一样正常",
        "update.state.returning": "正在退回旧版本",
        "in_use.in_call": "通话中",
        "in_use.laptop": "摄像机由笔记本电脑使用",
        "in_use.occupied": "会议室有人",
        "in_use.booked": "30 分钟内有预订",
        "in_use.clock_unproven": "时间尚未校准",
        "in_use.calendar_unknown": "无法读取日历",
        "tested.passed": "通过",
        "tested.failed": "失败",
        "tested.skipped": "跳过",
        "tested.seconds": "{seconds} 秒",
        "made": "生成于 {day}",
        "expires": "{day} 到期",
        "until_revoked": "直到吊销",
        "used": "最近使用 {day}",
        "never_used": "从未使用",
        "may": "可以 {rights}",
        "unused": "90 天未使用",
        "minutes": "{count} 分钟后",
        "paired": "配对于 {made}  最近使用 {used}  有效至 {until}",
        "step.answers": "应答",
        "step.power": "电源",
        "step.place": "当前位置",
        "step.pan": "水平转动",
        "step.tilt": "俯仰",
        "step.zoom": "变焦",
        "step.zoom_to": "变焦到",
        "step.goto": "转到",
        "step.relative": "相对转动",
        "step.home": "原位",
        "step.preset": "预置位",
        "step.focus": "对焦",
        "step.exposure": "曝光",
        "step.white_balance": "白平衡",
        "step.remote": "遥控器",
        "step.put_back": "恢复",
        "step.questions": "查询",
        "step.input": "输入源",
        "step.picture_mute": "画面关闭",
        "step.faults": "故障",
        "step.lights": "指示灯",
        "step.handshake": "摘挂机",
        "step.echo": "静音回报",
        "step.writes": "写入",
        "step.button": "静音键",
        "step.silence": "静音无声",
        "step.tally_lamp": "提示灯",
        "drilled.ok": "正常",
        "drilled.failed": "失败",
        "drilled.skipped": "跳过",
        "no_session": "没有已配对的浏览器；用 `roomctl pair` 生成链接",
        "nothing_found": "没有找到串口、USB 摄像机、会议音箱或游戏手柄",
        "offline": "离线：{why}",
        "pairs": "链接只能用一次，{minutes} 分钟内有效。",
        "no_issue": "没有问题",
        "gone": "{what}  已消除",
        "no_device": "此会议室没有设备",
        "firmware": "固件 {version}",
        "serial": "序列号 {number}",
        "lost": "连接已断开，正在重新连接",
        "two_rooms": "询问的是{first}的会议室；用 --room 可询问{others}",
        "yours": "您自己（{api}）",
        "the_service": "系统服务（{user}）",
        "needs": "缺少 {keys}",
        "waiting.unasked": "未预启动：暂无人入会",
        "waiting.starting": "正在为可能的入会预启动",
        "waiting.ready": "已预启动，等待入会",
        "waiting.little_memory": "未预启动：可用内存不足",
        "waiting.in_sight": "未预启动：窗口会被看到，见 docs/kiosk.md",
        "waiting.failed": "未预启动：未能启动或已退出，见屏幕进程日志",
        "waiting.off": "未预启动：waiting_browser = off",
        "call.idle": "空闲",
        "call.in_call": "通话中",
        "call.prejoin": "入会前页面",
        "call.preparing": "准备中",
        "call.joining": "正在加入",
        "call.lobby": "在等候室",
        "call.leaving": "正在离开",
        "call.ended": "已结束",
        "call.failed": "失败",
        "call.unknown": "未知",
        "wall.stands": "隔离墙之后：静音即实测无声",
        "wall.away": "隔离墙未运行，见 docs/wall.md",
        "mute.muted": "已静音",
        "mute.muting": "正在静音",
        "mute.open": "开启",
        "mute.unmuting": "正在取消静音",
        "mute.idle": "未设静音，没有程序在收音",
        "mute.unsure": "未设静音",
        "mute.unknown": "未知",
        "presence.vacant": "无人",
        "presence.occupied": "有人",
        "presence.vacating": "刚刚离开",
        "presence.unknown": "未知",
        "reason.heard": "已听到",
        "reason.stalled": "无响应",
        "reason.device_offline": "无应答",
        "reason.speakerphone_offline": "无应答",
        "reason.screen_offline": "无应答",
        "reason.no_sound_server": "没有声音服务",
        "reason.no_microphone": "没有麦克风",
        "reason.no_loudspeaker": "没有扬声器",
        "reason.gain_zero": "麦克风增益为 0 %",
        "reason.volume_zero": "扬声器音量为 0 %",
        "reason.mute_unproven": "静音状态未确认",
        "reason.laptop": "由笔记本使用",
        "reason.camera_offline": "无应答",
        "reason.display_offline": "无应答",
        "reason.camera_refuses": "拒绝转动",
        "reason.display_fault": "报告故障",
        "reason.no_screen": "未配置",
        "reason.no_platform": "没有会议平台",
        "reason.platform_not_allowed": "不允许使用",
        "reason.platform_ended": "已停止服务",
        "reason.calendar_stale": "未能及时读取",
        "reason.config_changed": "启动后已更改",
        "reason.config_unreadable": "无法读取",
        "reason.starting": "正在启动",
        "reason.not_read_yet": "尚未读取",
        "device.online": "在线",
        "device.offline": "离线",
        "device.starting": "正在启动",
        "role.panel": "面板",
        "role.guest": "访客手机",
        "role.door": "门牌",
        "role.screen": "显示屏",
        "role.simulator": "模拟器",
        "role.sensor": "感应器",
        "role.read": "查看",
        "role.auditor": "审计",
        "role.operate": "操作",
        "role.facilities": "设施人员",
        "role.technician": "技术员",
        "role.integration": "集成程序",
        "role.admin": "管理员",
        "role.nobody": "未登录",
        "status.done": "完成",
        "status.accepted": "已接受",
        "status.running": "正在执行",
        "status.refused": "被拒绝",
        "status.failed": "失败",
        "status.unknown": "结果未知",
    },
}

SENTENCES: Mapping[str, str] = {
    # the order counts: the first that fits is taken
    "was changed": "已被更改",
    "mqtt: {room}: is connected to the broker; stop the room first, or use --force": "mqtt：{room} 正连接在代理服务器上；请先停止该会议室，或用 --force",  # noqa: E501
    "{file}: has no [mqtt], so no broker to clear": "{file}：没有 [mqtt]，因此没有可清除的代理服务器",  # noqa: E501
    "mqtt clear: this box has no room id; name the room: roomctl mqtt clear ID": "mqtt clear：本机没有会议室标识；请指明：roomctl mqtt clear 标识",  # noqa: E501
    "is not an entry": "不是记录",
    "Missing argument '{name}'.": "缺少参数 '{name}'。",
    "Missing option '{name}'.": "缺少选项 '{name}'。",
    "Missing command.": "缺少命令。",
    "No such option: {name} (Possible options: {names})": "没有选项 {name}（是否指 {names}）。",
    "No such option: {name} Did you mean {names}?": "没有选项 {name}（是否指 {names}）。",
    "No such option '{name}'. Did you mean {names}?": "没有选项 {name}（是否指 {names}）。",
    "No such option: {name}": "没有选项 {name}。",
    "No such option '{name}'.": "没有选项 {name}。",
    "No such command '{name}'. Did you mean {names}?": "没有命令 '{name}'。是否指 {names}？",
    "No such command '{name}'.": "没有命令 '{name}'。",
    "Got unexpected extra argument(s) ({names})": "多余的参数：{names}",
    "Got unexpected extra argument ({names})": "多余的参数：{names}",
    "Got unexpected extra arguments ({names})": "多余的参数：{names}",
    "Option '{name}' requires an argument.": "选项 '{name}' 需要一个值。",
    "Option '{name}' does not take a value.": "选项 '{name}' 不带值。",
    "Invalid value for {name}: {why}": "{name} 的值无效：{why}",
    "Invalid value: {why}": "值无效：{why}",
    "{value} is not in the range {range}.": "{value} 不在范围 {range} 内。",
    "{value} is not a valid {kind}.": "{value} 不是有效的值（{kind}）。",
    "{value} is not one of {choices}.": "{value} 应为其中之一：{choices}。",
    "{kind} {file} does not exist.": "{file} 不存在（{kind}）。",
    "must be a valid integer, {why}": "应为整数（{why}）",
    "must be a valid number, {why}": "应为数（{why}）",
    "unable to parse string as an integer": "不是整数",
    "unable to parse string as a number": "不是数",
    "the configuration was changed meanwhile ({who}); look at it: `roomctl config show`, `roomctl config diff`": "配置在此期间已更改（{who}）；请查看：`roomctl config show`、`roomctl config diff`",  # noqa: E501
    "revision {number} of {who}, {at}": "版本 {number}，{who}，{at}",
    "{key}: is hidden; write the value, or secret:NAME and `roomctl secret set NAME`": "{key}：这是隐藏的值；请写出实际的值，或写 secret:NAME 并执行 `roomctl secret set NAME`",  # noqa: E501
    "no room runs here as this user; start one with `roomctl simulate`, or name one with --room and --token-file": "此用户没有正在运行的会议室；用 `roomctl simulate` 启动一个，或用 --room 和 --token-file 指定",  # noqa: E501
    "the room on this box is {user}'s, and you may not read its token; try `{line}`": "本机的会议室属于用户 {user}，您无权读取其令牌；请执行 `{line}`",  # noqa: E501
    NOT_LET_IN: "{url}：令牌不属于该会议室，或已失效；请在那台设备上用 `roomctl token make` 生成",
    "{url}: a token is needed: --token-file, or ROOMCTL_TOKEN_FILE; `roomctl token make` makes one": "{url}：需要令牌：--token-file 或 ROOMCTL_TOKEN_FILE；用 `roomctl token make` 生成",  # noqa: E501
    "{url}: does not answer ({why}); is the room running?": "{url}：没有应答（{why}）；会议室程序在运行吗？",  # noqa: E501
    "{url}: answers {status} and no JSON; is it a roomctl?": "{url}：应答 {status}，且不是 JSON；那是 roomctl 吗？",  # noqa: E501
    "{url}: is neither a room that runs here nor an address such as http://bamboo:8080": "{url}：既不是本机正在运行的会议室，也不是 http://bamboo:8080 这样的地址",  # noqa: E501
    "{file}: others can use this file (mode {mode}); chmod 600 it, and make another token": "{file}：其他用户可以使用此文件（权限 {mode}）；请 chmod 600，并换一个令牌",  # noqa: E501
    "secret {name} is not in {folder}, nor in systemd's credentials; {hint}": "{folder} 和 systemd 凭据中都没有机密 {name}；{hint}",  # noqa: E501
    "{file}: others can use it (mode {mode}); chmod 600 {again}": "{file}：其他用户可以使用此文件（权限 {mode}）；请执行 chmod 600 {again}",  # noqa: E501
    "can be read by everyone who reads this file; use `roomctl secret set NAME`, then write secret:NAME": "此文件的每个读者都能看到它；请用 `roomctl secret set NAME` 存入，然后写 secret:NAME",  # noqa: E501
    "{file}: holds no token, which is one word": "{file}：其中没有令牌；令牌是一个不含空格的词",
    "join: no link given; paste the invitation's link, or its text": "join：没有给出链接；请粘贴邀请的链接或全文",  # noqa: E501
    "{command}: the two entries differ; nothing is changed": "{command}：两次输入不一致；未做更改",
    "{command}: nothing was entered; nothing is changed": "{command}：没有输入任何内容；未做更改",
    "migrate: {why}": "迁移：{why}",
    "{platform} is both the old and the new platform; name another one": "原平台和新平台都是 {platform}；请指定另一个平台",  # noqa: E501
    "no platform is called {key}; {hint}": "没有名为 {key} 的平台；{hint}",
    "{platform} is not allowed in this room ([meeting] allow, deny); allow it first": "此会议室不允许使用 {platform}（[meeting] allow、deny）；请先允许",  # noqa: E501
    "no new meeting is configured for {platform}; give a standing one: --room-link LINK": "未指定如何在 {platform} 上发起新会议；请指定固定会议：--room-link 链接",  # noqa: E501
    "room.toml has [meeting.new.{platform}] already; leave --room-link out, or change it": "room.toml 中已有 [meeting.new.{platform}]；请去掉 --room-link，或修改该项",  # noqa: E501
    "it is a link of {other}, not of {platform}": "该链接属于 {other}，不是 {platform}",
    "--room-link: {why}": "固定会议链接（--room-link）：{why}",
    "{platform}: its file has no end date; say when to move: --on DATE": "{platform}：其平台文件中没有停止服务的日期；请指定迁移日期：--on 日期",  # noqa: E501
    "{name} {day}: is in the past, today is {today}; name a day from today on": "{name} {day}：日期已过，今天是 {today}；请指定今天或以后的日期",  # noqa: E501
    "--end {ends}: is before the default moves on {on}": "--end {ends}：早于默认平台的切换日期 {on}",  # noqa: E501
    "{option} {text}: is not a day; write it like 2027-03-01": "{option} {text}：不是日期；请写成 2027-03-01 的形式",  # noqa: E501
    "the move from {pair} has begun; `roomctl migrate rollback` takes it back": "{pair} 的迁移已经开始；用 `roomctl migrate rollback` 撤销",  # noqa: E501
    "{pair} is planned already; `roomctl migrate rollback` drops that plan": "已有 {pair} 的迁移计划；用 `roomctl migrate rollback` 取消",  # noqa: E501
    "the configuration was changed while the plan was made; plan again": "制定计划期间配置已更改；请重新制定计划",  # noqa: E501
    "every stage of the plan is applied": "计划的所有阶段都已应用",
    "the next stage is {stage}; stages are applied in their order": "下一阶段是 {stage}；各阶段须按顺序应用",  # noqa: E501
    "{stage} needs proof that this room joins on {platform}; join a meeting there, and run `roomctl migrate drill`": "应用 {stage} 之前，须证实此会议室能加入 {platform} 的会议；请加入一次会议，再执行 `roomctl migrate drill`",  # noqa: E501
    "{count} bookings cannot be joined after that; have them moved, or confirm with --leave-behind": "此后有 {count} 个预订无法加入；请先请组织者更改，或用 --leave-behind 确认放弃",  # noqa: E501
    "{stage} is not applied; applied: {done}": "{stage} 尚未应用；已应用：{done}",
    "there is no plan; make one: roomctl migrate plan --from PLATFORM --to PLATFORM": "没有迁移计划；请先制定：roomctl migrate plan --from 平台 --to 平台",  # noqa: E501
    "there is no plan, so no platform to prove": "没有迁移计划，无需验证新平台",
    "no plan was made since the room began; plan again": "会议室程序启动后尚未制定计划；请重新制定",
    "the configuration was changed since the plan of {when} UTC; plan again": "配置在 {when}（UTC）制定计划后已更改；请重新制定计划",  # noqa: E501
    "{why}; restore revision {number} first, or move by hand: nothing was changed": "{why}；请先恢复到修订 {number}，或手动迁移；未做任何更改",  # noqa: E501
    "{file} was changed since the plan was made": "{file} 与制定计划时不同",
    "the text of revision {number} is not what was applied": "修订 {number} 的内容与应用时不同",
    "{file} was changed since, and is in use again": "{file} 此后已更改，并重新生效",
    "revision {number} was applied since by {who} ({reason})": "此后 {who} 应用了修订 {number}（{reason}）",  # noqa: E501
    "revision {number} was applied since": "此后已应用修订 {number}",
    "no reason given": "未说明原因",
    "stores no configurations; move it by hand, in room.toml": "此会议室不保存配置；请在 room.toml 中手动迁移",  # noqa: E501
    "another plan or stage is under way; wait until that is done": "另一个计划或阶段正在进行；请等待其完成",  # noqa: E501
    "{open} is open, not {platform}: run roomctl join LINK, and repeat this during the call": "当前打开的是 {open}，不是 {platform}：请执行 roomctl join 链接，并在会议打开时再执行",  # noqa: E501
    "no meeting": "（没有会议）",
    "drill: the meeting was not joined: {status}": "drill：未能加入会议：{status}",
    "the page of {platform} is open, but no media prove the call; look at the screen, and confirm: --seen": "{platform} 的页面已打开，但没有音视频可证实已入会；请查看屏幕，并用 --seen 确认",  # noqa: E501
    "its reader was stopped: it, or another reader, took too much memory or time": "读取进程已终止：它或其他进程占用的内存或时间过多",  # noqa: E501
    "its agenda takes more than {seconds} s to read; publish fewer weeks": "读取日历超过 {seconds} 秒；请减少发布的周数",  # noqa: E501
    "calendar {url}: was not read within {seconds} s; is it reachable from here?": "日历 {url}：{seconds} 秒内未能读取；从本机能访问吗？",  # noqa: E501
    "agenda {file}: is larger than {size} MiB; publish fewer weeks": "日历 {file}：大于 {size} MiB；请减少发布的周数",  # noqa: E501
    "agenda {file}: is not a readable calendar ({why})": "日历 {file}：不是可读取的日历（{why}）",
    "room: {why}": "会议室：{why}",
    "a PIN has 6 to 12 digits only": "PIN 是 6 到 12 位数字，不含其他字符",
    "that PIN is too easy to guess": "这样的 PIN 最容易被猜到，请换一个",
    "is not a question; the questions are {names}": "没有这个问题；可回答：{names}",
    "doctor: --fix changes the box; try `{line}`": "doctor：--fix 会更改本机；请执行 `{line}`",
    "must be a text in double quotes": "必须是双引号中的文本",
    "{key}: is written in a form that cannot be changed here; edit the file": "{key}：这种写法无法在此更改；请直接编辑文件",  # noqa: E501
    "{file}: you may not write it; try `{line}`": "{file}：您无权写入；请执行 `{line}`",
    "init: cannot ask without a terminal; give --yes, and options for other answers": "init：没有人可以回答；请用 --yes，并用选项指定不同的值",  # noqa: E501
    "init: stopped; nothing is written": "init：已停止；未写入任何内容",
    "{file}: exists; --force overwrites it, and keeps a copy": "{file}：已存在；--force 会覆盖它并保留副本",  # noqa: E501
    "{file}: a room runs on it; stop it first: `sudo systemctl stop roomctl`": "{file}：会议室正在运行；请先停止：`sudo systemctl stop roomctl`",  # noqa: E501
    "{file}: {why}; nothing is changed": "{file}：{why}；未做任何更改",
    "is not an archive of `roomctl export`": "不是 `roomctl export` 生成的文件",
    "is not an archive of `roomctl export`, or is damaged or cut off": "不是 `roomctl export` 生成的文件，或已损坏或不完整",  # noqa: E501
    "is cut off, or has data after its end": "不完整，或末尾之后还有内容",
    "was not read: its files take too much memory or time": "未读取：其中的文件占用过多内存或时间",
    "is cut off, or was added to: {name}": "不完整，或被添加了内容：{name}",
    "{name}: is damaged": "{name}：已损坏",
    "{name}: is cut off": "{name}：不完整",
    "{name}: is not a file of a room": "{name}：不属于会议室的文件",
    "contains something that is not a regular file": "含有不是普通文件的内容",
    "{name}: comes twice": "{name}：出现两次",
    "is of version {version}; this roomctl knows version {known}; update it, or export again": "版本为 {version}；此 roomctl 只支持版本 {known}；请更新，或重新导出",  # noqa: E501
    "has a secret that cannot be taken out; use `roomctl secret set NAME`, then write secret:NAME": "含有无法移出的机密；请用 `roomctl secret set NAME` 存入，然后写 secret:NAME",  # noqa: E501
    "is on": "已开机",
    "is off": "已关机",
    "right {right}, left {left}; each stop taken within {ms} ms, and it stopped": "右 {right}，左 {left}；每次停止在 {ms} ms 内生效，已静止",  # noqa: E501
    "up {up}, down {down}; each stop taken within {ms} ms, and it stopped": "上 {up}，下 {down}；每次停止在 {ms} ms 内生效，已静止",  # noqa: E501
    "tele {tele}, wide {wide}; each stop taken within {ms} ms, and it stopped": "拉近 {tele}，拉远 {wide}；每次停止在 {ms} ms 内生效，已静止",  # noqa: E501
    "there and back, within {error}": "往返，误差在 {error} 以内",
    "{amount} and back, within {error}": "{amount} 后返回，误差在 {error} 以内",
    "there after {seconds} s, at {place}": "{seconds} 秒后到达，位于 {place}",
    "would overwrite one; {flag} allows it": "会覆盖一个预置位；用 {flag} 允许",
    "{amount} and back": "{amount} 后返回",
    "{mode}, and {other} again": "{mode}，再恢复 {other}",
    "stopped, and back at its old position": "已停止，并恢复原状",
    "{count} answered in {mean} ms on average, {most} ms at most": "{count} 次，平均 {mean} ms，最长 {most} ms",  # noqa: E501
    "no command {name}; {hint}": "没有命令 {name}；{hint}",
    "{command} has no '{key}'; {hint}": "{command} 没有参数 '{key}'；{hint}",
    "{command} takes key=value, such as {example}, and not {given}": "{command} 的参数写成 key=value，例如 {example}，而不是 {given}",  # noqa: E501
    "{command} needs {keys}": "{command} 缺少 {keys}",
    "needs {key}, too": "还需要 {key}",
    "display and input go together; the input is the display's": "display 和 input 须同时填写；input 是显示屏的输入",  # noqa: E501
    "has never = true, so release_s and warn_s have no effect; leave them out": "这些预订从不释放，却写了 release_s 或 warn_s；请去掉",  # noqa: E501
    "has no effect; add release_s, warn_s, or never = true": "没有任何作用；请写 release_s、warn_s 或 never = true",  # noqa: E501
    "dark_hours has no effect with theme = {theme}; leave one of them out": "theme = {theme} 时始终为深色；请去掉 dark_hours 或 theme",  # noqa: E501
    "must be only https://HOST:PORT and the fingerprint of its key": "除 https://HOST:PORT 和密钥指纹外还有其他内容",  # noqa: E501
    "would send the token unencrypted; use https for other boxes": "令牌会以明文发送；发往其他设备只能用 https",  # noqa: E501
    "must end in a fingerprint: #sha256: and 64 lowercase hex digits": "末尾不是密钥指纹；指纹是 #sha256: 加 64 位小写十六进制数字",  # noqa: E501
    "is not a token; a token is one word of at least 16 characters": "不是令牌；令牌是一个至少 16 个字符、不含空格的词",  # noqa: E501
    "has the same {key} twice; list each room once": "{key} 重复；每一项应是不同的会议室",
    "has the same url twice; write all its events into one": "url 重复；请把它的事件写在同一项中",
    "needs room_link = {link} or random = {site}, one of the two": "room_link = {link} 和 random = {site} 须填写其中一个",  # noqa: E501
    "{late} = {then} is before {early} = {first}": "{late} = {then} 早于 {early} = {first}",
    "needs 'openid'": "须包含 'openid'",
    "{value} means everyone; name the proxies": "{value} 表示所有地址；请写出代理服务器的地址",
    "{value} is not an address or a network, such as {example}": "{value} 既不是地址也不是网段，例如 {example}",  # noqa: E501
    "tls = 'off' uses no tls_certificate; leave one of them out": "tls = 'off' 时不使用 tls_certificate；请去掉其中一个",  # noqa: E501
    "other devices reach this room only by https; write url = {url}, or tls = 'off' behind a proxy": "其他设备只能通过 https 访问此会议室；请写 url = {url}，在代理服务器后则写 tls = 'off'",  # noqa: E501
    "begins with 'whsec_', but the rest is not base64": "以 'whsec_' 开头，但后面不是 base64",
    "its url must look like {example} or {other}": "url 的格式应如 {example} 或 {other}",
    "its url does not name the service; write {example}": "url 没有说明属于哪家服务；请写成 {example}",  # noqa: E501
    "its url must start with one of {known}": "url 的开头应为 {known} 之一",
    "its url has a password; write password = 'secret:NAME' below it": "url 中有密码；请另写 password = 'secret:NAME'",  # noqa: E501
    "its url has an unknown option; allowed: to= and from=": "url 的选项只能是 to= 和 from=",
    "its url has no recipient; add ?to=ADDRESS, at most {count}": "url 没有说明收件人；请加上 ?to=地址（最多 {count} 个）",  # noqa: E501
    "its url has no sender; add &from=ADDRESS": "url 没有说明发件人；请加上 &from=地址",
    "its url has a to= that is not an ASCII mail address": "url 的 to= 后面有内容不是 ASCII 邮件地址",  # noqa: E501
    "its url has a user with characters other than printable ASCII": "url 中的用户名含有可打印 ASCII 以外的字符",  # noqa: E501
    "its url must be the full address: {example}": "url 需要完整的地址：{example}",
    "its url has a user or a fragment; remove it, the key proves the sender": "url 中有用户名或 # 片段；发送者由其中的密钥证明",  # noqa: E501
    "its url is an Office 365 connector, which Microsoft has retired; create a workflow in the channel, and use its address": "url 是微软已停用的 Office 365 连接器；请为该频道创建工作流，并使用它的地址",  # noqa: E501
    "its url belongs to {theirs}, not to {service}; write {example}": "url 属于 {theirs}，不属于 {service}；请写成 {example}",  # noqa: E501
    "its url has the port 0": "url 的端口为 0",
    "secret works with dingtalk, feishu and lark, not with {service}": "secret 用于 dingtalk、feishu 和 lark，不能用于 {service}",  # noqa: E501
    "a user in its url and password = 'secret:NAME' go together": "url 中的用户名与 password = 'secret:NAME' 应同时给出",  # noqa: E501
    "password works with smtps: and smtp:, but not with plain = true": "password 用于 smtps: 和 smtp:，不能与 plain = true 同用",  # noqa: E501
    "plain = true works only with smtp: and a robot's http:": "plain = true 只能用于 smtp: 和机器人的 http:",  # noqa: E501
    "its url is http; plain = true allows that, to private addresses": "url 是 http；plain = true 允许对内网地址使用",  # noqa: E501
    "has characters other than printable ASCII": "含有可打印 ASCII 以外的字符",
    "has the same url twice; remove one": "同一个 url 出现了两次；写一个即可",
    "alert.{name}: {service} runs in the region {region}, which [meeting] {key} does not allow": "alert.{name}：{service} 位于区域 {region}，而 [meeting] {key} 不允许该区域",  # noqa: E501
    "{service} is not yet tested with its vendor's service; {command} shows whether a message arrives": "{service} 未经厂商实测；用 {command} 确认消息能否收到",  # noqa: E501
    "{host}: no answer within {seconds} s": "{host}：{seconds} 秒内没有应答",
    "{host}: cannot be reached ({why}); is the url right?": "{host}：无法连接（{why}）；url 正确吗？",  # noqa: E501
    "{host}: redirects (HTTP {status}), which is not followed; is the url right?": "{host}：重定向到别处（HTTP {status}），不会跟随；url 正确吗？",  # noqa: E501
    "{host}: refuses the message (HTTP {status}); is the url right?": "{host}：拒绝该消息（HTTP {status}）；url 正确吗？",  # noqa: E501
    "{host}: answered HTTP {status}; the message is sent again later": "{host}：应答 HTTP {status}；稍后会再次发送",  # noqa: E501
    "{host}: answered without a code of its own; is the url right?": "{host}：应答中没有其自身的代码；url 正确吗？",  # noqa: E501
    "{host}: does not know this key; copy the robot's address again (code {code})": "{host}：不认识此密钥；请重新复制机器人的地址（代码 {code}）",  # noqa: E501
    "{host}: refuses the signature, a keyword is missing, or this box's address is not allowed (code {code})": "{host}：签名被拒绝、缺少关键词，或不允许本机的地址（代码 {code}）",  # noqa: E501
    "{host}: gets too many messages; this one is sent again later (code {code})": "{host}：发送过于频繁；稍后会再次发送（代码 {code}）",  # noqa: E501
    "{host}: did not take the message (code {code})": "{host}：没有接受该消息（代码 {code}）",
    "{host}: is on the public internet, where only {safe} is used": "{host}：位于公网，只能使用 {safe}",  # noqa: E501
    "{host}: has a certificate that has expired; renew it there, or set this box's clock": "{host}：证书已过期；请在对方更新，或校准本机时间",  # noqa: E501
    "{host}: has a certificate that is not valid yet; is this box's clock right?": "{host}：证书尚未生效；本机时间正确吗？",  # noqa: E501
    "{host}: has a certificate of another name; write the name that it is of": "{host}：证书属于另一个域名；请写成证书上的域名",  # noqa: E501
    "{host}: has a certificate that is not trusted; install its authority on this box": "{host}：证书不受信任；请在本机安装其签发机构的证书",  # noqa: E501
    "no issue is called {code}; {hint}": "没有名为 {code} 的问题；{hint}",
    "{host}: has no TLS at port {port}; smtps: or smtp:?": "{host}：端口 {port} 不支持 TLS；应为 smtps: 还是 smtp:？",  # noqa: E501
    "{host}: refuses the user or its password (code {code})": "{host}：拒绝该用户或其密码（代码 {code}）",  # noqa: E501
    "{host}: offers no STARTTLS or no known login method; smtps: or another port?": "{host}：不提供 STARTTLS 或已知的登录方式；应为 smtps: 或其他端口？",  # noqa: E501
    "{host}: accepts no recipient of to= (code {code})": "{host}：不为 to= 中的任何人接收邮件（代码 {code}）",  # noqa: E501
    "{host}: accepts no recipient of to= (code {code}); it is sent again later": "{host}：不为 to= 中的任何人接收邮件（代码 {code}）；稍后会再次发送",  # noqa: E501
    "{host}: does not take the mail (code {code})": "{host}：不接收该邮件（代码 {code}）",
    "{host}: does not take the mail (code {code}); it is sent again later": "{host}：不接收该邮件（代码 {code}）；稍后会再次发送",  # noqa: E501
    "{host}: broke off; is it a mail server, and its port right?": "{host}：连接中断；它是邮件服务器吗？端口正确吗？",  # noqa: E501
    "has no [alert.{name}]; there is: {known}": "没有 [alert.{name}]；现有：{known}",
    "{alert} was tested less than {seconds} s ago; wait a moment": "{alert} 在 {seconds} 秒内刚测试过；请稍候",  # noqa: E501
    "its url has a user or a fragment; remove it, the secret proves the sender": "url 中有用户名或 # 片段；发送者由密钥证明",  # noqa: E501
    "its url must look like {example}; plain_http = true allows http, to private addresses": "url 的格式应如 {example}；plain_http = true 允许对内网地址使用 http",  # noqa: E501
    "its url must look like {example}": "url 的格式应如 {example}",
    "names a user; write username = and password =": "其中有用户名；请写 username = 和 password =",
    "may = [...] works only with role = 'integration'": "may = [...] 只用于 role = 'integration'",
    "ca works only with mqtts://": "ca 只用于 mqtts://",
    "is nested too deeply": "嵌套层数过多",
    "{key} needs url, too: where the provider sends people back to": "{key} 还需要 url：登录服务完成后返回的地址",  # noqa: E501
    "needs profile: the protocol of the switch, from firmware_profiles/byom": "还需要 profile：切换器使用的协议，见 firmware_profiles/byom",  # noqa: E501
    "a GPIO line has no protocol; leave profile out": "GPIO 线不使用协议；请去掉 profile",
    "room_port and laptop_port are the same": "room_port 和 laptop_port 相同",
    "must be an input, such as gpio:17 or gpiod:gpiochip0/17; not {url}": "应为输入线 gpio:17 或 gpiod:gpiochip0/17，而不是 {url}",  # noqa: E501
    "{url} is an input": "{url} 是输入线",
    "{url} is already the line of the switch": "{url} 是切换器所在的线",
    "has a user or a password; only aw: and onvif: cameras use them, and video = {stream} or {jpeg}": "写了 user 或 password；只有 aw: 和 onvif: 摄像机，以及 video = {stream} 或 {jpeg} 需要",  # noqa: E501
    "has weakest_login but no user": "写了 weakest_login，但没有需要验证密码的 user",
    "has a pin; write it like {url}": "带有密钥指纹；请写成 {url}",
    "write either camera or cameras": "camera 和 cameras 只能写一个",
    "{name} is named twice": "{name} 出现两次",
    "{file} is not an SVG, PNG, JPEG or WebP": "{file} 不是 SVG、PNG、JPEG 或 WebP 图片",
    "{file} is larger than {size} KiB; make it smaller": "{file} 大于 {size} KiB；请缩小",
    "{file} cannot be read: {why}": "{file}：无法读取：{why}",
    "{name} is too broad; write at least two labels": "{name} 范围过大；域名至少要有两级",
    "{name}: a port is 1-65535": "{name}：端口应为 1 到 65535",
    "{name} is not a host name, such as {example}": "{name} 不是主机名，例如 {example}",
    "{name} is an address; write its scheme too, such as {example}": "{name} 是 IP 地址；请同时写出协议，例如 {example}",  # noqa: E501
    "is not a PEM certificate: {why}": "不是 PEM 证书：{why}",
    "ended on {day}; renew it": "已于 {day} 到期；请更新证书",
    "{file}: belongs to user {owner}, and this is user {user}; start as that user, or give this one another folder": "{file}：属于用户 {owner}，而当前用户为 {user}；请以该用户启动，或改用另一个文件夹",  # noqa: E501
    "{file}: others can read it (mode {mode}); chmod 640 {again}": "{file}：其他用户可以读取（权限 {mode}）；请执行 chmod 640 {again}",  # noqa: E501
    "{url}: is not a CalDAV address; expected {example}": "{url}：不是 CalDAV 地址；应为 {example}",
    "has {key} twice": "{key} 出现两次",
    "{folder} contains no profile": "{folder} 中没有型号文件",
    "{folder} contains no platform file": "{folder} 中没有会议平台文件",
    "is the platform that you are leaving": "与要离开的平台相同",
    "is missing": "缺少这一项",
    "unknown key; {hint}": "未知的键；{hint}",
    "did you mean {name}? All of China uses its time": "是否想写 {name}？全中国使用同一时间",
    "did you mean {one} or {other}? In that name the sign is reversed": "是否想写 {one} 或 {other}？后者的正负号是相反的",  # noqa: E501
    "did you mean {name}? In that name the sign is reversed": "是否想写 {name}？其中的正负号是相反的",  # noqa: E501
    "did you mean {one} or {other}?": "是否想写 {one} 或 {other}？",
    "did you mean {name}?": "是否想写 {name}？",
    "expected one of: {names}": "应为其中之一：{names}",
    "known: {names}": "可用的有：{names}",
    "there is: {names}": "现有：{names}",
    "{count} are known, such as {names}": "共有 {count} 个，例如 {names}",
    "{value} is not a country code; {hint}": "{value} 不是国家代码；{hint}",
    "{value} is not a region of {country}; {hint}": "{country} 没有地区 {value}；{hint}",
    "{value} is not a full path; expected {example}": "{value} 不是完整路径；应为 {example}",
    "expected 'CN', 'US', 'DE-BY', or ics:/path/of/holidays.ics": "应为 'CN'、'US'、'DE-BY' 或 ics:/path/of/holidays.ics",  # noqa: E501
    "{value} is not an IANA time zone; {hint}": "{value} 不是 IANA 时区；{hint}",
    "{value} is not an IANA time zone, such as {example}": "{value} 不是 IANA 时区，例如 {example}",
    "{plugin}: the kind {name} cannot be loaded: {why}": "{plugin}：无法加载设备类型 {name}：{why}",
    "{plugin}: the name {name} is roomctl's own": "{plugin}：名称 {name} 属于 roomctl 本身",
    "{plugins} both bring the kind {name}; uninstall one of them": "{plugins} 都提供设备类型 {name}；请卸载其中一个",  # noqa: E501
    "{plugin}: cannot make its devices: {why}": "{plugin}：无法创建其设备：{why}",
    "this kind has no profiles; leave it out": "此类设备没有型号文件；请删去",
    "no profile {name}; {hint}": "没有型号文件 {name}；{hint}",
    "no camera {name}; {hint}": "没有摄像机 {name}；{hint}",
    "no platform is called {name}; {hint}": "没有名为 {name} 的会议平台；{hint}",
    "is not a platform; {hint}": "不是会议平台；{hint}",
    "{name} is not a platform, a region or a platform's host; {hint}": "{name} 不是会议平台、地区或平台的主机；{hint}",  # noqa: E501
    "unsupported scheme {scheme}; {hint}": "不支持的协议 {scheme}；{hint}",
    "is the same line, at other settings, as {other}; two devices cannot both open it": "与 {other} 是同一条串口线，但参数不同；两个设备不能同时打开它",  # noqa: E501
    "is the same line, as {other}; two devices cannot both open it": "与 {other} 是同一条串口线；两个设备不能同时打开它",  # noqa: E501
    "has the same url and address {address} as {other}; give it another address (1-7)": "url 和地址 {address} 与 {other} 相同；请换一个地址（1-7）",  # noqa: E501
    "has the same url as {other}; `roomctl probe` tells two of one model apart, by ?port=": "url 与 {other} 相同；`roomctl probe` 用 ?port= 区分同型号的两台",  # noqa: E501
    "{url} is already used by {other}": "{url} 已被 {other} 使用",
    "has no scheme; write it like {one} or {other}": "缺少协议；请写成 {one} 或 {other}",
    "has no scheme; write it like {example}": "缺少协议；请写成 {example}",
    "is not a path; write it like {example}": "不是路径；请写成 {example}",
    "unknown option {option}; {hint}": "未知的选项 {option}；{hint}",
    "{key}={value} is not a number from {low} to {high}": "{key}={value} 不是 {low} 到 {high} 的数",
    "{url}: is not a calendar; expected {example}": "{url}：不是日历；应为 {example}",
    "{value} is not HOST:PORT, such as {example}": "{value} 不是 HOST:PORT，例如 {example}",
    "must look like {example}": "格式应如 {example}",
    "{value} must look like {example}": "{value} 的格式应如 {example}",
    "{value} names no picture; expected a device such as {device} or {name} (a name in /dev/v4l/by-id), {stream}, {jpeg} of a JPEG, {onvif} or {aw}; did you mean {meant}?": "{value} 不是画面来源；应为设备（例如 {device}，或 /dev/v4l/by-id 中的名称 {name}）、{stream}、JPEG 的 {jpeg}、{onvif} 或 {aw}；是否指 {meant}？",  # noqa: E501
    "{value} names no picture; expected a device such as {device} or {name} (a name in /dev/v4l/by-id), {stream}, {jpeg} of a JPEG, {onvif} or {aw}": "{value} 不是画面来源；应为设备（例如 {device}，或 /dev/v4l/by-id 中的名称 {name}）、{stream}、JPEG 的 {jpeg}、{onvif} 或 {aw}",  # noqa: E501
    "the url in video has a login; write it without, and user and password = {secret} beside it": "video 的地址中带有用户名或密码；请从地址中去掉，另写 user 和 password = {secret}",  # noqa: E501
    "{value} is not a url such as {example}": "{value} 不是有效地址；格式应如 {example}",
    "{value} may end in #sha256:… (64 digits) if it begins with https:, and in no other #…": "{value}：只有 https: 地址可以用 #sha256:…（64 位）结尾，不能带其他 #…",  # noqa: E501
    "has video = {value}; that is for cameras whose url begins with {scheme}": "写了 video = {value}；它只用于 url 以 {scheme} 开头的摄像机",  # noqa: E501
    "{value} is not a preset number; numbers start at 1": "{value} 不是预置位编号；编号从 1 开始",
    "{value} is not a preset's number or name, 'home' or { pan_deg, tilt_deg }; presets: {names}": "{value} 不是预置位的编号或名称，也不是 'home' 或 {{ pan_deg, tilt_deg }}；presets 中有 {names}",  # noqa: E501
    "invalid name; allowed: a-z, 0-9, - and _, starting with a letter": "不是名称；名称由 a-z、0-9、- 和 _ 组成，以字母开头",  # noqa: E501
    "is now called {name}": "现在叫 {name}",
    "is neither evdev:auto nor a path, such as {example}": "既不是 evdev:auto 也不是路径，例如 {example}",  # noqa: E501
    "must be a valid {kind}": "不是有效的 {kind}",
    "link: {why}": "链接：{why}",
    "{option} {text}: is not a day or time; write {one} or {other}": "{option} {text}：不是日期或时刻；请写成 {one} 或 {other}",  # noqa: E501
    "{key}: String should have at least {count} character": "{key}：至少要有 {count} 个字符",
    "{key}: String should have at least {count} characters": "{key}：至少要有 {count} 个字符",
    "{key}: String should have at most {count} characters": "{key}：最多 {count} 个字符",
    "{key}: String should match pattern {pattern}": "{key}：格式应为 {pattern}",
    "{key}: must be a valid integer": "{key}：应为整数",
    "{key}: must be a valid integer, {why}": "{key}：应为整数（{why}）",
    "{key}: must be a valid number": "{key}：应为数",
    "{key}: must be a valid number, {why}": "{key}：应为数（{why}）",
    "{key}: must be a valid boolean": "{key}：应为 true 或 false",
    "{key}: must be {what}": "{key}：应为 {what}",
    "must be a table": "应为表（[…]）",
    "must be an array, such as {example}": "应为数组，例如 {example}",
    "must be a string in quotes": "应为带引号的字符串",
    "must be a whole number without quotes": "应为不带引号的整数",
    "must be a number without quotes": "应为不带引号的数",
    "must be true or false": "应为 true 或 false",
    "must be greater than or equal to {number}": "应大于或等于 {number}",
    "must be less than or equal to {number}": "应小于或等于 {number}",
    "must be greater than {number}": "应大于 {number}",
    "must be less than {number}": "应小于 {number}",
    "must be {choices}, found {value}": "应为 {choices}，而不是 {value}",
    "must be {choices}": "应为 {choices}",
    "{what}, found {value}": "{what}，而不是 {value}",
    "cannot be read: {why}": "无法读取：{why}",
    "is not TOML: {why}": "不是 TOML：{why}",
    "is not UTF-8 (byte {at})": "不是 UTF-8（第 {at} 字节）",
    "is not unix:/PATH with at most {count} bytes of path": "不是 unix:/PATH，或路径超过 {count} 字节",  # noqa: E501
    "is not {form}, such as {example}, nor {other}": "不是 {form}（例如 {example}），也不是 {other}",  # noqa: E501
    "is not {form}, such as {one} or {other}": "不是 {form}，例如 {one} 或 {other}",
    "is not {form}, such as {example}": "不是 {form}，例如 {example}",
    "{place}: is not {form}, such as {example}": "{place}：不是 {form}，例如 {example}",
    "{place}: unknown option {option}; {hint}": "{place}：未知的选项 {option}；{hint}",
    "no network interface {name} that is up and has IPv4; {hint}": "没有已启用且有 IPv4 地址的网络接口 {name}；{hint}",  # noqa: E501
    "search: this box is on no network; connect it": "搜索：本机未接入任何网络；请先接入",
    "No such file or directory": "没有这个文件或目录",
    "Permission denied": "没有权限",
}
