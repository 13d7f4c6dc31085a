/** The pieces that several views share: buttons with an icon, and patience. */

/** @import { IconName } from "../lib/icon.js" */
/** @import { Panel } from "../lib/room.js" */
/** @import { Room } from "../lib/types.js" */

import { h, show, text } from "../lib/dom.js";
import { icon } from "../lib/icon.js";
import { named, t, words } from "../lib/i18n.js";
import { underWay } from "../lib/labels.js";

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
  /** @param {Panel} panel @param {string} look @param {number} [soon_ms] shown so long before the end */
  constructor(panel, look, soon_ms = Infinity) {
    super();
    this.panel = panel;
    this.soon_ms = soon_ms;
    this.label = h("span", { class: "label" });
    this.append(h("button", { type: "button", class: look, onclick: () => panel.open("booking") }, icon("reserve"), this.label));
  }

  /** @param {Room} room */
  update(room) {
    const now = underWay(room.bookings, this.panel.clock.now());
    const free = room.availability?.state === "available";
    text(this.label, t(now ? "booking.key" : "booking.reserve_key"));
    const soon = now !== null && Date.parse(now.end) - this.panel.clock.now() < this.soon_ms;
    show(this, now ? soon && this.panel.may("booking.extend") : free && this.soon_ms === Infinity && this.panel.may("booking.reserve"));
  }
}

customElements.define("booking-key", BookingKey);

/** How long a meeting may take to open before the panel stops waiting for the answer. */
export const OPEN_MS = 20000;
