/** What the room does by itself, and why it believes that somebody is there, in words. Draws nothing. */

/** @import { Act, Notice, Reason, Room } from "./types.js" */
/** @import { RoomClock } from "./clock.js" */

import { say, t } from "./i18n.js";
import { deviceName } from "./labels.js";

/** The gravest first; of standby people are told last. */
const GRAVITY = ["end_call", "release", "standby", "wake"];
/** What somebody may miss who did not see it happen; a touch ends standby. */
const MISSED = new Set(["end_call", "release", "byom_take"]);

/**
 * What to warn of first, or null if nothing is announced.
 * @param {Room} room
 * @returns {Notice | null}
 */
export function announced(room) {
  const notices = [...(room.automation?.notices ?? [])];
  return notices.sort((a, b) => GRAVITY.indexOf(a.act) - GRAVITY.indexOf(b.act))[0] ?? null;
}

/**
 * What was done last that somebody may want undone, while that is possible; or null.
 * @param {Room} room
 * @returns {Act | null}
 */
export function regretted(room) {
  const deeds = room.automation?.acts ?? [];
  return deeds.filter((deed) => deed.undo && MISSED.has(deed.act)).at(-1) ?? null;
}

/** How long it is said what the room did with a camera; the list keeps it longer. */
const FRESH_MS = 300000;

/**
 * What was done, and when; of a camera, which one.
 * @param {Act} act
 * @param {Room} room
 * @param {RoomClock} clock
 * @returns {string}
 */
export function deedWords({ act, at, subject }, room, clock) {
  return t(`auto.did.${act}`, { time: clock.hourMinute(at), camera: deviceName(`camera.${subject}`, room.devices) });
}

/**
 * What the room did last with a camera by itself, in one line; "" if nothing lately.
 * @param {Room} room
 * @param {RoomClock} clock
 * @param {string} [camera] any, unless one is named
 * @returns {string}
 */
export function movedByRoom(room, clock, camera) {
  const deeds = room.automation?.acts ?? [];
  const deed = deeds.filter((one) => one.act.startsWith("camera_") && one.subject === (camera ?? one.subject)).at(-1);
  return deed && clock.now() - Date.parse(deed.at) < FRESH_MS ? deedWords(deed, room, clock) : "";
}

/**
 * How long it is until `at`, as "1:05"; never less than nothing.
 * @param {string} at
 * @param {number} now_ms
 * @returns {string}
 */
export function left(at, now_ms) {
  const left_s = Math.max(Math.ceil((Date.parse(at) - now_ms) / 1000), 0);
  return `${Math.floor(left_s / 60)}:${String(left_s % 60).padStart(2, "0")}`;
}

/**
 * One reason, in words; of several sensors it says which.
 * @param {Reason} reason
 * @param {Room} room
 * @returns {string}
 */
export function reasonWords({ code, params }, { devices }) {
  const what = say("reason", code, { ...params, ago: ago(Number(params.ago_s ?? 0)) });
  const many = devices.filter(({ kind }) => kind === "occupancy").length > 1;
  return params.sensor && many ? t("reason.seen_by", { sensor: deviceName(`occupancy.${params.sensor}`, devices), what }) : what;
}

/** @param {number} s */
function ago(s) {
  if (s < 10) return t("reason.ago.now");
  if (s < 60) return t("reason.ago.s", { count: s });
  return s < 5400 ? t("reason.ago.min", { count: Math.floor(s / 60) }) : t("reason.ago.h", { count: Math.round(s / 3600) });
}

/**
 * How many people are counted, and for how many the room is; empty if nobody counts.
 * @param {Room} room
 * @returns {string}
 */
export function counted({ occupancy: { people = null }, identity: { capacity } }) {
  if (people === null || people === 0) return "";
  return capacity ? t("reason.people_of", { count: people, of: capacity }) : t("reason.people", { count: people });
}

/**
 * In one line why the room is believed occupied or empty.
 * @param {Room} room
 * @param {RoomClock} clock
 * @returns {string}
 */
export function because(room, clock) {
  const { occupancy } = room;
  const people = counted(room);
  const said = [...(people ? [people] : []), ...occupancy.reasons.map((one) => reasonWords(one, room))].slice(0, 2);
  if (said.length > 0) return said.join(" · ");
  if (occupancy.state === "vacant" && occupancy.since) return t("reason.empty_since", { time: clock.hourMinute(occupancy.since) });
  return t(occupancy.configured === 0 ? "reason.no_sensors" : "reason.nothing");
}
