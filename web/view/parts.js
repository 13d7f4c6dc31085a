/** The pieces that several views share: buttons with an icon, and patience. */

/** @import { IconName } from "../lib/icon.js" */
/** @import { Panel } from "../lib/room.js" */
/** @import { Room } from "../lib/types.js" */

import { attribute, h, show, text } from "../lib/dom.js";
import { icon } from "../lib/icon.js";
import { named, t, words } from "../lib/i18n.js";
import { platformName, replacement, underWay } from "../lib/labels.js";

/**
 * A button with an icon and words that follow the language.
 * @param {IconName} name
 * @param {string} key
 * @param {string} look its CSS classes
 * @param {() => void} act
 * @returns {HTMLButtonElement}
 */
export function button(name, key, look, act) {
  const label = words(h("span", { class: "label" }), key);
  return h("button", { type: "button", class: look, onclick: act }, icon(name), label);
}

/**
 * A button with an icon alone; its name is spoken, not shown.
 * @param {IconName} name
 * @param {string} key
 * @param {string} look
 * @param {() => void} [act]
 * @returns {HTMLButtonElement}
 */
export function glyph(name, key, look, act) {
  return named(h("button", { type: "button", class: look, onclick: act ?? (() => {}) }, icon(name)), key);
}

/** The key to the room's booking. */
export class BookingKey extends HTMLElement {
  /** @param {Panel} panel @param {string} look */
  constructor(panel, look) {
    super();
    this.panel = panel;
    this.label = h("span", { class: "label" });
    this.key = h("button", { type: "button", class: look, onclick: () => panel.open("booking") }, icon("reserve"), this.label);
    this.append(this.key);
  }

  /** @param {Room} room */
  update(room) {
    const now = underWay(room.bookings, this.panel.clock.now());
    const free = room.availability?.state === "available";
    text(this.label, t(now ? "booking.key" : "booking.reserve_key"));
    // Where the room has bookings it keeps its place, also while nothing can be reserved.
    show(this, now ? this.panel.may("booking.extend") : (room.availability ?? null) !== null && this.panel.may("booking.reserve"));
    this.key.disabled = !now && !free;
  }
}

customElements.define("booking-key", BookingKey);

const MORE_MIN = 15;
const NEAR_MS = 10 * 60_000; // before the end it is asked for; until then the meeting's name has the room

/** More time in one touch, near the end of the booking under way, where the room is free that long after it. */
export class MoreTime extends HTMLElement {
  #asking = false;
  /** @type {import("../lib/types.js").Booking | null} */ #now = null;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.label = h("span", { class: "label" });
    this.key = h("button", { type: "button", class: "quiet", onclick: () => void this.#extend() }, icon("plus"), this.label);
    this.append(this.key);
  }

  /** @param {Room} room */
  update(room) {
    const now = this.panel.clock.now();
    this.#now = underWay(room.bookings, now);
    show(this, this.#now !== null && Date.parse(this.#now.end) - now <= NEAR_MS && fits(this.#now) && this.panel.may("booking.extend"));
    text(this.label, t("room.minutes", { count: MORE_MIN }));
    attribute(this.key, "aria-label", t("booking.more", { count: MORE_MIN }));
    attribute(this.key, "aria-busy", this.#asking);
  }

  async #extend() {
    const now = this.#now;
    if (this.#asking || !now) return;
    this.#asking = true;
    this.panel.refresh();
    await this.panel.ask("booking.extend", { booking: now.id, minutes: MORE_MIN, end: now.end });
    this.#asking = false;
    this.panel.refresh();
  }
}

/** @param {import("../lib/types.js").Booking} booking */
function fits({ end, free_until: until }) {
  return !until || Date.parse(until) - Date.parse(end) >= MORE_MIN * 60000;
}

customElements.define("more-time", MoreTime);

/** @typedef {HTMLElement & {update: (room: Room) => void, reset?: () => void}} View */

const AGAIN_MS = 1000;

/** A view whose module comes when it is first wanted. */
export class LaterView extends HTMLElement {
  /** @type {View | null} */ #view = null;
  #loading = false;

  /** @param {() => Promise<View>} load */
  constructor(load) {
    super();
    this.load = load;
  }

  /** What has come, or null. */
  get view() {
    return this.#view;
  }

  /** Have it begin anew, if it is there. */
  reset() {
    this.#view?.reset?.();
  }

  /** Whether its module is still to come. */
  get empty() {
    return this.#view === null;
  }

  /** Begin anew. @param {() => void} loaded told once there is something to draw */
  async begin(loaded) {
    if (this.#loading) return;
    this.#loading = true;
    try {
      const view = (this.#view ??= await this.load());
      if (!view.isConnected) this.replaceChildren(view);
      view.reset?.();
    } catch {
      // No connection: who looks at its place waits for it.
      setTimeout(() => this.checkVisibility() && void this.begin(loaded), AGAIN_MS);
      return;
    } finally {
      this.#loading = false;
    }
    loaded();
  }

  /** @param {Room} room */
  update(room) {
    this.#view?.update(room);
  }
}

customElements.define("later-view", LaterView);

/** The one touch that is left of a meeting whose platform has ended: a new one on what took its place. */
export class Instead {
  #opening = false;
  /** @type {string | null} the platform to start on */ #on = null;

  /** @param {Panel} panel @param {string} look */
  constructor(panel, look) {
    this.panel = panel;
    this.label = h("span", { class: "label" });
    this.key = h("button", { type: "button", class: look, hidden: true, onclick: () => void this.#start() }, icon("other"), this.label);
  }

  /**
   * Offer it, or not; returns whether it is offered.
   * @param {Room} room
   * @param {{platform: string | null} | null} ended what cannot be joined
   * @returns {boolean}
   */
  update(room, ended) {
    this.#on = ended && replacement(room, ended.platform);
    show(this.key, this.#on !== null);
    text(this.label, t("leaving.instead", { new: platformName(room, this.#on) }));
    attribute(this.key, "aria-busy", this.#opening);
    return this.#on !== null;
  }

  async #start() {
    if (this.#opening || !this.#on || !this.panel.mayBegin()) return;
    this.#opening = true;
    this.panel.refresh();
    await this.panel.ask("meeting.new", { platform: this.#on }, OPEN_MS);
    this.#opening = false;
    this.panel.refresh();
  }
}

/** Whether a meeting was refused because its platform has ended. @param {import("../lib/live.js").Outcome} outcome */
export function hasEnded(outcome) {
  return outcome.error?.code === "link.service_ended";
}

/** How long a meeting may take to open before the panel stops waiting for the answer. */
export const OPEN_MS = 20000;
