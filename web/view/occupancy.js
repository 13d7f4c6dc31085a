/** Why the room believes that somebody is there, and what it did by itself because of that. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Act, Issue, Room } from "../lib/types.js" */

import { because, counted, deedWords, reasonWords } from "../lib/automation.js";
import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { icon, redraw } from "../lib/icon.js";
import { t, words } from "../lib/i18n.js";
import { presence, problem, problems } from "../lib/labels.js";

const ACT_MS = 20000;

export class OccupancySheet extends HTMLElement {
  #undoing = 0;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.badgeIcon = icon("unknown");
    this.badgeWords = h("span");
    this.badge = h("p", { class: "badge" }, this.badgeIcon, this.badgeWords);
    this.reasons = h("ul", { class: "because" });
    this.facts = h("ul", { class: "known" });
    this.faults = h("ul", { class: "wrongs" });
    this.deeds = h("ul", { class: "deeds" });
    this.none = words(h("p", { class: "hint" }), "auto.none");
    const believed = h("section", {}, words(h("h2"), "reason.somebody"), this.badge, this.reasons, this.facts, this.faults);
    const done = h("section", {}, words(h("h2"), "auto.lately"), this.none, this.deeds);
    this.append(h("div", { class: "body" }, believed, done));
  }

  /** @param {Room} room */
  update(room) {
    const { occupancy } = room;
    const state = presence(room);
    attribute(this.badge, "data-tone", state.tone);
    redraw(this.badgeIcon, state.icon);
    text(this.badgeWords, t(state.key));
    const reasons = occupancy.reasons.map((one) => reasonWords(one, room));
    lines(this.reasons, reasons.length > 0 ? reasons : [because(room, this.panel.clock)]);
    lines(this.facts, this.#known(room));
    const faults = problems(room).filter((issue) => issue.subject.startsWith("occupancy."));
    keyed(this.faults, faults, (issue) => `${issue.code} ${issue.subject}`, () => h("li", {}, icon("warning"), h("p", {}, h("b"), h("span"))), (line, issue) => fault(line, issue, room));
    const deeds = [...(room.automation?.acts ?? [])].reverse();
    show(this.none, deeds.length === 0);
    keyed(this.deeds, deeds, (deed) => String(deed.number), (deed) => this.#deed(deed), (line, deed) => this.#fill(line, deed, room));
  }

  /**
   * What else is known: how many people, the air, how many sensors are believed, and the door.
   * @param {Room} room
   */
  #known(room) {
    const { healthy = 0, configured = 0, door, co2_ppm = null } = room.occupancy;
    const known = [counted(room)];
    if (co2_ppm !== null) known.push(t("reason.air", { ppm: co2_ppm }));
    if (configured > 0) known.push(t("reason.believed", { count: healthy, of: configured }));
    if (door) known.push(t(`reason.door_is.${door}`));
    return known.filter((line) => line !== "");
  }

  /** @param {Act} deed */
  #deed({ number }) {
    const key = h("button", { type: "button", class: "key", onclick: () => void this.#undo(number) }, h("span", { class: "label" }));
    return h("li", {}, h("p", {}, h("b"), h("span", { class: "hint" })), key);
  }

  /**
   * @param {HTMLElement} line
   * @param {Act} deed
   * @param {Room} room
   */
  #fill(line, deed, room) {
    const { number, act, reasons, undo } = deed;
    text(/** @type {Element} */ (line.querySelector("b")), deedWords(deed, room, this.panel.clock));
    text(/** @type {Element} */ (line.querySelector(".hint")), reasons.map((one) => reasonWords(one, room)).join(" · "));
    const key = /** @type {HTMLButtonElement} */ (line.querySelector("button"));
    if (undo) words(/** @type {Element} */ (key.firstElementChild), `auto.undo.${act}`); // it may be possible again
    show(key, undo && this.panel.may("room.undo"));
    attribute(key, "aria-busy", this.#undoing === number);
  }

  /** @param {number} number */
  async #undo(number) {
    if (this.#undoing) return;
    this.#undoing = number;
    this.panel.refresh();
    await this.panel.ask("room.undo", { number }, ACT_MS);
    this.#undoing = 0;
    this.panel.refresh();
  }
}

/**
 * One line of words per item.
 * @param {HTMLElement} list
 * @param {string[]} said
 */
function lines(list, said) {
  const numbered = said.map((line, place) => ({ line, place }));
  keyed(list, numbered, ({ place }) => String(place), () => h("li"), (item, { line }) => text(item, line));
}

/**
 * @param {HTMLElement} line
 * @param {Issue} issue
 * @param {Room} room
 */
function fault(line, issue, room) {
  const { what, todo } = problem(issue, room);
  text(/** @type {Element} */ (line.querySelector("b")), what);
  text(/** @type {Element} */ (line.querySelector("span")), todo);
}

customElements.define("occupancy-sheet", OccupancySheet);
