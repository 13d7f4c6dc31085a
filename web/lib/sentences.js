/** What is said of the room at one time: decided in one place, so that no two sentences of a screen contradict each other. Draws nothing. */

/** @import { RoomClock } from "./clock.js" */
/** @import { Booking, Room } from "./types.js" */

import { counted, movedByRoom } from "./automation.js";
import { say, t } from "./i18n.js";
import { callState, roomState, troubles } from "./labels.js";

/** @typedef {ReturnType<typeof roomState>} State */
/** @typedef {ReturnType<typeof callState>} Call */
/** @typedef {{state: State, presence: string, call: Call, hint: string, moved: boolean, ready: (booking: Booking) => string}} Sentences */

/** Devices and parts through which a meeting is heard and seen. */
const OF_A_CALL = ["camera", "speakerphone", "audio", "screen", "display"];

/**
 * @param {Room} room
 * @param {RoomClock} clock
 * @param {boolean} joins whether the room passes a page before the meeting by itself just now
 * @returns {Sentences}
 */
export function sentences(room, clock, joins = false) {
  const { meeting, occupancy } = room;
  const call = callState(joins ? { ...meeting, state: "joining" } : meeting);
  const moved = call.key === "call.in_call" ? movedByRoom(room, clock) : "";
  return {
    state: roomState(room, clock),
    presence: (occupancy.state !== "vacant" && counted(room)) || t(`presence.${occupancy.state}`),
    call,
    hint: moved || t(hintOf(room, call.key)),
    moved: moved !== "",
    ready: (booking) => ready(booking, clock),
  };
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
