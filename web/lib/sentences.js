/** What is said of the room at one time: decided in one place, so that no two sentences of a screen contradict each other. Draws nothing. */

/** @import { RoomClock } from "./clock.js" */
/** @import { Booking, Meeting, Room } from "./types.js" */

import { counted, movedByRoom } from "./automation.js";
import { say, t } from "./i18n.js";
import { agenda, calling, callState, roomState, troubles } from "./labels.js";

/** @typedef {ReturnType<typeof roomState>} State */
/** @typedef {ReturnType<typeof callState>} Call */
/** @typedef {{state: State, presence: string, call: Call, hint: string, moved: boolean, step: number | null, waited: string, ready: (booking: Booking) => string}} Sentences */

/** Devices and parts through which a meeting is heard and seen. */
const OF_A_CALL = ["camera", "speakerphone", "audio", "screen", "display"];

/** Why a meeting was not joined, or was cut, that may be otherwise the next time. */
const PASSING = new Set(["crashed", "network", "media_denied", "screen", "denied", "removed", "host_not_started"]);

/**
 * Whether the meeting that failed can be joined again, and may be joined then.
 * @param {Meeting} meeting
 * @returns {boolean}
 */
export function rejoinable({ rejoin, failure }) {
  return rejoin === true && PASSING.has(failure ?? "");
}

/** The steps into a meeting, and the states of a call that stand at one. What flows a little proves no step. */
export const STEPS = /** @type {const} */ (["opening", "before", "lobby", "meeting"]);
const AT_STEP = /** @type {Record<string, number>} */ ({ preparing: 0, prejoin: 1, joining: 1, lobby: 2 });
/** Walls that a page puts up before the meeting, and lets people through. */
const WALLS = new Set(["passcode_needed", "passcode_wrong", "sign_in_required", "bot_wall", "host_not_started"]);

/**
 * How many steps into the meeting are behind the room; null: nothing tells, or it was in the meeting.
 * @param {Meeting} meeting
 * @returns {number | null}
 */
export function stepOf({ state, failure }) {
  if (state === "failed") return WALLS.has(failure ?? "") ? 1 : null;
  return AT_STEP[state] ?? null;
}

/**
 * Whether the meeting that failed is the one to go on with, its page being gone: until another booking has begun since.
 * @param {Room} room
 * @param {number} now
 * @returns {boolean}
 */
export function interrupted({ meeting, bookings }, now) {
  if (calling(meeting) || meeting.state !== "failed" || !rejoinable(meeting)) return false;
  const since = Date.parse(meeting.since ?? "");
  return !bookings.some(({ start, status }) => status !== "released" && since < Date.parse(start) && Date.parse(start) <= now);
}

/**
 * @param {Room} room
 * @param {RoomClock} clock
 * @param {boolean} joins whether the room passes a page before the meeting by itself just now
 * @returns {Sentences}
 */
export function sentences(room, clock, joins = false) {
  const { meeting, occupancy } = room;
  const stands = /** @type {Meeting} */ (joins ? { ...meeting, state: "joining" } : meeting);
  const call = callState(stands);
  const step = stepOf(stands);
  const moved = call.key === "call.in_call" ? movedByRoom(room, clock) : "";
  return {
    state: roomState(room, clock),
    presence: (occupancy.state !== "vacant" && counted(room)) || t(`presence.${occupancy.state}`),
    call,
    hint: moved || t(hintOf(room, call.key)),
    moved: moved !== "",
    step,
    waited: step !== null && (stands.state !== "failed" || stands.failure === "host_not_started") ? waited(meeting, clock) : "",
    ready: (booking) => ready(booking, clock),
  };
}

/**
 * How long the room has waited for what its meeting waits for.
 * @param {Meeting} meeting
 * @param {RoomClock} clock
 */
function waited({ since }, clock) {
  if (since === null) return "";
  const [s, two] = [Math.max(0, Math.floor((clock.now() - Date.parse(since)) / 1000)), (/** @type {number} */ part) => String(part % 60).padStart(2, "0")];
  const min = Math.floor(s / 60);
  return t("call.waited", { time: min < 60 ? `${min}:${two(s)}` : `${Math.floor(min / 60)}:${two(min)}:${two(s)}` });
}

/**
 * What is known of a call beyond its state: that all is well is said only where nothing else on the screen denies it.
 * @param {Room} room
 * @param {string} key
 */
function hintOf(room, key) {
  if (key !== "call.in_call") return key.replace("call.", "call.hint.");
  if (!room.audio.available) return "call.hint.no_sound";
  const faulty = troubles(room).some(({ subject, code }) => OF_A_CALL.some((part) => subject.startsWith(part) || code.startsWith(part)));
  const silent = room.devices.some(({ kind, status }) => OF_A_CALL.includes(kind) && status === "offline");
  return faulty || silent ? "call.hint.open" : "call.hint.in_call";
}

/**
 * Whether a booking was made without an online meeting, as one is that was reserved here.
 * @param {Booking} booking
 */
export function withoutMeeting({ platform, join, refused }) {
  return platform === null && join === "none" && (refused === null || refused === "no_meeting");
}

/**
 * Why there is no Join, or nothing.
 * @param {Booking} booking
 * @param {RoomClock} clock
 */
function ready(booking, clock) {
  if (withoutMeeting(booking)) return t("home.no_link");
  if (booking.refused) return t("home.refused_why", { what: t("home.refused"), why: say("refused", booking.refused) });
  if (booking.join === "later") return t("home.starts", { time: clock.hourMinute(booking.start) });
  return booking.join === "none" ? t("home.no_link") : "";
}

/** From here on what comes after a meeting is said in minutes, and in amber from the second. */
const ENDING_MIN = { said: 60, near: 5 };
/** Whoever has less than that between two meetings makes way for the next one. */
const CHANGE_MS = 300_000;

/**
 * When the booking under way ends, or the next one begins: whoever is in a call has to know.
 * @param {Room} room
 * @param {RoomClock} clock
 * @returns {{words: string, near: boolean} | null}
 */
export function ending(room, clock) {
  const now = clock.now();
  const { hero, rest } = agenda(room.bookings.filter((one) => !one.all_day && one.status !== "released"), now);
  const begun = [hero, ...rest].find((one) => one && Date.parse(one.start) <= now) ?? null;
  const when = begun ? begun.end : hero?.start;
  if (when === undefined) return null;
  const count = Math.ceil((Date.parse(when) - now) / 60000);
  if (!begun && count > ENDING_MIN.said) return null;
  const time = clock.hourMinute(when);
  const followed = begun?.free_until && Date.parse(begun.free_until) - Date.parse(begun.end) < CHANGE_MS;
  const words = t(!begun ? "call.next" : followed ? "call.until_next" : "call.until", { time });
  const left = count <= ENDING_MIN.said ? ` · ${t("room.minutes", { count })}` : "";
  return { words: words + left, near: count <= ENDING_MIN.near };
}
