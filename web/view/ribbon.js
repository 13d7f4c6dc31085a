/** The day at a glance: what is booked, what is free, and where now is. The same on panel and screen. */

/** @import { Booking, Room } from "../lib/types.js" */
/** @import { RoomClock } from "../lib/clock.js" */

import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { bookingTitle } from "../lib/labels.js";

const HOUR_MS = 3600000;
const TICK_H = 2;
const FIRST_H = 8;
const LAST_H = 20;

/**
 * The hours of the room's day that are worth a look: 8 to 20, and whatever is going on outside of them.
 * @param {readonly Booking[]} bookings
 * @param {RoomClock} clock
 * @returns {{begin_ms: number, hours: number}}
 */
export function span(bookings, clock) {
  const now = clock.now();
  const [hour, minute] = clock.hourMinute(now).split(":").map(Number);
  const midnight = Math.floor(now / 60000) * 60000 - (hour * 60 + minute) * 60000;
  const whole = (/** @type {number} */ ms) => (ms - midnight) / HOUR_MS;
  const times = bookings.filter((one) => !one.all_day).flatMap((one) => [Date.parse(one.start), Date.parse(one.end)]);
  const today = [now, ...times].map(whole).filter((at) => at >= 0 && at <= 24);
  const first = Math.min(FIRST_H, ...today);
  const last = Math.max(LAST_H, ...today);
  const begin = Math.floor(first / TICK_H) * TICK_H;
  return { begin_ms: midnight + begin * HOUR_MS, hours: Math.ceil(last / TICK_H) * TICK_H - begin };
}

export class DayRibbon extends HTMLElement {
  /** @param {() => void} [open] shows all of it; without it the ribbon is a picture */
  constructor(open) {
    super();
    this.past = h("i", { class: "past" });
    this.blocks = h("div", { class: "blocks" });
    this.at = h("i", { class: "at" });
    this.hours = h("div", { class: "ticks" });
    this.track = h("div", { class: "track" }, this.past, this.blocks, this.at);
    this.day = open ? h("button", { type: "button", class: "day", onclick: open }, this.track, this.hours) : h("div", { class: "day", role: "img" }, this.track, this.hours);
    this.append(this.day);
  }

  /**
   * @param {Room} room
   * @param {RoomClock} clock
   */
  update(room, clock) {
    const { begin_ms, hours } = span(room.bookings, clock);
    const now = clock.now();
    const share = (/** @type {number} */ ms) => Math.min(Math.max((ms - begin_ms) / (hours * HOUR_MS), 0), 1);
    const pct = (/** @type {number} */ part) => `${(part * 100).toFixed(2)}%`;
    this.past.style.width = pct(share(now));
    this.at.style.left = pct(share(now));
    const shown = room.bookings.filter((one) => one.status !== "released" && share(Date.parse(one.end)) > share(Date.parse(one.start)));
    keyed(this.blocks, shown, (one) => one.id, () => h("i", {}, h("span")), (block, one) => {
      const [from, to] = [share(Date.parse(one.start)), share(Date.parse(one.end))];
      block.style.left = pct(from);
      block.style.width = pct(to - from);
      const under_way = Date.parse(one.start) <= now && now < Date.parse(one.end);
      const awaited = room.availability?.state === "awaited" && room.availability.booking === one.id;
      attribute(block, "data-when", Date.parse(one.end) <= now ? "past" : under_way ? (awaited ? "soon" : "now") : "later");
      const name = /** @type {HTMLElement} */ (block.firstElementChild);
      text(name, bookingTitle(one));
      show(name, true);
      show(name, name.scrollWidth <= block.clientWidth); // whole, or not at all
    });
    const ticks = Array.from({ length: hours / TICK_H + 1 }, (_, i) => begin_ms + i * TICK_H * HOUR_MS);
    keyed(this.hours, ticks, String, () => h("span"), (tick, ms) => {
      text(tick, clock.hourMinute(ms));
      tick.style.left = pct(share(ms));
    });
    attribute(this.day, "aria-label", t("ribbon.label", { count: shown.filter((one) => Date.parse(one.end) > now).length }));
  }
}

customElements.define("day-ribbon", DayRibbon);
