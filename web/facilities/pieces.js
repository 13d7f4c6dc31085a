/** The pieces of staff's pages: tables, keys that ask twice, fields, marks of a state, and how a moment is written. */

/** @import { Answer, Desk } from "./desk.js" */
/** @import { IconName } from "../lib/icon.js" */

import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { language, t, words } from "../lib/i18n.js";
import { icon, redraw } from "../lib/icon.js";
import { whyNot } from "./desk.js";

/** @typedef {HTMLElement & {load?: () => Promise<void>, update: () => void}} DeskView */

/**
 * @template T
 * @typedef {object} Column
 * @property {string} key of its heading's words
 * @property {(row: T) => string} [say] what stands in its cells
 * @property {(cell: HTMLElement, row: T) => void} [fill] draws its cells, where that is more than words
 * @property {boolean} [less] left out where there is little room; then its words stand below the row's first
 * @property {string} [look] a class of its cells
 */

/** A real table, kept in step with its rows; where there are none, it says what that means. @template T */
export class DeskTable extends HTMLElement {
  /**
   * @param {string} caption key of what the table is
   * @param {(row: T) => string} id
   * @param {Column<T>[]} columns the first one heads its row
   * @param {string} empty key of what is said without rows
   */
  constructor(caption, id, columns, empty) {
    super();
    this.id_of = id;
    this.columns = columns;
    this.head = h("tr", {}, ...columns.map((column) => words(h("th", { scope: "col", class: classes(column) }), column.key)));
    this.rows = h("tbody");
    this.table = h("table", {}, words(h("caption", { class: "unseen" }), caption), h("thead", {}, this.head), this.rows);
    this.none = words(h("p", { class: "hint", hidden: true }), empty);
    this.append(this.table, this.none);
  }

  /** @param {readonly T[]} rows */
  update(rows) {
    show(this.table, rows.length > 0);
    show(this.none, rows.length === 0);
    keyed(this.rows, rows, this.id_of, () => this.#row(), (row, one) => this.#fill(row, one));
  }

  #row() {
    return h("tr", {}, ...this.columns.map((column, i) => (i === 0 ? h("th", { scope: "row", class: classes(column) }, h("span"), h("small", { class: "also" })) : h("td", { class: classes(column) }))));
  }

  /**
   * @param {HTMLElement} row
   * @param {T} one
   */
  #fill(row, one) {
    this.columns.forEach((column, i) => {
      const cell = /** @type {HTMLElement} */ (i === 0 ? row.children[0].firstElementChild : row.children[i]);
      if (column.fill) column.fill(cell, one);
      else if (column.say) text(cell, column.say(one));
    });
    const also = this.columns.filter(({ less, say }) => less && say).map((column) => column.say?.(one) ?? "");
    text(/** @type {Element} */ (row.children[0].lastElementChild), also.filter((said) => said && said !== "–").join(" · "));
  }
}

/** @param {{less?: boolean, look?: string}} column */
function classes({ less, look }) {
  return [less ? "less" : "", look ?? ""].filter(Boolean).join(" ") || null;
}

customElements.define("desk-table", DeskTable);

/**
 * A card with a heading.
 * @param {string} key
 * @param {...Node} parts
 */
export function card(key, ...parts) {
  return h("section", { class: "card" }, words(h("h2"), key), ...parts);
}

/** @typedef {"free" | "busy" | "soon" | "plain"} Tone */

/** @type {Record<Tone, IconName>} */
const SIGNS = { free: "check", busy: "minus", soon: "clock", plain: "unknown" };

/**
 * A state as a mark and its word, in a cell.
 * @param {HTMLElement} cell
 * @param {Tone} tone
 * @param {string} word
 * @param {IconName} [sign] another one than the tone's
 */
export function mark(cell, tone, word, sign = SIGNS[tone]) {
  if (!cell.firstElementChild) cell.replaceChildren(h("span", { class: "sign" }, h("span", { class: "shape" }, icon(sign)), h("span")));
  const [shape, said] = /** @type {HTMLElement} */ (cell.firstElementChild).children;
  attribute(/** @type {Element} */ (cell.firstElementChild), "data-tone", tone);
  redraw(/** @type {Element} */ (shape.firstElementChild), sign);
  text(said, word);
}

const ARMED_MS = 4000;

/** A key for what cannot be taken back: the first press arms it, the second one does it. */
export class TwicePressed extends HTMLElement {
  #armed = 0;
  #busy = false;

  /**
   * @param {string} key of its words
   * @param {string} again key of what it says once it is armed
   * @param {() => Promise<unknown>} act
   */
  constructor(key, again, act) {
    super();
    this.key = key;
    this.again = again;
    this.act = act;
    this.said = words(h("span"), key);
    this.button = h("button", { type: "button", class: "key", onclick: () => void this.#press() }, this.said);
    this.append(this.button);
  }

  async #press() {
    if (this.#busy) return;
    if (!this.#armed) {
      this.#arm(Number(setTimeout(() => this.#arm(0), ARMED_MS)));
      return;
    }
    clearTimeout(this.#armed);
    this.#arm(0);
    this.#busy = true;
    attribute(this.button, "aria-busy", "true");
    await this.act();
    this.#busy = false;
    attribute(this.button, "aria-busy", false);
  }

  /** @param {number} timer */
  #arm(timer) {
    this.#armed = timer;
    attribute(this.button, "data-armed", timer > 0);
    words(this.said, timer > 0 ? this.again : this.key);
  }
}

customElements.define("twice-pressed", TwicePressed);

/**
 * A key that is busy while it does something.
 * @param {IconName | null} name
 * @param {string} key
 * @param {string} look
 * @param {() => Promise<unknown>} act
 */
export function deskKey(name, key, look, act) {
  const label = words(h("span"), key);
  /** @type {HTMLButtonElement} */ const made = h("button", { type: "button", class: look, onclick: () => void press() }, ...(name ? [icon(name)] : []), label);
  let busy = false;
  const press = async () => {
    if (busy) return;
    busy = true;
    attribute(made, "aria-busy", "true");
    await act();
    busy = false;
    attribute(made, "aria-busy", false);
  };
  return made;
}

let fields = 0;

/**
 * A field with its label.
 * @template {HTMLElement} E
 * @param {string} key
 * @param {E} input
 */
export function field(key, input) {
  input.id = `field-${++fields}`;
  return h("p", { class: "field" }, words(h("label", { for: input.id }), key), input);
}

/**
 * A choice of a closed list; each option's words follow the language.
 * @param {readonly string[]} values
 * @param {(value: string) => string} key
 */
export function choice(values, key) {
  return h("select", {}, ...values.map((value) => words(h("option", { value }), key(value))));
}

/** What became of what was asked for last; read out, and red if it was not done. */
export class Outcome extends HTMLElement {
  constructor() {
    super();
    this.setAttribute("role", "status");
    this.hidden = true;
    this.mark = icon("warning");
    this.said = h("span");
    this.append(this.mark, this.said);
  }

  /** @param {string} said @param {boolean} [ok] */
  tell(said, ok = true) {
    attribute(this, "data-tone", ok ? "free" : "busy");
    redraw(this.mark, ok ? "check" : "warning");
    text(this.said, said);
    show(this, said !== "");
  }

  /**
   * Tell an answer: what was done, or why it was not.
   * @param {Answer} answer
   * @param {string} done key
   */
  answer(answer, done) {
    this.tell(answer.ok ? t(done) : whyNot(answer), answer.ok);
    return answer.ok;
  }
}

customElements.define("desk-outcome", Outcome);

/**
 * When something was: the time alone today, else the day too.
 * @param {Desk} desk
 * @param {string | null} at
 */
export function moment({ clock }, at) {
  if (at === null) return "–";
  const time = clock.hourMinute(at);
  return clock.sameDay(at, clock.now()) ? time : `${day(clock.zone, at)} ${time}`;
}

/**
 * A day as short as can be; with its year if that is another one.
 * @param {string} zone
 * @param {string} at
 */
export function day(zone, at) {
  const year = new Date(at).getFullYear() !== new Date().getFullYear();
  /** @type {Intl.DateTimeFormatOptions} */ const format = { timeZone: zone, day: "numeric", month: "short", ...(year ? { year: "numeric" } : { weekday: "short" }) };
  return new Intl.DateTimeFormat(language() === "zh-CN" ? "zh-CN" : "en-GB", format).format(new Date(at));
}
