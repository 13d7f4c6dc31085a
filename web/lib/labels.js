/** What the room document means to a person: which booking leads, which words say a state. Draws nothing. */

/** @import { Outcome } from "./live.js" */
/** @import { RoomClock } from "./clock.js" */
/** @import { Audio, Booking, Device, Issue, Leaving, Meeting, Message, Room } from "./types.js" */
/** @import { IconName } from "./icon.js" */

import { language, say, t } from "./i18n.js";

/** @typedef {{key: string, icon: IconName, tone: "free" | "busy" | "soon" | "meeting" | "unsure" | "bad"}} Saying */

/** The states in which the panel shows the call. */
const IN_CALL = new Set(["preparing", "prejoin", "joining", "lobby", "in_call", "alone", "listening", "interrupted", "leaving", "unknown"]);
/** And those in which it is in the meeting, whoever else is. */
const WITHIN = new Set(["in_call", "alone", "listening"]);

/**
 * Whether the page says that it waits for a touch on Join, or the room knows where that is.
 * @param {Meeting} meeting
 */
export function asksToJoin({ state, can_press_join: known, witnesses }) {
  return state === "prejoin" && (known === true || witnesses?.some((one) => one === "page" || one === "picture") === true);
}

/**
 * Whether there is a call to show: under way, or a page that says it failed.
 * @param {Meeting} meeting
 * @returns {boolean}
 */
export function calling(meeting) {
  return IN_CALL.has(meeting.state) || (meeting.shown === true && meeting.state !== "idle");
}

/**
 * Whether the room is in the meeting, whoever else is.
 * @param {Meeting} meeting
 * @returns {boolean}
 */
export function inMeeting(meeting) {
  return WITHIN.has(meeting.state);
}

/**
 * Whether a laptop has the room's camera and speakerphone, or was given them and none answers here.
 * @param {Room} room
 * @returns {boolean}
 */
export function lent({ byom }) {
  return byom?.lent === true;
}

/**
 * Who has the room's camera and speakerphone: by the switch, else as asked for.
 * @param {Room} room
 * @returns {string}
 */
export function laptopWords({ byom }) {
  return t(byom?.holder === "laptop" ? "room.laptop" : "room.laptop_asked");
}

/** A time that is further away is not said: "until 09:00" would be tomorrow. */
const TODAY_MS = 12 * 3600000;
/** How late the room may say what has changed. */
const OVERDUE_MS = 60_000;

/**
 * The state of the room, for the first glance: its call, else its bookings, else its people.
 * @param {Room} room
 * @param {RoomClock} clock
 * @returns {{word: string, detail: string, icon: IconName, tone: Saying["tone"]}} the big word, and what is said below it
 */
export function roomState(room, clock) {
  const { meeting, availability = null } = room;
  if (calling(meeting)) return { word: t("room.meeting"), detail: "", icon: "meeting", tone: "meeting" };
  if (lent(room)) return { word: t("room.in_use"), detail: laptopWords(room), icon: "laptop", tone: "meeting" };
  if (availability === null) {
    const { key, icon, tone } = presence(room);
    return { word: t(key), detail: "", icon, tone };
  }
  const { state, until } = availability;
  // A time that has passed is said of nothing; and long after it nobody knows what the room is now.
  const over_ms = until === null ? -Infinity : clock.now() - Date.parse(until);
  if (over_ms > OVERDUE_MS) return { word: t("room.unsure"), detail: "", icon: "unknown", tone: "unsure" };
  if (state === "awaited" && room.occupancy.state === "vacant") return { word: t("room.booked"), detail: t("room.awaited"), icon: "clock", tone: "soon" };
  const near = over_ms < 0 && -over_ms < TODAY_MS;
  const detail = near && until !== null ? t("room.until", { time: clock.hourMinute(until) }) : "";
  return state !== "available" ? { word: t("room.booked"), detail, icon: "minus", tone: "busy" } : { word: t("room.available"), detail, icon: "check", tone: "free" };
}

/**
 * The state of the room where it is one line: what a laptop does says it all.
 * @param {Room} room
 * @param {RoomClock} clock
 * @returns {ReturnType<typeof roomState>}
 */
export function stateLine(room, clock) {
  const state = roomState(room, clock);
  return lent(room) && !calling(room.meeting) ? { ...state, word: state.detail, detail: "" } : state;
}

/**
 * Whether somebody is in the room.
 * @param {Room} room
 * @returns {Saying}
 */
export function presence(room) {
  if (room.occupancy.state === "occupied") return { key: "room.occupied", icon: "person", tone: "busy" };
  if (room.occupancy.state === "vacating") return { key: "room.vacating", icon: "person", tone: "busy" };
  if (room.occupancy.state === "vacant") return { key: room.availability ? "room.empty" : "room.free", icon: "check", tone: "free" };
  return { key: "room.unknown", icon: "unknown", tone: "unsure" };
}

/**
 * The state of the call. One witness alone makes it probable, and no more; that something is heard makes it nothing.
 * @param {Meeting} meeting
 * @returns {Saying}
 */
export function callState(meeting) {
  const proven = meeting.evidence === "media";
  if (inMeeting(meeting) && proven) return { key: `call.${meeting.state}`, icon: "check", tone: "free" };
  if (meeting.state === "interrupted") return { key: "call.interrupted", icon: "warning", tone: "bad" };
  const probable = inMeeting(meeting) || (meeting.state === "unknown" && meeting.witnesses?.some((witness) => witness !== "sound"));
  if (probable) return { key: "call.in_call_unproven", icon: "screen", tone: "unsure" };
  if (meeting.state === "unknown") return { key: "call.unknown", icon: "screen", tone: "unsure" };
  if (meeting.state === "prejoin") return { key: asksToJoin(meeting) ? "call.prejoin" : "call.before", icon: "screen", tone: "soon" };
  if (meeting.state === "lobby") return { key: "call.lobby", icon: "door", tone: "soon" };
  if (meeting.state === "failed") return { key: "call.failed", icon: "warning", tone: "bad" };
  if (meeting.state === "ended") return { key: "call.ended", icon: "check", tone: "unsure" };
  return { key: `call.${meeting.state}`, icon: "wait", tone: "soon" };
}

/**
 * What can be said of the microphone. Open, it is *on* while a program listens, *idle* while none does, and neither (*unsure*) if
 * nobody can tell. `pending` is what this panel asked for and nobody confirmed.
 * @param {Room["audio"]} audio
 * @param {"muting" | "unmuting" | null} pending
 * @returns {{state: "none" | "not_muted" | "unheard" | "idle" | "unsure" | "laptop" | Room["audio"]["mute"], icon: IconName}}
 */
export function microphone(audio, pending) {
  if (audio.reason === "laptop") return { state: "laptop", icon: "laptop" };
  if (!audio.available) return { state: "none", icon: "unknown" };
  // Somebody wants silence, and it is not proven: that is not the plain "on" of an open microphone.
  const broken = audio.mute === "open" && audio.requested === "muted";
  // It is open as somebody wants, and nothing comes through it.
  const unheard = audio.mute === "open" && !broken && ["switch", "gain"].includes(audio.reason);
  const heard = audio.listening === false ? "idle" : audio.listening === null ? "unsure" : "open";
  const state = pending ?? (broken ? "not_muted" : unheard ? "unheard" : audio.mute === "open" ? heard : audio.mute);
  const icons = /** @type {const} */ ({ muted: "mic_off", open: "mic", idle: "mic", unsure: "mic", muting: "wait", unmuting: "wait", unknown: "unknown", not_muted: "warning", unheard: "unknown" });
  return { state, icon: icons[state] };
}

/**
 * That somebody talks and is not heard, and who has them muted.
 * @param {Room["audio"]} audio
 * @returns {string}
 */
export function talkingWords(audio) {
  return t(audio.mute === "muted" ? "talk.muted" : "talk.meeting_muted");
}

/**
 * A number in groups of three, as people read it out.
 * @param {string} number
 * @returns {string}
 */
export function spaced(number) {
  return /^\d{9,}$/.test(number) ? number.replace(/(\d{3})(?=\d{3})/g, "$1 ") : number;
}

/**
 * The booking to lead with, and the others still to come, by start.
 * @param {readonly Booking[]} bookings
 * @param {number} now_ms
 * @returns {{hero: Booking | null, rest: Booking[]}}
 */
export function agenda(bookings, now_ms) {
  const open = bookings
    .filter((booking) => Date.parse(booking.end) > now_ms)
    .sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
  const hero = open.find((booking) => booking.join === "now") ?? open[0] ?? null;
  return { hero, rest: open.filter((booking) => booking !== hero) };
}

/**
 * The first of some bookings that has not begun, and its time; "" if there is none.
 * @param {Booking[]} bookings
 * @param {RoomClock} clock
 */
export function nextWords(bookings, clock) {
  const next = bookings.find((one) => Date.parse(one.start) > clock.now());
  return next ? t("screen.next", { time: clock.hourMinute(next.start), title: bookingTitle(next) }) : "";
}

/**
 * What a booking is called; a private one has no name here.
 * @param {Booking} booking
 * @returns {string}
 */
export function bookingTitle({ title, private: hidden }) {
  return title ?? t(hidden === false ? "call.untitled" : "home.private");
}

/**
 * From when to when a booking is.
 * @param {Booking} booking
 * @param {RoomClock} clock
 * @returns {string}
 */
export function bookingHours(booking, clock) {
  if (booking.all_day) return t("home.all_day");
  return t("home.until", { start: clock.hourMinute(booking.start), end: clock.hourMinute(booking.end) });
}

/**
 * What became of a booking, where that is worth a word; "" if it simply takes place.
 * @param {Booking} booking
 * @returns {string}
 */
export function bookingNote({ status, tentative }) {
  if (status === "checked_in" || status === "released") return t(`booking.${status}`);
  return tentative ? t("booking.tentative") : "";
}

/** The booking under way, the latest if several are; or null. @param {readonly Booking[]} bookings @param {number} now_ms */
export function underWay(bookings, now_ms) {
  const begun = bookings.filter((one) => Date.parse(one.start) <= now_ms && now_ms < Date.parse(one.end) && !one.all_day && one.status !== "released");
  return begun.sort((a, b) => Date.parse(b.start) - Date.parse(a.start))[0] ?? null;
}

/**
 * A platform's name in the language in use; an unknown key stands for itself.
 * @param {Room} room
 * @param {string | null} key
 * @returns {string}
 */
export function platformName(room, key) {
  if (key === null) return "";
  const name = room.platforms.find((platform) => platform.key === key)?.name;
  return name ? spoken(name) : key;
}

/** So many days after a stage has begun it is news. */
const NEWS_DAYS = 30;

/**
 * The two platforms of a move, as people call them.
 * @param {Room} room
 * @param {Leaving} move
 */
export function moveNames(room, { platform, to }) {
  return { old: platformName(room, platform), new: platformName(room, to) };
}

/**
 * The move whose cards are to be read, once the new platform is the room's; or null.
 * @param {Room} room
 * @returns {Leaving | null}
 */
export function moveToRead(room) {
  const moves = room.leaving ?? [];
  return moves.find(({ cards, stage }) => cards && stage !== null && stage !== "dual") ?? null;
}

/**
 * What the room leaves, and when: counted down, on the day, and for a while after; "" if nothing is near.
 * @param {Room} room
 * @param {RoomClock} clock
 * @returns {string}
 */
export function leavingWords(room, clock) {
  return (room.leaving ?? []).map((move) => moveWords(room, move, clock)).find(Boolean) ?? "";
}

/**
 * @param {Room} room
 * @param {Leaving} move
 * @param {RoomClock} clock
 */
function moveWords(room, move, clock) {
  const names = moveNames(room, move);
  const count = move.next_on === null ? Infinity : clock.daysTo(move.next_on);
  const end = move.ends_on === null ? Infinity : clock.daysTo(move.ends_on);
  const near = end < Infinity && (move.ends_soon || end <= 0);
  const [left, soon, what] = near ? [end, true, "ended"] : [count, move.counting && move.stage === null, "moves"]; // what people notice of it
  if (soon && left > 0) return t(`leaving.${left === 1 ? "tomorrow" : "in"}.${what}`, { ...names, count: left });
  if (left === 0 && (near || move.stage === null)) return t(`leaving.today.${what}`, names); // midnight has passed here, and the room has not said so yet
  if (move.stage === null || move.since === null) return "";
  const ago = -clock.daysTo(move.since);
  const when = ago <= 0 ? "today" : "after";
  return ago > NEWS_DAYS ? "" : t(`leaving.${when}.${move.stage === "ended" ? "ended" : "moves"}`, names);
}

/**
 * The platform on which to start a meeting in place of one on a platform that has ended; or null.
 * @param {Room} room
 * @param {string | null} ended
 * @returns {string | null}
 */
export function replacement(room, ended) {
  const able = room.platforms.filter((platform) => platform.new).map(({ key }) => key);
  const to = (room.leaving ?? []).find(({ platform }) => platform === ended)?.to;
  return to && able.includes(to) ? to : able.length === 1 ? able[0] : null;
}

/**
 * Why a meeting cannot be joined any more, and what is left: its platform has ended.
 * @param {Room} room
 * @param {string | null} ended
 * @returns {string}
 */
export function endedWords(room, ended) {
  return ended === null ? t("refused.service_ended") : t("leaving.tell", { old: platformName(room, ended) });
}

/**
 * Words of room.toml in the language in use.
 * @param {Record<string, string>} said
 * @returns {string}
 */
export function spoken(said) {
  return language() === "zh-CN" ? said.zh : said.en;
}

/**
 * A device as people call it, from "camera.front": by its title, else by its kind, numbered where there are several.
 * @param {string} subject
 * @param {readonly {name: string, kind: string, title?: Record<string, string> | null}[]} devices
 * @returns {string}
 */
export function deviceName(subject, devices) {
  const device = devices.find((one) => one.name === subject);
  if (device?.title) return spoken(device.title);
  if (subject === "screen.sound") return t("kind.sound");
  const kind = subject.split(".", 1)[0];
  const alike = devices.filter((one) => one.kind === kind && one.name !== "screen.sound");
  const word = say("kind", kind);
  const number = alike.findIndex((one) => one.name === subject) + 1;
  return alike.length > 1 && number > 0 ? t("kind.numbered", { kind: word, number }) : word;
}

/**
 * What a device says of itself besides whether it works; empty if it says no more.
 * @param {Device} device
 * @param {Room} room
 * @returns {string}
 */
export function deviceFacts(device, room) {
  const pad = device.status === "online" && (room.controllers ?? []).find(({ name }) => device.name === `controller.${name}`);
  if (pad) {
    const steers = pad.camera && room.cameras.length > 1 ? t("controller.steers", { camera: deviceName(`camera.${pad.camera}`, room.devices) }) : "";
    return [pad.label, steers].filter(Boolean).join("\u00a0· ");
  }
  const display = device.status === "online" && (room.displays ?? []).find(({ name }) => device.name === `display.${name}`);
  if (!display) return "";
  const waits = display.power === "cooling" && display.requested_on ? t("display.on_soon") : "";
  const facts = [display.label, t(`display.power.${display.power}`), waits, display.input && inputName(display.input), display.picture_muted ? t("display.picture_muted") : ""];
  const lamps = display.lamp_hours.map((hours) => t("display.lamp_hours", { hours }));
  return [...facts, ...lamps].filter(Boolean).join("\u00a0· ");
}

/**
 * An input of a display as people call it: PJLink numbers them by what they are.
 * @param {string} input
 * @returns {string}
 */
export function inputName(input) {
  const coded = /^([1-6])([1-9A-Z])$/.exec(input);
  return coded ? t(`display.source.${coded[1]}`, { number: coded[2] }) : input;
}

/**
 * What to do about a device that cannot be used.
 * @param {string | null} reason
 * @returns {string}
 */
export function offlineAdvice(reason) {
  return say("offline", reason);
}

/**
 * One problem: what is wrong, and what to do.
 * @param {Issue} issue
 * @param {Room} room
 * @returns {{what: string, todo: string}}
 */
export function problem(issue, room) {
  const device = deviceName(issue.subject, room.devices);
  const params = { ...issue.params, device, subject: issue.subject };
  if (issue.code === "help") return { what: t("issue.help", { about: say("report.about", String(issue.params.about)) }), todo: t("todo.help") };
  if (issue.code === "device.offline") {
    const known = room.devices.find((one) => one.name === issue.subject)?.reason ?? null;
    const reason = String(issue.params.reason ?? known ?? "other");
    return { what: t("issue.device.offline", params), todo: offlineAdvice(reason) };
  }
  if (issue.code === "meeting.failed") {
    const failure = String(issue.params.reason ?? room.meeting.failure ?? "other");
    const cut = ["crashed", "removed"].includes(failure); // it was under way
    return { what: t(cut ? "issue.meeting.interrupted" : "issue.meeting.failed", params), todo: say("failure", failure, params) };
  }
  if (issue.code === "booking.refused") {
    const booking = room.bookings.find((one) => one.id === issue.subject);
    const code = String(issue.params.reason ?? booking?.refused ?? "other");
    const title = String(issue.params.title ?? booking?.title ?? "");
    return { what: t("issue.booking.refused", { ...params, title }), todo: say("refused", code, params) };
  }
  if (issue.code === "storage.quarantined") {
    const lost = String(issue.params.lost ?? "other");
    const what = lost === "nothing" ? "issue.storage.restored" : lost === "import" ? "issue.storage.import" : "issue.storage.quarantined";
    return { what: t(what, params), todo: say("lost", lost, params) };
  }
  if (issue.code === "calendar.stale" && issue.params.age_min !== undefined) {
    const count = Number(issue.params.age_min);
    const [unit, age] = count < 0 ? ["never", count] : count < 90 ? ["min", count] : ["h", Math.round(count / 60)];
    return { what: t(`issue.calendar.stale.${unit}`, { count: age }), todo: say("todo", issue.code, params) };
  }
  if (issue.code === "calendar.overruled") {
    const title = String(issue.params.title || t("call.untitled"));
    return { what: t(`issue.calendar.overruled.${issue.params.reason}`, { title }), todo: t("todo.calendar.overruled") };
  }
  if (issue.code === "booking.series_unused") {
    const title = String(issue.params.title || t("home.private"));
    return { what: t("issue.booking.series_unused", { ...params, title }), todo: t("todo.booking.series_unused", params) };
  }
  if (issue.code.startsWith("camera.not_") && issue.params.reason) {
    return { what: say("issue", issue.code, params), todo: say("error", String(issue.params.reason)) };
  }
  const free_kb = Math.floor(Number(issue.params.free_bytes ?? 0) / 1024);
  return { what: say("issue", issue.code, params), todo: say("todo", issue.code, { ...params, free_kb }) };
}

/**
 * Until when a message of facilities staff stands.
 * @param {Message} message
 * @param {RoomClock} clock
 */
export function messageUntil(message, clock) {
  const time = clock.hourMinute(message.until);
  const day = clock.sameDay(message.until, clock.now()) ? "" : `${clock.day(language(), message.until)} `;
  return t("message.until", { time: day + time });
}

/**
 * Whether the room has sound as it should have: where it has none, nothing is well.
 * @param {Room} room
 * @returns {boolean}
 */
export function hasSound({ audio, conditions }) {
  return audio.available || !conditions.some((one) => one.type === "audio_ready" && one.status === false && one.reason !== "laptop");
}

/**
 * When the room was last heard, and by what; "": never.
 * @param {Audio} audio
 * @param {RoomClock} clock
 */
export function lastHeard({ last_heard: last }, clock) {
  if (!last) return "";
  const time = clock.hourMinute(last.at);
  const when = clock.sameDay(last.at, clock.now()) ? time : `${clock.day(language(), last.at, "short")} ${time}`;
  return t(`heard.${last.by}`, { when, microphone: last.microphone, loudspeaker: last.loudspeaker });
}

/**
 * The problems to tell people of, worst first; a refused booking says so where it stands.
 * @param {Room} room
 * @returns {Issue[]}
 */
export function problems(room) {
  const weight = ["meeting.failed", "device.offline"]; // anything else comes after these
  const rank = (/** @type {Issue} */ issue) => (weight.indexOf(issue.code) + 3) % 3;
  const told = room.issues.filter((issue) => issue.code !== "booking.refused" && issue.code !== "help");
  return told.sort((a, b) => rank(a) - rank(b));
}

/**
 * The series that nobody comes to, for whoever may release them.
 * @param {Room} room
 * @returns {Issue[]}
 */
export function offeredSeries(room) {
  return room.issues.filter((issue) => issue.code === "booking.series_unused");
}

/** Facts for staff alone. */
const FOR_STAFF = new Set(["access.unstored", "alert.failing", "booking.series_unused", "byom.wrong_cable", "calendar.stripped", "calendar.unwritten", "camera.advisory", "camera.chain_count", "camera.not_mounted", "camera.unknown_model", "camera.unread", "clock.unproven", "mqtt.offline", "plugin.failed", "room.crowded", "speakerphone.advisory", "storage.quarantined", "tls.ends", "webhook.failing", "webhook.lost", "webhook.refused"]);

/**
 * The problems that disturb the people in the room, worst first.
 * @param {Room} room
 * @returns {Issue[]}
 */
export function troubles(room) {
  return problems(room).filter((issue) => !FOR_STAFF.has(issue.code) && !issue.code.startsWith("occupancy."));
}

/**
 * Why something was not done, or null if it was.
 * @param {Outcome} outcome
 * @returns {string | null}
 */
export function complaint(outcome) {
  if (outcome.status === "done") return null;
  const { code, params } = outcome.error ?? { code: "unconfirmed", params: {} };
  const [family, detail] = code.split(".", 2);
  if (code === "already_booked" && params.who) return t("error.already_booked_by", { who: String(params.who) });
  if (family === "link" && detail) return say("refused", detail, params);
  if (family === "port" && detail) return say("offline", detail, params);
  return say("error", code, params);
}

/** How far the room is with a page. @param {Room} room */
export function walking(room) {
  return room.walkthrough?.state ?? "idle";
}
