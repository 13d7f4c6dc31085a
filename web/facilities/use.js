/** How the room was used: a map of the week, hour by hour, and how its meetings began. */

/** @import { MonthlyStarts, RoomUsage } from "../lib/types.js" */
/** @import { Desk } from "./desk.js" */

import { attribute, h, show, text } from "../lib/dom.js";
import { language, t, words } from "../lib/i18n.js";
import { card, DeskTable } from "./pieces.js";

const WEEKS = 4;
const DAY_MS = 86_400_000;
const FIRST_H = 8;
const LAST_H = 18;
const WORKDAYS = 5;
const STEPS = [15, 35, 55, 75]; // from here on a cell is darker, in per cent

/** @typedef {{used_s: number, known_s: number}} Hour */

/**
 * What the quarters of an hour come to by day of the week, Monday first, and by hour of the room's day.
 * @param {RoomUsage["quarters"]} quarters
 * @param {string} zone
 * @returns {Hour[][]}
 */
export function week(quarters, zone) {
  const found = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => ({ used_s: 0, known_s: 0 })));
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, weekday: "short", hour: "2-digit", hourCycle: "h23" });
  const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  for (const one of quarters) {
    const parts = Object.fromEntries(format.formatToParts(new Date(one.start)).map(({ type, value }) => [type, value]));
    const hour = found[days.indexOf(parts.weekday)]?.[Number(parts.hour)];
    if (!hour) continue;
    hour.used_s += one.occupied_s;
    hour.known_s += one.occupied_s + one.vacant_s;
  }
  return found;
}

/** The week as a table whose cells say how much of each hour somebody was there, and are as dark. */
export class HeatMap extends HTMLElement {
  /** @type {RoomUsage | null} */ #use = null;

  /** @param {Desk} desk */
  constructor(desk) {
    super();
    this.desk = desk;
    this.head = h("tr");
    this.rows = h("tbody");
    this.table = h("table", { class: "heat" }, words(h("caption", { class: "unseen" }), "desk.heat"), h("thead", {}, this.head), this.rows);
    this.none = h("p", { class: "hint" });
    this.append(card("desk.heat", this.table, this.none));
  }

  async load() {
    const from = new Date(this.desk.clock.now() - WEEKS * 7 * DAY_MS).toISOString();
    const answer = await this.desk.ask("GET", `/api/v1/use?from=${encodeURIComponent(from)}`);
    if (answer.ok) this.#use = answer.value;
    this.update();
  }

  /** @returns {RoomUsage | null} */
  get use() {
    return this.#use;
  }

  update() {
    const use = this.desk.room ? this.#use : null; // the hours are the room's, whose zone it tells
    const known = use !== null && use.quarters.some((one) => one.occupied_s + one.vacant_s > 0);
    show(this.table, known);
    text(this.none, use === null ? t("desk.loading") : !use.kept ? t("desk.no_history") : known ? "" : t("desk.no_use"));
    show(this.none, this.none.textContent !== "");
    if (!use || !known) return;
    const all = week(use.quarters, this.desk.clock.zone);
    const used = all.flatMap((hours) => hours.flatMap(({ used_s }, hour) => (used_s > 0 ? [hour] : [])));
    const [first, last] = [Math.min(FIRST_H, ...used), Math.max(LAST_H, ...used)];
    const weekend = all.slice(WORKDAYS).some((hours) => hours.some(({ used_s }) => used_s > 0));
    const days = all.slice(0, weekend ? 7 : WORKDAYS);
    const hours = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    this.head.replaceChildren(h("td"), ...hours.map((hour) => h("th", { scope: "col" }, String(hour))));
    this.rows.replaceChildren(...days.map((cells, i) => h("tr", {}, h("th", { scope: "row" }, weekday(i)), ...hours.map((hour) => cell(cells[hour])))));
  }
}

/** @param {Hour} hour */
function cell({ used_s, known_s }) {
  if (known_s === 0) return h("td", { "data-step": "none" }, "–");
  const share = Math.round((100 * used_s) / known_s);
  const made = h("td", {}, String(share));
  attribute(made, "data-step", STEPS.filter((step) => share >= step).length);
  return made;
}

/** @param {number} number Monday is 0 */
function weekday(number) {
  const monday = Date.UTC(2024, 0, 1); // which was one
  return new Intl.DateTimeFormat(language(), { weekday: "short", timeZone: "UTC" }).format(monday + number * DAY_MS);
}

/** The map, its sums, and how meetings began. */
export class UseView extends HTMLElement {
  /** @type {MonthlyStarts[]} */ #starts = [];

  /** @param {Desk} desk */
  constructor(desk) {
    super();
    this.desk = desk;
    this.map = new HeatMap(desk);
    this.sums = h("p", { class: "hint" });
    /** @type {DeskTable<MonthlyStarts>} */ this.table = new DeskTable("desk.starts", (one) => one.month + one.mode, [
      { key: "desk.month", say: (one) => `${one.month} · ${t(`desk.mode.${one.mode}`)}` },
      { key: "desk.first_try", say: (one) => `${Math.round(100 * one.share)} %`, look: "number" },
      { key: "desk.first_tries", less: true, say: (one) => String(one.first_try), look: "number" },
      { key: "desk.faults", less: true, say: (one) => String(one.fault), look: "number" },
      { key: "desk.touches", less: true, say: (one) => String(one.touches), look: "number" },
      { key: "desk.slow", less: true, say: (one) => String(one.slow), look: "number" },
      { key: "desk.given_up", less: true, say: (one) => String(one.given_up), look: "number" },
    ], "desk.no_starts");
    this.append(this.map, this.sums, card("desk.starts", this.table));
  }

  async load() {
    const [answer] = await Promise.all([this.desk.ask("GET", "/api/v1/starts"), this.map.load()]);
    if (answer.ok) this.#starts = answer.value.reverse();
    this.update();
  }

  update() {
    this.map.update();
    const quarters = this.map.use?.quarters ?? [];
    const sum = (/** @type {"occupied_s" | "call_s"} */ name) => Math.round(quarters.reduce((all, one) => all + one[name], 0) / 3600);
    const arrivals = quarters.reduce((all, one) => all + one.arrivals, 0);
    text(this.sums, quarters.length > 0 ? t("desk.sums", { used: sum("occupied_s"), calls: sum("call_s"), arrivals }) : "");
    this.table.update(this.#starts);
  }
}

customElements.define("desk-heat", HeatMap);
customElements.define("desk-use", UseView);
