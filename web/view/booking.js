/** Today's bookings, and what can be done about the room's by one touch: reserve it now, have it longer, end it, give it back; and for staff, the series that nobody comes to. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Booking, BookingChange, Issue, Room } from "../lib/types.js" */

import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { icon } from "../lib/icon.js";
import { language, t } from "../lib/i18n.js";
import { agenda, bookingHours, bookingNote, bookingTitle, offeredSeries, platformName, underWay } from "../lib/labels.js";
import { changeWords } from "./change-toast.js";
import { button } from "./parts.js";
import { DayRibbon } from "./ribbon.js";

/** What can be reserved, or added to a booking, by one touch. */
const LENGTHS_MIN = /** @type {const} */ ([15, 30, 60]);

/**
 * The lengths that fit from `begin` to `until`, in minutes; null is up to then.
 * @param {number} begin_ms
 * @param {string | null} until
 * @param {boolean} whole whether there is a length up to `until`
 * @returns {(15 | 30 | 60 | null)[]}
 */
export function lengths(begin_ms, until, whole) {
  const free_min = until === null ? Infinity : (Date.parse(until) - begin_ms) / 60000;
  const fitting = LENGTHS_MIN.filter((one) => one <= free_min);
  return whole && free_min >= 1 && free_min <= WHOLE_MIN ? [...fitting.filter((one) => one < free_min), null] : fitting;
}

/** Longer than that nobody takes a room by one touch. */
const WHOLE_MIN = 240;

export class BookingSheet extends HTMLElement {
  #asking = false;
  /** @type {Booking | null} */ #now = null;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.heading = h("h2");
    this.hours = h("p", { class: "hint" });
    this.choices = h("div", { class: "choices", role: "group" });
    this.none = h("p", { class: "hint" });
    this.end = button("leave", "booking.end_now", "key big", () => void this.#ask("booking.end_now"));
    this.give = button("back", "booking.release_now", "key big", () => void this.#ask("booking.release"));
    this.ends = h("div", { class: "choices" }, this.end, this.give);
    this.ribbon = new DayRibbon(() => panel.open("today")); // the one way to the day in a call
    const day = h("section", {}, this.heading, this.hours, this.ribbon, this.none);
    this.append(h("div", { class: "body" }, day, this.choices, this.ends));
  }

  /** @param {Room} room */
  update(room) {
    const { clock } = this.panel;
    const now = (this.#now = underWay(room.bookings, clock.now()));
    const until = now ? now.free_until : room.availability?.until ?? null;
    const begin_ms = now ? Date.parse(now.end) : clock.now();
    const free = now !== null || room.availability?.state === "available";
    const fitting = free ? lengths(begin_ms, until, now === null) : [];
    this.ribbon.update(room, clock);
    text(this.heading, t(now ? "booking.longer" : "booking.reserve"));
    text(this.hours, now ? `${bookingTitle(now)} · ${bookingHours(now, clock)}` : t("booking.reserve_hint"));
    keyed(this.choices, fitting, String, (minutes) => h("button", { type: "button", class: "key big", onclick: () => void this.#take(minutes) }, h("b"), h("small")), (key, minutes) => {
      const end = minutes === null ? Date.parse(String(until)) : begin_ms + minutes * 60000;
      text(key.children[0], t(now ? "booking.add" : "booking.for", { count: Math.floor((end - begin_ms) / 60000) }));
      text(key.children[1], t("booking.until", { time: clock.hourMinute(end) }));
      attribute(key, "aria-busy", this.#asking);
    });
    text(this.none, fitting.length > 0 ? "" : t(until && now ? "booking.no_longer" : "booking.taken", { time: until ? clock.hourMinute(until) : "" }));
    show(this.none, fitting.length === 0);
    show(this.ends, now !== null);
    show(this.end, now !== null && this.panel.may("booking.end_now"));
    show(this.give, now !== null && now.status === "booked" && this.panel.may("booking.release"));
  }

  /** @param {15 | 30 | 60 | null} minutes */
  async #take(minutes) {
    const now = this.#now;
    if (now && minutes) await this.#done(() => this.panel.ask("booking.extend", { booking: now.id, minutes, end: now.end }));
    else if (!now) await this.#done(() => this.panel.ask("booking.reserve", minutes ? { minutes } : {}));
  }

  /** @param {"booking.end_now" | "booking.release"} type */
  async #ask(type) {
    const now = this.#now;
    if (now) await this.#done(() => this.panel.ask(type, { booking: now.id }));
  }

  /** Do one thing at a time, and go back once it is done. @param {() => Promise<import("../lib/live.js").Outcome>} act */
  async #done(act) {
    if (this.#asking) return;
    this.#asking = true;
    this.panel.refresh();
    const { status } = await act();
    this.#asking = false;
    if (status === "done") this.panel.open(null);
    else this.panel.refresh();
  }
}

/** Every booking of today, and for a while what was changed of it, with an *Undo*. */
export class TodaySheet extends HTMLElement {
  /** @type {string | null} the change that is being undone */ #asking = null;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.rows = h("ul", { class: "rows" });
    this.append(h("div", { class: "body" }, this.rows));
  }

  /** @param {Room} room */
  update(room) {
    const { clock } = this.panel;
    const { hero, rest } = agenda(room.bookings, clock.now());
    const open = hero ? [hero, ...rest] : [];
    const changes = new Map((room.booking_changes ?? []).map((one) => [one.booking, one])); // of each the last
    const gone = [...changes.values()].filter(({ booking }) => open.every(({ id }) => id !== booking));
    keyed(this.rows, [...open, ...gone], ({ id }) => id, () => this.#row(), (row, one) => {
      const booked = "status" in one ? one : null;
      const change = booked ? changes.get(booked.id) : /** @type {BookingChange} */ (one);
      const did = change ? changeWords(change, clock) : "";
      const note = booked ? bookingNote(booked) : "";
      const facts = booked ? [note, platformName(room, booked.platform), booked.organizer ?? ""] : [];
      text(row.children[0], booked ? bookingHours(booked, clock) : "");
      text(/** @type {Element} */ (row.querySelector("b")), booked ? bookingTitle(booked) : one.title ?? t("home.private"));
      text(/** @type {Element} */ (row.querySelector("small")), [did === note ? "" : did, ...facts].filter(Boolean).join(" · "));
      const key = /** @type {HTMLElement} */ (row.lastElementChild);
      show(key, change !== undefined && this.panel.may("booking.undo"));
      attribute(key, "data-change", change?.id ?? null);
      attribute(key, "aria-busy", change !== undefined && change.id === this.#asking);
    });
  }

  #row() {
    const key = button("back", "booking.undo", "key small", () => void this.#undo(key.getAttribute("data-change")));
    return h("li", {}, h("span", { class: "hours" }), h("span", { class: "what" }, h("b"), h("small")), key);
  }

  /** @param {string | null} change */
  async #undo(change) {
    if (this.#asking || !change) return;
    this.#asking = change;
    this.panel.refresh();
    await this.panel.ask("booking.undo", { change });
    this.#asking = null;
    this.panel.refresh();
  }
}

/**
 * The series that nobody comes to: each is kept, or gives back its coming four weeks; that can be undone from here.
 * A series that was dealt with stays where it stands until the sheet is opened anew.
 */
export class SeriesSheet extends HTMLElement {
  /** @type {Map<string, Issue>} */ #listed = new Map();
  /** @type {Map<string, {changes: string[], kept: boolean}>} what became of it here */ #done = new Map();
  /** @type {string | null} */ #asking = null;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.count = h("b");
    this.hint = h("p");
    this.rows = h("ul", { class: "offers" });
    this.append(h("div", { class: "body" }, h("section", {}, icon("wait"), this.count, this.hint), this.rows));
  }

  /** Begin anew. */
  reset() {
    this.#listed.clear();
    this.#done.clear();
  }

  /** @param {Room} room */
  update(room) {
    for (const issue of offeredSeries(room)) this.#listed.set(issue.subject, issue);
    const offered = new Set(offeredSeries(room).map((one) => one.subject));
    const shown = [...this.#listed.values()].filter((one) => offered.has(one.subject) || this.#done.has(one.subject));
    text(this.count, shown.length > 0 ? t("series.count", { count: shown.length }) : "");
    text(this.hint, t(shown.length > 0 ? "series.hint" : "series.none"));
    keyed(this.rows, shown, (issue) => issue.subject, ({ subject }) => this.#row(subject), (row, issue) => this.#fill(row, issue));
  }

  /** @param {string} series */
  #row(series) {
    const release = button("leave", "series.release", "key", () => void this.#release(series));
    const keep = button("check", "series.keep", "key", () => void this.#keep(series));
    const undo = button("back", "booking.undo", "key", () => void this.#undo(series));
    return h("li", {}, h("div", { class: "what" }, h("b"), h("small")), release, keep, undo);
  }

  /**
   * @param {Element} row
   * @param {Issue} issue
   */
  #fill(row, { subject, params, since }) {
    const { clock } = this.panel;
    const done = this.#done.get(subject);
    const [what, ...keys] = row.children;
    text(what.children[0], String(params.title || t("home.private")));
    const missed = t("series.missed", { count: Number(params.misses), day: clock.day(language(), since, "short") });
    text(what.children[1], !done ? missed : done.kept ? t("series.kept") : t("series.released", { count: done.changes.length }));
    for (const [at, key] of keys.entries()) {
      show(/** @type {HTMLElement} */ (key), at < 2 ? !done : !!done && done.changes.length > 0 && this.panel.may("booking.undo"));
      attribute(key, "aria-busy", this.#asking === subject);
    }
  }

  /** @param {string} series */
  async #release(series) {
    await this.#one(series, async () => {
      const { status, result } = await this.panel.ask("booking.release_series", { series }, SERIES_MS);
      const changes = /** @type {string[]} */ (result?.changes ?? []);
      if (status === "done") this.#done.set(series, { changes, kept: false });
    });
  }

  /** @param {string} series */
  async #keep(series) {
    await this.#one(series, async () => {
      const { status } = await this.panel.ask("booking.keep_series", { series });
      if (status === "done") this.#done.set(series, { changes: [], kept: true });
    });
  }

  /** Have every booking again, one after the other; what cannot be had stays to be tried. @param {string} series */
  async #undo(series) {
    await this.#one(series, async () => {
      const left = [];
      for (const change of this.#done.get(series)?.changes ?? []) {
        const { status } = await this.panel.ask("booking.undo", { change });
        if (status !== "done") left.push(change);
      }
      this.#done.set(series, { changes: left, kept: left.length === 0 });
    });
  }

  /**
   * Do one thing at a time.
   * @param {string} series
   * @param {() => Promise<void>} act
   */
  async #one(series, act) {
    if (this.#asking) return;
    this.#asking = series;
    this.panel.refresh();
    await act();
    this.#asking = null;
    this.panel.refresh();
  }
}

const SERIES_MS = 60000; // the calendar is read four weeks ahead

customElements.define("series-sheet", SeriesSheet);
customElements.define("booking-sheet", BookingSheet);
customElements.define("today-sheet", TodaySheet);
